"""The darkroom as a process: small, quick to start, without torch, network or much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from tests.host.darkroom.strange import png_of, saved

from limner_host.darkroom.__main__ import LARGEST_FILE, MEMORY, OPEN_FILES
from limner_sdk.darkroom import FROM_DARKROOM, Decoded, FromDarkroom, Inspect, Inspected, Ready, Refused
from limner_sdk.wire import frame, read_frame

COMMAND = (sys.executable, "-m", "limner_host.darkroom")


class Room:
    """A darkroom under test."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def says(self) -> FromDarkroom | None:
        assert self.process.stdout is not None
        return read_frame(self.process.stdout, FROM_DARKROOM)  # type: ignore[arg-type]

    def tell(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()


@contextmanager
def darkroom(command: tuple[str, ...] = COMMAND) -> Iterator[Room]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            yield Room(process)
        finally:
            watchdog.cancel()
            process.kill()


def test_neither_torch_nor_numpy_nor_a_plugin_is_needed_to_start() -> None:
    found = "import limner_host.darkroom.__main__, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    names = subprocess.run([sys.executable, "-c", found], capture_output=True, text=True, check=True).stdout.split()
    assert "PIL" in names
    assert {"torch", "numpy", "diffusers", "transformers", "limner_plugins", "discord"} & {*names} == set()


def test_it_starts_and_answers_while_anybody_would_still_wait(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(saved(Image.new("RGB", (8, 8)), "PNG"))
    with darkroom() as room:
        assert room.says() == Ready()
        processor = sum(map(int, Path(f"/proc/{room.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        assert processor / os.sysconf("SC_CLK_TCK") < 2
        room.tell(frame(Inspect(number=7, file=str(tmp_path / "a.png"), clean_to=str(tmp_path / "b"))))
        assert room.says() == Decoded(number=7)
        assert isinstance(room.says(), Inspected)
        assert oct((tmp_path / "b.png").stat().st_mode)[-3:] == "600"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells a process's limits")
def test_it_has_little_memory_no_network_and_leaves_no_core() -> None:
    with darkroom() as room:
        room.says()
        of = Path(f"/proc/{room.process.pid}")
        limits = {line[:26].strip(): line[26:].split()[0] for line in (of / "limits").read_text().splitlines()}
        own, ours = (os.readlink(place / "ns" / "net") for place in (of, Path("/proc/self")))
    assert limits["Max address space"] == str(MEMORY)
    assert limits["Max file size"] == str(LARGEST_FILE)
    assert (limits["Max open files"], limits["Max core file size"]) == (str(OPEN_FILES), "0")
    probe = "from limner_host.pickles.sandbox import leave_network as f; print(f())"
    can = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout.strip()
    assert (own != ours) == (can == "True")


TIGHT = """
import os, pathlib, limner_host.darkroom.__main__ as room
room.MEMORY = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE") + 40 * 2**20
raise SystemExit(room.main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds address space")
def test_a_picture_that_needs_more_memory_than_there_is_is_refused_and_the_next_is_done(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(png_of(5600, 5600, depth=8))
    (tmp_path / "small.png").write_bytes(saved(Image.new("RGB", (8, 8)), "PNG"))
    with darkroom((sys.executable, "-c", TIGHT)) as room:
        room.says()
        for number, name in enumerate(("large.png", "small.png")):
            room.tell(frame(Inspect(number=number, file=str(tmp_path / name), clean_to=str(tmp_path / "clean"))))
        first = room.says()
        assert isinstance(first, Refused), first
        assert (first.why, first.sentence) == ("memory", "picture: it takes too much memory; use a smaller one")
        assert [type(room.says()) for _ in range(2)] == [Decoded, Inspected]


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", b"\0\0\0\x02{}", b"\0\0\0\x05nope!", b"\0\0"])
def test_what_is_no_task_ends_it(data: bytes) -> None:
    with darkroom() as room:
        room.says()
        room.tell(data)
        assert room.process.stdin is not None
        room.process.stdin.close()
        room.process.stdin = None
        assert room.process.wait(20) == 1


def test_it_leaves_when_nobody_has_tasks_any_more() -> None:
    with darkroom() as room:
        room.says()
        assert room.process.stdin is not None
        room.process.stdin.close()
        room.process.stdin = None
        started = time.monotonic()
        assert room.process.wait(20) == 0
        assert time.monotonic() - started < 5
