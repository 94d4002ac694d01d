"""The darkroom from the bot's side: a real process, stopped, killed and silenced with real signals."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.bot.stub_host import catalogue, png

from limner_bot.pictures.darkroom import Darkroom, DarkroomRefused
from limner_bot.pictures.darkroom_process import Deadlines, allowed
from limner_sdk import Catalogue

PATIENT = Deadlines(start=60, decoding=60, encoding=60)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A small picture."""
    (tmp_path / "a.png").write_bytes(png(64, 32, b"abc"))
    return tmp_path / "a.png"


@pytest.fixture
async def room() -> AsyncIterator[Darkroom]:
    """A darkroom that waits."""
    async with Darkroom(deadlines=PATIENT) as opened:
        yield opened


def speaker(code: str) -> tuple[str, ...]:
    """A program that says what is no answer."""
    ready = "import sys; from limner_sdk.darkroom import *; from limner_sdk.wire import frame\n"
    ready += "out = sys.stdout.buffer; out.write(frame(Ready())); out.flush(); sys.stdin.buffer.read(4)\n"
    return (sys.executable, "-c", ready + code)


def is_alive(pid: int) -> bool:
    """Whether a process runs, or waits to."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    for _ in range(int(seconds * 50)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


async def stopped(room: Darkroom, picture: Path) -> int:
    """The process, which has been frozen in the middle of whatever comes."""
    await room.inspect(picture, picture.parent / "first")
    assert room.pid is not None
    os.kill(room.pid, signal.SIGSTOP)
    return room.pid


async def test_one_process_does_all_tasks_and_ends_with_the_bot(picture: Path) -> None:
    into = picture.parent
    async with Darkroom(deadlines=PATIENT) as room:
        assert room.pid is None
        found, fitted, sheet, grid, mask = await asyncio.gather(
            room.inspect(picture, into / "clean", called="mine.png"),
            room.fit(picture, into, "fitted", 2**20, metadata=False),
            room.gallery((picture, picture), into, "sheet"),
            room.combine((picture, picture), into, "grid"),
            room.mask(picture, into / "mask", 64, 32),
        )
        pid = room.pid
        assert (found.width, found.height, found.digest) == (64, 32, hashlib.sha256(picture.read_bytes()).hexdigest())
        assert {Path(answer.file).name for answer in (found, fitted, sheet, grid, mask)} == {
            "clean.png", "fitted.png", "sheet.jpg", "grid.png", "mask.png",
        }  # fmt: skip
        with pytest.raises(DarkroomRefused, match=r"^mask: 'm\.png' is 64x32, which is no shape") as caught:
            await room.mask(picture, into / "other", 64, 64, called="m.png")
        assert (caught.value.why, room.pid, room.waiting) == ("request", pid, 0)
    assert pid is not None
    assert not is_alive(pid)


@pytest.mark.parametrize("kind", ["decoding", "encoding"])
async def test_a_process_that_takes_too_long_is_ended_and_the_next_task_gets_another(picture: Path, kind: str) -> None:
    async with Darkroom(deadlines=replace(PATIENT, **{kind: 2.0})) as room:
        pid = await stopped(room, picture)
        into = picture.parent
        task: Awaitable[object] = (
            room.inspect(picture, into / "a") if kind == "decoding" else room.fit(picture, into, "a", 2**20)
        )
        with pytest.raises(DarkroomRefused, match="takes too long") as caught:
            await task
        assert (caught.value.why, is_alive(pid)) == ("time", False)
        assert (await room.gallery((picture,), picture.parent, "next")).missing == ()


async def test_a_process_that_is_killed_over_a_task_is_given_it_again(room: Darkroom, picture: Path) -> None:
    pid = await stopped(room, picture)
    task = asyncio.create_task(room.inspect(picture, picture.parent / "second"))
    await until(lambda: room.waiting == 1)
    os.kill(pid, signal.SIGKILL)
    assert (await task).width == 64
    assert room.pid not in (None, pid)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "out.write(b'nonsense that goes on and on'); out.flush(); sys.stdin.read()",
        "out.write(frame(Decoded(number=1)) * 2); out.flush(); sys.stdin.read()",
        "out.write(frame(Refused(number=9, sentence='x'))); out.flush(); sys.stdin.read()",
        "out.write(frame(Ready())); out.flush(); sys.stdin.read()",
    ],
)
async def test_what_dies_or_answers_nonsense_twice_is_a_sentence(picture: Path, code: str) -> None:
    async with Darkroom(speaker(code), PATIENT) as room:
        with pytest.raises(DarkroomRefused, match=r"^this picture cannot be worked on; use another one$") as caught:
            await room.inspect(picture, picture.parent / "clean")
        assert (caught.value.why, room.pid) == ("crash", None)


async def test_an_answer_of_another_kind_is_not_taken(picture: Path) -> None:
    code = "out.write(frame(Masked(number=1, file='x', scaled=False, painted=1))); out.flush(); sys.stdin.read()"
    async with Darkroom(speaker(code), PATIENT) as room:
        with pytest.raises(DarkroomRefused, match="cannot be worked on"):
            await room.inspect(picture, picture.parent / "clean")


async def test_a_program_that_is_not_there_is_the_admins_matter(picture: Path) -> None:
    async with Darkroom(("/nonexistent/darkroom",)) as room:
        with pytest.raises(DarkroomRefused, match="tell the admin") as caught:
            await room.inspect(picture, picture.parent / "clean")
    assert caught.value.why == "internal"


async def test_more_tasks_than_may_wait_are_refused_at_once(picture: Path) -> None:
    async with Darkroom(deadlines=PATIENT, most_waiting=2) as room:
        pid = await stopped(room, picture)
        tasks = [asyncio.create_task(room.inspect(picture, picture.parent / f"{n}")) for n in range(2)]
        await until(lambda: room.waiting == 2)
        with pytest.raises(DarkroomRefused, match="too many pictures") as caught:
            await room.inspect(picture, picture.parent / "third")
        os.kill(pid, signal.SIGCONT)
        assert [found.width for found in await asyncio.gather(*tasks)] == [64, 64]
    assert caught.value.why == "busy"


async def test_a_task_that_is_given_up_leaves_no_answer_to_the_next(room: Darkroom, picture: Path) -> None:
    pid = await stopped(room, picture)
    task = asyncio.create_task(room.inspect(picture, picture.parent / "given-up"))
    await until(lambda: room.waiting == 1)
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (is_alive(pid), room.waiting) == (False, 0)
    assert Path((await room.inspect(picture, picture.parent / "next")).file).name == "next.png"


async def test_tasks_that_wait_when_the_bot_stops_are_refused(picture: Path) -> None:
    async with Darkroom(deadlines=PATIENT) as room:
        pid = await stopped(room, picture)
        tasks = [asyncio.create_task(room.inspect(picture, picture.parent / f"{n}")) for n in range(2)]
        await until(lambda: room.waiting == 2)
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [error.why for error in found if isinstance(error, DarkroomRefused)] == ["busy", "busy"]
    assert (is_alive(pid), room.pid) == (False, None)


async def test_the_loop_goes_on_while_a_picture_is_worked_on(room: Darkroom, tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(png(2000, 2000, b"xyz"))
    await room.fit(tmp_path / "large.png", tmp_path, "warm", 2**24)
    ticks, task = 0, asyncio.create_task(room.fit(tmp_path / "large.png", tmp_path, "b", 2**24, metadata=False))
    while not task.done():
        await asyncio.sleep(0.002)
        ticks += 1
    assert (await task).width == 2000
    assert ticks > 10


async def test_what_the_host_offers_is_known_before_and_after_the_start(room: Darkroom, tmp_path: Path) -> None:
    text = b"parameters\0a cat\nSteps: 3, Sampler: Euler, Seed: 4, Size: 64x64, RNG: CPU"
    plain = png(8, 8, b"abc")
    chunk = len(text).to_bytes(4, "big") + b"tEXt" + text + zlib.crc32(b"tEXt" + text).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(plain[:33] + chunk + plain[33:])
    samplers = []
    for offered in (catalogue(), Catalogue(), catalogue()):
        room.know(offered)
        says = (await room.inspect(tmp_path / "a.png", tmp_path / "clean")).says
        assert says is not None
        assert says.request is not None
        samplers.append(says.request.sampler and says.request.sampler.name)
    assert samplers == ["stub:euler", None, "stub:euler"]


async def test_no_secret_reaches_the_process(room: Darkroom, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "LIMNER_DISCORD_TOKEN",
        "HF_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "LIMNER_DATA_DIR",
        "CUDA_VISIBLE_DEVICES",
    ):
        monkeypatch.setenv(name, "canary")
    await room.inspect(picture, picture.parent / "clean")
    seen = Path(f"/proc/{room.pid}/environ").read_bytes()
    assert b"canary" not in seen
    assert b"PATH=" in seen
    assert allowed({"LC_ALL": "C", "PATH": "/bin", "TOKEN": "x"}).keys() >= {"LC_ALL", "PATH", "OMP_NUM_THREADS"}


BOT = """
import asyncio, pathlib, sys
from limner_bot.pictures.darkroom import Darkroom

async def main():
    async with Darkroom() as room:
        await room.inspect(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[1] + ".clean"))
        print(room.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the end of its input has to do")
async def test_no_process_is_left_when_the_bot_is_killed(picture: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", BOT, str(picture)], stdout=subprocess.PIPE) as bot:
        assert bot.stdout is not None
        pid = int(await asyncio.to_thread(bot.stdout.readline))
        # Frozen, it cannot notice the end of its input; only the kernel can end it.
        os.kill(pid, signal.SIGSTOP)
        bot.kill()
        await until(lambda: not is_alive(pid), 5)
