"""Pictures and things found in them, for the tests of the detailer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from limner_plugins.detailer import detail
from limner_plugins.detailer.params import DetailerParams
from limner_sdk import Box, Detection
from limner_sdk.testing import FakePostprocessContext


def picture(width: int = 160, height: int = 128) -> Image.Image:
    """Every pixel in a colour of its own, none of them at the ends of the range."""
    levels = np.random.default_rng(4).integers(20, 200, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(levels)


def found(*boxes: tuple[int, int, int, int], sure: float = 0.9) -> tuple[Detection, ...]:
    """Faces, each a little less sure than the one before."""
    return tuple(Detection(Box(*box), sure - index / 1000, "face") for index, box in enumerate(boxes))


def context(*boxes: tuple[int, int, int, int], **changes: Any) -> FakePostprocessContext:
    """What a post-processor gets if the detector finds these boxes."""
    return FakePostprocessContext(**({"found": found(*boxes)} | changes))


def levels(image: Image.Image) -> NDArray[np.uint8]:
    """Its pixels (H, W, 3)."""
    return np.asarray(image)


def changed(before: Image.Image, after: Image.Image) -> NDArray[np.bool_]:
    """Where two pictures differ, (H, W)."""
    return np.asarray((levels(before) != levels(after)).any(axis=2))


def run(image: Image.Image, ctx: FakePostprocessContext, **params: Any) -> Image.Image:
    """The picture after one unit."""
    return detail(image, ctx, DetailerParams(**params))
