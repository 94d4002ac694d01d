"""From what was typed, and defaults, to requests."""

from __future__ import annotations

from typing import Any

import pytest
from tests.bot.stub_host import catalogue

from limner_bot.asking.menu import Menu
from limner_bot.asking.wanted import Begun, Wanted, requests_of, size_like
from limner_sdk import InvalidRequest, Request, Size

MENU = Menu(catalogue())


def requests(
    text: str, begun: Begun | None = None, defaults: dict[str, Any] | None = None, **options: Any
) -> list[Request]:
    """What is asked for with the stub's catalogue."""
    wanted = Wanted(text, options, defaults or {})
    return requests_of(wanted, wanted.jobs(10), MENU, begun)


def test_defaults_fill_what_was_not_said() -> None:
    defaults = {"steps": 5, "size": "192x192", "negative": "mud", "styles": ("noir",), "count": 2, "sampler": "heun"}
    (filled,) = requests("a cat --steps 7", defaults=defaults)
    assert (filled.steps, filled.width, filled.negative, filled.styles, filled.count) == (7, 192, "mud", ("noir",), 2)
    assert filled.sampler is not None
    assert filled.sampler.name == "stub:heun"
    (shaped,) = requests("a cat --ar 2:1", defaults=defaults)
    assert (shaped.width or 0) > (shaped.height or 0)


def test_defaults_that_the_host_has_lost_are_as_if_not_said() -> None:
    (request,) = requests("a cat", defaults={"model": "gone:model", "sampler": "gone:sampler", "schedule": "none"})
    assert (request.model, request.sampler, request.schedule) == (None, None, None)
    (styled,) = requests("a cat", defaults={"styles": ("gone", "noir")})
    assert styled.styles == ("noir",)


def test_a_sampler_that_names_its_schedule_is_not_overruled_by_a_default() -> None:
    (request,) = requests("a cat", sampler="Euler Karras", defaults={"schedule": "karras"}, options="eta=0.5")
    assert request.sampler is not None
    assert request.schedule is not None
    assert (request.sampler.name, request.sampler.params, request.schedule.name) == (
        "stub:euler",
        {"eta": "0.5"},
        "stub:karras",
    )


def test_seeds_go_on_by_the_count_that_is_usual_for_the_person() -> None:
    assert [each.seed for each in requests("a cat --seed 7", repeat=3, defaults={"count": 2})] == [7, 9, 11]
    drawn = [each.seed for each in requests("a cat", repeat=3)]
    assert len(set(drawn)) == 3


def test_what_is_looked_at_twice_keeps_its_seeds() -> None:
    wanted = Wanted("a {red, green} cat")
    jobs = wanted.jobs(10)
    assert requests_of(wanted, jobs, MENU) == requests_of(wanted, jobs, MENU)


def test_loras_go_into_every_prompt_and_not_into_what_is_unwanted() -> None:
    first, second = requests("a {red, green} cat --no dogs", lora="ink:0.8, night")
    assert first.prompt == "a red cat <lora:ink:0.8> <lora:night>"
    assert (second.prompt[:7], second.negative) == ("a green", "dogs")


def test_a_picture_gives_its_shape_and_what_was_said_counts_more() -> None:
    begun = Begun("/p/upload.png", "/p/mask.png", Size(96, 48))
    (request,) = requests("a cat --denoise 0.3", begun, defaults={"size": "256x256"})
    assert (request.image, request.mask, request.width, request.height) == ("/p/upload.png", "/p/mask.png", 184, 88)
    assert request.start is not None
    assert request.start.denoise == 0.3
    (said,) = requests("a cat", begun, size="128x64")
    assert (said.width, said.height) == (128, 64)


def test_only_a_size_that_was_said_is_larger_than_what_is_allowed() -> None:
    limited: dict[str, Any] = {"most_pixels": 96 * 96, "size": "192x192"}
    for (made,) in (
        requests("a cat", defaults=limited),
        requests("a cat --ar 2:1", defaults=limited),
        requests("a cat", Begun("/p/upload.png", None, Size(96, 64)), limited),
    ):
        assert 0.7 * 96 * 96 < (made.width or 0) * (made.height or 0) <= 96 * 96
    (said,) = requests("a cat", defaults=limited, size="192x192")
    assert said.width == 192


def test_a_shape_keeps_the_models_area() -> None:
    for picture in (Size(4000, 3000), Size(64, 64), Size(300, 100), Size(1000, 1001)):
        made = size_like(picture, Size(1024, 1024))
        assert made.width % 8 == made.height % 8 == 0
        assert made.width * made.height == pytest.approx(2**20, rel=0.03)
        assert made.width / made.height == pytest.approx(picture.width / picture.height, rel=0.03)
    with pytest.raises(InvalidRequest, match="too long a shape"):
        size_like(Size(16000, 10), Size(512, 512))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], True),
        ([{"private": False}], False),
        ([{"private": False}, {"private": True}], True),
    ],
)
def test_one_that_is_private_makes_all_private(said: list[dict[str, Any]], expected: bool) -> None:
    assert Wanted("a cat", {}, {"private": True}).private(said) is expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"options": "eta"}, "sets nothing"),
        ({"options": "churn=1"}, "is no parameter of euler"),
        ({"options": "eta=2"}, "is no number from 0 to 1"),
        ({"sampler": "heun", "options": "eta=0.5"}, "is no parameter of heun; it has none"),
        ({"lora": "../../etc/passwd:1"}, "names no LoRA"),
        ({"lora": "ink:9999"}, "is no number from -10 to 10"),
        ({"denoise": 0.5}, "needs a picture to start from"),
    ],
)
def test_what_cannot_be_is_one_sentence(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        requests("a cat", **options)
