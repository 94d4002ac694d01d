"""Detectors for tests: files in memory, tiny networks of random weights, and one that finds what is bright."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from limner_plugins.detectors.architecture import Architecture
from limner_plugins.detectors.networks import Network
from limner_plugins.detectors.params import YoloParams
from limner_plugins.detectors.quiet import ultralytics
from limner_plugins.detectors.yolo import YoloDetector
from limner_sdk import Detection, LastUsed, Size, UnusableModel
from limner_sdk.testing import FakeContext

#: A network of two levels that is small enough for any test; the head comes last.
BACKBONE = [[-1, 1, "Conv", [8, 3, 2]], [-1, 1, "Conv", [8, 3, 2]], [-1, 1, "Conv", [8, 3, 2]]]
LEVELS = [[-1, 1, "Conv", [8, 3, 2]]]


@dataclass(frozen=True)
class MemoryFile:
    """A `limner_sdk.WeightFile` that lies in memory."""

    told: Mapping[str, str]
    weights: Mapping[str, Tensor] = field(default_factory=dict)
    name: str = "tiny"
    label: str = "Tiny"
    file: str = "tiny.safetensors"
    path: Path = Path("no-such-folder")

    def metadata(self) -> Mapping[str, str]:
        return self.told

    def tensors(self) -> dict[str, Tensor]:
        return dict(self.weights)


def told(head: list[Any], names: list[str], task: str = "detect", **more: Any) -> dict[str, str]:
    """The metadata of a tiny network that ends in `head`."""
    cfg = {"nc": len(names), "backbone": BACKBONE, "head": [*LEVELS, head]} | more
    return {"task": task, "cfg": json.dumps(cfg), "names": json.dumps(names), "imgsz": "64"}


def tiny_file(task: str = "detect", names: tuple[str, ...] = ("face", "hand")) -> MemoryFile:
    """A file of random weights."""
    tasks = ultralytics("nn.tasks", "tiny")
    head = [[2, 3], 1, *({"detect": ["Detect", ["nc"]], "segment": ["Segment", ["nc", 4, 8]]}[task])]
    metadata = told(head, list(names), task)
    kind = {"detect": tasks.DetectionModel, "segment": tasks.SegmentationModel}[task]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = kind(json.loads(metadata["cfg"]), nc=len(names), verbose=False)
    # Untrained networks are sure of nothing; this one is half sure of everything.
    for score in network.model[-1].cv3:
        nn.init.zeros_(score[-1].bias)
    return MemoryFile(metadata, {key: value.half() for key, value in network.state_dict().items()})


class Bright(nn.Module):
    """Stands in for a network with masks: it finds one thing as large as the square; its mask is what is bright."""

    stride = torch.tensor([32.0])
    end2end = False

    def forward(self, square: Tensor) -> tuple[tuple[Tensor, Tensor], None]:
        side = square.shape[-1]
        # Middle, extent, score, and the weight of the one prototype.
        row = torch.tensor([side / 2, side / 2, side, side, 0.9, 1.0])
        rows = torch.cat([row[None], torch.zeros(7, 6)])
        return (rows.T[None], nn.functional.avg_pool2d(square.mean(1, keepdim=True), 4) - 0.5), None


def bright_detector(side: int = 640) -> YoloDetector:
    """A detector that looks with `Bright`."""
    network = Network("bright", Architecture("segment", {}, ("light",), side), Bright())
    return YoloDetector(MemoryFile({}), LastUsed(lambda file: network))


def found(detector: YoloDetector, picture: Image.Image, **values: Any) -> list[Detection]:
    """What it finds, each record checked."""
    things = detector(picture, FakeContext(), YoloParams(**values))
    for thing in things:
        assert thing.problem(Size(*picture.size)) is None
    return things


def lit(width: int, height: int, place: tuple[float, float, float, float]) -> tuple[Image.Image, Image.Image]:
    """A white ellipse on black as an RGB picture, and alone."""
    shape = Image.new("L", (width, height))
    ImageDraw.Draw(shape).ellipse(place, 255)
    return Image.merge("RGB", [shape] * 3), shape


def overlap(mask: Image.Image, truth: Image.Image) -> float:
    """The share of what either shows that both show."""
    import numpy as np

    one, other = np.asarray(mask) > 127, np.asarray(truth) > 127
    return float((one & other).sum() / (one | other).sum())


def needs_ultralytics() -> None:
    """Leave a file of tests out where ultralytics is missing; its plain import would alter Pillow for all others."""
    try:
        ultralytics("nn.tasks", "the tests")
    except UnusableModel as error:
        pytest.skip(str(error), allow_module_level=True)
