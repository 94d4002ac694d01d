"""What a weight file's metadata says about its network, and nothing that it could run.

A file of safetensors brings, as texts: ``task`` (``detect``, ``segment`` or ``world``), ``cfg`` (the network in
ultralytics' YAML form, as JSON), ``names`` (a JSON list of the classes, or an object that numbers them) and, if it is
not 640, ``imgsz``. Instead of the task ``world``, ``network`` may say ``WorldModel``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from limner_sdk import UnusableModel

#: ultralytics' class that builds each task's network.
TASKS: Final = {"detect": "DetectionModel", "segment": "SegmentationModel", "world": "WorldModel"}
#: ultralytics would call whatever a network's description names, so only layers may be named.
LAYERS: Final = frozenset(
    """
    A2C2f AConv ADown Bottleneck BottleneckCSP C1 C2 C2PSA C2f C2fAttn C2fCIB C2fPSA C3 C3Ghost C3TR C3k2 C3x CBFuse
    CBLinear Concat Conv ConvTranspose DWConv DWConvTranspose2d Detect ELAN1 Focus GhostBottleneck GhostConv
    ImagePoolingAttn PSA RepC3 RepConv RepNCSPELAN4 SCDown SPP SPPELAN SPPF Segment Segment26 WorldDetect v10Detect
    nn.ConvTranspose2d nn.Identity nn.MaxPool2d nn.Upsample nn.ZeroPad2d
    """.split()
)
#: ultralytics would evaluate any other text.
ACTIVATIONS: Final = frozenset(
    f"{package}{name}"
    for package in ("nn.", "torch.nn.")
    for name in ("SiLU()", "ReLU()", "ReLU6()", "Hardswish()", "Mish()", "GELU()", "LeakyReLU(0.1)", "Identity()")
)
_WORDS: Final = frozenset(("nc", "nearest", "bilinear", "None", "True", "False"))
_KEPT: Final = ("nc", "reg_max", "end2end", "depth_multiple", "width_multiple", "scales", "scale", "activation")
_MOST_LAYERS, _MOST_CLASSES, _MOST_NUMBER = 200, 10_000, 4096
#: The widest window of layers without weights, in cells, and from which of its values on it is told.
_WIDEST: Final = 64
_WINDOWS: Final = {"SPP": 1, "SPPF": 1, "SPPELAN": 2, "nn.MaxPool2d": 0, "nn.Upsample": 0, "nn.ZeroPad2d": 0}
#: The largest of these settings of a whole network; more fit none that anybody has trained.
_BOUNDS: Final = {"reg_max": 64, "depth_multiple": 8, "width_multiple": 8}


class BadDescription(ValueError):
    """Something in a description that builds no network, as a phrase."""


@dataclass(frozen=True)
class Architecture:
    """How a network is built: its task, its checked description, its classes and the side of its square in pixels."""

    task: str
    cfg: dict[str, Any]
    names: tuple[str, ...]
    side: int


def architecture(file: str, metadata: Mapping[str, str]) -> Architecture:
    """What the metadata of `file` describes. Raises `UnusableModel` if it does not, or describes more than layers."""
    task = _task(metadata)
    if task is None or "cfg" not in metadata or "names" not in metadata:
        remedy = "make one of the original weights with: limner detectors convert"
        raise UnusableModel(f"detector {file} does not say how its network is built; {remedy}")
    if task not in TASKS:
        raise UnusableModel(f"detector {file} is for the task {task[:40]!r}; use one for {', '.join(TASKS)}")
    try:
        names = _names(json.loads(metadata["names"]))
        told = json.loads(metadata["cfg"])
        # A network of open classes keeps the number that it was trained with, whatever it is asked for.
        cfg = _checked(told, int(told["nc"]) if task == "world" else len(names))
        return Architecture(task, cfg, names, _side(int(metadata.get("imgsz", 640))))
    except BadDescription as error:
        raise UnusableModel(f"detector {file} describes its network badly ({error}); convert it again") from error
    # What is no table where one should be, or no number, needs no words of its own.
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError) as error:
        raise UnusableModel(f"detector {file} describes its network badly; convert it again") from error


def _task(metadata: Mapping[str, str]) -> str | None:
    """ultralytics itself takes networks of open classes for ordinary ones."""
    return "world" if metadata.get("network") == TASKS["world"] else metadata.get("task")


def _names(told: Any) -> tuple[str, ...]:
    if isinstance(told, dict):
        told = [told[str(number)] for number in range(len(told))]
    if not told or not isinstance(told, list) or len(told) > _MOST_CLASSES:
        raise BadDescription("its classes have no names")
    return tuple(" ".join(str(name).split())[:60] for name in told)


def _side(side: int) -> int:
    if not 32 <= side <= 2048:
        raise BadDescription(f"its pictures have {side} pixels a side")
    return side


def _checked(cfg: Any, classes: int) -> dict[str, Any]:
    """The parts of `cfg` that build layers, all of them known ones."""
    kept = {key: cfg[key] for key in _KEPT if key in cfg} | {"nc": classes}
    if kept.get("activation") is not None and kept["activation"] not in ACTIVATIONS:
        raise BadDescription(f"unknown activation {str(kept['activation'])[:40]!r}")
    _check_bounds(kept)
    _check_scales(kept.get("scale"), kept.get("scales"))
    for part in ("backbone", "head"):
        kept[part] = [_layer(*row) for row in cfg[part]]
    if len(kept["backbone"]) + len(kept["head"]) > _MOST_LAYERS or not 1 <= classes <= _MOST_CLASSES:
        raise BadDescription("it has too many layers or classes")
    return kept


def _check_bounds(cfg: dict[str, Any]) -> None:
    for key, most in _BOUNDS.items():
        value = cfg.get(key, 1)
        if type(value) not in (int, float) or not 0 < value <= most or (key == "reg_max" and value != int(value)):
            raise BadDescription(f"{key} {str(value)[:40]} is out of bounds")
    if cfg.get("end2end") not in (None, True, False):
        raise BadDescription("end2end is neither true nor false")


def _check_scales(scale: Any, scales: Any) -> None:
    if scales is None:
        return
    if not isinstance(scale, str) or not isinstance(scales, dict) or scale not in scales:
        raise BadDescription("it does not say which of its scales it has")
    _check_values(list(scales[scale]))


def _layer(source: Any, repeats: Any, name: Any, values: Any) -> list[Any]:
    if name not in LAYERS:
        raise BadDescription(f"unknown layer {str(name)[:40]!r}")
    if type(repeats) is not int or not 1 <= repeats <= 32:
        raise BadDescription(f"a layer is repeated {str(repeats)[:40]} times")
    sources = source if isinstance(source, list) else [source]
    if not all(type(number) is int and abs(number) < _MOST_LAYERS for number in sources):
        raise BadDescription("a layer has no source")
    _check_values(values)
    if name in _WINDOWS:
        _check_values(values[_WINDOWS[name] :], _WIDEST)
    return [source, repeats, name, values]


def _check_values(values: Any, most: float = _MOST_NUMBER) -> None:
    """Whether all are small numbers or well-known words."""
    for value in values:
        if isinstance(value, list):
            _check_values(value, most)
        elif isinstance(value, str):
            if value not in _WORDS:
                raise BadDescription(f"unknown word {value[:40]!r}")
        elif value is not None and not (isinstance(value, int | float) and abs(value) <= most):
            raise BadDescription(f"{str(value)[:40]} is out of bounds")
