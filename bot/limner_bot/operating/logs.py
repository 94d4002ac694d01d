"""The log, as text or as JSON lines, from which secrets are cut out, wherever a text comes from."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

log = logging.getLogger(__name__)

#: Tokens in addresses, signatures of links, tokens in JSON and in Python's dictionaries, headers.
_BESIDE: Final = re.compile(
    r"(?P<keep>/(?:webhooks|interactions)/\d+/|[?&](?:ex|is|hm)=|\\?[\"']token\\?[\"']: ?\\?[\"']|\btoken=['\"]?"
    r"|\b(?:Bot|Bearer) )[\w.\-%+=]{8,}"
)
#: A bot's token, and an interaction's, which begins with the word in base 64, known by their looks.
_ALONE: Final = re.compile(r"[\w-]{23,30}\.[\w-]{6}\.[\w-]{27,}|\baW50ZXJhY3Rpb2[\w\-%+/=]*")
_CUT: Final = "[…]"
#: What fails in a client of discord.py that is closed: it has no event loop any more.
_CLOSED: Final = "'_MissingSentinel' object has no attribute 'create_task'"
#: Which job a line is about, as our own lines begin.
_JOB: Final = re.compile(r"\bjob (?P<job>[\w-]{4,})\b")


def redact(text: str, token: str) -> str:
    """`text` without `token` and without whatever looks like a secret of Discord's."""
    if token:
        text = text.replace(token, "[token]")
    return _ALONE.sub(_CUT, _BESIDE.sub(rf"\g<keep>{_CUT}", text))


class RedactingFormatter(logging.Formatter):
    """Formats records, tracebacks included, without secrets."""

    def __init__(self, token: str) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        """The record as one text."""
        return redact(super().format(record), self._token)


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time (UTC), level, logger, message, and job and traceback where there are any."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        message = redact(record.getMessage(), self._token)
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message,
            "job": getattr(record, "job", None) or _job_in(message),
            "traceback": redact(self._story(record), self._token) or None,
        }
        return json.dumps({name: value for name, value in line.items() if value is not None}, ensure_ascii=False)

    def _story(self, record: logging.LogRecord) -> str:
        parts = [self.formatException(record.exc_info)] if record.exc_info and record.exc_info[0] else []
        return "\n".join([*parts, record.stack_info] if record.stack_info else parts)


def _job_in(message: str) -> str | None:
    found = _JOB.search(message)
    return found["job"] if found else None


class CarefulHandler(logging.StreamHandler[Any]):
    """Writes to standard error; a line that cannot be formatted shows neither its arguments nor a bare traceback."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say where the broken line is; logging's own way prints the arguments, secrets included."""
        kind = sys.exc_info()[0]
        name = kind.__name__ if kind else "error"
        if not isinstance(sys.exc_info()[1], BrokenPipeError):
            self.stream.write(f"a log line of {record.name} ({record.pathname}:{record.lineno}) is broken: {name}\n")


def start_logging(token: str, style: str = "text", level: str = "info") -> None:
    """Log to the standard error stream; from here on, what nobody catches goes there as well, never past it."""
    handler = CarefulHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(token) if style == "json" else RedactingFormatter(token))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    # What belongs to `_is_late_readiness`.
    warnings.filterwarnings("ignore", r"coroutine 'Client\._run_event' was never awaited", RuntimeWarning)
    # It warns that voice cannot be used, which nobody wants.
    logging.getLogger("discord.client").setLevel(logging.ERROR)
    for library in ("discord", "aiosqlite"):
        # Below this they write down whole events and rows, prompts included.
        logging.getLogger(library).setLevel(max(logging.INFO, logging.getLogger().level))
    sys.excepthook = _uncaught
    sys.unraisablehook = _unraisable
    threading.excepthook = _in_thread


def _uncaught(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    log.critical("nobody caught this", exc_info=(kind, error, where))


def _in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None:
        name = given.thread.name if given.thread else "?"
        log.critical("nobody caught this in %s", name, exc_info=(given.exc_type, given.exc_value, given.exc_traceback))


def _unraisable(given: sys.UnraisableHookArgs) -> None:
    story = "".join(traceback.format_exception(given.exc_type, given.exc_value, given.exc_traceback))
    log.error("%s\n%s", given.err_msg or "an error in a place that cannot raise", story.rstrip())


def listen_to(loop: asyncio.AbstractEventLoop, count: Callable[[], None] = lambda: None) -> None:
    """Log what tasks raise that nobody waits for, and `count` it."""

    def heard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if _is_late_readiness(error):
            return
        count()
        story = (type(error), error, error.__traceback__) if isinstance(error, BaseException) else None
        log.error("%s (%s)", context.get("message"), _who(context), exc_info=story)

    loop.set_exception_handler(heard)


def _is_late_readiness(error: object) -> bool:
    """discord.py says that it is ready two seconds after it has connected, also where it was closed meanwhile."""
    if not isinstance(error, AttributeError) or str(error) != _CLOSED:
        return False
    return any(frame.f_code.co_name == "_delay_ready" for frame, _ in traceback.walk_tb(error.__traceback__))


def _who(context: dict[str, Any]) -> str:
    task = context.get("task") or context.get("future")
    return task.get_name() if isinstance(task, asyncio.Task) else type(task).__name__
