"""Checks weight files before anything is allocated for them, and what they hold; says which is missing or damaged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

from limner_sdk import UnusableModel

from .families.layouts import LAYOUTS, Layout
from .tensor_header import header_problem

if TYPE_CHECKING:
    from torch import Tensor


def layout_of(folder: Path) -> Layout:
    """What a diffusers folder says it is. Raises `UnusableModel` for one of no known family."""
    index = folder / "model_index.json"
    if not index.is_file():
        raise UnusableModel(f"model {folder.name}: the file model_index.json is missing; put it there")
    kind = str(read_json(index).get("_class_name"))
    if kind not in LAYOUTS:
        raise UnusableModel(f"model {folder.name}: it is for a {kind}; only {', '.join(sorted(LAYOUTS))} are read")
    return LAYOUTS[kind]


def checked_folder(folder: Path, layout: Layout) -> dict[str, list[Path]]:
    """The weight files of a diffusers folder by part. Raises `UnusableModel` naming what is missing or damaged."""
    found: dict[str, list[Path]] = {}
    for part in layout.networks:
        if part in layout.optional and not (folder / part).is_dir():
            continue
        _demand(folder, f"{part}/config.json")
        found[part] = _weights(folder, part, "model" if part.startswith("text_encoder") else "diffusion_pytorch_model")
        for file in found[part]:
            check_safetensors(file)
    _demand(folder, "scheduler/scheduler_config.json")
    return found


def _demand(folder: Path, file: str) -> None:
    if not (folder / file).is_file():
        raise UnusableModel(f"model {folder.name}: the file {file} is missing; put it there")


def _weights(folder: Path, part: str, stem: str) -> list[Path]:
    pattern = re.compile(rf"{stem}(-\d+-of-\d+)?(\.fp16)?(-\d+-of-\d+)?\.safetensors")
    files = [file for file in sorted((folder / part).iterdir()) if pattern.fullmatch(file.name)]
    full = [file for file in files if ".fp16" not in file.name]
    if not files:
        raise UnusableModel(
            f"model {folder.name}: the file {part}/{stem}.safetensors is missing; put it there "
            "(pickled .bin and .ckpt files are not read, they can run programs)"
        )
    return full or files


def check_safetensors(file: Path, what: str = "model file") -> None:
    """Refuse a file whose header is damaged or absurd before anything is allocated for it.

    Raises `UnusableModel`, whose sentence begins with `what`, what the file is, and its name.
    """
    shown = shown_name(file)
    try:
        problem = header_problem(file)
        if problem is None:
            # The library checks that no two tensors share bytes, and that none are left over.
            with safe_open(file, framework="numpy"):
                return
    except FileNotFoundError:
        raise UnusableModel(f"{what} {shown} is missing; put it back") from None
    except ValueError as error:
        raise UnusableModel(f"{what} {shown} is damaged ({error}); fetch it again") from None
    except (SafetensorError, OSError) as error:
        reason = "it cannot be read" if isinstance(error, OSError) else "its header contradicts itself"
        raise UnusableModel(f"{what} {shown} is damaged ({reason}); fetch it again") from error
    raise UnusableModel(f"{what} {shown} {problem} and is not to be trusted")


def check_weights(tensors: Mapping[str, Tensor], what: str) -> None:
    """Refuse weights that no network computes with: not a number, infinite, whole, complex.

    `what` says what the file is, and its name. Raises `UnusableModel`.
    """
    for name, tensor in tensors.items():
        floating = tensor.is_floating_point()
        # Positions in tables and counters are whole numbers, what is multiplied is not.
        if tensor.is_complex() or (not floating and name.endswith(("weight", "bias"))):
            raise UnusableModel(f"{what}: its weights are not in decimal numbers; fetch it again")
        # What hides a position may well be infinitely low.
        if floating and "mask" not in name and not bool(tensor.float().isfinite().all()):
            raise UnusableModel(f"{what}: its weights are no numbers; fetch it again")


def shown_name(file: Path) -> str:
    """The file's name without anything that could steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in file.name)


def read_json(file: Path, what: str = "model file") -> dict[str, Any]:
    """The object in a JSON file. Raises `UnusableModel`, whose sentence begins with `what`, what the file is."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UnusableModel(f"{what} {file.name} cannot be read ({error}); fetch it again") from None
    if not isinstance(content, dict):
        raise UnusableModel(f"{what} {file.name} holds no JSON object; fetch it again")
    return content


@contextmanager
def naming(path: Path, part: str, what: str = "model") -> Iterator[None]:
    """Turn what diffusers and transformers raise for bad files into one sentence about the model, or `what` it is."""
    import torch

    try:
        yield
    except (UnusableModel, MemoryError, torch.OutOfMemoryError):
        raise
    # Bad files make these libraries raise nearly anything, from ZeroDivisionError to classes of their own.
    except Exception as error:
        where = f"its {part} " if part else "it "
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UnusableModel(f"{what} {path.name}: {where}cannot be loaded ({reason})") from error
