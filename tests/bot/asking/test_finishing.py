"""Post-processors by name: how people write them, and what is asked of the host then."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bot.orders import recipe
from tests.bot.stub_host import catalogue, finishers

from limner_bot.asking.completing import completed
from limner_bot.asking.finishing import parse_finish
from limner_bot.asking.menu import Menu, drawn, reroll_of, rerolls, variations_of
from limner_sdk import Choice, Finished, InvalidRequest, PictureReference, Recipe, Stage

OFFERED = finishers()
MENU = Menu(catalogue())


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("enlarge", [{}]),
        (" Find-Faces ,enlarge, ", [{}, {}]),
        ("enlarge(scale=3)", [{"scale": "3"}]),
        ("enlarge(Scale = 3; prompt=a (happy:1.2), bright face; mode=sharp), shine",
         [{"scale": "3", "prompt": "a (happy:1.2), bright face", "mode": "sharp"}, {}]),
        ("enlarge(prompt=)", [{"prompt": ""}]),
        ("enlarge(prompt=a = b)", [{"prompt": "a = b"}]),
    ],
)  # fmt: skip
def test_post_processors_are_read_as_people_write_them(text: str, params: Any) -> None:
    assert [choice.params for choice in parse_finish(text, OFFERED)] == params


def test_names_become_full_ids() -> None:
    asked = MENU.request({"prompt": "x", "finish": "SHINE, stub:enlarge, Faces"})
    assert [choice.name for choice in asked.postprocess] == ["sparkles:shine", "stub:enlarge", "stub:find_faces"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names 0 post-processors"),
        (" , ", "names 0 post-processors"),
        ("enlarg", "finish: 'enlarg' is unknown; did you mean enlarge"),
        ("enlarge(", "is not understood"),
        ("enlarge(scale=2", "is not understood"),
        ("enlarge(scale=2) twice", "is not understood"),
        ("(scale=2)", "is not understood"),
        ("enlarge(scale)", "'scale' sets nothing; write name=value"),
        ("enlarge(size=2)", "'size' is no parameter of enlarge; there is scale, prompt, mode"),
        ("enlarge(scale=5)", r"finish.enlarge.scale: '5' is no whole number from 2 to 4"),
        ("enlarge(scale=2.5)", "is no whole number"),
        ("enlarge(scale=nan)", "is no whole number"),
        ("enlarge(scale=much)", "is no whole number"),
        ("enlarge(mode=hard)", "'hard' is unknown; there is soft, sharp"),
        (",".join(["enlarge"] * 17), "names 17 post-processors; name 1 to 16"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_that_names_the_option(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as error:
        parse_finish(text, OFFERED)
    assert error.value.field.startswith("finish")


@given(st.text(alphabet=st.sampled_from("abe(),;= enlargescale23")))
def test_any_text_is_understood_or_refused_with_a_sentence(text: str) -> None:
    with suppress(InvalidRequest):
        assert parse_finish(text, OFFERED)
    assert all(len(value) <= 100 and len(label) <= 100 for label, value in completed(text, catalogue()))


def test_before_any_host_spoke_names_are_believed() -> None:
    asked = Menu().request({"prompt": "x", "finish": "anything(a=b), other"})
    assert asked.postprocess == (Choice(name="anything", params={"a": "b"}), Choice(name="other"))


def finished(recipe: Recipe | None, **changes: Any) -> Recipe:
    """The recipe of a picture that was finished later."""
    known = {"sampler": Stage(id="stub:euler"), "schedule": Stage(id="stub:karras")}
    original = Finished(image=PictureReference(digest="1" * 64), recipe=recipe)
    own = {"finished": original, "postprocess": (Stage(id="stub:enlarge", params={"scale": 3}),)}
    return a_recipe().model_copy(update=known | own | changes)


def a_recipe() -> Recipe:
    return recipe("a circle")


def test_variations_of_a_finished_picture_are_those_of_what_was_drawn() -> None:
    twice = finished(finished(a_recipe()))
    assert drawn(twice) == a_recipe()
    asked = variations_of(twice)
    assert (asked.finished, asked.postprocess, asked.count) == (None, (), 4)
    assert drawn(finished(None)) is None


def test_a_reroll_of_a_finished_picture_finishes_it_again_with_another_seed() -> None:
    again = reroll_of(finished(a_recipe()), 1)
    assert again.finished == f"sha256:{'1' * 64}"
    assert again.postprocess == (Choice(name="stub:enlarge", params={"scale": 3}),)
    assert (again.width, again.count, again.seed != 7) == (None, 1, True)


@pytest.mark.parametrize(
    ("names", "is_offered"),
    [
        (["finishing:upscale"], False),
        (["finishing:upscale", "finishing:colour_fix"], False),
        (["finishing:upscale", "detailer:detailer"], True),
        (["sparkles:unknown"], True),
    ],
)
def test_what_draws_nothing_is_not_finished_again_with_another_seed(names: list[str], is_offered: bool) -> None:
    done = tuple(Stage(id=name) for name in names)
    assert rerolls(finished(None, postprocess=done)) is is_offered
    assert rerolls(a_recipe().model_copy(update={"postprocess": done}))


def test_a_post_processor_that_is_gone_is_not_asked_for() -> None:
    assert MENU.finish_of(finished(None), "a.png", "stub:gone") is None
    asked = MENU.finish_of(finished(None), "a.png", "stub:enlarge")
    assert asked is not None
    assert (asked.finished, asked.postprocess, asked.count) == ("a.png", (Choice(name="stub:enlarge"),), 1)
    assert Menu().finish_of(finished(None), "a.png", "stub:gone") is not None


def test_nobody_knows_the_cost_of_finishing_beforehand() -> None:
    asked = MENU.finishing({"finish": "enlarge", "prompt": None})
    assert (asked.prompt, asked.finished, MENU.cost(asked)) == ("", "upload", None)


def test_the_seed_of_an_uploaded_picture_is_left_to_the_host() -> None:
    asked = MENU.finishing({"finish": "enlarge"})
    assert asked.seed is None
    assert MENU.finishing_file(asked, "a.png", None).seed is None
    assert Menu().finishing_file(asked, "a.png", a_recipe()).seed == 7


def test_what_is_wrong_about_an_upload_names_its_own_option() -> None:
    for text in ("enlarg", "enlarge(", "enlarge(scale)", "enlarge(scale=9)", "", "compare"):
        with pytest.raises(InvalidRequest) as error:
            PICKY.finishing({"finish": text})
        assert error.value.field.partition(".")[0] == "with"


COMPARE = OFFERED[0].model_copy(
    update={"id": "stub:compare", "name": "compare", "label": "Compare", "button": "Compare", "pictures": ("other",)}
)
PICKY = Menu(catalogue().model_copy(update={"stages": (*catalogue().stages, COMPARE)}))


def test_what_needs_a_picture_of_its_own_is_not_offered_and_refused_at_once() -> None:
    assert PICKY.finishers("comp") == PICKY.finishers("compare(sc") == []
    assert "stub:compare" not in {shortcut.choice.name for shortcut in PICKY.buttons()}
    with pytest.raises(InvalidRequest, match="finish: 'compare' needs a picture called other, which cannot be given"):
        PICKY.request({"prompt": "x", "finish": "compare"})
    with pytest.raises(InvalidRequest, match="needs a picture called other"):
        PICKY.finish_of(finished(None), "a.png", "stub:compare")
    with pytest.raises(InvalidRequest, match="needs a picture called other"):
        PICKY.known(reroll_of(finished(None, postprocess=(Stage(id="stub:compare"),)), 1))
