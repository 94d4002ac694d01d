"""``python -m limner_host.darkroom``: does one task after another from its standard input, and dies with its parent."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO, Final

from pydantic import BaseModel, ValidationError

from limner_host.pickles.sandbox import leave_network
from limner_host.process import die_with_parent, own_streams
from limner_sdk import DiskFull, UserError
from limner_sdk.darkroom import (
    TO_DARKROOM,
    Answer,
    Combine,
    Decoded,
    Fit,
    Gallery,
    Inspect,
    Know,
    Mask,
    Ready,
    Refused,
    Task,
)
from limner_sdk.wire import BrokenStream, frame, read_frame

from .inspecting import inspect, mask
from .known import Knowledge
from .ladder import fit
from .sheets import combine, gallery

#: Bytes of address space, of the largest file that is written, and open files.
MEMORY: Final = 2 * 2**30
LARGEST_FILE: Final = 2**30
OPEN_FILES: Final = 64

log = logging.getLogger(__name__)


def work(source: BinaryIO, send: Callable[[BaseModel], None]) -> None:
    """Answer one task after another until the input ends. Raises `BrokenStream` and `ValidationError`."""
    knowledge = Knowledge()
    send(Ready())
    while (message := read_frame(source, TO_DARKROOM)) is not None:
        if isinstance(message, Know):
            knowledge = Knowledge(message.catalogue)
        else:
            send(answer(message, knowledge, send))


def answer(task: Task, knowledge: Knowledge, send: Callable[[BaseModel], None]) -> Answer:
    """What a task came to, whatever happens in it."""
    try:
        return _done(task, knowledge, lambda: send(Decoded(number=task.number)))
    except UserError as error:
        return Refused(number=task.number, sentence=str(error))
    except DiskFull as error:
        log.error("%s", error)
        return Refused(number=task.number, sentence="the disk is full; try again later", why="disk")
    except MemoryError:
        log.error("a picture takes more memory than there is: %s", type(task).__name__)
        return Refused(
            number=task.number, sentence="picture: it takes too much memory; use a smaller one", why="memory"
        )
    # One picture must not end the process that the next one needs.
    except Exception as error:
        log.exception("a picture could not be worked on")
        sentence = f"something went wrong with this picture ({type(error).__name__}); try another one"
        return Refused(number=task.number, sentence=sentence, why="internal")


def _done(task: Task, knowledge: Knowledge, decoded: Callable[[], None]) -> Answer:
    match task:
        case Fit():
            return fit(task)
        case Inspect():
            return inspect(task, knowledge, decoded)
        case Mask():
            return mask(task, decoded)
        case Gallery():
            return gallery(task)
        case Combine():
            return combine(task)


def set_limits() -> None:
    """Bounds of this process for good; where the system knows none, the parent's patience has to do."""
    if sys.platform == "win32":
        return
    import resource

    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))


def main() -> int:
    """Run the darkroom; its parent is the other end of both streams."""
    leave_network()
    # After it: whoever changes its rights no longer dies with its parent.
    die_with_parent()
    source, sink = own_streams()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    # The parent decides when to stop; a terminal's Ctrl+C reaches the whole group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o077)
    set_limits()
    if hasattr(os, "nice"):
        # Whoever talks to people on the same cores goes first.
        os.nice(5)
    return _serve(source, sink)


def _serve(source: BinaryIO, sink: BinaryIO) -> int:
    def send(message: BaseModel) -> None:
        sink.write(frame(message))
        sink.flush()

    try:
        work(source, send)
    except BrokenPipeError:
        return 1
    except (BrokenStream, ValidationError) as error:
        log.error("the parent's messages cannot be understood: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
