"""The worker as a real process, spoken to over its pipes."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image
from tests.conftest import SMALL

from limner_host.worker import Outbox, failure, reason_of
from limner_sdk import (
    Cancelled,
    ConfigurationError,
    DefinitionError,
    DiskFull,
    InvalidRequest,
    OutOfMemory,
    Request,
    StageFailed,
    UnreadableImage,
    UnusableModel,
)
from limner_sdk.messages import (
    FROM_HOST,
    Alive,
    Cancel,
    Failed,
    Finished,
    GridWish,
    Plan,
    Planned,
    Progress,
    Ready,
    Shutdown,
    Submit,
)
from limner_sdk.wire import frame, read_frame

PATIENCE = 120

NOISY_PLUGIN = """
import os, sys
from limner_sdk import NoParams, SamplerDef, SamplerContext, hookimpl

print("I print when I am imported")

def noisy(denoise, x, sigmas, ctx, params):
    print("I print while I sample", flush=True)
    os.write(1, b"and I write to the first file descriptor")
    for sigma in sigmas[:-1]:
        x = denoise(x, sigma)
    return x

def leave(denoise, x, sigmas, ctx, params):
    sys.exit(0)

def fail(denoise, x, sigmas, ctx, params):
    raise ValueError("it broke")

@hookimpl
def limner_samplers():
    yield SamplerDef("noisy", "Prints.", NoParams, noisy)
    yield SamplerDef("leave", "Exits.", NoParams, leave)
    yield SamplerDef("fail", "Fails.", NoParams, fail)
"""


class Parent:
    """The other end of a worker's pipes."""

    def __init__(self, data: Path) -> None:
        (data / "plugins").mkdir(parents=True)
        (data / "plugins" / "noisy.py").write_text(NOISY_PLUGIN)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "limner_host.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"LIMNER_DATA_DIR": str(data), "LIMNER_DEVICE": "cpu", "OMP_NUM_THREADS": "1"},
        )
        self.messages: queue.Queue[Any] = queue.Queue()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        self.first = self.messages.get(timeout=PATIENCE)
        self.ready = self.first if isinstance(self.first, Ready) else self.next(Ready)

    def _listen(self) -> None:
        assert self.process.stdout
        while (message := read_frame(self.process.stdout, FROM_HOST)) is not None:  # type: ignore[arg-type]
            self.messages.put(message)

    def send(self, message: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(frame(message))
        self.process.stdin.flush()

    def submit(self, job: str, folder: Path, **changes: Any) -> None:
        request = Request.parse(SMALL | {"seed": 7} | changes)
        self.send(Submit(job=job, attempt=3, request=request, folder=str(folder)))

    def until(self, wanted: Callable[[Any], bool]) -> list[Any]:
        """Every message up to the first that is wanted."""
        heard: list[Any] = []
        while not heard or not wanted(heard[-1]):
            heard.append(self.messages.get(timeout=PATIENCE))
        return heard

    def next(self, kind: type[Any]) -> Any:
        return self.until(lambda message: isinstance(message, kind))[-1]

    def plan(self, number: int, grid: GridWish | None = None, **changes: Any) -> None:
        self.send(Plan(number=number, request=Request.parse(SMALL | changes), grid=grid))

    def end_of(self, job: str) -> Any:
        return self.until(lambda message: isinstance(message, Finished | Failed) and message.job == job)[-1]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.listener.join()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parent]:
    """A worker that has said that it is ready."""
    parent = Parent(tmp_path_factory.mktemp("worker") / "data")
    yield parent
    parent.close()


def test_the_first_message_is_ready_with_the_catalogue(parent: Parent) -> None:
    assert isinstance(parent.first, Ready)
    assert [model.id for model in parent.ready.catalogue.models] == ["pocket:pocket"]
    assert {stage.id for stage in parent.ready.catalogue.stages} >= {"samplers:euler", "noisy:noisy", "noises:gaussian"}


def test_a_job_reports_progress_with_a_preview_and_finishes_with_files(parent: Parent, tmp_path: Path) -> None:
    parent.submit("pictures", tmp_path / "out", count=2, steps=6)
    heard = [m for m in parent.until(lambda m: isinstance(m, Finished)) if not isinstance(m, Alive)]
    assert {(message.job, message.attempt) for message in heard} == {("pictures", 3)}
    done = [message.done for message in heard if isinstance(message, Progress)]
    assert done == sorted(done)
    previews = [message.preview for message in heard if isinstance(message, Progress) and message.preview]
    assert previews
    assert previews[0][:3] == b"\xff\xd8\xff"
    for name in ("1.png", "2.png", "grid.png"):
        with Image.open(tmp_path / "out" / name) as image:
            image.load()


def test_a_heartbeat_comes_every_second_even_when_idle(parent: Parent) -> None:
    parent.next(Alive)
    begun = time.monotonic()
    beats = [parent.next(Alive) for _ in range(2)]
    assert 1.0 < time.monotonic() - begun < 8
    assert beats[1].job is None


def test_a_heartbeat_names_the_running_job(parent: Parent, tmp_path: Path) -> None:
    parent.submit("long", tmp_path, steps=150, width=256, height=256)
    beats = parent.until(lambda message: isinstance(message, Alive | Finished) and message.job is not None)
    assert beats[-1] == Alive(job="long")
    parent.send(Cancel(job="long"))
    assert parent.end_of("long").reason == "cancelled"


def test_cancel_stops_a_running_job_soon(parent: Parent, tmp_path: Path) -> None:
    parent.submit("stop", tmp_path, steps=150, width=256, height=256)
    parent.until(lambda m: isinstance(m, Progress) and m.stage == "sample" and m.done > 0)
    parent.send(Cancel(job="stop"))
    rest = parent.until(lambda m: isinstance(m, Finished | Failed))
    assert rest[-1].reason == "cancelled"
    assert max((m.done for m in rest if isinstance(m, Progress)), default=0) < 0.5
    assert list(tmp_path.iterdir()) == []


def test_cancel_forgets_a_job_that_waits(parent: Parent, tmp_path: Path) -> None:
    parent.submit("first", tmp_path / "first", steps=20)
    parent.submit("second", tmp_path / "second", steps=150)
    parent.send(Cancel(job="second"))
    assert isinstance(parent.end_of("first"), Finished)
    assert parent.end_of("second").reason == "cancelled"
    assert not (tmp_path / "second").exists()


def test_a_cancel_of_an_unknown_job_is_ignored(parent: Parent, tmp_path: Path) -> None:
    parent.send(Cancel(job="later"))
    parent.submit("later", tmp_path)
    assert isinstance(parent.end_of("later"), Finished)


def test_a_request_that_cannot_be_fulfilled_fails_as_the_requests_fault(parent: Parent, tmp_path: Path) -> None:
    parent.submit("unknown", tmp_path, sampler="eulr")
    failed = parent.end_of("unknown")
    assert (failed.reason, failed.attempt) == ("request", 3)
    assert failed.sentence.startswith("sampler: 'eulr' is unknown; did you mean euler?")
    assert "Traceback" in failed.details


def test_a_plugin_that_fails_is_named_and_the_next_job_works(parent: Parent, tmp_path: Path) -> None:
    parent.submit("broken", tmp_path, sampler="fail")
    failed = parent.end_of("broken")
    assert (failed.reason, failed.sentence) == ("plugin", "plugin noisy:fail: sample failed: it broke")
    assert failed.plugin == "noisy"
    parent.submit("after", tmp_path)
    assert isinstance(parent.end_of("after"), Finished)


def test_a_plugin_that_prints_does_not_disturb_the_messages(parent: Parent, tmp_path: Path) -> None:
    parent.submit("noisy", tmp_path, sampler="noisy")
    assert isinstance(parent.end_of("noisy"), Finished)


def test_interrupts_of_the_terminal_are_left_to_the_parent(parent: Parent, tmp_path: Path) -> None:
    parent.process.send_signal(signal.SIGINT)
    parent.submit("sigint", tmp_path)
    assert isinstance(parent.end_of("sigint"), Finished)


def test_pictures_can_be_read_by_their_owner_alone(parent: Parent, tmp_path: Path) -> None:
    parent.submit("private", tmp_path / "out")
    parent.end_of("private")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "out" / "1.png").stat().st_mode & 0o777 == 0o600


def test_plans_are_answered_while_a_job_runs(parent: Parent, tmp_path: Path) -> None:
    parent.submit("long", tmp_path, steps=150, width=256, height=256)
    parent.until(lambda m: isinstance(m, Progress) and m.stage == "sample" and m.done > 0)
    parent.plan(1, steps=3)
    parent.plan(2, GridWish(x="steps=1..40"), width=1024, height=1024)
    parent.plan(3, sampler="eulr")
    heard = parent.until(lambda m: isinstance(m, Planned) and m.number == 3)
    told = [message for message in heard if isinstance(message, Planned)]
    assert [(plan.cells, plan.evaluations) for plan in told] == [(1, 3), (40, 820), (0, 0)]
    assert told[2].problem.startswith("sampler: 'eulr' is unknown")
    assert not any(isinstance(message, Finished | Failed) for message in heard)
    parent.send(Cancel(job="long"))
    assert parent.end_of("long").reason == "cancelled"


def test_a_grid_is_a_job_whose_sheet_grows(parent: Parent, tmp_path: Path) -> None:
    request = Request.parse(SMALL | {"seed": 7})
    wish = GridWish(x="steps=1, 2", y="sampler=euler, heun")
    parent.send(Submit(job="grid", attempt=1, request=request, folder=str(tmp_path / "out"), grid=wish))
    heard = parent.until(lambda m: isinstance(m, Finished) and m.job == "grid")
    looks = {message.preview for message in heard if isinstance(message, Progress) and message.preview}
    assert len(looks) == 4
    assert len(heard[-1].result.pictures) == 4
    with Image.open(tmp_path / "out" / heard[-1].result.grid) as sheet:
        sheet.load()


# The last two may end the worker that the tests above share.


def test_a_plugin_that_exits_fails_the_job_and_not_the_worker(parent: Parent, tmp_path: Path) -> None:
    parent.submit("leave", tmp_path / "out", sampler="leave")
    while parent.listener.is_alive() and not any(isinstance(m, Failed) for m in parent.messages.queue):
        parent.listener.join(0.1)
    heard = [message for message in parent.messages.queue if isinstance(message, Failed)]
    assert [failed.reason for failed in heard] == ["plugin"]
    assert parent.process.poll() is None


def test_shutdown_finishes_what_was_submitted_and_leaves_but_still_hears_a_cancel(
    parent: Parent, tmp_path: Path
) -> None:
    parent.submit("long", tmp_path / "long", steps=150, width=256, height=256)
    parent.submit("last", tmp_path / "last")
    parent.send(Shutdown())
    parent.submit("late", tmp_path / "late")
    assert parent.end_of("late").reason == "internal"
    parent.send(Cancel(job="long"))
    assert parent.end_of("long").reason == "cancelled"
    assert isinstance(parent.end_of("last"), Finished)
    assert parent.process.wait(PATIENCE) == 0
    assert not (tmp_path / "late").exists()


def test_garbage_ends_the_worker_without_hanging(tmp_path: Path) -> None:
    parent = Parent(tmp_path / "data")
    try:
        assert parent.process.stdin
        parent.process.stdin.write(b"\xff" * 64)
        parent.process.stdin.flush()
        assert parent.process.wait(PATIENCE) == 0
    finally:
        parent.close()


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_the_worker_dies_with_a_killed_parent(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'limner_host.worker'], stdin=subprocess.PIPE,"
        " stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)\n"
        "child.stdout.read(4)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    environment = os.environ | {"LIMNER_DATA_DIR": str(tmp_path), "LIMNER_DEVICE": "cpu"}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment) as between:
        assert between.stdout
        worker = psutil.Process(int(between.stdout.readline()))
        assert worker.is_running()
        between.kill()
        between.wait()
        _, alive = psutil.wait_procs([worker], timeout=10)
    assert not alive


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Cancelled("x"), "cancelled"),
        (OutOfMemory("x"), "memory"),
        (DiskFull("x"), "disk"),
        (UnusableModel("x"), "model"),
        (StageFailed("p:n", "x"), "plugin"),
        (DefinitionError("p", "x", "y"), "plugin"),
        (InvalidRequest("steps", 0, "is too small"), "request"),
        (UnreadableImage("x"), "request"),
        (ConfigurationError("x"), "request"),
        (RuntimeError("x"), "internal"),
    ],
)
def test_every_error_has_its_reason(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


def test_a_failure_carries_the_sentence_and_the_traceback(tmp_path: Path) -> None:
    submit = Submit(job="j", attempt=2, request=Request(prompt="x"), folder=str(tmp_path))
    failed = failure(submit, RuntimeError("oops"))
    assert (failed.job, failed.attempt, failed.reason) == ("j", 2, "internal")
    assert failed.sentence == "something went wrong inside (RuntimeError)"
    assert "RuntimeError: oops" in failed.details


def test_the_outbox_writes_whole_messages_from_many_threads(tmp_path: Path) -> None:
    with (tmp_path / "stream").open("wb", buffering=0) as sink:
        outbox = Outbox(sink)  # type: ignore[arg-type]
        threads = [threading.Thread(target=outbox.send, args=(Alive(job=str(k) * 500),)) for k in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with (tmp_path / "stream").open("rb") as stream:
        jobs = {read_frame(stream, FROM_HOST).job for _ in range(20)}  # type: ignore[union-attr]
    assert jobs == {str(k) * 500 for k in range(20)}
