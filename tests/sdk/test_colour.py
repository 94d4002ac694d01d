"""Colour matching: each way takes from the other picture what it says, and keeps the rest."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from torch.nn import functional

from limner_sdk import ColourWay, colour_matched, low_frequencies

WAYS = get_args(ColourWay)


def noisy(height: int = 40, width: int = 56, seed: int = 0) -> torch.Tensor:
    """Fine grain around middle grey."""
    return 0.5 + 0.1 * torch.randn(3, height, width, generator=torch.Generator().manual_seed(seed)).clamp(-3, 3)


def tinted(picture: torch.Tensor) -> torch.Tensor:
    """A redder and bluer picture, as redrawing makes them."""
    return (picture + torch.tensor([0.1, -0.05, 0.08])[:, None, None]).clamp(0, 1)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (3, 2), (40, 56)])
def test_a_picture_matched_to_itself_stays_itself(way: ColourWay, size: tuple[int, int]) -> None:
    picture = noisy(*size)
    before = picture.clone()
    torch.testing.assert_close(colour_matched(picture, picture, way), before, atol=2e-5, rtol=0)
    assert torch.equal(picture, before)


@pytest.mark.parametrize("way", ["wavelet", "adain", "lab"])
def test_a_tint_is_taken_back(way: ColourWay) -> None:
    picture = noisy()
    mended = colour_matched(tinted(picture), picture, way)
    assert mended.dtype == torch.float32
    # The light is not a matter of "lab": the tint's own stays.
    allowed = 0.03 if way == "lab" else 1e-3
    assert (mended - picture).abs().mean() < allowed < (tinted(picture) - picture).abs().mean() / 2


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_flat_pictures_give_numbers_within_bounds(way: ColourWay, level: float) -> None:
    flat, grain = torch.full((3, 9, 5), level), noisy(9, 5)
    for made in (colour_matched(flat, grain, way), colour_matched(grain, flat, way)):
        assert made.shape == flat.shape
        assert 0 <= float(made.min()) <= float(made.max()) <= 1


def test_wavelets_are_the_dilated_kernel_of_the_paper() -> None:
    row = torch.tensor([1.0, 2.0, 1.0])
    kernel = (row[:, None] * row / 16).expand(3, 1, 3, 3)
    low = noisy()[None]
    for level in range(5):
        padded = functional.pad(low, (2**level,) * 4, mode="replicate")
        low = functional.conv2d(padded, kernel, groups=3, dilation=2**level)
    torch.testing.assert_close(low_frequencies(noisy()), low[0], atol=1e-6, rtol=0)


def test_wavelets_keep_what_is_fine_and_take_what_is_coarse() -> None:
    picture, like = noisy(seed=1), tinted(noisy(seed=2))
    made = colour_matched(picture, like, "wavelet")
    expected = picture - low_frequencies(picture) + low_frequencies(like)
    torch.testing.assert_close(made, expected, atol=1e-5, rtol=0)


def test_no_level_blurs_nothing_and_each_more_blurs_more() -> None:
    deviations = [float(low_frequencies(noisy(), levels).std()) for levels in range(6)]
    assert deviations[0] == float(noisy().std())
    assert deviations == sorted(deviations, reverse=True)


def test_adain_gives_each_channel_its_mean_and_deviation() -> None:
    picture, like = noisy(seed=1) * 0.5, tinted(noisy(seed=2))
    made = colour_matched(picture, like, "adain")
    torch.testing.assert_close(made.mean((1, 2)), like.mean((1, 2)), atol=1e-3, rtol=0)
    torch.testing.assert_close(made.std((1, 2)), like.std((1, 2)), atol=1e-3, rtol=0)


def test_lab_is_that_of_opencv() -> None:
    import cv2

    from limner_sdk.colour import _from_lab, _lab

    picture = torch.rand(3, 20, 30, generator=torch.Generator().manual_seed(3))
    theirs = cv2.cvtColor(np.ascontiguousarray(picture.permute(1, 2, 0).numpy()), cv2.COLOR_RGB2Lab)
    np.testing.assert_allclose(_lab(picture).permute(1, 2, 0).numpy(), theirs, atol=0.3)
    torch.testing.assert_close(_from_lab(_lab(picture)).float(), picture, atol=1e-5, rtol=0)


def test_lab_keeps_the_light_and_lets_equal_pixels_stay_equal() -> None:
    from limner_sdk.colour import _lab

    picture, like = noisy(), tinted(noisy(seed=4))
    picture[:, :20] = 0.4
    made = colour_matched(picture, like, "lab")
    assert made[:, :20].flatten(1).std(1).max() < 1e-6
    torch.testing.assert_close(_lab(made)[0], _lab(picture)[0], atol=0.01, rtol=0)


def test_pictures_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"colours of \(3, 4, 4\) cannot be matched to a picture of \(3, 40, 56\)"):
        colour_matched(noisy(), noisy(4, 4), "adain")


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(ValueError, match="not by 'reinhard'"):
        colour_matched(noisy(), noisy(), "reinhard")  # type: ignore[arg-type]
