"""Regions in words, and the masks that come of them."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from limner_bot.asking.regions import Region, mask_of, parse_region
from limner_sdk import InvalidRequest, Size


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("left half", (0, 0, 50, 100)),
        ("Top Right", (50, 0, 100, 50)),
        ("the middle of the picture", (25, 25, 75, 75)),
        ("oben links", (0, 0, 50, 50)),
        ("untere Hälfte", (0, 50, 100, 100)),
        ("右上角", (50, 0, 100, 50)),
        ("中间", (25, 25, 75, 75)),
        ("10, 20, 50, 30", (10, 20, 60, 50)),
        ("10% 20% 50% 30.5%", (10, 20, 60, 50.5)),
        ("right middle", (50, 25, 75, 75)),
    ],
)
def test_a_region_is_read_as_people_write_it(text: str, region: tuple[float, ...]) -> None:
    assert parse_region(text) == Region(*region)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("somewhere", "is no region"),
        ("", "is no region"),
        ("half", "is no region"),
        ("left right", "outside"),
        ("50, 50, 60, 10", "outside"),
        ("0, 0, 0, 0", "outside"),
        ("1, 2, 3", "is no region"),
        ("<@1> left", "is no region"),
    ],
)
def test_what_is_no_region_is_refused_with_a_sentence(text: str, why: str) -> None:
    with pytest.raises(InvalidRequest, match=why):
        parse_region(text)


def test_a_mask_is_white_inside_alone() -> None:
    image = Image.open(io.BytesIO(mask_of(Region(50, 0, 100, 50), Size(10, 6))))
    image.load()
    assert (image.mode, image.size) == ("L", (10, 6))
    assert image.point(lambda level: 255 - level).getbbox() == (0, 0, 10, 6)
    assert image.getbbox() == (5, 0, 10, 3)
    assert image.getpixel((5, 0)) == 255


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading(text: str) -> None:
    try:
        region = parse_region(text)
    except InvalidRequest:
        return
    assert 0 <= region.left < region.right <= 100
    assert 0 <= region.top < region.bottom <= 100


@given(st.floats(0, 99.9), st.floats(0, 99.9), st.integers(1, 40), st.integers(1, 40))
def test_a_mask_always_has_something_white(left: float, top: float, width: int, height: int) -> None:
    region, size = Region(left, top, min(100, left + 0.1), min(100, top + 0.1)), Size(width, height)
    image = Image.open(io.BytesIO(mask_of(region, size)))
    assert image.size == size
    assert image.getbbox() is not None
