"""Pickles that would make a canary file, in every wrapping, and what is to be done about them."""

from __future__ import annotations

import io
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save


class Calls:
    """Pickled, it calls `function` with `arguments` where it is unpickled."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def payload(way: str, canary: Path) -> Any:
    """Something that makes the canary file when it is unpickled without care."""
    import importlib
    import os
    import subprocess

    code = f"open({str(canary)!r}, 'w')"
    return {
        "os.system": Calls(os.system, f"touch {canary}"),
        "open": Calls(open, str(canary), "w"),
        "exec": Calls(exec, code),
        "eval": Calls(eval, code),
        "importlib": Calls(importlib.import_module, "__hello__"),
        "subprocess": Calls(subprocess.check_call, ["touch", str(canary)]),
        "pathlib": Calls(Path.touch, canary),
        "torch.load": Calls(torch.load, str(canary)),
        "nested": {"model": [{"a": torch.zeros(2), "b": (1, Calls(os.system, f"touch {canary}"))}]},
    }[way]


WAYS = ("os.system", "open", "exec", "eval", "importlib", "subprocess", "pathlib", "torch.load", "nested")


def zipped(thing: Any) -> bytes:
    """As torch saves it today."""
    file = io.BytesIO()
    torch.save(thing, file)
    return file.getvalue()


def legacy(thing: Any) -> bytes:
    """As torch saved it before 2020."""
    file = io.BytesIO()
    torch.save(thing, file, _use_new_zipfile_serialization=False)
    return file.getvalue()


def tarred(thing: Any) -> bytes:
    """As torch saved it before 2017."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name in ("storages", "tensors", "pickle"):
            body = pickle.dumps(thing, 2)
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return file.getvalue()


def polyglot(thing: Any) -> bytes:
    """A safetensors file with a checkpoint behind it, which readers of archives look for at the end."""
    return save({"a": torch.zeros(2)}) + zipped(thing)


def inside(thing: Any) -> bytes:
    """A sound safetensors file, whose only tensor is a checkpoint."""
    return save({"a": torch.frombuffer(bytearray(zipped(thing)), dtype=torch.uint8)})


def seven_zip(thing: Any) -> bytes:
    """What some scanners take for an archive that they cannot open."""
    return b"7z\xbc\xaf\x27\x1c" + pickle.dumps(thing)


WRAPPINGS: dict[str, Callable[[Any], bytes]] = {
    "zipped": zipped,
    "legacy": legacy,
    "tarred": tarred,
    "plain": pickle.dumps,
    "old plain": lambda thing: pickle.dumps(thing, 0),
    "polyglot": polyglot,
    "inside": inside,
    "7z": seven_zip,
}
