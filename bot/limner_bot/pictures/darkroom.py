"""The darkroom, seen from the bot: a process that decodes and encodes pictures, replaced when it dies or dawdles.

Nothing here reads a picture. The process is started by the first task, gets one task at a time, and is killed when a
task exceeds its time; a process that dies by itself is given the task once more.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self, TypeAlias, TypeVar

from limner_sdk import Catalogue, UserError
from limner_sdk.darkroom import (
    LARGEST_UPLOAD,
    Answer,
    Combine,
    Fit,
    Fitted,
    Gallery,
    Inspect,
    Inspected,
    Know,
    Mask,
    Masked,
    Refused,
    Sheet,
    Task,
)

from .darkroom_process import DarkroomProcess, Deadlines, Gone

COMMAND: Final = (sys.executable, "-m", "limner_host.darkroom")
MOST_AT_THE_DOOR: Final = 6
MOST_WAITING: Final = 64
#: How often a task is begun whose process dies.
ATTEMPTS: Final = 2
UNUSABLE: Final = "cannot be worked on; use another one"
log = logging.getLogger(__name__)

#: Why a task came to nothing. `request` is the person's matter; `busy` and `time` may pass.
Why: TypeAlias = Literal["request", "disk", "memory", "internal", "busy", "time", "crash"]
T = TypeVar("T", Fitted, Inspected, Masked, Sheet)


class DarkroomRefused(UserError):
    """A picture cannot be worked on; the sentence is for the person, `why` for whoever decides what to do now."""

    def __init__(self, sentence: str, why: Why) -> None:
        super().__init__(sentence)
        self.why = why


class Darkroom:
    """One process for pictures; tasks are done in the order in which they come.

    Every method raises `DarkroomRefused`. Paths are made by the caller, who also removes the files.
    """

    def __init__(
        self,
        command: tuple[str, ...] = COMMAND,
        deadlines: Deadlines = Deadlines(),  # noqa: B008
        most_waiting: int = MOST_WAITING,
        count: Callable[[str, str], None] = lambda _kind, _outcome: None,
    ) -> None:
        self._count = count
        self._command, self._deadlines, self._most_waiting = command, deadlines, most_waiting
        self._turn = asyncio.Lock()
        #: Few pictures are fetched at a time: those that wait outside take no memory.
        self.doorway = asyncio.Semaphore(MOST_AT_THE_DOOR)
        self._process: DarkroomProcess | None = None
        self._catalogue: Catalogue | None = None
        self._waiting = self._number = 0
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process; tasks that still wait are refused."""
        self._closed = True
        await self._end()

    @property
    def pid(self) -> int | None:
        """The process id while there is a process."""
        return self._process.pid if self._process else None

    @property
    def waiting(self) -> int:
        """How many tasks wait or are being done."""
        return self._waiting

    def know(self, catalogue: Catalogue) -> None:
        """What the host offers from now on, by which pictures of others are understood."""
        self._catalogue = catalogue
        if self._process is not None:
            self._process.tell(Know(catalogue=catalogue))

    async def fit(self, file: Path, into: Path, name: str, most_bytes: int, *, metadata: bool = True) -> Fitted:
        """One of our own pictures in at most `most_bytes`; the file itself if it fits as it is."""
        number = self._next()
        task = Fit(number=number, file=str(file), into=str(into), name=name, most_bytes=most_bytes, metadata=metadata)
        return await self._done(task, Fitted)

    async def inspect(
        self,
        file: Path,
        clean_to: Path,
        *,
        called: str = "",
        field: str = "picture",
        largest_pixels: int = LARGEST_UPLOAD,
        carry: bool = False,
    ) -> Inspected:
        """What a stranger's picture is and says, and a clean copy of it; `clean_to` has no ending yet."""
        task = Inspect(
            number=self._next(),
            file=str(file),
            clean_to=str(clean_to),
            called=called,
            field=field,
            largest_pixels=largest_pixels,
            carry=carry,
        )
        return await self._done(task, Inspected)

    async def mask(self, file: Path, clean_to: Path, width: int, height: int, *, called: str = "") -> Masked:
        """A stranger's mask at the size of its picture."""
        task = Mask(
            number=self._next(), file=str(file), clean_to=str(clean_to), width=width, height=height, called=called
        )
        return await self._done(task, Masked)

    async def gallery(
        self, files: tuple[Path, ...], into: Path, name: str, *, columns: int = 4, side: int = 256, first: int = 1
    ) -> Sheet:
        """A contact sheet of our own pictures, numbered from `first`."""
        paths = tuple(str(file) for file in files)
        number = self._next()
        task = Gallery(number=number, files=paths, into=str(into), name=name, columns=columns, side=side, first=first)
        return await self._done(task, Sheet)

    async def combine(self, files: tuple[Path, ...], into: Path, name: str) -> Sheet:
        """A grid of our own pictures."""
        paths = tuple(str(file) for file in files)
        return await self._done(Combine(number=self._next(), files=paths, into=str(into), name=name), Sheet)

    def _next(self) -> int:
        self._number += 1
        return self._number

    async def _done(self, task: Task, kind: type[T]) -> T:
        """What comes of a task; how each has ended is counted."""
        outcome = "abandoned"
        try:
            answer = await self._in_turn(task, kind)
            outcome = "done"
        except DarkroomRefused as error:
            outcome = error.why
            raise
        finally:
            self._count(task.type, outcome)
        return answer

    async def _in_turn(self, task: Task, kind: type[T]) -> T:
        if self._waiting >= self._most_waiting:
            raise DarkroomRefused("too many pictures are being worked on; try again in a minute", "busy")
        self._waiting += 1
        try:
            async with self._turn:
                answer = await self._answer(task)
        finally:
            self._waiting -= 1
        if isinstance(answer, Refused):
            raise DarkroomRefused(answer.sentence, answer.why)
        if not isinstance(answer, kind):
            await self._end()
            raise DarkroomRefused(f"this picture {UNUSABLE}", "crash")
        return answer

    async def _answer(self, task: Task) -> Answer:
        """The answer of a process that lives; whatever goes wrong, the next task gets a fresh one."""
        for _ in range(ATTEMPTS):
            if self._closed:
                raise DarkroomRefused("the bot is about to stop; try again in a minute", "busy")
            try:
                return await (await self._running()).ask(task)
            except Gone as error:
                log.warning("the darkroom has died over a task (%s): %s", task.type, error)
                await self._end()
            except TimeoutError:
                log.warning("the darkroom took too long over a task (%s) and is ended", task.type)
                await self._end()
                raise DarkroomRefused("this picture takes too long to work on; use a smaller one", "time") from None
            except OSError as error:
                log.error("the darkroom %s cannot be started: %s", self._command[0], error)
                raise DarkroomRefused("no picture can be worked on here; tell the admin", "internal") from None
            except BaseException:
                # Whoever gives a task up leaves an answer that nobody will read.
                await self._end()
                raise
        raise DarkroomRefused(f"this picture {UNUSABLE}", "crash")

    async def _running(self) -> DarkroomProcess:
        if self._process is None:
            self._process = await DarkroomProcess.start(self._command, self._deadlines, os.environ)
            if self._catalogue is not None:
                self._process.tell(Know(catalogue=self._catalogue))
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.end()
