"""What part of the picture the detailer shows to the model, and at what size."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner_plugins.detailer.crops import Crop, crop_for, shapes
from limner_plugins.detailer.params import DetailerParams
from limner_sdk import Box, Size

CANVAS, SD1 = Size(1000, 800), Size(512, 512)


def crop(mask: tuple[int, int, int, int], canvas: Size = CANVAS, native: Size = SD1, **params: Any) -> Crop:
    """For a mask in this part of the canvas."""
    return crop_for(Box(*mask), canvas, native, DetailerParams(**params))


def test_a_face_is_shown_with_its_padding_at_the_models_size() -> None:
    assert crop((400, 300, 100, 100)) == Crop(Box(368, 268, 164, 164), SD1)


def test_the_crop_has_the_proportions_that_it_is_drawn_at() -> None:
    made = crop((400, 300, 50, 150), match_size="off")
    assert made.size == SD1
    assert made.box == Box(318, 268, 214, 214)


def test_the_size_follows_the_shape_of_a_tall_thing() -> None:
    made = crop((400, 300, 50, 150))
    assert made.size == Size(384, 672)
    assert made.box.width / made.box.height == pytest.approx(384 / 672, abs=0.01)
    assert crop((400, 300, 50, 150), match_size="free").size == Size(272, 512)


@pytest.mark.parametrize("side", [128, 512, 1024])
def test_the_shapes_have_about_as_many_pixels_as_the_models_own(side: int) -> None:
    sizes = shapes(Size(side, side))
    assert Size(side, side) in sizes
    assert all(0.8 < width * height / side**2 < 1.2 for width, height in sizes)
    assert all(width % 8 == height % 8 == 0 for width, height in sizes)


def test_a_crop_is_shifted_at_the_edge_and_keeps_its_proportions() -> None:
    made = crop((900, 300, 100, 20), match_size="off")
    assert made.size == SD1
    assert (made.box.right, made.box.width, made.box.height) == (1000, 132, 132)


def test_a_picture_that_is_too_small_for_the_shape_gets_no_bars() -> None:
    made = crop((10, 10, 380, 60), canvas=Size(400, 80), match_size="off")
    assert made.box == Box(0, 0, 400, 80)
    assert made.size == Size(1144, 232)
    assert made.size.width * made.size.height == pytest.approx(512 * 512, rel=0.05)


def test_a_size_that_was_asked_for_is_taken() -> None:
    assert crop((400, 300, 100, 100), width=768, height=640).size == Size(768, 640)
    assert crop((400, 300, 100, 100), width=300, height=300).size == Size(304, 304)
    assert crop((400, 300, 36, 136), width=256).size == Size(256, 512)


def test_a_face_larger_than_the_model_draws_is_shrunk() -> None:
    assert crop((100, 100, 700, 700), canvas=Size(1600, 1600)) == Crop(Box(68, 68, 764, 764), SD1)


def test_all_but_the_faces_is_drawn_at_its_own_size() -> None:
    assert crop((0, 0, 1000, 800), merge="merge_invert") == Crop(Box(0, 0, 1000, 800), Size(1000, 800))


def test_the_whole_picture_is_shown_if_that_is_asked_for() -> None:
    assert crop((400, 300, 100, 100), only_masked=False) == Crop(Box(0, 0, 1000, 800), Size(1000, 800))
    assert crop((4, 3, 10, 10), canvas=Size(101, 99), only_masked=False).size == Size(104, 104)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_crop_contains_its_mask_and_can_be_drawn(data: st.DataObject) -> None:
    canvas = Size(*(data.draw(st.integers(1, 3000)) for _ in range(2)))
    left, top = (data.draw(st.integers(0, side - 1)) for side in canvas)
    box = Box(left, top, data.draw(st.integers(1, canvas.width - left)), data.draw(st.integers(1, canvas.height - top)))
    params = DetailerParams(
        match_size=data.draw(st.sampled_from(["native", "free", "off"])),
        padding=data.draw(st.integers(0, 256)),
        width=data.draw(st.sampled_from([0, 0, 640])),
        height=data.draw(st.sampled_from([0, 0, 320])),
    )
    made = crop_for(box, canvas, Size(*[data.draw(st.sampled_from([128, 512, 1024]))] * 2), params)
    assert 0 <= made.box.left <= left
    assert 0 <= made.box.top <= top
    assert box.right <= made.box.right <= canvas.width
    assert box.bottom <= made.box.bottom <= canvas.height
    assert all(side % 8 == 0 and 64 <= side <= 2048 for side in made.size)
