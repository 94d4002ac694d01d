"""Bundled preprocessors: their contract, and what each makes of a picture whose hint is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from limner_host.discovery import discover
from limner_host.registry import Registry
from limner_plugins.preprocessors import (
    CannyParams,
    ScribbleParams,
    TileParams,
    canny,
    invert,
    limner_preprocessors,
    scribble,
    tile,
)
from limner_sdk import ContractError, InvalidRequest, NoParams, PreprocessorDef
from limner_sdk.testing import FakeContext, check_preprocessor

CTX = FakeContext()


def square(ground: int = 0, ink: int = 255) -> Image.Image:
    """A filled square of 32 pixels in the middle of 64."""
    image = Image.new("RGB", (64, 64), (ground,) * 3)
    ImageDraw.Draw(image).rectangle((16, 16, 47, 47), fill=(ink,) * 3)
    return image


def grey(image: Image.Image) -> Any:
    channels = np.asarray(image).astype(int)
    assert (channels == channels[..., :1]).all()
    return channels[..., 0]


@pytest.mark.parametrize("definition", list(limner_preprocessors()), ids=lambda definition: definition.name)
def test_every_bundled_preprocessor_keeps_its_contract(definition: Any) -> None:
    check_preprocessor(definition)
    assert definition.label


@pytest.mark.parametrize(
    ("run", "finding"),
    [
        (lambda image, ctx, params: image.resize((8, 8)), "gives 8x8 pixels"),
        (lambda image, ctx, params: image.convert("L"), "instead of an RGB picture"),
        (lambda image, ctx, params: (image.putpixel((0, 0), (9, 9, 9)), image.copy())[1], "changes the picture"),
    ],
)
def test_a_preprocessor_that_breaks_its_contract_is_found_out(run: Any, finding: str) -> None:
    with pytest.raises(ContractError, match=f"preprocessor bad at 64x64 .*{finding}"):
        check_preprocessor(PreprocessorDef("bad", "Bad.", NoParams, run))


@pytest.mark.parametrize(
    ("name", "full"), [("canny", "canny"), ("Tile", "tile"), ("tile_resample", "tile"), ("scribble", "scribble")]
)
def test_preprocessors_are_found_by_name(name: str, full: str) -> None:
    assert Registry(discover()).preprocessor(name).id == f"preprocessors:{full}"


def test_canny_draws_the_outline_white_on_black_and_nothing_else() -> None:
    edges = grey(canny(square(), CTX, CannyParams()))
    assert set(np.unique(edges)) == {0, 255}
    assert not edges[20:44, 20:44].any()
    assert not edges[:12].any()
    assert edges[14:18, 20:44].max(axis=0).all()


def test_canny_drops_edges_below_its_thresholds() -> None:
    faint = square(100, 130)
    assert not grey(canny(faint, CTX, CannyParams(low=200, high=255))).any()
    assert grey(canny(faint, CTX, CannyParams(low=20, high=60))).any()


def test_canny_refuses_thresholds_that_are_the_wrong_way_round() -> None:
    with pytest.raises(InvalidRequest, match=r"preprocessor\.low: 200 is above high, which is 100"):
        canny(square(), CTX, CannyParams(low=200, high=100))


@pytest.mark.parametrize("method", ["resample", "blur"])
def test_tile_takes_details_away_and_keeps_the_whole(method: Any) -> None:
    stripes = Image.fromarray(np.indices((64, 64)).sum(axis=0).astype(np.uint8) % 2 * 255).convert("RGB")
    made = grey(tile(stripes, CTX, TileParams(factor=4, method=method)))
    assert np.abs(made[8:-8, 8:-8] - 127.5).max() < 3
    kept = grey(tile(square(), CTX, TileParams(factor=4, method=method)))
    assert (kept[32, 32], kept[4, 4]) == (255, 0)


def test_tile_at_factor_one_keeps_every_pixel() -> None:
    assert tile(square(), CTX, TileParams(factor=1)).tobytes() == square().tobytes()


def test_invert_gives_the_negative() -> None:
    assert invert(square(10, 200), CTX, NoParams()).tobytes() == square(245, 55).tobytes()


@pytest.mark.parametrize(("ground", "ink"), [(255, 0), (0, 255), (200, 100)])
def test_scribble_makes_white_lines_on_black_of_either_kind_of_drawing(ground: int, ink: int) -> None:
    assert scribble(square(ground, ink), CTX, ScribbleParams()).tobytes() == square(0, 255).tobytes()


def test_scribble_splits_at_its_threshold() -> None:
    drawing = square(0, 150)
    light = ScribbleParams(threshold=150, lines="light")
    assert scribble(drawing, CTX, light).tobytes() == square(0, 255).tobytes()
    above = light.model_copy(update={"threshold": 151})
    assert not grey(scribble(drawing, CTX, above)).any()


def test_scribble_can_be_told_where_the_lines_are() -> None:
    dark = ScribbleParams(lines="dark")
    assert scribble(square(0, 255), CTX, dark).tobytes() == square(255, 0).tobytes()
