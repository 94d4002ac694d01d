"""Plans: what requests and grids would be and cost, without drawing; and that what was promised is what is made."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.conftest import SMALL, small_request

from limner_host.limits import Limits
from limner_host.planning import planned
from limner_host.studio import Studio
from limner_sdk import DenoiserDef, NoParams, PostprocessDef
from limner_sdk.messages import GridWish, Plan, Planned

#: Megapixels of the smallest picture.
SMALLEST = 64 * 64 / 2**20


def plan(studio: Studio, grid: GridWish | None = None, **changes: Any) -> Planned:
    return planned(Plan(number=3, request=small_request(**changes), grid=grid), studio)


def kept(studio: Studio) -> list[Path]:
    return sorted(studio.library.data.root.rglob("*"))


def test_a_plan_tells_what_a_request_will_be_and_cost(studio: Studio) -> None:
    told = plan(studio, steps=3, count=2, negative="a house", hires={"scale": 1.5, "steps": 4, "denoise": 0.5})
    assert (told.number, told.problem, told.cells, told.pictures, told.evaluations) == (3, "", 1, 2, 2 * (3 + 3))
    assert told.work == pytest.approx(2 * (3 * SMALLEST + 3 * 2.25 * SMALLEST))
    assert (told.width, told.height, told.steps, told.sheet_width) == (96, 96, 4, 0)
    assert told.models == ("pocket:pocket",)
    assert told.prompts == (SMALL["prompt"], "a house")


@pytest.mark.parametrize(
    "changes",
    [
        {"count": 5},
        {"sampler": "heun", "hires": {"scale": 2, "denoise": 0.5}},
        {"width": 200, "height": 136, "tiler": "cosine"},
        {"hires": {"scale": 3.0}, "tiler": "multidiffusion"},
        {"postprocess": ({"name": "ultimate-upscale", "params": {"seams": "band"}},), "steps": 4},
    ],
)
def test_the_work_that_was_planned_is_the_work_that_was_done(
    studio: Studio, tmp_path: Path, changes: dict[str, Any]
) -> None:
    result = studio.make(small_request(**changes), tmp_path)
    told = plan(studio, **changes)
    assert result.work == pytest.approx(told.work, rel=0.03)
    assert result.evaluations == told.evaluations


def test_what_finds_noise_for_a_picture_is_counted(studio: Studio, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "red").save(tmp_path / "a.png")
    changes: dict[str, Any] = {"image": str(tmp_path / "a.png"), "start": {"denoise": 0.5}}
    plain, inverted = plan(studio, **changes).work, plan(studio, **changes, inversion="noise_inversion").work
    assert 0 < plain < inverted
    made = studio.make(small_request(**changes, inversion="noise_inversion"), tmp_path)
    assert made.work == pytest.approx(inverted)


def test_a_denoiser_that_calls_the_network_twice_has_done_twice_the_work(
    studio_with: Callable[..., Studio], tmp_path: Path
) -> None:
    def twice(predict: Any, ctx: Any, params: NoParams) -> Any:
        return lambda x, sigma, guidance: (predict(x, sigma, guidance) + predict(x, sigma, guidance)) / 2

    studio = studio_with(DenoiserDef("twice", "Calls twice.", NoParams, twice))
    assert studio.make(small_request(denoisers=("twice",)), tmp_path).work == 2 * 2 * SMALLEST


def test_a_picture_to_finish_is_looked_at_and_not_kept(studio: Studio, tmp_path: Path) -> None:
    Image.new("RGB", (96, 64), "red").save(tmp_path / "a.png")
    before = kept(studio)
    finished: dict[str, Any] = {"finished": str(tmp_path / "a.png"), "width": None, "height": None}
    told = plan(studio, **finished, postprocess=("ultimate-upscale",))
    assert (told.problem, told.width, told.height) == ("", 192, 128)
    assert told.finishing == ("2 tiles of 128x128",)
    assert told.evaluations > 0 < told.work
    assert kept(studio) == before


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"sampler": "eulr"}, "sampler: 'eulr' is unknown; did you mean euler?"),
        ({"width": 128, "height": 128}, "size: '128x128' is larger than this host allows"),
        ({"postprocess": ({"name": "ultimate-upscale", "params": {"scale": 40}},)}, "is too large; the most is"),
        ({"image": "/nonexistent.png"}, "image: '/nonexistent.png' is no file"),
        ({"prompt": "<lora:nobody:1>"}, "lora: 'nobody' is unknown"),
    ],
)
def test_what_cannot_be_is_told_as_a_problem(studio: Studio, changes: dict[str, Any], problem: str) -> None:
    told = plan(dataclasses.replace(studio, limits=Limits(100 * 100)), **changes)
    assert problem in told.problem
    assert (told.cells, told.work) == (0, 0)


def test_a_plugin_that_raises_anything_is_a_problem_too(studio_with: Callable[..., Studio]) -> None:
    def estimate(size: Any, ctx: Any, params: NoParams) -> Any:
        raise KeyError("oops")

    odd = PostprocessDef("odd", "Odd.", NoParams, lambda image, ctx, params: image, estimate)
    assert plan(studio_with(odd), postprocess=("odd",)).problem == "plugin mine:odd: estimate failed: 'oops'"


def test_a_grid_is_planned_cell_by_cell(studio: Studio) -> None:
    grid = GridWish(x="steps=1..4", y="size=64x64, 128x64", z=" ")
    told = plan(studio, grid, count=2)
    assert (told.problem, told.cells, told.pictures, told.steps) == ("", 8, 16, 4)
    assert told.evaluations == 2 * 2 * (1 + 2 + 3 + 4)
    assert told.work == pytest.approx(2 * (1 + 2 + 3 + 4) * 3 * SMALLEST)
    assert (told.width, told.height) == (128, 64)
    assert told.sheet_width > 4 * 2 * 128
    bare = plan(studio, GridWish(x="steps=1..4", legend=False, margin=0))
    assert (bare.sheet_width, bare.sheet_height) == (4 * 64, 64)


def test_a_grid_tells_every_model_and_every_prompt_of_its_cells(studio: Studio) -> None:
    told = plan(studio, GridWish(x="prompt_sr=red circle, green square", y="negative=none, a house"))
    assert told.prompts == (SMALL["prompt"], SMALL["prompt"].replace("red circle", "green square"), "a house")


@pytest.mark.parametrize(
    ("grid", "problem"),
    [
        ({"x": "stepz=1"}, "axis: 'stepz' is no axis; did you mean steps?"),
        ({"x": "steps=0, 5"}, "steps: 0 is too small; the least is 1"),
        ({"x": "steps=1..20", "y": "cfg=1..4"}, "grid: 80 cells are more than 64"),
        ({"x": "image=/etc/passwd"}, "grid: 'image' names files of the host; vary something else"),
        ({"x": "Finished=/etc/passwd"}, "grid: 'finished' names files of the host"),
        ({"x": "mask=/etc/passwd"}, "grid: 'mask' names files of the host"),
        ({}, "grid: '' has no axis"),
        ({"x": "steps=1", "margin": 4, "font_size": 500}, "font_size: 500 is not within"),
        ({"x": "size=64x64, 900x900"}, "is larger than this host allows"),
    ],
)
def test_a_grid_that_cannot_be_is_a_problem(studio: Studio, grid: dict[str, Any], problem: str) -> None:
    assert problem in plan(dataclasses.replace(studio, limits=Limits(200 * 200)), GridWish(**grid)).problem


def test_a_sheet_that_nobody_could_look_at_is_a_problem(studio: Studio) -> None:
    told = plan(studio, GridWish(x="seed=1..60"), width=2048, height=2048)
    assert told.problem == (
        "grid: 252 megapixels are more than a sheet's 200; make the pictures smaller, or make no sheet"
    )


def test_the_catalogue_lists_the_axes_that_can_be_ordered(studio: Studio) -> None:
    axes = {axis.name: axis for axis in studio.catalogue().axes}
    assert (axes["steps"].form, axes["steps"].label) == ("whole", "Steps")
    assert {"euler", "heun"} <= set(axes["sampler"].values)
    assert (axes["start.denoise"].least, axes["start.denoise"].most) == (0, 1)
    assert axes["tiler"].optional
    assert not {"image", "mask", "finished"} & set(axes)
