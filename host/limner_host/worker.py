"""The worker process: takes jobs from its standard input, answers on its standard output, dies with its parent."""

from __future__ import annotations

import logging
import os
import queue
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import BaseModel
from torch import Tensor

from limner_sdk import Cancelled, DiskFull, OutOfMemory, PluginError, Request, UnusableModel, UserError
from limner_sdk.folders import DataFolder
from limner_sdk.messages import (
    TO_HOST,
    Alive,
    Cancel,
    Failed,
    Finished,
    Plan,
    Progress,
    Ready,
    Reason,
    Shutdown,
    Submit,
)
from limner_sdk.wire import BrokenStream, frame, read_frame

from .grids.job import make_grid
from .house import open_studio
from .planning import planned
from .preview import Previewer
from .process import die_with_parent, own_streams
from .stages.resolve import model_for
from .studio import Studio

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 1.0
PREVIEW_SECONDS: Final = 0.7


class Outbox:
    """Writes messages, from any thread, one after another."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, message: BaseModel) -> None:
        """Write one message whole."""
        with self._lock:
            self._stream.write(frame(message))
            self._stream.flush()


@dataclass
class JobWatcher:
    """Reports one job's progress, with a preview now and then, and knows whether it was cancelled."""

    outbox: Outbox
    submit: Submit
    previewer: Previewer | None
    stop: threading.Event = field(default_factory=threading.Event)
    _next_preview: float = 0.0

    def progress(self, stage: str, done: float, latent: Tensor | None) -> None:
        """Tell the parent; the preview is made only as often as anyone could look at it."""
        preview = None
        if latent is not None and self.previewer and time.monotonic() >= self._next_preview:
            preview = self._look(self.previewer, latent)
            self._next_preview = time.monotonic() + PREVIEW_SECONDS
        self.tell(stage, done, preview)

    def tell(self, stage: str, done: float, preview: bytes | None) -> None:
        """Tell the parent."""
        self.outbox.send(
            Progress(job=self.submit.job, attempt=self.submit.attempt, stage=stage, done=done, preview=preview)
        )

    def _look(self, previewer: Previewer, latent: Tensor) -> bytes | None:
        try:
            return previewer.preview(latent)
        # A picture is worth more than a look at it.
        except Exception:
            log.exception("no preview of job %s", self.submit.job)
            return None

    def cancelled(self) -> bool:
        """Whether the parent has sent a `Cancel`."""
        return self.stop.is_set()


class Worker:
    """One thread reads messages, one answers plans, one sends heartbeats, and the main one makes pictures."""

    def __init__(self, studio: Studio, outbox: Outbox) -> None:
        self._studio, self._outbox = studio, outbox
        self._waiting: queue.Queue[JobWatcher | None] = queue.Queue()
        self._plans: queue.SimpleQueue[Plan] = queue.SimpleQueue()
        self._watchers: list[JobWatcher] = []
        self._running: JobWatcher | None = None
        self._previewer: Previewer | None = None
        self._leaving = False
        self._lock = threading.Lock()

    def run(self, stream: BinaryIO) -> None:
        """Work until the parent says `Shutdown` or is gone."""
        self._outbox.send(Ready(catalogue=self._studio.catalogue()))
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()
        threading.Thread(target=self._plan, daemon=True).start()
        threading.Thread(target=self._beat, daemon=True).start()
        while (watcher := self._waiting.get()) is not None:
            self._outbox.send(self._answer(watcher))

    def _read(self, stream: BinaryIO) -> None:
        try:
            while (message := read_frame(stream, TO_HOST)) is not None:
                match message:
                    case Submit() if self._leaving:
                        self._outbox.send(failure(message, RuntimeError("it came too late")))
                    case Submit():
                        self._take(message)
                    case Plan():
                        self._plans.put(message)
                    case Cancel():
                        self._cancel(message.job)
                    case Shutdown():
                        # Whoever has said so may still cancel, or die.
                        self._leaving = True
                        self._waiting.put(None)
        except (BrokenStream, ValueError):
            log.exception("the parent's messages cannot be understood")
        self._give_up()

    def _take(self, submit: Submit) -> None:
        with self._lock:
            self._watchers.append(JobWatcher(self._outbox, submit, None))
            self._waiting.put(self._watchers[-1])

    def _cancel(self, job: str) -> None:
        with self._lock:
            for watcher in self._watchers:
                if watcher.submit.job == job:
                    watcher.stop.set()

    def _give_up(self) -> None:
        """Nobody is left to make pictures for."""
        with self._lock:
            for watcher in self._watchers:
                watcher.stop.set()
        self._waiting.put(None)

    def _plan(self) -> None:
        while True:
            self._outbox.send(planned(self._plans.get(), self._studio))

    def _beat(self) -> None:
        while True:
            running = self._running
            self._outbox.send(Alive(job=running.submit.job if running else None))
            time.sleep(HEARTBEAT_SECONDS)

    def _answer(self, watcher: JobWatcher) -> Finished | Failed:
        self._running = watcher
        try:
            return self._finished(watcher.submit, watcher)
        # Whatever happens in one job must not end the process that the next one needs.
        except Exception as error:
            return failure(watcher.submit, error)
        finally:
            self._running = None
            with self._lock:
                self._watchers.remove(watcher)

    def _finished(self, submit: Submit, watcher: JobWatcher) -> Finished:
        if watcher.cancelled():
            raise Cancelled("the job was cancelled before it began")
        if submit.grid is not None:
            result = make_grid(self._studio, submit.request, submit.grid, Path(submit.folder), submit.job, watcher)
            return Finished(job=submit.job, attempt=submit.attempt, result=result)
        # Nothing of a finished picture is drawn from noise, and its model may not be needed at all.
        # Neither is anything shown before the guard has seen it.
        hidden = submit.request.finished is not None or self._studio.guard is not None
        watcher.previewer = None if hidden else self._fitting_previewer(submit.request)
        result = self._studio.make(submit.request, Path(submit.folder), submit.job, watcher)
        return Finished(job=submit.job, attempt=submit.attempt, result=result)

    def _fitting_previewer(self, request: Request) -> Previewer | None:
        model = self._studio.model(model_for(request, self._studio.registry))
        if self._previewer is None or self._previewer.codec is not model.codec:
            self._previewer = Previewer.fit(model.codec, self._studio.device)
        return self._previewer


def failure(submit: Submit, error: Exception) -> Failed:
    """What the parent is told of an error: why, one sentence, and the traceback for its log."""
    reason = reason_of(error)
    sentence = str(error) if reason != "internal" else f"something went wrong inside ({type(error).__name__})"
    return Failed(
        job=submit.job,
        attempt=submit.attempt,
        reason=reason,
        sentence=sentence,
        details="".join(traceback.format_exception(error)),
        plugin=error.plugin.partition(":")[0] if isinstance(error, PluginError) else "",
    )


def reason_of(error: Exception) -> Reason:
    """Which of the parent's reasons an error falls under."""
    match error:
        case Cancelled():
            return "cancelled"
        case OutOfMemory():
            return "memory"
        case DiskFull():
            return "disk"
        case UnusableModel():
            return "model"
        case PluginError():
            return "plugin"
        case UserError():
            return "request"
        case _:
            return "internal"


def main() -> int:
    """Run the worker; its parent is the other end of both streams."""
    die_with_parent()
    source, sink = own_streams()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    # The parent decides when to stop; a terminal's Ctrl+C reaches the whole group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o077)
    outbox = Outbox(sink)
    try:
        studio = open_studio(DataFolder.from_environment().create())
        if studio.device.type == "cpu" and hasattr(os, "nice"):
            # Whoever talks to people on the same cores goes first.
            os.nice(5)
        Worker(studio, outbox).run(source)
    except BrokenPipeError:
        return 1
    except UserError as error:
        print(f"limner: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
