"""Settings of a picture as a line of flags, and what comes of a line that was edited."""

from __future__ import annotations

import pytest
from tests.bot.orders import recipe
from tests.bot.stub_host import catalogue

from limner_bot.asking.menu import Menu
from limner_bot.asking.remixing import Form, escaped, line_of, remixed
from limner_sdk import Hires, ImageSeed, InvalidRequest, PictureReference, Recipe, Request, Stage, Variation

MENU = Menu(catalogue())
EULER = Stage(id="stub:euler", params={"eta": 0.5})


def made(**changes: object) -> Recipe:
    """A recipe of the stub's."""
    own = {"sampler": EULER, "schedule": Stage(id="stub:karras"), "width": 128, "height": 128}
    return recipe().model_copy(update=own | changes)


def remix(before: Recipe, line: str | None = None, prompt: str = "a circle", negative: str = "") -> Request:
    """What comes of a form; without a line, of the one that stands in it at first."""
    return remixed(before, Form(prompt, negative, line_of(before) if line is None else line), MENU, 2)


def test_an_untouched_form_makes_the_same_picture() -> None:
    hires = Hires(width=256, height=256)
    before = made(hires=hires, tiler=Stage(id="tilers:cosine"), codec=Stage(id="stub:codec"))
    assert remix(before) == before.as_request(count=2)


def test_the_line_is_short_flags_with_full_ids() -> None:
    assert line_of(made()) == (
        "--model stub:flat --size 128x128 --steps 5 --cfg 3 --sampler stub:euler --schedule stub:karras --seed 7"
    )


def test_what_is_left_out_stays_but_the_seed_is_a_fresh_one() -> None:
    before = made(seed=ImageSeed(seed=7, variations=(Variation(seed=1, strength=0.2),)))
    request = remix(before, "")
    assert request.seed != 7
    assert request.variations == ()
    assert (request.steps, request.cfg, request.width) == (5, 3, 128)
    assert request.sampler == EULER.as_choice()


def test_a_kept_seed_keeps_its_variations() -> None:
    before = made(seed=ImageSeed(seed=7, variations=(Variation(seed=1, strength=0.2),)))
    assert remix(before, "--seed 7").variations == before.seed.variations
    assert remix(before, "--seed 8").variations == ()


def test_another_sampler_loses_the_parameters_of_the_one_before() -> None:
    request = remix(made(), "--sampler heun --steps 9")
    assert request.sampler is not None
    assert (request.sampler.name, request.sampler.params, request.steps) == ("stub:heun", {}, 9)


def test_another_size_is_drawn_as_a_fresh_picture_of_that_size_is() -> None:
    before = made(hires=Hires(width=256, height=256), tiler=Stage(id="tilers:cosine"))
    request = remix(before, "--size 128x192")
    assert (request.width, request.height, request.hires, request.tiler) == (128, 192, None, None)
    large = remix(made(), "--size 512x128")
    assert large.tiler is not None


def test_flags_may_stand_in_the_prompt_and_count_for_more_than_the_negative_field() -> None:
    request = remix(made(), "--seed 7", "a cat --ar 3:2 --no dogs --n 3", negative="birds")
    assert (request.prompt, request.negative, request.count) == ("a cat", "dogs", 3)
    assert request.width is not None
    assert request.height is not None
    assert request.width > request.height


@pytest.mark.parametrize("prompt", ["a -- b", "--ar in words", "x --no-one y", "a \\--b", "plain", "—ar 3:2", "-r 3"])
def test_a_prompt_that_looks_like_flags_comes_back_as_it_was(prompt: str) -> None:
    kept = prompt.replace("\\", "")
    assert remix(made(prompt=kept), prompt=escaped(kept)).prompt == kept


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("thirty steps", "is no flag"),
        ("--repeat 3", "is for /imagine alone"),
        ("--private", "is for /imagine alone"),
        ("--steps 900", "from 1 to 150"),
        ("--sampler eulr", "did you mean euler"),
        ("--size 4096", "larger than this host"),
        ("--denoise 0.5", "needs a picture"),
        ("--seed 1 --seed 2", "said twice"),
    ],
)
def test_what_cannot_be_is_one_clear_sentence(line: str, why: str) -> None:
    with pytest.raises(InvalidRequest, match=why):
        remix(made(), line)


def test_the_strength_of_a_picture_that_was_begun_with_another_can_change() -> None:
    before = made(image=PictureReference(digest="1" * 64))
    request = remix(before, "--denoise 0.3")
    assert request.start is not None
    assert (request.start.denoise, request.image) == (0.3, f"sha256:{'1' * 64}")
