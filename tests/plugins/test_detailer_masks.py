"""The detailer's masks: moved, grown, merged and softened, each local to its thing."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.plugins.detailing import found

from limner_plugins.detailer.finding import Thing
from limner_plugins.detailer.masks import Mask, masks_of
from limner_plugins.detailer.params import DetailerParams
from limner_sdk import Box, Detection, Size

CANVAS, NATIVE = Size(100, 80), Size(512, 512)
HARD: dict[str, Any] = {"blur": 0, "dilate_erode": 0}


def masks(*detections: Detection, canvas: Size = CANVAS, native: Size = NATIVE, **params: Any) -> list[Mask]:
    """Of things found on a canvas."""
    things = [Thing(place, detection, canvas) for place, detection in enumerate(detections)]
    return masks_of(things, canvas, native, DetailerParams(**params))


def whole(mask: Mask, canvas: Size = CANVAS) -> NDArray[np.float32]:
    """The mask on the whole canvas, (H, W)."""
    levels = np.zeros((canvas.height, canvas.width), np.float32)
    levels[mask.box.top : mask.box.bottom, mask.box.left : mask.box.right] = mask.levels
    return levels


def test_a_box_is_white_where_it_is() -> None:
    (mask,) = masks(*found((10, 20, 30, 15)), **HARD)
    assert mask.box == Box(10, 20, 30, 15)
    assert (mask.levels == 1).all()
    assert mask.share == pytest.approx(30 * 15 / 8000)


@pytest.mark.parametrize(("pixels", "grown"), [(4, 2), (5, 2), (2, 1), (1, 0), (0, 0), (-4, -2), (-1, 0)])
def test_all_sides_grow_by_the_same(pixels: int, grown: int) -> None:
    (mask,) = masks(*found((10, 20, 30, 15)), blur=0, dilate_erode=pixels)
    assert mask.box == Box(10 - grown, 20 - grown, 30 + 2 * grown, 15 + 2 * grown)


def test_masks_move_right_and_up_and_never_come_in_again_on_the_other_side() -> None:
    (mask,) = masks(*found((80, 2, 15, 15)), x_offset=10, y_offset=10, **HARD)
    assert mask.box == Box(90, 0, 10, 7)
    assert masks(*found((80, 2, 15, 15)), x_offset=100) == []


def test_a_mask_that_is_eroded_away_is_left_out_and_the_others_stay_whole_records() -> None:
    small, large = found((10, 20, 4, 4), (40, 20, 30, 30))
    (mask,) = masks(small, large, dilate_erode=-8, blur=0)
    assert (mask.point, mask.labels, mask.box) == ((48, 32), ("face",), Box(44, 24, 22, 22))
    assert mask.share == pytest.approx(900 / 8000)


def test_merged_masks_are_one() -> None:
    (mask,) = masks(*found((10, 20, 20, 20), (50, 40, 10, 10)), merge="merge", **HARD)
    expected = np.zeros((80, 100), np.float32)
    expected[20:40, 10:30] = expected[40:50, 50:60] = 1
    assert (whole(mask) == expected).all()
    assert mask.share == pytest.approx(400 / 8000)
    assert (mask.point, mask.labels) == ((32, 32), ("face", "face"))
    (rest,) = masks(*found((10, 20, 20, 20), (50, 40, 10, 10)), merge="merge_invert", **HARD)
    assert (whole(rest) == 1 - expected).all()
    assert rest.share == 0


def test_the_inverse_of_a_mask_of_everything_is_nothing() -> None:
    assert masks(*found((0, 0, 100, 80)), merge="merge_invert") == []


def test_the_outline_that_a_detector_gives_is_taken() -> None:
    outline = Image.new("L", CANVAS)
    outline.paste(255, (12, 22, 20, 30))
    detection = Detection(Box(10, 20, 30, 15), 0.9, "face", outline)
    assert masks(detection, **HARD)[0].box == Box(12, 22, 8, 8)
    assert masks(detection, mask_shape="box", **HARD)[0].box == Box(10, 20, 30, 15)
    empty = Detection(Box(10, 20, 30, 15), 0.9, "face", Image.new("L", CANVAS))
    assert masks(empty, **HARD)[0].box == Box(10, 20, 30, 15)


def test_an_ellipse_fills_its_box_but_for_the_corners() -> None:
    (mask,) = masks(*found((10, 20, 40, 20)), mask_shape="ellipse", **HARD)
    assert mask.box == Box(10, 20, 40, 20)
    assert mask.levels.mean() == pytest.approx(np.pi / 4, abs=0.02)
    assert mask.levels[0, 0] == mask.levels[-1, -1] == 0


@pytest.mark.parametrize("blur", [1, 4, 9])
def test_the_edge_is_a_gaussian_cut_at_two_and_a_half_of_its_widths(blur: int) -> None:
    (mask,) = masks(*found((30, 30, 30, 15)), blur=blur, dilate_erode=0)
    hard = np.zeros((80, 100), np.float32)
    hard[30:45, 30:60] = 1
    side = 2 * int(2.5 * blur + 0.5) + 1
    assert np.allclose(whole(mask), cv2.GaussianBlur(hard, (side, side), blur), atol=1e-6)


def test_a_mask_at_the_pictures_edge_is_not_softened_there() -> None:
    (mask,) = masks(*found((0, 0, 100, 80)), blur=8)
    assert mask.box == Box(0, 0, 100, 80)
    assert np.allclose(mask.levels, 1)
    (left,) = masks(*found((0, 20, 30, 40)), blur=4, dilate_erode=0)
    assert left.levels[left.box.height // 2, 0] == pytest.approx(1)


def test_a_model_of_128_pixels_takes_a_quarter_of_all_pixels() -> None:
    (mask,) = masks(*found((30, 30, 30, 15)), native=Size(128, 128), blur=0, dilate_erode=16)
    assert mask.box == Box(28, 28, 34, 19)
    (mask,) = masks(*found((30, 30, 30, 15)), native=Size(1024, 1024), blur=0, dilate_erode=16)
    assert mask.box == Box(22, 22, 46, 31)
