"""How strongly Ultimate upscale has tiles and seams drawn, and by which guidance."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from limner_plugins.ultimate_upscale import limner_postprocessors
from limner_plugins.ultimate_upscale.params import UltimateParams
from limner_sdk import Redrawing
from limner_sdk.testing import FakePostprocessContext, fake_recipe

DEFINITION = next(iter(limner_postprocessors()))


def drawn(own: float = 7.0, **params: Any) -> tuple[list[Redrawing], list[str]]:
    """How tiles and seams of a picture were asked for, and the notes."""
    ctx = FakePostprocessContext(recipe=fake_recipe().model_copy(update={"cfg": own}))
    DEFINITION.run(Image.radial_gradient("L").resize((96, 96)).convert("RGB"), ctx, UltimateParams(**params))
    return [how for _, how in ctx.redrawn], ctx.notes


@pytest.mark.parametrize(("denoise", "cfg"), [(None, 1), (0.2, 1), (0.275, 4), (0.35, 7), (1, 7)])
def test_the_guidance_eases_off_where_little_is_drawn_anew(denoise: float | None, cfg: float) -> None:
    asked, _ = drawn(**{} if denoise is None else {"denoise": denoise})
    assert {round(how.cfg or 0, 6) for how in asked} == {cfg}


@pytest.mark.parametrize("own", [0, 0.5, 1])
def test_a_picture_that_was_hardly_guided_is_guided_no_more(own: float) -> None:
    assert {how.cfg for how in drawn(own)[0]} == {own}


def test_a_guidance_of_ones_own_is_taken_as_it_is() -> None:
    assert {how.cfg for how in drawn(cfg=5, denoise=0.1)[0]} == {5}


@pytest.mark.parametrize("seams", ["band", "half_tile", "half_tile_intersections"])
def test_seams_are_drawn_as_strongly_as_tiles_unless_told_otherwise(seams: str) -> None:
    assert {how.strength for how in drawn(seams=seams, denoise=0.12)[0]} == {0.12}
    asked, _ = drawn(seams=seams, denoise=0.12, seams_denoise=0.35)
    assert {(how.strength, how.cfg) for how in asked} == {(0.12, 1), (0.35, 7)}


def test_no_denoise_at_all_draws_no_seams_either() -> None:
    assert drawn(seams="half_tile", denoise=0)[0] == []


def test_a_negative_prompt_that_goes_unheard_is_told() -> None:
    assert "no say" in drawn(negative="blur")[1][0]
    heard: list[dict[str, Any]] = [{}, {"negative": "blur", "cfg": 1}, {"negative": "blur", "denoise": 0.4}]
    assert [drawn(**params)[1] for params in heard] == [[], [], []]
    assert drawn(1.0, negative="blur")[1] == []
