"""How the detailer lays new pixels over the picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter
from tests.plugins.detailing import changed, levels, picture

from limner_plugins.detailer.blending import Patch, composed, continued, patch_of
from limner_plugins.detailer.masks import Mask
from limner_plugins.detailer.params import DetailerParams
from limner_sdk import Box, to_pixels


def patch(box: tuple[int, int, int, int], level: float, share: float = 1.0, at: int = 0) -> Patch:
    """A grey patch of one transparency."""
    place_at = Box(*box)
    mask = Mask(place_at, np.full((place_at.height, place_at.width), share, np.float32), (at, 0), 0.1)
    return Patch(mask, torch.full((3, place_at.height, place_at.width), level))


def test_a_patch_covers_as_much_as_its_mask_says() -> None:
    image = picture()
    made = levels(composed(image, [patch((10, 20, 30, 40), 1.0, 0.25)]))[20:60, 10:40]
    assert np.abs(made - (levels(image)[20:60, 10:40] * 0.75 + 255 * 0.25)).max() <= 0.5
    assert changed(image, composed(image, [patch((10, 20, 30, 40), 1.0, 0.0)])).sum() == 0


def test_patches_that_overlap_are_mixed_whatever_their_order() -> None:
    image = picture()
    patches = [patch((10, 20, 30, 40), 1.0), patch((30, 20, 30, 40), 0.0, at=1), patch((100, 9, 9, 9), 0.5, at=2)]
    made, again = composed(image, patches), composed(image, patches[::-1])
    assert made.tobytes() == again.tobytes()
    assert [int(levels(made)[30, column, 0]) for column in (20, 35, 50)] == [255, 128, 0]


def test_a_patch_that_joins_two_others_is_mixed_with_both() -> None:
    image = picture()
    patches = [
        patch((10, 20, 20, 20), 1.0),
        patch((50, 20, 20, 20), 0.0, at=1),
        patch((25, 25, 30, 5), 0.5, at=2),
    ]
    made = levels(composed(image, patches))
    assert [int(made[27, column, 0]) for column in (15, 27, 40, 52, 60)] == [255, 191, 128, 64, 0]


def test_a_drift_of_colours_is_taken_away_under_the_mask_too() -> None:
    old = torch.rand(3, 60, 80, generator=torch.Generator().manual_seed(1)) * 0.5 + 0.2
    across = torch.linspace(0.02, 0.08, 80).expand(60, 80)
    drift = torch.stack([across, -across, across / 2])
    mask = np.zeros((60, 80), np.float32)
    mask[15:45, 20:60] = 1
    new = old + drift
    new[:, 20:40, 30:50] = 0.9
    made = continued(new, old, mask)
    beside = (made - old)[:, 15:20, 20:60]
    assert float(beside.abs().mean()) < 0.25 * float(drift.abs().mean())
    assert float((made[:, 20:40, 30:50] - 0.9 + drift[:, 20:40, 30:50]).abs().max()) < 0.03


def test_another_content_is_no_drift() -> None:
    old, mask = torch.full((3, 40, 40), 0.5), np.zeros((40, 40), np.float32)
    mask[10:30, 10:30] = 1
    made = continued(torch.full((3, 40, 40), 0.0), old, mask)
    assert torch.allclose(made, torch.full_like(made, 0.15), atol=1e-5)
    everything = continued(torch.zeros(3, 40, 40), old, np.ones((40, 40), np.float32))
    assert float(everything.abs().max()) == 0


@pytest.mark.parametrize("size", [(30, 40), (120, 160)])
def test_what_was_drawn_comes_back_at_its_old_size(size: tuple[int, int]) -> None:
    image, box = picture().filter(ImageFilter.GaussianBlur(3)), Box(10, 20, 30, 40)
    drawn = to_pixels(image.crop((10, 20, 40, 60)).resize(size))
    made = patch_of(image, box, drawn, patch((15, 25, 10, 20), 0).mask, DetailerParams(match_colours=False))
    assert made.pixels.shape == (3, 20, 10)
    old = to_pixels(image.crop((15, 25, 25, 45)))
    assert float((made.pixels - old).abs().mean()) < (1e-6 if size == (30, 40) else 0.002)


@pytest.mark.parametrize("way", ["none", "wavelet", "adain", "lab"])
def test_a_patch_gets_the_colours_back_that_were_under_its_mask(way: str) -> None:
    # What is around the mask is of another colour, which is not to be taken for the mask's.
    image = Image.new("RGB", (200, 200), (20, 30, 200))
    image.paste((250, 210, 180), (50, 50, 150, 150))
    drawn = torch.tensor([0.5, 0.6, 0.4])[:, None, None].expand(3, 128, 128)
    params = DetailerParams.parse({"colour_fix": way, "match_colours": False})
    made = patch_of(image, Box(40, 40, 120, 120), drawn, patch((60, 60, 80, 80), 0).mask, params).pixels
    red, green, blue = (255 * made.mean((1, 2))).tolist()
    # Not how light it is, which one of them leaves.
    off = abs(red - green - 40) + abs(green - blue - 30)
    assert (off > 60) if way == "none" else (off < 10)
