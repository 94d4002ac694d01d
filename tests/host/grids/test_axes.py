"""Axes: found by name, filled with values, put into requests."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import small_request

from limner_host.grids.axes import Axis, Value, checked, filled
from limner_host.grids.finding import LABELS, all_axes, axis_of, parted
from limner_host.registry import Registry
from limner_sdk import (
    AmbiguousName,
    InvalidRequest,
    NoParams,
    Params,
    PostprocessDef,
    Request,
    TilerDef,
    UnknownName,
    param,
)


def axis(text: str, registry: Registry, base: Request) -> Axis:
    name, values = parted(text)
    return filled(axis_of(name, registry, base), values, base)


def requests(text: str, registry: Registry, **changes: Any) -> list[Request]:
    base = small_request(**changes)
    found = axis(text, registry, base)
    return [checked(found, base, value) for value in found.values]


def refusal(text: str, registry: Registry, **changes: Any) -> str:
    with pytest.raises(InvalidRequest) as caught:
        requests(text, registry, **changes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("steps", "steps"),
        ("Steps", "steps"),
        ("CFG Scale", "cfg"),
        ("Checkpoint name", "model"),
        ("Var. seed", "variation.seed"),
        ("prompt s/r", "prompt_sr"),
        ("clip skip", "steering.clip_skip"),
        ("hires.scale", "hires.scale"),
        ("scale", "hires.scale"),
        ("upscaler", "hires.upscaler"),
        ("codec.mode", "codec.mode"),
        ("retouch", "inversion.retouch"),
        ("blur", "inpaint.blur"),
        ("eta", "sampler.eta"),
        ("Schedule rho", "schedule.rho"),
        ("Denoising", "hires.denoise"),
    ],
)
def test_an_axis_is_found_by_its_own_names_and_those_from_elsewhere(registry: Registry, typed: str, meant: str) -> None:
    assert axis_of(typed, registry, small_request()).name == meant


def test_denoising_and_scale_mean_the_start_when_there_is_a_picture(registry: Registry) -> None:
    base = small_request(image="a.png")
    assert [axis_of(name, registry, base).name for name in ("denoising", "scale")] == ["start.denoise", "start.scale"]


def test_an_unknown_axis_is_refused_with_the_nearest_name(registry: Registry) -> None:
    with pytest.raises(UnknownName, match="axis: 'stesp' is no axis; did you mean steps"):
        axis_of("stesp", registry, small_request())


def test_signs_of_other_alphabets_are_not_overlooked(registry: Registry) -> None:
    with pytest.raises(UnknownName):
        axis_of("steps α", registry, small_request())


def test_a_short_name_that_several_axes_have_is_refused(registry: Registry) -> None:
    with pytest.raises(AmbiguousName, match=r"control\.end or steering\.end"):
        axis_of("end", registry, small_request())


def test_every_scalar_field_of_a_request_is_an_axis(registry: Registry) -> None:
    names = set(all_axes(registry, small_request()))
    fields = {name for name, value in small_request().model_dump().items() if isinstance(value, int | str)}
    assert fields <= names
    assert {"cfg", "negative", "sampler", "outpaint.left", "hires.cfg", "start.noise_multiplier"} <= names
    assert "count" not in names


def test_every_label_belongs_to_one_axis_alone() -> None:
    assert len(set(LABELS.values())) == len(LABELS)


@pytest.mark.parametrize(
    ("text", "field", "values"),
    [
        ("steps=1..5/2", "steps", [1, 3, 5]),
        ("seed=1, 5..7", "seed", [1, 5, 6, 7]),
        ("cfg=0..1*3", "cfg", [0, 0.5, 1]),
        ('negative=none, "", grey', "negative", [None, "", "grey"]),
        ("discard_penultimate=on, off, none", "discard_penultimate", [True, False, None]),
        ("discard_penultimate=*", "discard_penultimate", [False, True]),
        ("styles=none, a, a + b", "styles", [(), ("a",), ("a", "b")]),
    ],
)
def test_a_field_takes_each_value(registry: Registry, text: str, field: str, values: list[Any]) -> None:
    assert [getattr(request, field) for request in requests(text, registry)] == values


def test_a_setting_takes_each_value_and_keeps_its_neighbours(registry: Registry) -> None:
    found = requests("hires.steps=none, 3", registry, hires={"scale": 1.5, "steps": 9})
    assert [(request.hires.steps, request.hires.scale) for request in found if request.hires] == [(None, 1.5), (3, 1.5)]


def test_a_size_is_width_and_height(registry: Registry) -> None:
    assert [(r.width, r.height) for r in requests("size=64x128, 128×64", registry)] == [(64, 128), (128, 64)]


def test_a_star_means_every_choice(registry: Registry) -> None:
    found = [request.sampler.name for request in requests("sampler=*", registry) if request.sampler]
    assert set(found) == {offer.id for offer in registry.offers("sampler")}
    assert len(requests("steering.weighting=*", registry)) == 3


def test_each_seed_of_minus_one_is_a_fresh_one(registry: Registry) -> None:
    first, five, other = (request.seed for request in requests("seed=-1, 5, -1", registry))
    assert five == 5
    assert len({first, five, other, -1}) == 4


def test_an_old_name_of_a_sampler_brings_its_schedule(registry: Registry) -> None:
    (request,) = requests("sampler=DPM++ 2M Karras", registry)
    assert request.sampler
    assert request.schedule
    assert (request.sampler.name, request.schedule.name) == ("samplers:dpmpp_2m", "schedules:karras")


def test_another_sampler_keeps_the_parameters_that_it_knows(registry: Registry) -> None:
    base = {"sampler": {"name": "euler_a", "params": {"eta": 0.4, "noise_scale": 0.9}}}
    found = requests("sampler=euler_a, euler, dpmpp_2m", registry, **base)
    assert [request.sampler.params for request in found if request.sampler] == [
        {"eta": 0.4, "noise_scale": 0.9},
        {"noise_scale": 0.9},
        {},
    ]


def test_a_parameter_belongs_to_what_is_chosen_by_default(registry: Registry) -> None:
    (request,) = requests("schedule.rho=5", registry)
    assert request.schedule
    assert (request.schedule.name, request.schedule.params) == ("schedules:karras", {"rho": 5.0})


def test_variations_are_begun_and_changed(registry: Registry) -> None:
    (request,) = requests("variation.strength=0.3", registry)
    assert [(v.seed, v.strength) for v in request.variations] == [(8, 0.3)]
    chain = [{"seed": 1, "strength": 0.5}, {"seed": 2, "strength": 0.25}]
    (request,) = requests("variation.seed=9", registry, variations=chain)
    assert [(v.seed, v.strength) for v in request.variations] == [(1, 0.5), (9, 0.25)]


def test_search_and_replace_changes_every_prompt(registry: Registry) -> None:
    changes = {"prompt": "a cat, a Cat", "negative": "two cats", "hires": {"prompt": "cat up close"}}
    same, other = requests('prompt_sr=cat, "dog, big"', registry, **changes)
    assert same == small_request(**changes)
    assert (other.prompt, other.negative) == ("a dog, big, a Cat", "two dog, bigs")
    assert other.hires
    assert other.hires.prompt == "dog, big up close"


def test_prompt_order_puts_the_words_into_one_anothers_places(registry: Registry) -> None:
    found = requests("prompt order=red, big, old", registry, prompt="a red, (big:1.2) and old cat")
    assert [request.prompt for request in found][:2] == ["a red, (big:1.2) and old cat", "a red, (old:1.2) and big cat"]
    assert len({request.prompt for request in found}) == 6


class Strength(Params):
    """How much."""

    amount: float = param(0.5, "How much.", ge=0, le=1)


def _nothing(*_: Any) -> Any:
    raise AssertionError("nobody makes a picture here")


def test_parameters_of_one_among_several_are_axes_that_add_it_if_it_is_not_there(registry_with: Any) -> None:
    registry = registry_with(PostprocessDef("soft", "Softens.", Strength, _nothing))
    (added,) = requests("postprocess.soft.amount=0.1", registry)
    assert [(c.name, c.params) for c in added.postprocess] == [("mine:soft", {"amount": 0.1})]
    (changed,) = requests("amount=0.2", registry, postprocess=[{"name": "soft", "optional": True}])
    assert [(c.params, c.optional) for c in changed.postprocess] == [({"amount": 0.2}, True)]
    assert "the most is 1" in refusal("postprocess.soft.amount=2", registry)


def test_a_tiler_can_be_left_out_and_its_parameters_need_one(registry_with: Any) -> None:
    tiler = TilerDef("even", "Even tiles.", Strength, _nothing)
    registry = registry_with(tiler)
    assert [request.tiler and request.tiler.name for request in requests("tiler=none, even", registry)] == [
        None,
        "mine:even",
    ]
    assert "choose a tiler first" in refusal("tiler.amount=1", registry)
    (request,) = requests("tiler.amount=1", registry, tiler="even")
    assert request.tiler
    assert request.tiler.params == {"amount": 1.0}


@pytest.mark.parametrize("kind", ["tiler", "codec", "inversion"])
def test_what_goes_round_a_picture_varies_with_nothing_at_all(registry: Registry, kind: str) -> None:
    found = [getattr(request, kind) for request in requests(f"{kind}=none, *", registry)]
    assert [choice and choice.name for choice in found] == [
        None,
        *(offer.id for offer in sorted(registry.offers(kind), key=lambda offer: offer.name)),
    ]


def test_parameters_of_what_goes_round_a_picture_vary(registry: Registry) -> None:
    base = {"tiler": "cosine", "codec": "tiled-vae", "inversion": "noise-inversion"}
    assert [r.tiler and r.tiler.params for r in requests("tiler.overlap=1, 2", registry, **base)] == [
        {"overlap": 1},
        {"overlap": 2},
    ]
    assert [r.codec and r.codec.params["mode"] for r in requests("codec.mode=*", registry, **base)] == ["exact", "fast"]
    (request,) = requests("inversion.steps=3", registry, **base)
    assert request.inversion
    assert request.inversion.params == {"steps": 3}


def test_a_size_between_the_cells_is_one(registry: Registry) -> None:
    assert [(r.width, r.height) for r in requests("size=100x70", registry)] == [(100, 70)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("steps=0", "steps: 0 is too small; the least is 1"),
        ("size=64x5", "size: '64x5' has a height that is too small; the least is 64"),
        ("size=9", "size: '9' is no size; write it as 512x768"),
        ("sampler=eular", "sampler: 'eular' is unknown; did you mean euler?"),
        ("sampler=euler, fog Karras", "sampler: 'fog"),
        ("model=sdxxl", "model: 'sdxxl' is unknown"),
        ("hires.sampler=eular", "hires.sampler: 'eular' is unknown; did you mean euler?"),
        ("steering.rescale=2", "steering.rescale: 2.0 is too large; the most is 1"),
        ("steering.weighting=b", "steering.weighting: 'b' is not one of"),
        ("invert=maybe", "inpaint.invert: 'maybe' is neither on nor off"),
        ("prompt_sr=dog, cat", "prompt_sr: 'dog' is in no prompt"),
        ("prompt_order=red", "prompt_order: 'red' needs several different words"),
        ("prompt_order=a, b, c, d, e", "prompt_order: 'a, b, c, d, e' has more than 100 orders"),
        ("prompt_order=red, dog", "prompt_order: 'dog' is not in the prompt"),
        ("prompt_order=red, red circle", "prompt_order: 'red, red circle' has words inside one another"),
        ("control.weight=1", "control.weight: 1.0 has nothing to belong to; choose a control network first"),
        ("sampler.eta=1", "sampler.eta: 1.0 means nothing to dpmpp_2m"),
        ("tiler.overlap=4", "tiler.overlap: 4 has nothing to belong to; choose a tiler first"),
        ("tiler=cosin", "tiler: 'cosin' is unknown; did you mean cosine?"),
        ("sampler=euler, heun, Euler", "sampler: 'euler' is there twice; leave one of them out"),
        ("steps=1..5, 3", "steps: '3' is there twice"),
        ("prompt_sr=red, green, green", "prompt_sr: 'green' is there twice"),
        ("steps=1_0", "steps: '1_0' is no number or range"),
        ("size=6_4x64", "size: '6_4x64' is no size"),
        ("seed=-2", "seed: -2 is too small"),
        ("steps=-1", "steps: -1 is too small"),
        ("seed=none", "seed: 'none' is no number or range"),
        ("seed=1..60, 101..160", "seed: 120 values are too many; the most on one axis is 100"),
        ("steps", "axis: 'steps' has no values; write them as steps=10, 20, 30"),
        ("=1", "axis: '=1' has no name; write it as steps=10, 20, 30"),
    ],
)
def test_a_value_is_refused_in_a_sentence_that_names_axis_value_and_remedy(
    registry: Registry, text: str, sentence: str
) -> None:
    assert refusal(text, registry).startswith(sentence)


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "none"), (True, "on"), (False, "off"), (1 / 3, "0.333333"), (7.0, "7"), ("x", "x")]
)
def test_a_value_is_shown_shortly(registry: Registry, value: Value, shown: str) -> None:
    assert axis_of("cfg", registry, small_request()).shown(value) == shown


def test_what_has_no_parameters_adds_no_axis(registry_with: Any) -> None:
    names = all_axes(registry_with(PostprocessDef("plain", "Plain.", NoParams, _nothing)), small_request())
    assert not [name for name in names if name.startswith("postprocess.plain.")]


def test_a_star_is_refused_where_there_is_nothing_to_choose() -> None:
    axis = Axis("postprocess", "", "choice", lambda request, value: request)
    with pytest.raises(InvalidRequest, match="'\\*' means nothing, as there is none to choose"):
        filled(axis, "*", small_request())


def test_a_guard_is_no_axis(registry: Registry) -> None:
    axes = all_axes(registry, small_request())
    assert "safety_filter" not in axes["postprocess"].choices
    assert not [name for name in axes if name.startswith("postprocess.safety_filter.")]


def test_a_parameter_of_a_post_processor_goes_by_its_name_and_its_owners(registry: Registry) -> None:
    (request,) = requests("detailer.denoise=0.3", registry)
    assert [(choice.name, choice.params) for choice in request.postprocess] == [("detailer:detailer", {"denoise": 0.3})]
    assert axis_of("confidence", registry, small_request()).name == "postprocess.detailer.confidence"


def test_a_short_name_means_what_every_picture_has_before_what_a_post_processor_has(registry: Registry) -> None:
    assert axis_of("padding", registry, small_request()).name == "inpaint.padding"
