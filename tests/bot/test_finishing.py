"""Post-processors by name: how people write them, and how what they type is completed."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bot.orders import recipe
from tests.bot.stub_host import catalogue, finishers

from limner_bot.finishing import completed, parse_finish
from limner_bot.menu import Menu, drawn, reroll_of, variations_of
from limner_sdk import Choice, Finished, InvalidRequest, PictureReference, PluginEntry, Recipe, Stage

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
    assert all(len(value) <= 100 and len(label) <= 100 for label, value in completed(text, OFFERED))


def test_before_any_host_spoke_names_are_believed() -> None:
    asked = Menu().request({"prompt": "x", "finish": "anything(a=b), other"})
    assert asked.postprocess == (Choice(name="anything", params={"a": "b"}), Choice(name="other"))


def test_the_last_name_is_completed() -> None:
    assert MENU.finishers("enlarge(scale=2), sh") == [("enlarge(scale=2), Shine", "enlarge(scale=2), shine")]
    assert [value for _, value in MENU.finishers("")] == ["shine", "enlarge", "find_faces"]
    assert MENU.finishers("nothing of this kind") == []


def test_a_name_that_two_plugins_offer_is_completed_in_full() -> None:
    twin = OFFERED[1].model_copy(update={"id": "other:enlarge"})
    assert [value for _, value in completed("enl", (*OFFERED, twin))] == ["stub:enlarge", "other:enlarge"]


def test_parameters_are_completed_with_their_defaults_and_their_help() -> None:
    found = MENU.finishers("shine, enlarge(mode=sharp; sc")
    assert found == [("shine, enlarge(mode=sharp; scale=2) · How much larger", "shine, enlarge(mode=sharp; scale=2)")]
    assert parse_finish(found[0][1], OFFERED)[1].params == {"mode": "sharp", "scale": "2"}
    assert MENU.finishers("nobody(") == []


def test_buttons_are_those_of_limner_first_and_ten_at_most() -> None:
    assert [stage.id for stage in MENU.buttons()] == ["stub:enlarge", "sparkles:shine"]
    many = [OFFERED[0].model_copy(update={"id": f"sparkles:{k}"}) for k in range(20)]
    crowded = Menu(catalogue().model_copy(update={"stages": (*many, OFFERED[1])}))
    assert [stage.id for stage in crowded.buttons()] == ["stub:enlarge", *(f"sparkles:{k}" for k in range(9))]


@pytest.mark.parametrize("name", ["x" * 40 + ":a", "a:" + "x" * 40, "ä:a", "a:b:c", "a b:c"])
def test_an_id_that_fits_into_no_button_gets_none(name: str) -> None:
    odd = OFFERED[0].model_copy(update={"id": name})
    assert Menu(catalogue().model_copy(update={"stages": (odd,), "plugins": ()})).buttons() == []


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


def test_a_post_processor_that_is_gone_is_not_asked_for() -> None:
    assert MENU.finish_of(finished(None), "a.png", "stub:gone") is None
    asked = MENU.finish_of(finished(None), "a.png", "stub:enlarge")
    assert asked is not None
    assert (asked.finished, asked.postprocess, asked.count) == ("a.png", (Choice(name="stub:enlarge"),), 1)
    assert Menu().finish_of(finished(None), "a.png", "stub:gone") is not None


def test_nobody_knows_the_cost_of_finishing_beforehand() -> None:
    asked = MENU.finishing({"finish": "enlarge", "prompt": None})
    assert (asked.prompt, asked.finished, MENU.cost(asked)) == ("", "upload", None)


def test_a_plugin_from_elsewhere_does_not_pose_as_one_of_limners() -> None:
    posing = PluginEntry(name="sparkles", version="1", source="sparkles.py", kinds=(), status="ok")
    known = catalogue()
    menu = Menu(known.model_copy(update={"plugins": (*known.plugins, posing)}))
    assert [stage.plugin for stage in menu.buttons()] == ["stub", "sparkles"]
