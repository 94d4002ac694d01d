"""`limner`: finds the command, and turns every error of ours into one sentence and exit code 2."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

import click

from limner_sdk import LimnerError, __version__

from .apply import apply
from .doctor import doctor
from .grid import grid
from .imagine import imagine
from .listings import controls, embeddings, loras, models, preprocessors, samplers, tilers
from .parts import detectors, trust, upscalers
from .plugins import plugins
from .recipe import recipe

#: Commands of other packages: functions that take the arguments and give the exit code.
GROUP: Final = "limner.commands"


class _Commands(click.Group):
    """Our own commands, and those that other packages announce as entry points."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *importlib.metadata.entry_points(group=GROUP).names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        found = importlib.metadata.entry_points(group=GROUP, name=cmd_name)
        if own is not None or not found:
            return own
        return _announced(cmd_name, next(iter(found)))


def _announced(name: str, point: importlib.metadata.EntryPoint) -> click.Command:
    @click.command(
        name,
        add_help_option=False,
        context_settings={"ignore_unknown_options": True},
        short_help=f"The {name} (see `limner {name} --help`).",
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...]) -> None:
        run: Callable[[Sequence[str]], int] = point.load()
        sys.exit(run(arguments))

    return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="limner")
@click.option("--verbose", "-v", is_flag=True, help="Show what happens inside, on standard error.")
def limner(verbose: bool) -> None:
    """An image studio for Stable Diffusion models, with plugins and a Discord bot."""
    level = logging.DEBUG if verbose else logging.ERROR
    logging.basicConfig(stream=sys.stderr, level=level, format="%(levelname)s %(name)s: %(message)s")


for _command in (
    *(imagine, apply, grid, recipe),
    *(models, samplers, tilers, controls, loras, embeddings, preprocessors, plugins),
    *(upscalers, detectors, trust),
    doctor,
):
    limner.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code: 2 for bad input, with one sentence and no traceback."""
    try:
        result = limner.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except click.ClickException as error:
        print(f"limner: {error.format_message()}", file=sys.stderr)
        return 2
    except LimnerError as error:
        logging.getLogger(__name__).debug("the whole story", exc_info=error)
        print(f"limner: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, click.Abort):
        print("limner: stopped", file=sys.stderr)
        return 130
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            where = f": {error.filename}" if error.filename else ""
            print(f"limner: {error.strerror or error}{where}", file=sys.stderr)
            return 2
        # The reader of our output (`| head`) has gone; nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0
