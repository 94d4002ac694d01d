"""Recipes as infotexts: in A1111's order and words, and back again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import a_recipe
from tests.host.metadata.places import PROMPTS, REGISTRY, read_text

from limner_host.metadata.grammar import parsed
from limner_host.metadata.writing import infotext, said

SEEDS = st.integers(0, 2**32 - 1)
SHARES = st.floats(0, 1).map(lambda share: round(share, 3))
SIDES = st.integers(8, 512).map(lambda cells: 8 * cells)

STEERING = st.fixed_dictionaries(
    {
        "rescale": SHARES,
        "start": SHARES,
        "end": SHARES,
        "clip_skip": st.integers(1, 12),
        "weighting": st.sampled_from(["a1111", "no_norm", "comfy"]),
    }
).filter(lambda steering: steering["start"] <= steering["end"])
START = st.fixed_dictionaries(
    {
        "denoise": SHARES,
        "resize": st.sampled_from(["stretch", "crop", "fill", "latent"]),
        "noise_multiplier": SHARES,
        "extra_noise": SHARES,
        "exact_steps": st.booleans(),
    }
)
INPAINT = st.fixed_dictionaries(
    {
        "area": st.just("masked"),
        "padding": st.integers(0, 512),
        "blur": st.integers(0, 64),
        "content": st.sampled_from(["original", "fill", "noise", "nothing"]),
        "invert": st.booleans(),
        "round_mask": st.booleans(),
    }
)
HIRES = st.fixed_dictionaries(
    {
        "upscaler": st.sampled_from(["latent", "latent_nearest", "latent_bicubic", "lanczos", "nearest"]),
        "steps": st.none() | st.integers(1, 150),
        "denoise": SHARES,
        "cfg": st.none() | SHARES,
        "sampler": st.none() | st.just("samplers:euler"),
        "schedule": st.none() | st.just("schedules:karras"),
        "prompt": st.none() | PROMPTS,
        "negative": st.none() | PROMPTS,
    },
    optional={"scale": st.floats(1, 8), "width": SIDES},
).filter(lambda hires: not ("scale" in hires and "width" in hires))
SAMPLERS = st.one_of(
    st.fixed_dictionaries({"id": st.just("samplers:euler_a"), "params": st.fixed_dictionaries({"eta": SHARES})}),
    st.fixed_dictionaries(
        {
            "id": st.just("samplers:euler"),
            "params": st.fixed_dictionaries({"churn": st.floats(0, 100), "churn_from": SHARES, "noise_scale": SHARES}),
        }
    ),
    st.fixed_dictionaries(
        {
            "id": st.just("samplers:unipc"),
            "params": st.fixed_dictionaries(
                {
                    "order": st.integers(1, 3),
                    "variant": st.sampled_from(["bh1", "bh2"]),
                    "lower_order_final": st.booleans(),
                }
            ),
        }
    ),
)
NOISES = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["noises:gaussian", "noises:philox", "noises:field"]),
        "params": st.fixed_dictionaries({"ensd": SEEDS, "vary_sampler": st.booleans()}),
    }
)
RECIPES = st.fixed_dictionaries(
    {
        "prompt": PROMPTS,
        "negative": st.just("") | PROMPTS,
        "width": SIDES,
        "height": SIDES,
        "steps": st.integers(1, 150),
        "cfg": st.floats(0, 30),
        "seed": st.fixed_dictionaries({"seed": SEEDS}),
        "sampler": SAMPLERS,
        "noise": NOISES,
        "steering": STEERING,
        "discard_penultimate": st.booleans(),
    },
    optional={"start": START, "inpaint": INPAINT, "hires": HIRES},
)
#: What an infotext tells of a request, the parameters of stages apart.
FIELDS = ("prompt", "negative", "model", "width", "height", "steps", "cfg", "seed", "variations", "steering")
GROUPS = ("start", "inpaint", "hires")


@settings(deadline=None)
@given(RECIPES)
def test_what_is_written_is_read_back(values: dict[str, Any]) -> None:
    recipe = a_recipe(**values)
    wanted = recipe.as_request()
    read, _ = read_text(infotext(recipe, REGISTRY))
    for field in (*FIELDS, *GROUPS):
        assert getattr(read, field) == getattr(wanted, field), field


@settings(deadline=None)
@given(SAMPLERS, NOISES)
def test_what_was_set_of_the_stages_is_read_back(sampler: dict[str, Any], noise: dict[str, Any]) -> None:
    read, _ = read_text(infotext(a_recipe(sampler=sampler, noise=noise), REGISTRY))
    for chosen, wanted, lookup in (
        (read.sampler, sampler, REGISTRY.sampler),
        (read.noise, noise, REGISTRY.noise),
    ):
        assert chosen is not None
        offer = lookup(wanted["id"])
        assert chosen.name == wanted["id"]
        assert offer.params(chosen) == offer.definition.params.parse(wanted["params"])


@pytest.mark.parametrize("mix", ["preserving", "slerp", "a1111"])
def test_a_variation_keeps_its_way_of_mixing(mix: str) -> None:
    seed = {"seed": 5, "variations": [{"seed": 6, "strength": 0.25}]}
    read, _ = read_text(infotext(a_recipe(seed=seed, noise={"id": "noises:philox", "params": {"mix": mix}}), REGISTRY))
    assert read.variations[0].strength == 0.25
    assert read.noise is not None
    assert read.noise.params["mix"] == mix


def test_the_order_is_a1111s() -> None:
    recipe = a_recipe(hires={"steps": 5}, steering={"clip_skip": 2}, seed={"seed": 1})
    keys = list(parsed(infotext(recipe, REGISTRY)).settings)
    assert keys == [
        *("Steps", "Sampler", "Schedule type", "CFG scale", "Seed", "Size", "Model hash", "Model"),
        *("Denoising strength", "Clip skip", "RNG", "Hires upscale", "Hires steps", "Hires upscaler", "Eta", "Version"),
    ]


def test_files_are_told_by_the_hashes_that_others_know_them_by() -> None:
    file = {"name": "ink", "digest": "a" * 64, "hash": "b" * 12}
    text = infotext(a_recipe(loras=[file, file | {"name": "oil"}], embeddings=[file | {"hash": ""}]), REGISTRY)
    assert 'Lora hashes: "ink: bbbbbbbbbbbb, oil: bbbbbbbbbbbb"' in text
    assert 'TI hashes: "ink: aaaaaaaaaaaa"' in text


def test_a_stage_that_nobody_here_knows_is_written_by_its_id() -> None:
    stage = {"id": "elsewhere:odd", "version": "1", "params": {"eta": 0.5}}
    assert 'Sampler: "elsewhere:odd"' in infotext(a_recipe(sampler=stage), REGISTRY)


@pytest.mark.parametrize("schedule", ["beta", "beta_timesteps"])
def test_the_curve_of_the_beta_schedule_is_read_back(schedule: str) -> None:
    stage = {"id": f"schedules:{schedule}", "version": "1", "params": {"alpha": 0.5, "beta": 0.75}}
    text = infotext(a_recipe(schedule=stage), REGISTRY)
    assert "Beta schedule alpha: 0.5, Beta schedule beta: 0.75" in text
    read, _ = read_text(text)
    assert read.schedule is not None
    assert (read.schedule.name, read.schedule.params) == (stage["id"], stage["params"])


def test_the_order_of_a_sampler_is_no_order_of_unipcs() -> None:
    text = infotext(a_recipe(sampler={"id": "samplers:lms", "version": "1", "params": {"order": 2}}), REGISTRY)
    assert "UniPC" not in text


def test_our_own_prompts_keep_what_they_leave_open() -> None:
    request, _ = read_text(infotext(a_recipe(prompt="a {red|green} __cat__"), REGISTRY))
    assert request.prompt == "a {red|green} __cat__"


def test_numbers_keep_all_their_digits() -> None:
    assert [said(value) for value in (7.0, 7.25, 0.1 + 0.2, 10**9, True)] == [
        "7",
        "7.25",
        "0.30000000000000004",
        "1000000000",
        "True",
    ]


def test_a_control_is_told_in_the_words_of_its_extension() -> None:
    settings = {"weight": 0.5, "start": 0.0, "end": 0.75}
    network, image = {"name": "canny", "digest": "e" * 64}, {"digest": "f" * 64}
    text = infotext(a_recipe(controls=[{"network": network, "image": image, "settings": settings}]), REGISTRY)
    values = parsed(text).settings["ControlNet 0"]
    assert values == "Module: none, Model: canny [eeeeeeee], Weight: 0.5, Guidance Start: 0, Guidance End: 0.75"
