"""Ultimate upscale at the edges of what can be asked for: it draws, or refuses in a sentence."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from PIL import Image

from limner_plugins.ultimate_upscale import limner_postprocessors
from limner_plugins.ultimate_upscale.params import ColourFix, Order, Seams, UltimateParams
from limner_sdk import Cancelled, InvalidRequest, Size, UnknownName
from limner_sdk.testing import FakeEstimateContext, FakePostprocessContext

DEFINITION = next(iter(limner_postprocessors()))
#: What is drawn twice, in many pieces, and what of it is left alone.
MANY: dict[str, Any] = {"scale": 3, "seams": "half_tile_intersections", "skip_flat": 2, "upscaler": "pocket_x4"}


def half_flat() -> Image.Image:
    """A picture with a plain half."""
    picture = Image.new("RGB", (128, 128), "navy")
    picture.paste(Image.radial_gradient("L").convert("RGB").resize((64, 128)), (64, 0))
    return picture


def both(size: tuple[int, int], **params: Any) -> tuple[Image.Image, Any, int]:
    """What came out, what was said of it, and how much was drawn."""
    chosen, ctx = UltimateParams.parse(params), FakePostprocessContext()
    assert DEFINITION.estimate
    told = DEFINITION.estimate(Size(*size), FakeEstimateContext(), chosen)
    return DEFINITION.run(Image.effect_noise(size, 60).convert("RGB"), ctx, chosen), told, len(ctx.redrawn)


@pytest.mark.parametrize(
    ("size", "params", "target", "tiles"),
    [
        ((1, 1), {"scale": 8}, (8, 8), 1),
        ((1, 1), {"scale": 16, "seams": "half_tile_intersections", "clean_up": 1, "skip_flat": 64}, (16, 16), 0),
        ((3000, 8), {}, (6000, 16), 63),
        ((8, 3000), {"seams": "band", "clean_up": 1, "scale": 1}, (8, 3000), 61),
        ((8, 8), {"width": 9, "height": 9}, (9, 9), 1),
        ((9, 9), {"width": 8, "seams": "half_tile"}, (8, 8), 1),
        ((60, 50), {"scale": 4, "tile_width": 1, "blur": 64, "seams": "band", "seams_width": 512}, (240, 200), 25),
        ((60, 50), {"scale": 4, "tile_width": 2048, "tile_height": 2048}, (240, 200), 1),
        ((60, 50), {"scale": 4, "prompt": "[SKIP]"}, (240, 200), 0),
    ],
)
def test_the_smallest_and_the_longest_are_drawn(size: Any, params: Any, target: Any, tiles: int) -> None:
    picture, told, count = both(size, **params)
    assert picture.size == tuple(told.size) == target
    assert count == tiles


@pytest.mark.parametrize(
    ("size", "params", "said"),
    [
        ((64, 64), {"padding": 500}, r"padding: 500 leaves too little of a tile of 128x128 pixels; the most is 48"),
        ((64, 64), {"tile_width": 64, "padding": 200}, r"padding: 200 .* of 64x128 pixels; the most is 16"),
        ((1, 1), {"scale": 7}, r"scale: 7\.0 makes a picture of 7x7 pixels; each side needs 8 or more"),
        ((3000, 1), {"width": 3000}, r"width: 3000 makes a picture of 3000x1 pixels"),
        ((8, 8), {"scale": float("nan")}, r"scale: nan is not a finite number"),
    ],
)
def test_what_leaves_nothing_is_refused_in_a_sentence(size: Any, params: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        both(size, **params)


@pytest.mark.parametrize("redraw", get_args(Order))
@pytest.mark.parametrize("seams", get_args(Seams))
@pytest.mark.parametrize("colour_fix", get_args(ColourFix))
def test_every_choice_goes_with_every_other(redraw: str, seams: str, colour_fix: str) -> None:
    picture, told, count = both((70, 40), scale=2.3, redraw=redraw, seams=seams, colour_fix=colour_fix, tile_width=64)
    assert picture.size == tuple(told.size) == (161, 92)
    assert bool(count) == (redraw != "none" or seams != "none")


@pytest.mark.parametrize("redraw", ["linear", "chess"])
@pytest.mark.parametrize("calls", [1, 3, 6, 9])
def test_a_run_cut_short_goes_on_through_seams_and_past_plain_tiles(redraw: Any, calls: int) -> None:
    asked, whole = UltimateParams(**MANY, redraw=redraw), FakePostprocessContext()
    wanted = DEFINITION.run(half_flat(), whole, asked)
    cut = FakePostprocessContext(cancel_after=calls)
    with pytest.raises(Cancelled):
        DEFINITION.run(half_flat(), cut, asked)
    again = FakePostprocessContext(kept=cut.kept)
    assert DEFINITION.run(half_flat(), again, asked).tobytes() == wanted.tobytes()
    assert len(again.redrawn) + len(cut.redrawn) == len(whole.redrawn)


@pytest.mark.parametrize(
    "field", ["upscaler", "sampler", "schedule", "model", "vae", "control", "control_preprocessor"]
)
def test_what_is_not_here_is_told_before_anything_is_drawn(field: str) -> None:
    with pytest.raises(UnknownName, match="unknown"):
        both((64, 64), **{"control": "tile_net", field: "unknown"})


def test_the_pictures_own_hints_are_no_control_networks_name() -> None:
    class Strict(FakeEstimateContext):
        def require(self, kind: str, name: str | None) -> None:
            assert (kind, name) != ("control", "passthrough")

    assert DEFINITION.estimate
    assert DEFINITION.estimate(Size(64, 64), Strict(), UltimateParams(control="passthrough")).evaluations
