"""Regions as Pocket draws them: two things side by side, masks, tiles, batches and second passes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.conftest import SMALL, small_request

from limner_host.studio import Studio
from limner_plugins.pocket.judging import Judge, verdict
from limner_plugins.regions import areas, limner_denoisers
from limner_sdk import Box, InvalidRequest, NoParams, Request, Size, Tile, TilerDef, Tiling

CIRCLE, STAR = "a red circle on a white background", "a blue star on a white background"
TWO = f"left | {CIRCLE}; right | {STAR}"


def picture(studio: Studio, folder: Path, text: str = "", pictures: Any = None, **changes: Any) -> list[Image.Image]:
    """The pictures of a request, with regions if there is a `text`."""
    chosen = {"name": "regions", "params": {"areas": text}, "pictures": pictures or {}}
    values = SMALL | {"seed": 7, "denoisers": [chosen] if text else []} | changes
    made = studio.make(Request.parse(values), folder)
    return [Image.open(folder / each.file).convert("RGB") for each in made.pictures]


def pixels(*asked: Any, **changes: Any) -> list[bytes]:
    """What the pictures show, without the recipes that lie in them."""
    return [each.tobytes() for each in picture(*asked, **changes)]


def test_regions_are_found_by_their_name() -> None:
    (definition,) = limner_denoisers()
    assert (definition.name, definition.label, definition.areas) == ("regions", "Regions", areas)


def test_bad_regions_are_refused_before_anything_is_drawn(studio: Studio, tmp_path: Path) -> None:
    chosen = {"name": "regions", "params": {"areas": "middle | a cat"}}
    with pytest.raises(InvalidRequest, match=r"^denoiser.areas: 'middle | a cat' cannot be read: region 1"):
        studio.make(small_request(denoisers=[chosen]), tmp_path)


def test_a_region_over_everything_with_the_same_prompt_changes_nothing(studio: Studio, tmp_path: Path) -> None:
    plain_one = pixels(studio, tmp_path, sampler="euler_a")
    assert pixels(studio, tmp_path, f"all | {SMALL['prompt']}", sampler="euler_a") == plain_one


def test_a_picture_with_regions_does_not_depend_on_its_neighbours(studio: Studio, tmp_path: Path) -> None:
    text = "left seed=3 | a red circle; right | a blue star"
    both = pixels(studio, tmp_path / "both", text, width=128, count=2, sampler="euler_a")
    alone = pixels(studio, tmp_path / "alone", text, width=128, seed=8, sampler="euler_a")
    assert both[1] == alone[0]
    assert both[0] != both[1]


def test_left_comes_out_a_red_circle_and_right_a_blue_star(studio: Studio, tmp_path: Path) -> None:
    judge = Judge.trained()
    wide = {"prompt": "a white background", "width": 256, "height": 128, "steps": 12}
    made = picture(studio, tmp_path, TWO, count=4, seed=1, **wide)
    left, right = ([verdict(each.crop((x, 0, x + 128, 128)), judge) for each in made] for x in (0, 128))
    assert sum((each.kind, each.colour) == ("circle", "red") for each in left) >= 3
    assert sum((each.kind, each.colour) == ("star", "blue") for each in right) >= 3


def quarters(size: Size, step: int, ctx: Any, params: Any) -> Tiling:
    """Tiles of 16 cells, half overlapping."""
    starts = [(x, y) for y in range(0, size.height - 8, 8) for x in range(0, size.width - 8, 8)]
    return Tiling([Tile(Box(x, y, min(16, size.width), min(16, size.height))) for x, y in starts])


def test_regions_are_drawn_in_tiles_where_there_is_a_tiler(studio_with: Any, tmp_path: Path) -> None:
    studio = studio_with(TilerDef("quarters", "Tiles.", NoParams, quarters))
    wide = {"width": 256, "height": 128, "tiler": "quarters", "steps": 3}
    tiled = pixels(studio, tmp_path, f"all | {SMALL['prompt']}", **wide)
    assert tiled == pixels(studio, tmp_path, **wide)
    # The halves are as large as the tiles, which so have nothing to do.
    assert pixels(studio, tmp_path, TWO, **wide) == pixels(studio, tmp_path, TWO, **(wide | {"tiler": None}))


def test_a_mask_says_where_a_region_is(studio: Studio, tmp_path: Path) -> None:
    mask = Image.new("L", (128, 64), 0)
    mask.paste(255, (64, 0, 128, 64))
    mask.save(tmp_path / "mask.png")
    masked = pixels(
        studio, tmp_path, "mask=there | a blue star", {"there": str(tmp_path / "mask.png")}, width=128, steps=3
    )
    assert masked == pixels(studio, tmp_path, "right | a blue star", width=128, steps=3)


def test_pixels_mean_the_same_places_in_both_passes(studio: Studio, tmp_path: Path) -> None:
    judge, wide = Judge.trained(), {"prompt": "a white background", "width": 256, "height": 128, "steps": 8, "seed": 3}
    twice = wide | {"hires": {"scale": 2, "denoise": 0.3, "upscaler": "lanczos"}, "tiler": "cosine"}
    in_pixels = f"0 0 128 128 | {CIRCLE}; 128 0 128 128 | {STAR}"
    (made,) = picture(studio, tmp_path / "a", in_pixels, **twice)
    (same,) = picture(studio, tmp_path / "b", TWO, **twice)
    assert made.tobytes() == same.tobytes()
    left, right = (verdict(made.crop((x, 0, x + 256, 256)), judge) for x in (0, 256))
    assert (left.kind, left.colour, right.kind, right.colour) == ("circle", "red", "star", "blue")


def test_a_place_beyond_the_first_pass_is_refused_before_anything_is_drawn(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="reaches to pixel 128 and so leaves the picture; end at 64"):
        picture(studio, tmp_path, "64 0 64 64 | a cat", steps=150, hires={"scale": 2})


def test_regions_hold_in_a_second_pass_too(studio: Studio, tmp_path: Path) -> None:
    hires = {"scale": 1.5, "denoise": 0.7}
    wide = {"prompt": "a white background", "width": 256, "height": 128, "steps": 8}
    (made,) = picture(studio, tmp_path, TWO, hires=hires, **wide)
    assert made.size == (384, 192)
    judge = Judge.trained()
    left, right = (verdict(made.crop((x, 0, x + 192, 192)), judge) for x in (0, 192))
    assert (left.kind, left.colour) == ("circle", "red")
    assert (right.kind, right.colour) == ("star", "blue")
