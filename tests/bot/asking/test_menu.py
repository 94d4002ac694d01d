"""Requests from loose values: sizes, names, seeds, and edits of recipes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bot.orders import recipe
from tests.bot.stub_host import catalogue

from limner_bot.asking.menu import Menu, reroll_of, variations_of
from limner_bot.asking.sizes import parse_size
from limner_sdk import Choice, Hires, InvalidRequest, Recipe, Request, Stage, UnknownName

MENU = Menu(catalogue())


def drawn(**changes: Any) -> Recipe:
    """A recipe of the stub host's."""
    known = {"sampler": Stage(id="stub:euler"), "schedule": Stage(id="stub:karras")}
    return recipe().model_copy(update=known | changes)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512x768", (512, 768)),
        (" 64 X 128 ", (64, 128)),
        ("64×64", (64, 64)),
        ("64 * 80", (64, 80)),
        ("256", (256, 256)),
        ("256x256 · tiled", (256, 256)),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, size: tuple[int, int]) -> None:
    assert parse_size(text) == size


@given(st.text().filter(lambda text: not any(letter.isdigit() for letter in text)))
def test_any_other_text_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InvalidRequest, match="is not a size in pixels"):
        parse_size(text)


def test_names_become_full_ids() -> None:
    request = MENU.request({"prompt": "x", "sampler": "HEUN", "model": "Flat", "schedule": None})
    assert request.sampler is not None
    assert (request.sampler.name, request.model, request.schedule) == ("stub:heun", "stub:flat", None)


def test_unknown_names_are_refused_and_before_any_host_spoke_believed() -> None:
    with pytest.raises(UnknownName, match="did you mean euler"):
        MENU.request({"prompt": "x", "sampler": "eulr"})
    assert Menu().request({"prompt": "x", "model": "anything"}).model == "anything"


@pytest.mark.parametrize("asked", [{"styles": ["nor"]}, {"prompt": "x <lora:inc:0.5>"}])
def test_styles_and_loras_that_are_not_there_are_refused_before_they_wait(asked: dict[str, Any]) -> None:
    with pytest.raises(UnknownName, match=r"did you mean (noir|ink)"):
        MENU.request({"prompt": "x"} | asked)
    assert Menu().request({"prompt": "x"} | asked).count == 4


def test_tags_that_the_host_understands_are_let_through() -> None:
    prompt = r"<lora:ink.safetensors:1>, <lyco: INK :0.5>, <lora:__all__>, <lora:{ink|night}>, \<lora:none>"
    assert MENU.request({"prompt": prompt, "styles": ["NOIR"]}).styles == ("noir",)


def test_a_seed_is_drawn_once_for_all_attempts() -> None:
    first, second = (MENU.request({"prompt": "x"}) for _ in range(2))
    assert first.seed is not None
    assert first.seed != second.seed
    assert first.count == 4


def test_a_variation_keeps_the_seed_and_lengthens_the_chain() -> None:
    once = variations_of(recipe(seed=7))
    assert (once.seed, len(once.variations), once.count) == (7, 1, 4)
    assert 0.1 < once.variations[0].strength < 0.3


def test_a_reroll_drops_variations_and_keeps_the_count() -> None:
    again = reroll_of(recipe(seed=7), 3)
    assert again.seed != 7
    assert (again.variations, again.count, again.prompt) == ((), 3, "a circle")


def test_suggestions_fit_what_was_typed() -> None:
    assert MENU.stages("sampler", "he") == [("Heun", "stub:heun")]
    assert MENU.models("zzz") == []
    assert ("128x128", "128x128") in MENU.sizes("12")


def test_larger_sizes_are_suggested_with_a_tiler_and_say_so() -> None:
    suggested = MENU.sizes("")
    assert ("192x192", "192x192") in suggested
    assert ("256x256 · tiled", "256x256") in suggested
    assert ("512x128 · tiled", "512x128") in suggested
    assert len(suggested) == len({value for _, value in suggested}) <= 25


def test_larger_sizes_are_suggested_within_the_admins_limit_and_only_with_a_tiler() -> None:
    small = Menu(catalogue().model_copy(update={"largest_pixels": 128 * 256}))
    assert ("256x128 · tiled", "256x128") in small.sizes("")
    assert "256x256" not in {value for _, value in small.sizes("")}
    bare = Menu(catalogue().model_copy(update={"stages": ()}))
    assert bare.sizes("512x") == []
    assert bare.sizes("256x") == [("256x128", "256x128")]


@pytest.mark.parametrize(
    ("typed", "found"),
    [("512 x", "512x128"), ("256*2", "256x256"), ("256x256 · tiled", "256x256"), ("200 x 90", "200x90")],
)
def test_sizes_are_suggested_however_they_are_typed(typed: str, found: str) -> None:
    assert found in [value for _, value in MENU.sizes(typed)]


def test_a_size_that_no_model_can_be_asked_for_is_not_suggested() -> None:
    assert MENU.sizes("63x63") == MENU.sizes("99999x64") == MENU.sizes("2048x2048") == []


def test_sdxl_is_offered_the_shapes_that_it_was_trained_at() -> None:
    (flat,) = catalogue().models
    large = catalogue().model_copy(
        update={"models": (flat.model_copy(update={"width": 1024, "height": 1024}),), "largest_pixels": 0}
    )
    suggested = [value for _, value in Menu(large).sizes("")]
    assert suggested[:5] == ["1024x1024", "1152x896", "896x1152", "1216x832", "832x1216"]
    assert {"1344x768", "640x1536", "4096x2048", "4096x1024"} < set(suggested)
    assert len(suggested) <= 25


@pytest.mark.parametrize(
    ("size", "tiler"),
    [
        ("300x100", "tilers:cosine"),
        ("100x300", "tilers:cosine"),
        ("192x192", None),
        # As many pixels as the model likes, in another shape.
        ("224x80", None),
        ("200x120", None),
    ],
)
def test_a_size_that_the_model_has_outgrown_on_one_side_is_drawn_in_parts(size: str, tiler: str | None) -> None:
    request = MENU.request({"prompt": "x", "size": size})
    assert (request.tiler and request.tiler.name) == tiler
    assert (f"{request.width}x{request.height}", request.hires) == (size, None)


@pytest.mark.parametrize(
    ("size", "first"),
    [("256x256", (128, 128)), ("1000x1000", (128, 128)), ("512x256", (184, 88)), ("200x500", (80, 200))],
)
def test_a_size_that_has_outgrown_the_model_on_both_sides_is_drawn_small_first(size: str, first: Any) -> None:
    request = MENU.request({"prompt": "x", "size": size})
    assert request.hires is not None
    assert (request.width, request.height) == first
    assert f"{request.hires.width}x{request.hires.height}" == size
    assert (request.hires.upscaler, request.hires.denoise, request.tiler) == (
        "lanczos",
        0.3,
        Choice(name="tilers:cosine"),
    )


def test_a_very_long_panorama_has_no_first_pass() -> None:
    request = MENU.request({"prompt": "x", "size": "2000x200"})
    assert (request.width, request.hires, request.tiler) == (2000, None, Choice(name="tilers:cosine"))


def test_who_begins_with_a_picture_gets_the_tiler_alone() -> None:
    request = MENU.request({"prompt": "x", "image": "a.png", "size": "256"})
    assert (request.tiler, request.width, request.hires) == (Choice(name="tilers:cosine"), 256, None)


def test_a_second_pass_that_was_asked_for_stays_as_it_is_and_is_tiled() -> None:
    request = MENU.request({"prompt": "x", "hires": {"scale": 2}})
    assert (request.tiler, request.width, request.hires) == (Choice(name="tilers:cosine"), None, Hires(scale=2))
    assert MENU.request({"prompt": "x", "hires": {"scale": 1.5}}).tiler is None


def test_who_chooses_a_tiler_gets_it_and_without_any_there_is_none() -> None:
    chosen = MENU.request({"prompt": "x", "size": "512", "tiler": "mine"})
    assert chosen.tiler == Choice(name="mine")
    bare = Menu(catalogue().model_copy(update={"stages": ()}))
    assert bare.request({"prompt": "x", "size": "512"}).tiler is None
    assert Menu().request({"prompt": "x", "size": "512"}).tiler is None


def test_a_variation_keeps_its_tiler_and_a_picture_without_one_gets_none() -> None:
    large = drawn(width=512)
    assert MENU.known(variations_of(large)).tiler is None
    tiled = large.model_copy(update={"tiler": Stage(id="tilers:cosine")})
    assert MENU.known(reroll_of(tiled, 1)).tiler == Choice(name="tilers:cosine")
    twice = tiled.model_copy(update={"width": 128, "hires": Hires(width=512, height=512)})
    assert MENU.known(variations_of(twice)).hires == Hires(width=512, height=512)


def test_a_size_beyond_the_hosts_limit_is_refused_before_it_is_queued() -> None:
    with pytest.raises(InvalidRequest, match=r"'1025x1024' is larger than this host allows; ask for 1048576 pixels"):
        MENU.request({"prompt": "x", "size": "1025x1024"})
    with pytest.raises(InvalidRequest, match="larger than this host allows"):
        MENU.known(reroll_of(drawn(width=4096, height=4096), 1))
    with pytest.raises(InvalidRequest, match="'1200x1200' is larger than this host allows"):
        MENU.known(reroll_of(drawn(hires=Hires(width=1200, height=1200)), 1))
    unsaid = Menu(catalogue().model_copy(update={"largest_pixels": 0}))
    assert unsaid.request({"prompt": "x", "size": "4096x1024"}).hires == Hires(
        width=4096, height=1024, upscaler="lanczos", denoise=0.3
    )


def test_a_host_that_tells_no_costs_is_counted_by_steps() -> None:
    request = Request(prompt="a cat", steps=5, count=3, sampler=Choice(name="euler"))
    assert MENU.cost(request) == 15


def test_a_cost_is_what_the_sampler_says() -> None:
    told = catalogue()
    heun = told.stage("sampler", "heun").model_copy(update={"evaluations": (1, 3, 5, 7, 9)})
    menu = Menu(told.model_copy(update={"stages": (heun,)}))
    assert menu.cost(Request(prompt="a cat", steps=5, count=2, sampler=Choice(name="heun"))) == 18


def test_nobody_knows_the_cost_of_an_unknown_sampler() -> None:
    assert MENU.cost(Request(prompt="a cat", steps=5, sampler=Choice(name="magic"))) is None
