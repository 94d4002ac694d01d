"""The GPU worker: a child process that is started, listened to, replaced when it dies and ended when it is silent."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ValidationError

from limner_sdk.messages import FROM_HOST, FromHost, Ready, Shutdown
from limner_sdk.wire import BrokenStream, frame, read_frame_async

log = logging.getLogger(__name__)
host_log = logging.getLogger("limner.host")

FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 30.0
GRACE: Final = 5.0
_LONGEST_LINE: Final = 2**20
#: How many lines of a worker are kept, to say why it ended, and the seconds that its last ones may take to come.
_LAST_LINES: Final = 5
_LAST_WORDS: Final = 1.0

_NAMES: Final = frozenset(
    """
    APPDATA COMSPEC HF_HOME HF_HUB_OFFLINE HOME LANG LANGUAGE LD_LIBRARY_PATH LIMNER_DATA_DIR LIMNER_DEVICE
    LIMNER_LARGEST_CANVAS LIMNER_SAFETY LOCALAPPDATA LOGNAME PATH PATHEXT PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONUTF8
    SYSTEMROOT TEMP TMP TMPDIR TRANSFORMERS_OFFLINE TZ USER USERPROFILE
    VIRTUAL_ENV XDG_CACHE_HOME XDG_DATA_HOME
    """.split()
)
_PREFIXES: Final = ("CUDA_", "HIP_", "HSA_", "LC_", "LIMNER_HOST_", "MKL_", "NVIDIA_", "OMP_", "PYTORCH_", "ROCR_")
#: What a name says that stands for a secret, whatever it begins with, such as the NVIDIA_API_KEY of a web service.
_SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|SIGNATURE")


def allowed(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that the worker may see: an allow-list, so that no secret slips through."""
    return {name: value for name, value in environment.items() if _is_allowed(name)}


def _is_allowed(name: str) -> bool:
    return name in _NAMES or (name.startswith(_PREFIXES) and not _SECRET.search(name.upper()))


@dataclass(frozen=True)
class Patience:
    """After how many seconds without a message the worker counts as stuck, while it starts and later."""

    start: float
    running: float


class Worker:
    """Keeps one child process alive.

    `on_message` gets what it says, `on_gone` is called whenever it has ended; it is dead by then.
    """

    def __init__(
        self,
        command: tuple[str, ...],
        patience: Patience,
        on_message: Callable[[FromHost], Awaitable[None]],
        on_gone: Callable[[], Awaitable[None]],
    ) -> None:
        self._command, self._patience = command, patience
        self._on_message, self._on_gone = on_message, on_gone
        self._process: asyncio.subprocess.Process | None = None
        self._ready = self._leaving = False
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        #: What the last one said before it ended without ever being ready; "" once one is.
        self.trouble = ""

    @property
    def ready(self) -> bool:
        """Whether it can take a job."""
        return self._ready and not self._leaving

    @property
    def leaving(self) -> bool:
        """Whether it takes no more jobs and has not ended yet."""
        return self._leaving

    def drain(self) -> None:
        """Let it finish the job that runs and end, to be replaced; `on_gone` follows."""
        if self._process is not None and not self._leaving:
            self._leaving = True
            self.send(Shutdown())

    @property
    def pid(self) -> int | None:
        """The process id while there is a process."""
        return self._process.pid if self._process else None

    async def run(self) -> None:
        """Start the process again and again, pausing longer each time it did not even get ready."""
        pause = FIRST_PAUSE
        while True:
            was_ready = await self._live_once()
            pause = FIRST_PAUSE if was_ready else min(2 * pause, LONGEST_PAUSE)
            log.warning("the worker has ended; the next one starts in %.2f s", pause)
            await asyncio.sleep(pause)

    def send(self, message: BaseModel) -> None:
        """Tell the worker something; if it is gone, `on_gone` will say so."""
        if self._process and self._process.stdin and not self._process.stdin.is_closing():
            self._process.stdin.write(frame(message))

    def kill(self) -> None:
        """End a worker that cannot be talked to; `on_gone` follows."""
        if self._process and self._process.returncode is None:
            _signal_group(self._process, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)

    async def _live_once(self) -> bool:
        try:
            self._process = process = await self._start()
        except OSError as error:
            log.error("the worker %s cannot be started: %s", self._command[0], error)
            self.trouble = f"{self._command[0]}: {error.strerror or error}"
            return False
        self._said.clear()
        lines = asyncio.create_task(_keep_log(process.stderr, self._said))
        was_ready = False
        try:
            was_ready = await self._listen(process)
        finally:
            was_ready, self._ready = was_ready or self._ready, False
            self._leaving = False
            await asyncio.shield(self._bury(process, lines))
        if not was_ready:
            self.trouble = self._said[-1] if self._said else "-"
            log.warning("the worker has ended before it was ready; it said last: %s", "\n".join(self._said) or "-")
        await self._on_gone()
        return was_ready

    async def _start(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=allowed(os.environ),
            limit=_LONGEST_LINE,
            # A group of its own: a terminal's Ctrl+C is ours to handle, and helpers die with it.
            start_new_session=True,
        )

    async def _listen(self, process: asyncio.subprocess.Process) -> bool:
        assert process.stdout is not None
        while True:
            seconds = self._patience.running if self._ready else self._patience.start
            try:
                message = await asyncio.wait_for(_hear(process.stdout), seconds)
            except TimeoutError:
                log.error("the worker has said nothing for %g s and is ended", seconds)
                return self._ready
            except (BrokenStream, ValidationError) as error:
                log.error("the worker cannot be understood and is ended: %s", error)
                return self._ready
            if message is None:
                return self._ready
            if isinstance(message, Ready):
                self._ready, self.trouble = True, ""
            await self._on_message(message)

    async def _bury(self, process: asyncio.subprocess.Process, lines: asyncio.Task[None]) -> None:
        started = time.monotonic()
        if process.stdin:
            process.stdin.close()
        _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE)
        self.kill()
        code = await process.wait()
        self._process = None
        log.info("the worker ended with code %d after %.1f s", code, time.monotonic() - started)
        await asyncio.wait([lines], timeout=_LAST_WORDS)
        lines.cancel()
        await asyncio.gather(lines, return_exceptions=True)


def _signal_group(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)


async def _hear(stream: asyncio.StreamReader) -> FromHost | None:
    return await read_frame_async(stream, FROM_HOST)


async def _keep_log(stream: asyncio.StreamReader | None, last: deque[str]) -> None:
    while stream is not None:
        try:
            line = await stream.readline()
        except ValueError:
            host_log.warning("(a line that was too long)")
            continue
        if not line:
            return
        text = line.decode(errors="replace").rstrip()
        host_log.info("%s", text)
        if text:
            last.append(text[:500])
