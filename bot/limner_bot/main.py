"""``limner bot``: reads the settings, runs the bot, and turns what went wrong into one sentence and an exit code."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from limner_sdk import ConfigurationError, LimnerError

from .logs import start_logging
from .settings import Settings

_HELP = """environment:
  LIMNER_DISCORD_TOKEN         the bot's token (needed)
  LIMNER_DATA_DIR              where the queue and the pictures are kept
  LIMNER_BUTTONS               what the buttons below a picture do, such as "detailer(denoise=0.35), upscale"
  LIMNER_WORKER                the worker's command line
  LIMNER_WORKER_SILENCE        seconds without a sign of life after which the worker is replaced (30)
  LIMNER_WORKER_START_SILENCE  the same while it starts (180)
  LIMNER_JOB_SILENCE           seconds without progress after which a job counts as stuck (900)
  LIMNER_DISCORD_API           another address of Discord's API
  LIMNER_DISCORD_GATEWAY       another address of Discord's gateway
"""


def command(arguments: Sequence[str]) -> int:
    """Run the bot until it is told to stop; the exit code."""
    parser = argparse.ArgumentParser(
        "limner bot",
        description="Start the Discord bot and its GPU worker.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(arguments)
    try:
        settings = Settings.from_environment()
    except ConfigurationError as error:
        return _failed(error, 2)
    return _run(settings)


def _run(settings: Settings) -> int:
    # discord.py takes a moment to load, and whoever forgot the token need not wait for it.
    from .bot import serve

    os.umask(0o077)
    start_logging(settings.token)
    try:
        asyncio.run(serve(settings))
    except ConfigurationError as error:
        return _failed(error, 2)
    except (LimnerError, OSError) as error:
        return _failed(error, 1)
    except KeyboardInterrupt:
        return 130
    except Exception:
        # Through the log, which cuts secrets out.
        logging.getLogger(__name__).exception("the bot has ended")
        return 1
    return 0


def _failed(error: Exception, code: int) -> int:
    print(f"limner: {error}", file=sys.stderr)
    return code
