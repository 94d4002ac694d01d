"""Pickled weights: what is read of sound ones, and that hostile ones get nowhere even if they are allowed."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections import OrderedDict
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load, load_file
from tests.host.hostile import WAYS, WRAPPINGS, Calls, legacy, payload, polyglot, zipped

from limner_host.pickles import child, sandbox
from limner_host.pickles.child import converted
from limner_host.pickles.reading import Bounds, safetensors_of
from limner_sdk import UnusableModel

WEIGHTS = {"conv.weight": torch.arange(6.0).reshape(2, 3), "conv.bias": torch.ones(2, dtype=torch.float16)}


def refusal(tmp_path: Path, content: bytes, *script: str, **bounds: float) -> str:
    """The sentence about a file that is allowed; `script` is run in place of the process that would read it."""
    file, target = tmp_path / "evil.pt", tmp_path / "made" / "evil.safetensors"
    file.write_bytes(content)
    command = {"command": (sys.executable, "-I", "-c", *script)} if script else {}
    with pytest.raises(UnusableModel) as refused:
        safetensors_of(file, target, "detector", bounds=Bounds(**bounds), **command)  # type: ignore[arg-type]
    said = str(refused.value)
    assert said.startswith(("detector evil.pt cannot be read: ", "detector evil.pt is damaged; fetch it again"))
    assert "\n" not in said
    assert list(target.parent.iterdir()) == []
    return said


def same(made: dict[str, torch.Tensor]) -> bool:
    return made.keys() == WEIGHTS.keys() and all(torch.equal(made[name], WEIGHTS[name]) for name in made)


@pytest.mark.parametrize("save", [zipped, legacy])
@pytest.mark.parametrize(
    "wrapped",
    [
        WEIGHTS,
        OrderedDict(WEIGHTS),
        {"params_ema": WEIGHTS, "params": {"conv.weight": torch.zeros(1)}},
        {"state_dict": {f"module.{name}": tensor for name, tensor in WEIGHTS.items()}, "epoch": 3},
        {"anything": WEIGHTS},
        WEIGHTS | {"step": 7, "note": "x"},
    ],
)
def test_weights_come_out_of_their_wrapping(save: Any, wrapped: Any) -> None:
    assert same(load(converted(io.BytesIO(save(wrapped)))))


def test_parameters_and_shared_and_turned_tensors_get_memory_of_their_own() -> None:
    base = torch.arange(12.0).reshape(3, 4)
    made = load(converted(io.BytesIO(zipped({"a": base, "b": base[1:], "c": base.T, "d": torch.nn.Parameter(base)}))))
    assert torch.equal(made["b"], base[1:])
    assert torch.equal(made["c"], base.T)
    assert torch.equal(made["d"], base)


def test_what_else_a_training_run_saves_is_no_obstacle() -> None:
    from argparse import Namespace

    from torch import nn

    run = {"params": WEIGHTS, "best": np.float64(0.5), "where": Path("run"), "act": nn.SiLU(), "args": 7}
    assert same(load(converted(io.BytesIO(zipped(run)))))
    with pytest.raises(ValueError, match=r"names argparse\.Namespace, which no weights need"):
        converted(io.BytesIO(zipped(run | {"args": Namespace(a=1)})))


def test_the_process_gives_the_same_and_leaves_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(zipped(WEIGHTS))
    safetensors_of(tmp_path / "a.pth", tmp_path / "made" / "a.safetensors", "upscaler")
    assert same(load_file(tmp_path / "made" / "a.safetensors"))
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["a.safetensors"]


@pytest.mark.parametrize("wrapping", [wrapping for wrapping in WRAPPINGS if wrapping != "inside"])
@pytest.mark.parametrize("way", WAYS)
def test_nothing_hostile_runs_without_any_sandbox_either(tmp_path: Path, way: str, wrapping: str) -> None:
    canary = tmp_path / "canary"
    content = WRAPPINGS[wrapping](payload(way, canary))
    with pytest.raises(Exception, match=r".+") as refused, pytest.warns() if wrapping == "plain" else _nothing():
        converted(io.BytesIO(content))
    assert "\n" not in child.reason(refused.value)  # type: ignore[arg-type]
    assert not canary.exists()


def _nothing() -> Any:
    from contextlib import nullcontext

    return nullcontext()


@pytest.mark.parametrize("wrapping", ["zipped", "legacy", "tarred", "plain", "7z"])
def test_an_allowed_hostile_file_costs_one_sentence(tmp_path: Path, wrapping: str) -> None:
    canary = tmp_path / "canary"
    said = refusal(tmp_path, WRAPPINGS[wrapping](payload("os.system", canary)))
    assert ("posix.system" in said) == (wrapping in ("zipped", "legacy"))
    assert not canary.exists()


def test_an_allowed_polyglot_is_not_read_as_the_archive_at_its_end(tmp_path: Path) -> None:
    refusal(tmp_path, polyglot(payload("os.system", tmp_path / "canary")))
    assert not (tmp_path / "canary").exists()


def test_a_class_on_the_allowlist_is_never_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = tmp_path / "canary"

    class DetectionModel:
        """As ultralytics', which would evaluate this text."""

        def __reduce__(self) -> Any:
            return DetectionModel, ({"activation": f"open({str(canary)!r}, 'w')"},)

    _make_importable(DetectionModel, "torch.nn.modules.evil", monkeypatch)
    file = zipped({"model": DetectionModel()})
    with pytest.raises(ValueError, match="it holds no tensors"):
        converted(io.BytesIO(file))
    assert not canary.exists()


def _make_importable(kind: type, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be pickled by the name of a module that is not loaded for it."""
    kind.__module__, kind.__qualname__ = module, kind.__name__
    stand_in = ModuleType(module)
    setattr(stand_in, kind.__name__, kind)
    monkeypatch.setitem(sys.modules, module, stand_in)


@pytest.mark.parametrize(
    "bomb",
    [
        {"a": torch.zeros(1).expand(10**13)},
        {"a": Calls(bytearray, 10**13), "b": torch.zeros(1)},
        {"a": torch.zeros(4).as_strided((2**40,), (0,))},
    ],
    ids=["expanded", "bytearray", "strided"],
)
def test_a_file_that_asks_for_all_memory_is_refused(tmp_path: Path, bomb: Any) -> None:
    assert "it takes more memory than a file of its size may" in refusal(tmp_path, zipped(bomb))


@pytest.mark.parametrize("save", [zipped, legacy])
@pytest.mark.parametrize("kept", [0.5, 0.98])
def test_a_file_that_is_cut_off_is_damaged_and_no_words_of_the_reader_are_shown(
    tmp_path: Path, save: Any, kept: float
) -> None:
    whole = save(WEIGHTS | {"more": torch.rand(200, generator=torch.Generator().manual_seed(1))})
    assert refusal(tmp_path, whole[: int(len(whole) * kept)]) == "detector evil.pt is damaged; fetch it again"


def test_a_file_that_never_ends_is_given_up(tmp_path: Path) -> None:
    assert "it took longer than 0.3 seconds" in refusal(tmp_path, b"x", "while True: pass", seconds=0.3)


def test_a_file_that_computes_for_too_long_is_given_up(tmp_path: Path) -> None:
    script = "from limner_host.pickles import sandbox; sandbox.set_limits(2**30, 1, 1)\nwhile True: pass"
    assert "it took more than 1 seconds of the processor" in refusal(tmp_path, b"x", script, processor=1)


@pytest.mark.parametrize(
    ("script", "part"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "reading it crashed (SIGSEGV)"),
        ("import os; os.abort()", "reading it crashed (SIGABRT)"),
        ("raise SystemExit(77)", "reading it crashed (exit code 77)"),
        ("raise SystemExit(0)", "nothing sound came out of it"),
        ("import os; os.write(1, b'\\x80\\x04N.' * 9)", "nothing sound came out of it"),
        ("import os; os.write(1, (2).to_bytes(8, 'little') + b'{}PK\\3\\4')", "nothing sound came out of it"),
        ("import os; os.write(2, b'a\\nb\\x1b[31m\\xff' * 999); os._exit(3)", "b[31m"),
        ("import os; os._exit(3)", "evil.pt is damaged; fetch it again"),
        ("import os; os.write(2, b'socket.connect\\n'); os._exit(4)", "it tried to use the network"),
    ],
)
def test_whatever_the_process_does_costs_one_sentence(tmp_path: Path, script: str, part: str) -> None:
    said = refusal(tmp_path, b"x", script)
    assert part in said
    assert len(said) < 400
    assert said.isprintable()


def test_the_process_sees_no_secrets_and_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "LIMNER_DISCORD_TOKEN", "PYTHONPATH"):
        monkeypatch.setenv(name, "1")
    script = "import os, sys; sys.stderr.write(f'{os.listdir()} {sorted(os.environ)}'); sys.exit(3)"
    said = refusal(tmp_path, b"x", script)
    assert "cannot be read: [] ['HOME'" in said
    assert not {"TORCH", "TOKEN", "PYTHON"} & set(said.replace("_", " ").split())


def test_bytes_other_than_those_that_were_allowed_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(zipped(WEIGHTS))
    with pytest.raises(UnusableModel, match=r"a\.pt has changed while it was read"):
        safetensors_of(tmp_path / "a.pt", tmp_path / "a.safetensors", "upscaler", expected="0" * 64)
    assert not (tmp_path / "a.safetensors").exists()


@pytest.mark.parametrize(
    "attempt",
    [
        "open('canary', 'w')",
        "open('/etc/hostname')",
        "os.open('canary', os.O_CREAT | os.O_WRONLY)",
        "os.system('touch canary')",
        "os.mkdir('canary')",
        "os.rename('here', 'canary')",
        "subprocess.run(['touch', 'canary'])",
        "os.execv('/bin/touch', ['touch', 'canary'])",
        "os.fork()",
        "socket.socket()",
        "exec('import antigravity')",
        "import xmlrpc",
        "ctypes.CDLL(None)",
    ],
)
def test_behind_closed_doors_the_process_ends(tmp_path: Path, attempt: str) -> None:
    (tmp_path / "here").write_text("")
    script = "import ctypes, os, socket, subprocess\nfrom limner_host.pickles import sandbox\nsandbox.close_doors()\n"
    guarded = f"try:\n  {attempt}\nexcept BaseException: pass\nprint('still there')"
    ended = subprocess.run([sys.executable, "-I", "-c", script + guarded], cwd=tmp_path, capture_output=True)
    assert (ended.returncode, ended.stdout) == (sandbox.CAUGHT, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_native_code_cannot_open_files_either(tmp_path: Path) -> None:
    script = (
        "import ctypes\nfrom limner_host.pickles import sandbox\nlibc = ctypes.CDLL(None)\n"
        "print(int(sandbox.close_files()), libc.creat(b'canary', 0o600) >= 0, libc.open(b'/etc/passwd', 0) >= 0)"
    )
    said = subprocess.run([sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, check=True).stdout
    if said.startswith(b"0"):
        pytest.skip("this system has no Landlock")
    assert said.split() == [b"1", b"False", b"False"]
    assert not (tmp_path / "canary").exists()


def test_the_network_is_left_where_the_system_lets_it(tmp_path: Path) -> None:
    script = (
        "import socket\nfrom limner_host.pickles import sandbox\nprint(int(sandbox.leave_network()))\n"
        "try: socket.create_connection(('127.0.0.1', PORT), 2); print('connected')\nexcept OSError: print('no way')"
    )
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        script = script.replace("PORT", str(server.getsockname()[1]))
        said = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, check=True).stdout.split()
    if said[0] == b"0":
        pytest.skip("this system gives no network of one's own")
    assert said[1:] == [b"no", b"way"]


@pytest.mark.skipif(find_spec("ultralytics") is None, reason="ultralytics is not installed")
@pytest.mark.parametrize("task", ["detect", "segment"])
def test_a_checkpoint_of_ultralytics_becomes_a_detector(tmp_path: Path, task: str) -> None:
    from limner_plugins.detectors.networks import loaded

    network = _saved_by_ultralytics(tmp_path, task)
    safetensors_of(tmp_path / "tiny.pt", tmp_path / "tiny.safetensors", "detector")
    with safe_open(tmp_path / "tiny.safetensors", "pt") as made:
        told = made.metadata()
    assert (told["task"], json.loads(told["names"])) == (task, {"0": "face", "1": "hand"})
    assert str(tmp_path) not in str(told)
    again = loaded(_File(tmp_path / "tiny.safetensors")).module
    square = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert torch.equal(_first(again(square)), _first(network(square)))


def _first(given: Any) -> torch.Tensor:
    return given if isinstance(given, torch.Tensor) else _first(given[0])


def _saved_by_ultralytics(folder: Path, task: str) -> Any:
    """A tiny network of random weights, saved by ultralytics itself; it comes back in half precision."""
    from limner_plugins.detectors.quiet import ultralytics

    head: list[Any] = ["Segment", ["nc", 8, 8]] if task == "segment" else ["Detect", ["nc"]]
    layers = [[-1, 1, "Conv", [8, 3, 2]], [-1, 1, "Conv", [8, 3, 2]], [-1, 1, "C2f", [8, True]]]
    shape = {"nc": 2, "backbone": layers, "head": [[[2], 1, *head]], "activation": "nn.ReLU()"}
    (folder / "tiny.yaml").write_text(json.dumps(shape))
    model = ultralytics("models", "tiny.pt").YOLO(folder / "tiny.yaml", task=task, verbose=False)
    model.model.names = {0: "face", 1: "hand"}
    model.save(folder / "tiny.pt")
    return model.model.half().float().eval()


class _File:
    """A `limner_sdk.WeightFile` without a folder."""

    name = label = "tiny"
    file = "tiny.safetensors"

    def __init__(self, path: Path) -> None:
        self.path = path

    def metadata(self) -> Any:
        with safe_open(self.path, "pt") as made:
            return made.metadata()

    def tensors(self) -> dict[str, torch.Tensor]:
        return load_file(self.path)
