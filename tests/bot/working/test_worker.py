"""The child process: started with nothing it need not know, replaced when it dies, ended when it is silent."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.bot.bench import STUB_HOST

from limner_bot.working.worker import Patience, Worker, allowed
from limner_sdk import Request
from limner_sdk.messages import Failed, Finished, FromHost, Progress, Ready, Submit


class Ear:
    """Hears what a worker says, and when it is gone."""

    def __init__(self) -> None:
        self.heard: list[FromHost] = []
        self.gone = 0

    async def hear(self, message: FromHost) -> None:
        self.heard.append(message)

    async def lost(self) -> None:
        self.gone += 1

    def count(self, kind: type) -> int:
        return sum(isinstance(message, kind) for message in self.heard)


async def until(condition: Callable[[], object]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


@asynccontextmanager
async def working(command: tuple[str, ...], silence: float = 20) -> AsyncIterator[tuple[Worker, Ear]]:
    ear = Ear()
    worker = Worker(command, Patience(20, silence), ear.hear, ear.lost)
    task = asyncio.create_task(worker.run())
    try:
        yield worker, ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert worker.pid is None


async def test_a_job_is_answered_with_progress_and_files(tmp_path: Path) -> None:
    async with working(STUB_HOST) as (worker, ear):
        await until(lambda: worker.ready)
        worker.send(Submit(job="j", attempt=3, request=Request(prompt="a circle", count=2), folder=str(tmp_path)))
        await until(lambda: ear.count(Finished))
    finished = next(message for message in ear.heard if isinstance(message, Finished))
    assert (finished.job, finished.attempt) == ("j", 3)
    assert ear.count(Progress)
    assert len(list(tmp_path.iterdir())) == 3


async def test_a_killed_worker_is_replaced() -> None:
    async with working(STUB_HOST) as (worker, ear):
        await until(lambda: worker.ready)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        await until(lambda: ear.gone == 1)
        assert not worker.ready or ear.count(Ready) == 2
        await until(lambda: ear.count(Ready) == 2)


async def test_a_silent_worker_is_ended(tmp_path: Path) -> None:
    async with working(STUB_HOST, silence=1.0) as (worker, ear):
        await until(lambda: worker.ready)
        worker.send(Submit(job="j", attempt=1, request=Request(prompt="stuck"), folder=str(tmp_path)))
        await until(lambda: ear.gone == 1)


async def test_a_program_that_talks_nonsense_is_ended() -> None:
    async with working((sys.executable, "-c", "print('hello, I am no host', flush=True); input()")) as (worker, ear):
        await until(lambda: ear.gone)
        assert not worker.ready


async def test_a_program_that_does_not_exist_is_tried_again_later() -> None:
    async with working(("/nonexistent/host",)) as (worker, ear):
        await asyncio.sleep(0.1)
        assert (worker.ready, ear.gone) == (False, 0)


async def test_why_a_worker_never_gets_ready_is_known_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    program = "import sys; sys.stderr.write('one\\nlimner: there is no such device\\n\\n'); sys.exit(2)"
    with caplog.at_level("WARNING"):
        async with working((sys.executable, "-c", program)) as (worker, ear):
            await until(lambda: ear.gone)
            assert worker.trouble == "limner: there is no such device"
    assert "it said last: one\nlimner: there is no such device" in caplog.text


async def test_the_answer_to_a_cancelled_job_is_a_failure(tmp_path: Path) -> None:
    from limner_sdk.messages import Cancel

    async with working(STUB_HOST) as (worker, ear):
        await until(lambda: worker.ready)
        worker.send(Submit(job="j", attempt=1, request=Request(prompt="slower"), folder=str(tmp_path)))
        await until(lambda: ear.count(Progress))
        worker.send(Cancel(job="j"))
        await until(lambda: ear.count(Failed))


def test_no_secret_reaches_the_worker() -> None:
    secrets = {"LIMNER_DISCORD_TOKEN": "x", "HF_TOKEN": "x", "AWS_SECRET": "x", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"}
    kept = {"PATH": "/bin", "LIMNER_DATA_DIR": "/data", "CUDA_VISIBLE_DEVICES": "0", "LIMNER_LARGEST_CANVAS": "8x8"}
    kept |= {"LIMNER_SAFETY": "safety_filter"}
    assert allowed(secrets | kept) == kept


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
async def test_the_environment_of_the_running_worker_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    canary = "canary-3f9a"
    secrets = ("LIMNER_DISCORD_TOKEN", "HF_TOKEN", "NVIDIA_API_KEY", "CUDA_SECRET", "LIMNER_HOST_PASSWORD")
    for name in (*secrets, "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "PGPASSWORD", "DISCORD_WEBHOOK"):
        monkeypatch.setenv(name, canary)
    monkeypatch.setenv("PYTORCH_ENABLE_MPS_FALLBACK", "1")
    async with working(STUB_HOST) as (worker, _):
        await until(lambda: worker.ready)
        seen = Path(f"/proc/{worker.pid}/environ").read_bytes()
    assert canary.encode() not in seen
    assert {b"PYTORCH_ENABLE_MPS_FALLBACK=1", b"PATH=" + os.environb[b"PATH"]} <= set(seen.split(b"\0"))


async def test_a_drained_worker_finishes_its_job_takes_no_other_and_is_replaced(tmp_path: Path) -> None:
    async with working(STUB_HOST) as (worker, ear):
        await until(lambda: worker.ready)
        first = worker.pid
        worker.send(Submit(job="j", attempt=1, request=Request(prompt="slow"), folder=str(tmp_path)))
        await until(lambda: ear.count(Progress))
        worker.drain()
        assert (worker.ready, worker.leaving) == (False, True)
        await until(lambda: ear.count(Finished))
        await until(lambda: ear.gone == 1)
        await until(lambda: worker.ready)
        assert (worker.leaving, worker.pid != first, ear.count(Ready)) == (False, True, 2)
