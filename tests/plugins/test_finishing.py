"""`upscale` and `colour_fix`: exact sizes, blends of two upscalers, and colours that come back."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image, ImageStat

from limner_host.studio import Studio
from limner_plugins.finishing import limner_postprocessors
from limner_plugins.finishing.colours import ColourFixParams, colour_fix
from limner_plugins.finishing.larger import UpscaleParams, estimate, upscale
from limner_plugins.pocket.scenes import Scene, draw
from limner_sdk import InvalidRequest, Request, Size, UnknownName
from limner_sdk.testing import FakeEstimateContext, FakePostprocessContext


def picture(width: int = 60, height: int = 40) -> Image.Image:
    """A grey ramp with a red and a blue side."""
    ramp = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", [ramp, ramp.rotate(90).resize(ramp.size), ramp.rotate(180)])


SIZES: list[tuple[dict[str, Any], tuple[int, int], tuple[int, int]]] = [
    ({}, (60, 40), (240, 160)),
    ({"scale": 1.5}, (61, 41), (92, 62)),
    ({"width": 90}, (60, 40), (90, 60)),
    ({"height": 100}, (60, 40), (150, 100)),
    ({"width": 101, "height": 103}, (60, 40), (101, 103)),
    ({"width": 101, "height": 103, "fit": "stretch"}, (60, 40), (101, 103)),
    ({"width": 90, "height": 90, "fit": "inside"}, (60, 40), (90, 60)),
    ({"width": 7, "height": 300, "fit": "inside"}, (60, 40), (7, 5)),
    ({"width": 1, "height": 1}, (60, 40), (1, 1)),
    ({}, (1, 1), (4, 4)),
    ({"width": 3}, (1, 900), (3, 2700)),
]


@pytest.mark.parametrize(("params", "size", "expected"), SIZES)
def test_the_size_is_exactly_the_one_that_is_estimated(
    params: dict[str, Any], size: tuple[int, int], expected: tuple[int, int]
) -> None:
    chosen = UpscaleParams.parse(params)
    said = estimate(Size(*size), FakeEstimateContext(), chosen)
    assert (tuple(said.size), said.evaluations) == (expected, 0)
    assert upscale(picture(*size), FakePostprocessContext(), chosen).size == expected


def test_the_estimate_names_the_upscalers() -> None:
    chosen = UpscaleParams(scale=2, upscaler="esrgan", second="nearest")
    assert estimate(Size(60, 40), FakeEstimateContext(), chosen).what == "120x80 by esrgan and nearest"


def test_cropping_keeps_the_middle_and_the_proportions() -> None:
    disc = Image.new("RGB", (60, 40))
    disc.paste("red", (20, 10, 40, 30))
    made = upscale(disc, FakePostprocessContext(), UpscaleParams(width=80, height=80))
    assert made.getpixel((40, 40)) == (255, 0, 0)
    assert made.convert("L").point(lambda level: 255 * (level > 38)).getbbox() == (20, 20, 60, 60)


def test_the_second_upscaler_shows_as_much_as_it_should() -> None:
    class Two(FakePostprocessContext):
        def upscale(self, image: Image.Image, name: str, size: Size | None = None) -> Image.Image:
            return Image.new("RGB", size or image.size, {"dark": "black", "light": "white"}[name])

    def grey(visibility: float) -> Any:
        params = UpscaleParams(upscaler="dark", second="light", visibility=visibility)
        return upscale(picture(), Two(), params).getpixel((5, 5))

    assert (grey(0), grey(0.25), grey(1)) == ((0,) * 3, (63,) * 3, (255,) * 3)


def test_a_side_that_no_file_holds_is_refused() -> None:
    remedy = "makes a side of 80000 pixels; the most is 65535"
    with pytest.raises(InvalidRequest, match=rf"^postprocess.scale: 16.0 {remedy}$"):
        estimate(Size(5000, 8), FakeEstimateContext(), UpscaleParams(scale=16))


def tinted(image: Image.Image | None = None) -> Image.Image:
    return (image or picture()).point([min(255, level + 40) for level in range(256)] + list(range(256)) * 2)


@pytest.mark.parametrize("way", ["wavelet", "adain", "lab"])
def test_colours_come_back(way: Literal["wavelet", "adain", "lab"]) -> None:
    house = draw(Scene("moon", "green", "blue"))
    fixed = colour_fix(tinted(house), FakePostprocessContext(shown={"reference": house}), ColourFixParams(way=way))
    assert _difference(fixed, house) < _difference(tinted(house), house) / 1.8


def _difference(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean())


def test_both_work_on_a_finished_picture_one_after_the_other(studio: Studio, tmp_path: Path) -> None:
    picture().save(tmp_path / "reference.png")
    tinted().save(tmp_path / "tinted.png")
    larger = {"name": "upscale", "params": {"width": 150, "height": 90}}
    fixed = {"name": "colour-fix", "pictures": {"reference": str(tmp_path / "reference.png")}}
    request = Request.parse({"prompt": "", "finished": str(tmp_path / "tinted.png"), "postprocess": [larger, fixed]})
    [made] = studio.make(request, tmp_path / "made").pictures
    with Image.open(tmp_path / "made" / made.file) as image, Image.open(tmp_path / "reference.png") as reference:
        assert image.size == (150, 90)
        means, wanted = (ImageStat.Stat(each).mean for each in (image, reference))
    assert means == pytest.approx(wanted, abs=6)
    assert [stage.id for stage in made.recipe.postprocess] == ["finishing:upscale", "finishing:colour_fix"]


def test_an_unknown_upscaler_is_refused(studio: Studio, tmp_path: Path) -> None:
    picture().save(tmp_path / "small.png")
    chosen = {"name": "upscale", "params": {"upscaler": "no-such"}}
    request = Request.parse({"prompt": "", "finished": str(tmp_path / "small.png"), "postprocess": [chosen]})
    with pytest.raises(UnknownName, match="upscaler: 'no-such' is unknown"):
        studio.make(request, tmp_path)


@pytest.mark.parametrize("name", ["upscaler", "second"])
def test_an_unknown_upscaler_is_refused_before_anything_is_drawn(name: str) -> None:
    with pytest.raises(UnknownName, match="'unknown' is unknown"):
        estimate(Size(60, 40), FakeEstimateContext(), UpscaleParams.parse({name: "unknown"}))


def test_half_the_strength_goes_half_the_way() -> None:
    ctx = FakePostprocessContext(shown={"reference": picture()})
    images = [colour_fix(tinted(), ctx, ColourFixParams(way="adain", strength=share)) for share in (0, 0.5, 1)]
    none, half, whole = (ImageStat.Stat(image).mean[0] for image in images)
    assert images[0].tobytes() == tinted().tobytes()
    assert half == pytest.approx((none + whole) / 2, abs=0.5)


@pytest.mark.parametrize("size", [(1, 1), (7, 300)])
def test_a_reference_of_another_size_is_stretched(size: tuple[int, int]) -> None:
    ctx = FakePostprocessContext(shown={"reference": picture(*size)})
    assert colour_fix(tinted(), ctx, ColourFixParams()).size == (60, 40)


def test_without_a_reference_one_sentence_says_how_to_give_it() -> None:
    remedy = "is missing; give it with --postprocess.picture.reference FILE"
    with pytest.raises(InvalidRequest, match=rf"^postprocess.picture: 'reference' {remedy}$"):
        colour_fix(picture(), FakePostprocessContext(), ColourFixParams())


@pytest.mark.parametrize(("there", "passes"), [("reference", True), ("start", True), ("mask", False)])
def test_a_missing_reference_is_told_before_anything_is_drawn(there: str, passes: bool) -> None:
    class Given(FakeEstimateContext):
        def has_picture(self, name: str) -> bool:
            return name == there

    (definition,) = (each for each in limner_postprocessors() if each.name == "colour_fix")
    assert definition.pictures == ("reference",)
    assert definition.estimate is not None
    with nullcontext() if passes else pytest.raises(InvalidRequest, match="'reference' is missing; give it with"):
        assert definition.estimate(Size(60, 40), Given(), ColourFixParams()).size == Size(60, 40)


def test_without_a_reference_the_colours_are_those_of_what_the_picture_was_begun_from() -> None:
    warm, cold = Image.new("RGB", (16, 16), (200, 100, 50)), Image.new("RGB", (8, 8), (50, 100, 200))
    made = colour_fix(warm, FakePostprocessContext(shown={"start": cold}), ColourFixParams())
    assert made.getpixel((8, 8)) == (50, 100, 200)
