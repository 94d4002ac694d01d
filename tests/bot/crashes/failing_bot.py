"""The real bot, ended in the middle of a line: `failing_bot.py die NAME WHEN K`, or `failing_bot.py trace FILE`.

NAME is a function such as `Store.add`; WHEN is `before` it, `after` it, or `slowly`: a while passes, and then it is not
done. `trace` writes the names of all functions as they are called. Nothing is cleaned up: `os._exit` is SIGKILL at a
chosen place.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, Literal, cast, get_args

from limner_bot.delivering.doors import Doors
from limner_bot.delivering.outbox import Outbox
from limner_bot.pictures.shelf import Shelf
from limner_bot.queue.store import Store

When = Literal["before", "after", "slowly"]
#: The rooms in which a job changes its state, on the disk or in Discord.
ROOMS = (Store, Doors, Outbox, Shelf)
#: The exit code by which a test knows that the point was reached.
DIED = 77
#: Seconds that a slow disk takes until the power goes.
SLOW = 0.4

Wrap = Callable[[str, Any], Any]


def names() -> dict[str, Any]:
    """Every function of the rooms, public or not, by its name."""
    return {f"{room.__name__}.{name}": function for room in ROOMS for name, function in _functions(room)}


def _functions(room: type) -> Iterator[tuple[str, Any]]:
    for name, value in vars(room).items():
        if inspect.isfunction(value) and not name.startswith("__"):
            yield name, value


def replace_all(wrap: Wrap) -> None:
    """Put `wrap(name, function)` in the place of every function."""
    for room in ROOMS:
        for name, function in list(_functions(room)):
            setattr(room, name, wrap(f"{room.__name__}.{name}", function))


def dying(target: str, when: When, k: int) -> Wrap:
    """Ends the process at the `k`-th call of `target`."""
    calls = itertools.count(1)

    def wrap(name: str, function: Any) -> Any:
        if name != target:
            return function
        return _asynchronous(function) if inspect.iscoroutinefunction(function) else _plain(function)

    def _asynchronous(function: Any) -> Any:
        @functools.wraps(function)
        async def dies(*arguments: Any, **options: Any) -> Any:
            due = next(calls) == k
            if due and when == "slowly":
                await asyncio.sleep(SLOW)
            if due and when != "after":
                os._exit(DIED)
            result = await function(*arguments, **options)
            if due:
                os._exit(DIED)
            return result

        return dies

    def _plain(function: Any) -> Any:
        @functools.wraps(function)
        def dies(*arguments: Any, **options: Any) -> Any:
            due = next(calls) == k
            if due and when != "after":
                os._exit(DIED)
            result = function(*arguments, **options)
            if due:
                os._exit(DIED)
            return result

        return dies

    return wrap


def tracing(path: str) -> Wrap:
    """Writes each name as it is called."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def wrap(name: str, function: Any) -> Any:
        @functools.wraps(function)
        def noted(*arguments: Any, **options: Any) -> Any:
            os.write(file, f"{name}\n".encode())
            return function(*arguments, **options)

        return noted

    return wrap


def _wrap_of(words: list[str]) -> Wrap:
    match words:
        case ["trace", path]:
            return tracing(path)
        case ["die", name, when, k] if name in names() and when in get_args(When):
            return dying(name, cast(When, when), int(k))
    raise SystemExit(f"no such point: {' '.join(words)}")


if __name__ == "__main__":
    from limner_bot.main import command

    replace_all(_wrap_of(sys.argv[1:]))
    sys.exit(command([]))
