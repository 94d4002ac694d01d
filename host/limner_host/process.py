"""What a process that the bot starts does first: it dies with its parent, and keeps its streams to itself."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import BinaryIO, Final

_PR_SET_PDEATHSIG: Final = 1


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies; elsewhere the end of the input has to do."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            # It died before the call.
            sys.exit(1)


def own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep the real input and output to ourselves: whatever a library prints goes to the log instead."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return source, sink
