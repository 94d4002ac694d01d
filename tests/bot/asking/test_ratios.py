"""Ratios: the size that one means to a model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner_bot.asking.ratios import size_of
from limner_sdk import InvalidRequest, Size

SDXL = Size(1024, 1024)


@pytest.mark.parametrize(
    ("ratio", "native", "size"),
    [
        ("1:1", Size(512, 512), "512x512"),
        ("3:2", Size(512, 512), "624x416"),
        ("2:3", Size(512, 512), "416x624"),
        ("16:9", Size(512, 512), "680x384"),
        ("4:1", Size(128, 128), "256x64"),
        ("3:2", Size(768, 512), "768x512"),
        ("1:1", Size(768, 512), "624x624"),
    ],
)
def test_a_ratio_keeps_the_area_of_the_model(ratio: str, native: Size, size: str) -> None:
    assert str(size_of(ratio, native)) == size


@pytest.mark.parametrize(
    ("ratio", "size"),
    [("4:3", "1152x896"), ("3:2", "1216x832"), ("9:16", "768x1344"), ("21:9", "1536x640"), ("2:1", "1448x728")],
)
def test_sdxl_takes_the_shape_it_was_trained_at_if_one_is_close(ratio: str, size: str) -> None:
    assert str(size_of(ratio, SDXL)) == size


def test_a_shape_too_long_for_a_model_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="ratio: '5:1' is too long a shape for this model; go no further than 4:1"):
        size_of("5:1", Size(128, 128))
    with pytest.raises(InvalidRequest, match="go no further than 16:1"):
        size_of("1:17", Size(4096, 4096))


@given(st.integers(1, 9999), st.integers(1, 9999), st.sampled_from([64, 128, 512, 768, 1024, 2048]))
def test_sides_are_multiples_of_8_in_about_the_models_area(across: int, down: int, side: int) -> None:
    native = Size(side, side)
    try:
        size = size_of(f"{across}:{down}", native)
    except InvalidRequest:
        assert max(across, down) / min(across, down) > min((side / 64) ** 2, (16384 / side) ** 2)
        return
    assert all(length % 8 == 0 and 64 <= length <= 16384 for length in size)
    assert size.width * size.height == pytest.approx(side**2, rel=0.13)
