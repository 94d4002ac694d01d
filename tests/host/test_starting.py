"""Pictures that begin with a picture, and pictures that are drawn twice, by the real Pocket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat
from tests.conftest import small_request

from limner_host.pictures import read_recipe
from limner_host.studio import Studio
from limner_sdk import InvalidRequest, Recipe

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
