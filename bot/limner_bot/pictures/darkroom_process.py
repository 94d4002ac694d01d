"""One life of the darkroom's process: started without secrets, asked one task at a time, killed without a word."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from pydantic import BaseModel, ValidationError

from limner_sdk.darkroom import FROM_DARKROOM, Answer, Decoded, FromDarkroom, Inspect, Mask, Ready, Task
from limner_sdk.wire import BrokenStream, frame, read_frame_async

_NAMES: Final = frozenset(
    """
    LANG LANGUAGE LD_LIBRARY_PATH PATH PATHEXT PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONUTF8 SYSTEMROOT TEMP TMP TMPDIR
    TZ VIRTUAL_ENV
    """.split()
)
#: Pictures are worked on by one thread; more would only take address space.
_THREADS: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

their_log = logging.getLogger("limner.darkroom")


class Gone(Exception):
    """The process has ended, or says nothing that can be understood."""


@dataclass(frozen=True)
class Deadlines:
    """Seconds on the clock: to start the process, to decode a stranger's file, and for everything else of a task."""

    start: float = 30.0
    decoding: float = 5.0
    encoding: float = 30.0


def allowed(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that the darkroom may see: an allow-list, so that no secret slips through."""
    kept = {name: value for name, value in environment.items() if name in _NAMES or name.startswith("LC_")}
    return kept | _THREADS


class DarkroomProcess:
    """A running process. Whoever gets an exception from it ends it: its next answer would be to an old task."""

    def __init__(self, process: asyncio.subprocess.Process, deadlines: Deadlines) -> None:
        self._process, self._deadlines = process, deadlines
        self._lines = asyncio.create_task(_keep_log(process.stderr))

    @classmethod
    async def start(cls, command: tuple[str, ...], deadlines: Deadlines, environment: Mapping[str, str]) -> Self:
        """Start it, and wait until it takes tasks. Raises `Gone`, `TimeoutError` or `OSError`."""
        pipe = asyncio.subprocess.PIPE
        made = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=allowed(environment), start_new_session=True
        )
        self = cls(made, deadlines)
        try:
            async with asyncio.timeout(deadlines.start):
                if not isinstance(await self._heard(), Ready):
                    raise Gone("it answers before it is asked")
        except BaseException:
            await self.end()
            raise
        return self

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def tell(self, message: BaseModel) -> None:
        """Say something that is not answered; if the process is gone, the next task will find out."""
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.write(frame(message))

    async def ask(self, task: Task) -> Answer:
        """The answer to a task. Raises `Gone` or `TimeoutError`."""
        is_strange = isinstance(task, Inspect | Mask)
        self.tell(task)
        async with asyncio.timeout(self._deadlines.decoding if is_strange else self._deadlines.encoding):
            answer = await self._heard()
        if isinstance(answer, Decoded) and is_strange:
            async with asyncio.timeout(self._deadlines.encoding):
                answer = await self._heard()
        if isinstance(answer, Decoded | Ready) or answer.number != task.number:
            raise Gone("it answers what it was not asked")
        return answer

    async def end(self) -> None:
        """Kill it and wait until it is dead."""
        await asyncio.shield(self._end())

    async def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._lines.cancel()
        await asyncio.gather(self._lines, return_exceptions=True)

    async def _heard(self) -> FromDarkroom:
        assert self._process.stdout is not None
        try:
            message = await read_frame_async(self._process.stdout, FROM_DARKROOM)
        except (BrokenStream, ValidationError, OSError) as error:
            raise Gone(f"it cannot be understood: {error}") from None
        if message is None:
            raise Gone("it has ended")
        return message


async def _keep_log(stream: asyncio.StreamReader | None) -> None:
    while stream is not None:
        try:
            line = await stream.readline()
        except ValueError:
            their_log.warning("(a line that was too long)")
            continue
        if not line:
            return
        their_log.info("%s", line.decode(errors="replace").rstrip())
