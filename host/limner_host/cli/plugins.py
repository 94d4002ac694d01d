"""`limner plugins`: which plugins there are and why some are not used; leaves them out, and lets them in again."""

from __future__ import annotations

from collections.abc import Iterable

import click

from limner_sdk import InvalidRequest, PluginEntry
from limner_sdk.folders import DataFolder
from limner_sdk.plugin_states import disable, enable, release

from .listings import catalogue_here, json_option, print_json, print_table


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def plugins(ctx: click.Context, as_json: bool) -> None:
    """List the plugins, and why some are not used."""
    if ctx.invoked_subcommand is not None:
        return None
    entries = catalogue_here().plugins
    if as_json:
        return print_json(entries)
    rows = [(e.name, e.version, e.source, ", ".join(e.kinds), e.status) for e in entries]
    print_table(("name", "version", "from", "offers", "status"), rows)
    _print_reasons(entries)
    print(f"Put more into {DataFolder.from_environment().plugins}: single .py files; or install them with pip.")
    return None


def _print_reasons(entries: Iterable[PluginEntry]) -> None:
    for entry in entries:
        if entry.status == "broken":
            print(f"\n{entry.name} from {entry.source} is broken:\n{entry.error.rstrip()}")
        elif entry.status != "ok":
            print(f"\n{entry.name} from {entry.source} is {entry.status}: {entry.error}")


@plugins.command("disable")
@click.argument("name")
@click.option("--reason", default="an admin has disabled it", show_default=True, help="What is told of it.")
def disable_command(name: str, reason: str) -> None:
    """Do not use the plugin NAME any more."""
    disable(DataFolder.from_environment().create(), name, catalogue_here(), reason)
    print(f"{name} is disabled; a host that runs already leaves it out after its next start")


@plugins.command("enable")
@click.argument("name")
def enable_command(name: str) -> None:
    """Use the plugin NAME again, whether it was disabled or in quarantine."""
    _told(name, enable(DataFolder.from_environment(), name), "is neither disabled nor in quarantine")


@plugins.command("release")
@click.argument("name")
def release_command(name: str) -> None:
    """Take the plugin NAME out of quarantine."""
    _told(name, release(DataFolder.from_environment(), name), "is not in quarantine")


def _told(name: str, done: bool, otherwise: str) -> None:
    if not done:
        raise InvalidRequest("plugin", name, f"{otherwise}; `limner plugins` lists those that are")
    print(f"{name} is used again; a host that runs already takes it in after its next start")
