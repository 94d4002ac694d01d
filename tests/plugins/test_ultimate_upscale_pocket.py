"""Ultimate upscale with Pocket, from 128 to 512 pixels: sharper than a filter, no seam, the same thing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image
from tests.plugins.enlarging import (
    ASKED,
    FOURFOLD,
    Case,
    cases_of,
    damage,
    error_at_edges,
    imagined,
    kept_of,
    seam,
    sharpness,
    upscaled,
)

from limner_host.stages.postprocess import PostprocessRun
from limner_host.studio import Studio
from limner_plugins.pocket.judging import Judge
from limner_plugins.pocket.scenes import random_scene
from limner_sdk import Cancelled, Part, Redrawing, Request, Tensor

WITH_SEAMS: Final = {"seams": "half_tile_intersections"}


@pytest.fixture(scope="module")
def cases(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Some scenes that Pocket was not trained on."""
    return cases_of(studio, tmp_path_factory.mktemp("cases"), 3)


def test_edges_are_far_sharper_than_a_filters_and_nearer_to_the_drawing(cases: list[Case]) -> None:
    for case in cases:
        assert sharpness(case.enlarged, case.truth) > 2 * sharpness(case.filtered, case.truth)
        assert error_at_edges(case.enlarged, case.truth) < error_at_edges(case.filtered, case.truth)


def test_no_seam_is_left_where_tiles_meet(cases: list[Case], studio: Studio, tmp_path: Path) -> None:
    assert max(seam(case.enlarged, case.truth, **FOURFOLD) for case in cases) < 0.2
    careless = {"scale": 4, "denoise": 0.25, "padding": 0, "blur": 0, "colour_fix": "none"}
    naive = upscaled(studio, cases[1].scene, tmp_path, **careless)
    assert seam(naive, cases[1].truth, **careless) > 2


def test_the_thing_and_its_colours_stay(cases: list[Case]) -> None:
    judge = Judge.trained()
    assert [kept_of(case, judge) for case in cases] == [3, 3, 3]


@pytest.mark.parametrize(("prompt", "seed", "params"), [(*ASKED[0], {}), (*ASKED[1], {}), (*ASKED[0], WITH_SEAMS)])
def test_pictures_of_ones_own_get_sharper_and_no_blots(
    studio: Studio, tmp_path: Path, prompt: str, seed: int, params: dict[str, Any]
) -> None:
    filtered, enlarged = imagined(studio, tmp_path, prompt, seed, **params)
    assert sharpness(enlarged, filtered, least=5) > 2
    assert damage(enlarged, filtered) < 0.005


def test_work_that_was_cut_short_goes_on_to_the_very_same_picture(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = random_scene(random.Random(2))
    asked = {"scale": 2, "denoise": 0.2, "skip_flat": 1, **WITH_SEAMS}
    whole = upscaled(studio, scene, tmp_path / "whole", **asked)
    drawn, count = PostprocessRun.redraw_parts, iter(range(1000))

    def at_most_three(self: PostprocessRun, parts: Sequence[Part], how: Redrawing) -> list[Tensor]:
        if next(count) == 3:
            raise Cancelled
        return drawn(self, parts, how)

    monkeypatch.setattr(PostprocessRun, "redraw_parts", at_most_three)
    with pytest.raises(Cancelled):
        upscaled(studio, scene, tmp_path / "cut", **asked)
    assert upscaled(studio, scene, tmp_path / "cut", **asked).tobytes() == whole.tobytes()
    assert next(count) > 4


def test_both_colours_of_the_board_drawn_together_are_the_same_as_one_by_one(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, asked = random_scene(random.Random(1)), {"scale": 2, "denoise": 0.2}
    together = upscaled(studio, scene, tmp_path / "together", **asked)
    monkeypatch.setattr("limner_plugins.ultimate_upscale.turns._TOGETHER", 1)
    assert upscaled(studio, scene, tmp_path / "alone", **asked).tobytes() == together.tobytes()


@pytest.mark.parametrize("size", [(1, 1), (7, 40), (33, 9)])
def test_pictures_of_any_size_are_drawn(studio: Studio, tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, "teal").save(tmp_path / "odd.png")
    choice = {"name": "ultimate-upscale", "params": {"scale": 9, "seams": "half_tile_intersections"}}
    values = {"prompt": "a green square", "steps": 2, "finished": str(tmp_path / "odd.png"), "postprocess": [choice]}
    (picture,) = studio.make(Request.parse(values), tmp_path).pictures
    assert (picture.width, picture.height) == (9 * size[0], 9 * size[1])
