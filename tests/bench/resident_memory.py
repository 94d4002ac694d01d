"""How much a process grows while something runs in it: resident memory, with all that tensors do not show."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import psutil

#: Seconds from one look to the next. Maps worth counting live much longer.
PAUSE = 0.005

P = ParamSpec("P")
R = TypeVar("R")


def grown_by(run: Callable[[], object]) -> int:
    """Bytes of resident memory at their most during `run`, above those before it.

    A thread looks every few milliseconds: the kernel's own record of the most would remember what was before `run`.
    """
    process, over = psutil.Process(), threading.Event()
    before = most = process.memory_info().rss

    def look() -> None:
        nonlocal most
        while not over.wait(PAUSE):
            most = max(most, process.memory_info().rss)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        run()
    finally:
        over.set()
        watcher.join()
    return most - before


def in_a_fresh_process(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `function` returns in a process that has done nothing else, so that no freed memory lies about in it."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, args, kwargs)
