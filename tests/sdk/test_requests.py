"""Requests and recipes: bad input in one sentence, and the way through JSON and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import a_recipe

from limner_sdk import ControlStage, InvalidRequest, Recipe, Request, Stage
from limner_sdk.seeds import LARGEST_SEED, following


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "prompt: "),
        ({"prompt": None}, "prompt: None is no text; write one"),
        ({"prompt": ""}, "prompt: '' is empty; write what the picture should show"),
        ({"prompt": " \n\t"}, "prompt: ' \\n\\t' is empty; write what the picture should show"),
        ({"prompt": "x" * 10_000}, "prompt: 'xxx"),
        ({"prompt": "a\ud800"}, "prompt: "),
        ({"prompt": "x", "width": 0}, "width: 0 is too small; the least is 64"),
        ({"prompt": "x", "width": 100_000}, "width: 100000 is too large; the most is 16384"),
        ({"prompt": "x", "start": {"scale": 9}}, "start.scale: 9 is too large; the most is 8"),
        ({"prompt": "x", "height": 64.5}, "height: 64.5 is no whole number; write one"),
        ({"prompt": "x", "cfg": float("nan")}, "cfg: nan is not a finite number"),
        ({"prompt": "x", "cfg": "inf"}, "cfg: 'inf' is not a finite number"),
        ({"prompt": "x", "cfg": -0.5}, "cfg: -0.5 is too small; the least is 0"),
        ({"prompt": "x", "steps": 0}, "steps: 0 is too small; the least is 1"),
        ({"prompt": "x", "steps": 10**400}, "steps: 1"),
        ({"prompt": "x", "seed": -1}, "seed: -1 is too small; the least is 0"),
        ({"prompt": "x", "seed": 2**32}, "seed: 4294967296 is too large; the most is 4294967295"),
        ({"prompt": "x", "count": 17}, "count: 17 is too large; the most is 16"),
        ({"prompt": "x", "negative": "y" * 10_000}, "negative: 'yyy"),
        ({"prompt": "x", "model": ""}, "model: '' is empty; write something there"),
        ({"prompt": "x", "sampler": ""}, "sampler.name: '' is empty"),
        ({"prompt": "x", "sampler": 5}, "sampler: 5 is not accepted"),
        ({"prompt": "x", "sampler": {"name": "e", "params": {"eta": [1]}}}, "sampler.params.eta"),
        ({"prompt": "x", "postprocess": ["a", {}]}, "postprocess.1.name"),
        ({"prompt": "x", "variations": [{"seed": 1, "strength": 1.5}]}, "variations.0.strength: 1.5 is too large"),
        ({"prompt": "x", "variations": [{"seed": 1, "strength": float("nan")}]}, "variations.0.strength: nan is"),
        ({"prompt": "x", "promt": "y"}, "promt: 'y' belongs to no known field; leave it out"),
        ({"prompt": "x", "line\nbreak": 1}, "line"),
    ],
)
def test_bad_input_is_one_sentence_of_field_value_and_remedy(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Request.parse(values)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_prompt_that_is_too_long_is_quoted_in_part() -> None:
    with pytest.raises(InvalidRequest, match=r"\(10000 characters\) is too long; the most is 6000 characters$"):
        Request.parse({"prompt": "x" * 10_000})


def test_a_request_of_nothing_but_a_prompt_leaves_everything_open() -> None:
    said = Request.parse({"prompt": "x"}).model_dump(exclude_defaults=True)
    assert said == {"prompt": "x"}


def test_a_choice_may_be_a_mere_name() -> None:
    request = Request.parse({"prompt": "x", "sampler": "euler", "postprocess": ["a", "b"]})
    assert request.sampler
    assert request.sampler.name == "euler"
    assert [choice.name for choice in request.postprocess] == ["a", "b"]


json_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | json_texts


@given(json_texts, json_texts, st.dictionaries(json_texts, scalars.filter(lambda v: v not in (1e999, -1e999))))
def test_a_recipe_survives_json(prompt: str, negative: str, params: dict[str, Any]) -> None:
    stage = Stage(id="p:s", version="1", params=params, optional=True)
    recipe = a_recipe(prompt=prompt, negative=negative, sampler=stage, tiler=stage, denoisers=(stage, stage))
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_a_recipe_becomes_the_request_for_the_same_picture() -> None:
    stage = {"id": "p:s", "params": {"eta": 1}, "optional": True}
    recipe = a_recipe(
        seed={"seed": 3, "variations": [{"seed": 4, "strength": 0.5}]},
        tiler=stage,
        codec=stage,
        denoisers=[stage],
        postprocess=[stage],
        negative="grey",
    )
    request = recipe.as_request()
    assert (request.prompt, request.negative, request.model, request.seed) == ("a cat", "grey", "pocket:pocket", 3)
    assert (request.width, request.height, request.steps, request.cfg, request.count) == (128, 64, 20, 4.0, 1)
    assert request.variations == recipe.seed.variations
    for choice in (request.tiler, request.codec, *request.denoisers, *request.postprocess):
        assert choice
        assert (choice.name, choice.params, choice.optional) == ("p:s", {"eta": 1}, True)


def test_a_recipes_request_can_be_changed_and_is_checked() -> None:
    assert a_recipe().as_request(seed=9, count=4).seed == 9
    with pytest.raises(InvalidRequest, match=r"^steps: 0 is too small"):
        a_recipe().as_request(steps=0)


def test_every_field_of_a_request_is_filled_from_a_recipe() -> None:
    stage, picture = {"id": "p:s"}, {"digest": "0" * 64}
    control = {"network": {"name": "canny", "digest": "0" * 64}, "image": picture, "settings": {"weight": 0.5}}
    full = a_recipe(negative="n", tiler=stage, codec=stage, denoisers=[stage], postprocess=[stage], image=picture)
    full = full.model_copy(update={"controls": (ControlStage.model_validate(control),)})
    assert full.as_request().image == "sha256:" + "0" * 64
    assert full.as_request().controls[0].settings.weight == 0.5
    assert full.as_request().model_fields_set == set(Request.model_fields)


def test_recipes_that_differ_in_the_seed_alone_fit_one_batch() -> None:
    assert a_recipe().same_but_seed(a_recipe(seed={"seed": 9}))
    assert not a_recipe().same_but_seed(a_recipe(seed={"seed": 9}, steps=21))


def test_seeds_go_round_at_the_largest() -> None:
    assert following(5, 3) == 8
    assert following(LARGEST_SEED, 1) == 0
    assert following(LARGEST_SEED - 1, 4) == 2


def test_a_recipe_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format"):
        a_recipe(format=2)
