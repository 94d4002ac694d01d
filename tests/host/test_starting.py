"""Pictures that begin with a picture, and pictures that are drawn twice, by the real Pocket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat
from tests.conftest import small_request

from limner_host.pictures import read_recipe
from limner_host.studio import Studio
from limner_sdk import InvalidRequest, NoParams, Recipe, StageFailed, UpscalerDef

Picture = Image.Image


@pytest.fixture(scope="session")
def red_circle(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A red circle on a blue background, as Pocket draws it at its own size."""
    folder = tmp_path_factory.mktemp("red")
    studio.make(small_request(width=128, height=128, steps=10, seed=3), folder)
    return folder / "1.png"


def mask_of(folder: Path, size: tuple[int, int], box: tuple[int, int, int, int]) -> str:
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    mask.save(folder / "mask.png")
    return str(folder / "mask.png")


def drawn(studio: Studio, folder: Path, **changes: Any) -> tuple[Picture, Recipe]:
    made = studio.make(small_request(**{"width": None, "height": None, "steps": 10} | changes), folder).pictures[0]
    with Image.open(folder / made.file) as image:
        return image.convert("RGB"), made.recipe


def distance(one: Picture, two: Picture) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, two)).mean)


def nearest(image: Picture, at: tuple[int, int]) -> str:
    """The name of the plain colour that a pixel looks most like."""
    names = {"red": (220, 40, 40), "green": (40, 170, 70), "blue": (40, 80, 215), "white": (245, 245, 245)}
    pixel = image.getpixel(at)
    assert isinstance(pixel, tuple)
    return min(names, key=lambda name: sum((a - b) ** 2 for a, b in zip(names[name], pixel, strict=True)))


def test_a_picture_gives_its_size_and_the_recipe_says_what_it_started_from(
    studio: Studio, tmp_path: Path, red_circle: Path
) -> None:
    image, recipe = drawn(studio, tmp_path, image=str(red_circle), steps=2)
    assert image.size == (128, 128)
    assert recipe.image is not None
    assert recipe.start is not None
    assert (recipe.start.denoise, recipe.inpaint) == (0.75, None)


def test_the_less_is_drawn_anew_the_closer_the_picture_stays(studio: Studio, tmp_path: Path, red_circle: Path) -> None:
    source = Image.open(red_circle).convert("RGB")
    changes = {"image": str(red_circle), "prompt": "a green star on a white background"}
    apart = [
        distance(source, drawn(studio, tmp_path, start={"denoise": denoise}, **changes)[0])
        for denoise in (0.0, 0.4, 0.95)
    ]
    assert apart == sorted(apart)
    assert apart[0] < 6 < 60 < apart[2]


def test_a_drawn_over_picture_shows_what_the_prompt_says(studio: Studio, tmp_path: Path, red_circle: Path) -> None:
    prompt = "a green circle on a white background"
    image, _ = drawn(studio, tmp_path, image=str(red_circle), prompt=prompt, start={"denoise": 0.9}, steps=20)
    assert nearest(image, (4, 4)) == "white"


def test_a_batch_from_a_picture_equals_each_one_alone(studio: Studio, tmp_path: Path, red_circle: Path) -> None:
    changes = {"image": str(red_circle), "steps": 3, "sampler": "euler_a"}
    result = studio.make(small_request(count=3, **changes), tmp_path / "batch")
    alone, _ = drawn(studio, tmp_path / "alone", seed=9, width=64, height=64, **changes)
    assert Image.open(tmp_path / "batch" / result.pictures[2].file).tobytes() == alone.tobytes()


@pytest.mark.parametrize("content", ["original", "fill", "noise", "nothing"])
def test_only_what_is_masked_is_drawn_anew(studio: Studio, tmp_path: Path, red_circle: Path, content: str) -> None:
    source = Image.open(red_circle).convert("RGB")
    image, _ = drawn(
        studio,
        tmp_path,
        image=str(red_circle),
        mask=mask_of(tmp_path, (128, 128), (0, 0, 60, 127)),
        inpaint={"content": content, "blur": 2},
        start={"denoise": 1.0},
        prompt="a green circle on a white background",
    )
    right = (72, 0, 128, 128)
    assert image.crop(right).tobytes() == source.crop(right).tobytes()
    assert distance(image.crop((0, 0, 56, 128)), source.crop((0, 0, 56, 128))) > 20


def test_a_masked_part_of_a_large_picture_is_drawn_at_the_models_size(
    studio: Studio, tmp_path: Path, red_circle: Path
) -> None:
    large = Image.open(red_circle).resize((320, 240))
    large.save(tmp_path / "large.png")
    image, recipe = drawn(
        studio,
        tmp_path,
        image=str(tmp_path / "large.png"),
        mask=mask_of(tmp_path, (320, 240), (20, 20, 60, 60)),
        inpaint={"area": "masked", "padding": 8},
        steps=4,
    )
    assert (recipe.size, image.size) == ((128, 128), (320, 240))
    assert image.crop((120, 0, 320, 240)).tobytes() == large.crop((120, 0, 320, 240)).tobytes()


def test_an_outpainted_picture_grows_around_the_old_one(studio: Studio, tmp_path: Path, red_circle: Path) -> None:
    source = Image.open(red_circle).convert("RGB")
    image, recipe = drawn(studio, tmp_path, image=str(red_circle), outpaint={"right": 64, "overlap": 8}, steps=20)
    assert image.size == recipe.size == (192, 128)
    assert image.crop((0, 0, 108, 128)).tobytes() == source.crop((0, 0, 108, 128)).tobytes()
    assert nearest(image, (185, 5)) == "blue"


@pytest.mark.parametrize("upscaler", ["latent", "latent_bicubic", "latent_nearest", "lanczos", "nearest"])
def test_a_second_pass_gives_a_larger_picture_of_the_same_thing(studio: Studio, tmp_path: Path, upscaler: str) -> None:
    hires = {"scale": 1.5, "denoise": 0.5, "upscaler": upscaler}
    image, recipe = drawn(studio, tmp_path, hires=hires, seed=3, width=128, height=128)
    assert image.size == (192, 192)
    assert recipe.hires is not None
    assert (recipe.hires.width, recipe.hires.height, recipe.size) == (192, 192, (128, 128))
    assert nearest(image, (5, 180)) == "blue"


def test_a_second_pass_may_have_another_shape_sampler_and_prompt(studio: Studio, tmp_path: Path) -> None:
    hires = {"width": 160, "height": 96, "sampler": "Euler a", "prompt": "a green circle", "steps": 3}
    image, recipe = drawn(studio, tmp_path, hires=hires, width=64, height=64, steps=2)
    assert image.size == (160, 96)
    assert recipe.hires is not None
    assert (recipe.hires.sampler, recipe.hires.schedule) == ("samplers:euler_a", "schedules:uniform")


@pytest.mark.parametrize(
    "changes",
    [
        {"hires": {"scale": 1.5, "steps": 2}},
        {"image": "red", "start": {"denoise": 0.6, "extra_noise": 0.1, "noise_multiplier": 0.9}},
        {"image": "red", "mask": "mask", "inpaint": {"area": "masked", "content": "fill"}, "count": 2},
        {"image": "red", "outpaint": {"top": 32}},
    ],
)
def test_the_recipe_remakes_the_picture_when_its_source_is_gone(
    studio: Studio, tmp_path: Path, red_circle: Path, changes: dict[str, Any]
) -> None:
    (tmp_path / "red.png").write_bytes(red_circle.read_bytes())
    files = {"red": str(tmp_path / "red.png"), "mask": mask_of(tmp_path, (128, 128), (30, 30, 90, 90))}
    named = {key: files.get(value, value) if isinstance(value, str) else value for key, value in changes.items()}
    first, recipe = drawn(studio, tmp_path / "a", steps=3, **named)
    (tmp_path / "red.png").unlink()
    (tmp_path / "mask.png").unlink()
    assert read_recipe(tmp_path / "a" / "1.png") == recipe
    studio.make(recipe.as_request(), tmp_path / "b")
    assert Image.open(tmp_path / "b" / "1.png").convert("RGB").tobytes() == first.tobytes()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"mask": "m.png"}, "mask: 'm.png' needs a picture to start from; give image too"),
        ({"start": {"denoise": 0.4}}, "start.denoise: 0.4 needs a picture to start from; give image too"),
        ({"image": "/nowhere/x.png"}, "image: '/nowhere/x.png' is no file"),
        ({"image": "sha256:" + "0" * 64}, "is not kept here; give the picture itself"),
        ({"hires": {"scale": 8}, "width": 4096}, "hires.scale: 8.0 gives 32768x1024; the most is 16384 a side"),
        ({"hires": {"scale": 8}, "width": 1024, "height": 1024}, "hires: '8192x8192' is larger than this host allows"),
        ({"hires": {"upscaler": "magic"}}, "hires.upscaler: 'magic' is unknown; there is latent"),
        ({"hires": {"sampler": "magic"}}, "sampler: 'magic' is unknown"),
    ],
)
def test_what_cannot_be_started_from_is_one_sentence(
    studio: Studio, tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        drawn(studio, tmp_path, **{"width": 128, "height": 128} | changes)
    assert sentence in str(refused.value)


def test_a_group_for_masks_needs_a_mask(studio: Studio, tmp_path: Path, red_circle: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"inpaint\.area: 'masked' needs a mask"):
        drawn(studio, tmp_path, image=str(red_circle), inpaint={"area": "masked"})


def test_a_schedule_that_is_named_wins_over_that_of_an_old_name(studio: Studio, tmp_path: Path) -> None:
    hires = {"sampler": "DPM++ 2M Karras", "schedule": "exponential", "scale": 1, "steps": 1}
    recipe = drawn(studio, tmp_path, hires=hires, width=64, height=64, steps=1)[1]
    assert recipe.hires is not None
    assert (recipe.hires.sampler, recipe.hires.schedule) == ("samplers:dpmpp_2m", "schedules:exponential")


def test_blank_settings_of_the_second_pass_are_the_first_ones(studio: Studio, tmp_path: Path) -> None:
    hires: dict[str, Any] = {"scale": 1, "denoise": 1, "steps": 2}
    blank = hires | {"prompt": "", "negative": " ", "sampler": "", "cfg": ""}
    first, _ = drawn(studio, tmp_path / "a", hires=hires, width=64, height=64, steps=2)
    second, _ = drawn(studio, tmp_path / "b", hires=blank, width=64, height=64, steps=2)
    assert first.tobytes() == second.tobytes()


def test_editing_goes_on_in_the_second_pass(studio: Studio, tmp_path: Path) -> None:
    hires = {"scale": 1, "denoise": 1, "steps": 4}
    changes: dict[str, Any] = {"hires": hires, "width": 64, "height": 64, "steps": 4}
    plain, _ = drawn(studio, tmp_path / "a", prompt="a red circle on a blue background", **changes)
    late, _ = drawn(studio, tmp_path / "b", prompt="a [red:green:1.5] circle on a blue background", **changes)
    first_pass_only, _ = drawn(
        studio, tmp_path / "c", prompt="a [red:green:1.5] circle on a blue background", **changes | {"hires": None}
    )
    alone, _ = drawn(studio, tmp_path / "d", prompt="a red circle on a blue background", **changes | {"hires": None})
    assert late.tobytes() != plain.tobytes()
    assert first_pass_only.tobytes() == alone.tobytes()


def test_an_adaptive_second_pass_draws_each_picture_by_itself(studio: Studio, tmp_path: Path) -> None:
    hires = {"scale": 1, "denoise": 0.3, "sampler": "dpm_adaptive"}
    request = small_request(steps=2, hires=hires, sampler="euler")
    one = studio.make(request, tmp_path / "a").evaluations
    two = studio.make(request.model_copy(update={"count": 2}), tmp_path / "b").evaluations
    assert two < 3 * one


@pytest.fixture
def odd(red_circle: Path, tmp_path: Path) -> Path:
    """The red circle at a size that is not one of whole latent cells."""
    with Image.open(red_circle) as image:
        image.resize((130, 97)).save(tmp_path / "odd.png")
    return tmp_path / "odd.png"


@pytest.mark.parametrize(
    ("changes", "size"),
    [
        ({}, (130, 97)),
        ({"start": {"scale": 1.5}}, (195, 146)),
        ({"start": {"scale": 2}, "width": 70, "height": 65}, (70, 65)),
        ({"start": {"resize": "crop"}, "width": 99, "height": 131}, (99, 131)),
        ({"start": {"resize": "fill"}, "width": 99, "height": 131}, (99, 131)),
        ({"start": {"resize": "latent"}, "width": 201, "height": 66}, (201, 66)),
        ({"inversion": "noise_inversion"}, (130, 97)),
    ],
)
def test_a_picture_of_any_size_is_drawn_at_exactly_the_size_that_is_asked(
    studio: Studio, tmp_path: Path, odd: Path, changes: dict[str, Any], size: tuple[int, int]
) -> None:
    image, recipe = drawn(studio, tmp_path, image=str(odd), **{"steps": 1} | changes)
    assert image.size == recipe.size == size


def test_a_large_picture_of_odd_size_keeps_it(studio: Studio, tmp_path: Path, red_circle: Path) -> None:
    Image.open(red_circle).resize((501, 333)).save(tmp_path / "large.png")
    image, _ = drawn(studio, tmp_path, image=str(tmp_path / "large.png"), start={"denoise": 0})
    assert image.size == (501, 333)
    assert distance(image, Image.open(tmp_path / "large.png").convert("RGB")) < 12


@pytest.mark.parametrize(
    ("hires", "size"), [({"scale": 1.5}, (195, 146)), ({"scale": 1.5, "upscaler": "lanczos"}, (195, 146))]
)
def test_a_second_pass_may_have_any_size(
    studio: Studio, tmp_path: Path, hires: dict[str, Any], size: tuple[int, int]
) -> None:
    image, recipe = drawn(studio, tmp_path, hires=hires, width=130, height=97, steps=1)
    assert recipe.hires is not None
    assert image.size == (recipe.hires.width, recipe.hires.height) == size
    assert drawn(studio, tmp_path, hires={"width": 161}, width=64, height=64, steps=1)[0].size == (161, 161)


@pytest.mark.parametrize("inpaint", [{"blur": 2}, {"blur": 2, "area": "masked", "padding": 4}])
def test_what_is_kept_of_a_picture_of_odd_size_is_bit_for_bit_the_same(
    studio: Studio, tmp_path: Path, odd: Path, inpaint: dict[str, Any]
) -> None:
    mask = mask_of(tmp_path, (130, 97), (70, 0, 129, 96))
    changes = {"start": {"denoise": 1.0}, "prompt": "a green star on a white background"}
    image, _ = drawn(studio, tmp_path, image=str(odd), mask=mask, inpaint=inpaint, **changes)
    source, left, right = Image.open(odd).convert("RGB"), (0, 0, 64, 97), (80, 0, 130, 97)
    assert image.size == (130, 97)
    assert image.crop(left).tobytes() == source.crop(left).tobytes()
    assert distance(image.crop(right), source.crop(right)) > 20


def test_a_picture_grows_by_any_number_of_pixels(studio: Studio, tmp_path: Path, odd: Path) -> None:
    image, _ = drawn(studio, tmp_path, image=str(odd), outpaint={"right": 33, "top": 5, "overlap": 4}, steps=2)
    source = Image.open(odd).convert("RGB")
    assert image.size == (163, 102)
    assert image.crop((0, 20, 115, 102)).tobytes() == source.crop((0, 15, 115, 97)).tobytes()


Seen = list[tuple[int, int]]


def doubling(seen: Seen, fill: str | None = None) -> UpscalerDef[NoParams]:
    """An upscaler that notes the sizes it is given, and may paint them over."""

    def run(image: Picture, ctx: Any, params: NoParams) -> Picture:
        seen.append(image.size)
        larger = image.resize((image.width * 2, image.height * 2))
        return Image.new("RGB", larger.size, fill) if fill else larger

    return UpscalerDef("doubling", "Twice the size.", NoParams, run)


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"start": {"scale": 1.5}}, [(130, 97)]),
        ({"start": {"scale": 3}, "steps": 1}, [(130, 97), (260, 194)]),
        ({"width": 260, "height": 97, "start": {"resize": "crop"}}, [(130, 97)]),
        ({"width": 260, "height": 97, "start": {"resize": "fill"}}, []),
        ({"start": {"scale": 0.75}}, []),
        ({}, []),
    ],
)
def test_a_plugin_s_upscaler_enlarges_a_start_picture_that_is_too_small(
    studio_with: Callable[..., Studio], tmp_path: Path, odd: Path, changes: dict[str, Any], seen: Seen
) -> None:
    called: Seen = []
    start = {"denoise": 0, "upscaler": "doubling"} | changes.get("start", {})
    studio = studio_with(doubling(called))
    _, recipe = drawn(studio, tmp_path, image=str(odd), **{"steps": 1} | changes | {"start": start})
    assert called == seen
    assert recipe.start is not None
    assert recipe.start.upscaler == "mine:doubling"


def test_what_the_upscaler_made_is_what_is_drawn_over(
    studio_with: Callable[..., Studio], tmp_path: Path, odd: Path
) -> None:
    studio = studio_with(doubling([], "white"))
    start = {"denoise": 0, "upscaler": "Doubling", "scale": 2}
    assert nearest(drawn(studio, tmp_path, image=str(odd), start=start)[0], (100, 100)) == "white"
    mask = mask_of(tmp_path, (130, 97), (40, 40, 80, 80))
    masked = {"area": "masked", "padding": 0, "blur": 0}
    image, _ = drawn(studio, tmp_path, image=str(odd), mask=mask, inpaint=masked, start=start)
    assert [nearest(image, at) for at in ((60, 60), (5, 5))] == ["white", "blue"]


def test_a_start_picture_is_enlarged_by_the_filter_that_is_asked_for(studio: Studio, tmp_path: Path, odd: Path) -> None:
    made = [
        drawn(studio, tmp_path, image=str(odd), start={"denoise": 0, "scale": 2, "upscaler": name})[0].tobytes()
        for name in ("lanczos", "Nearest")
    ]
    assert made[0] != made[1]


def test_an_upscaler_that_fails_is_named(studio_with: Callable[..., Studio], tmp_path: Path, odd: Path) -> None:
    def run(image: Picture, ctx: Any, params: NoParams) -> Picture:
        raise ValueError("out of paint")

    studio = studio_with(UpscalerDef("broken", "Fails.", NoParams, run))
    with pytest.raises(StageFailed, match=r"mine:broken.*out of paint"):
        drawn(studio, tmp_path, image=str(odd), start={"scale": 2, "upscaler": "broken"})


@pytest.mark.parametrize("name", ["magic", "latent"])
def test_an_unknown_upscaler_of_a_start_picture_is_one_sentence(
    studio: Studio, tmp_path: Path, odd: Path, name: str
) -> None:
    with pytest.raises(InvalidRequest, match=rf"^start\.upscaler: '{name}' is unknown; there is lanczos, nearest"):
        drawn(studio, tmp_path, image=str(odd), start={"upscaler": name})


def test_stretching_as_a_latent_is_not_stretching_as_a_picture(studio: Studio, tmp_path: Path, odd: Path) -> None:
    made = [
        drawn(studio, tmp_path, image=str(odd), start={"denoise": 0, "resize": how}, width=200, height=136)[0]
        for how in ("stretch", "latent")
    ]
    assert 1 < distance(*made) < 90
