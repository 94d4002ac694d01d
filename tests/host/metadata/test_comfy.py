"""Graphs of ComfyUI: the usual ones are understood, and no graph breaks the reader."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.host.metadata.places import REGISTRY, as_text, node, plain_graph

from limner_host.metadata.comfy import read_graph
from limner_host.metadata.draft import Draft
from limner_host.prompting import Wildcards, filled, networks_of, timeline
from limner_sdk import LimnerError, Request, Span, UnreadableImage

NOISY = "its sampler's noise comes from another source there; the picture will be close, not equal"


def read(graph: dict[str, Any] | str) -> tuple[Request, tuple[str, ...]]:
    """The request and the notices that a graph gives."""
    draft = Draft()
    read_graph(graph if isinstance(graph, str) else as_text(graph), draft, REGISTRY, "a.png")
    return draft.request(), draft.notices


def test_the_first_example_is_understood_whole() -> None:
    request, notices = read(plain_graph())
    assert (request.prompt, request.negative, request.model) == ("a glass bottle", "text, watermark", "pocket:pocket")
    assert (request.steps, request.cfg, request.seed) == (20, 8.0, 8566257)
    assert (request.width, request.height, request.steering.weighting) == (512, 768, "comfy")
    assert request.sampler is not None
    assert request.schedule is not None
    assert request.noise is not None
    chosen = request.sampler.name, request.schedule.name, request.noise.name
    assert chosen == ("samplers:euler", "schedules:normal", "noises:gaussian")
    assert notices == ()


def test_loras_become_tags_in_their_order() -> None:
    first = node("LoraLoader", lora_name="sub\\ink.safetensors", strength_model=0.5, strength_clip=0.5, model=["4", 0])
    second = node("LoraLoader", lora_name="oil.v2.safetensors", strength_model=1, strength_clip=0.25, model=["10", 0])
    third = node("LoraLoaderModelOnly", lora_name="fog.safetensors", strength_model=-0.75, model=["11", 0])
    request, notices = read(plain_graph(n10=first, n11=second, n12=third, n3={"model": ["12", 0]}))
    assert request.prompt == "a glass bottle <lora:ink:0.5> <lora:oil.v2:unet=1:te=0.25> <lora:fog:unet=-0.75:te=0>"
    assert (request.model, notices) == ("pocket:pocket", ())


@pytest.mark.parametrize("name", ["{a|b}", "__fog__", "a:b"])
def test_a_lora_whose_name_means_something_here_is_left_out(name: str) -> None:
    lora = node("LoraLoader", lora_name=name, strength_model=1, strength_clip=1, model=["4", 0])
    request, notices = read(plain_graph(n10=lora, n3={"model": ["10", 0]}))
    assert request.prompt == "a glass bottle"
    assert notices == (f"left out lora_name: {name!r} cannot be written as a tag of a prompt",)


def custom(**changes: Any) -> dict[str, Any]:
    """A graph whose sampler gets noise, guider, sampler and sigmas from nodes of their own."""
    graph = plain_graph()
    graph["3"] = node(
        "SamplerCustomAdvanced",
        noise=["20", 0],
        guider=["21", 0],
        sampler=["22", 0],
        sigmas=["23", 0],
        latent_image=["5", 0],
    )
    graph["20"] = node("RandomNoise", noise_seed=77)
    graph["21"] = node("CFGGuider", model=["4", 0], positive=["6", 0], negative=["7", 0], cfg=3.5)
    graph["22"] = node("KSamplerSelect", sampler_name="dpmpp_2m")
    graph["23"] = node("KarrasScheduler", steps=12, sigma_max=14.0, sigma_min=0.03, rho=5.0)
    return graph | changes


def test_a_custom_sampler_is_understood() -> None:
    request, notices = read(custom())
    assert (request.seed, request.cfg, request.steps, request.prompt) == (77, 3.5, 12, "a glass bottle")
    assert request.sampler is not None
    assert request.schedule is not None
    assert (request.sampler.name, request.schedule.name) == ("samplers:dpmpp_2m", "schedules:karras")
    assert request.schedule.params["rho"] == 5.0
    assert notices == ()


def test_a_basic_guider_means_no_guidance() -> None:
    guider = node("BasicGuider", model=["4", 0], conditioning=["24", 0])
    flux = node("FluxGuidance", conditioning=["6", 0], guidance=3.5)
    sigmas = node("BasicScheduler", model=["4", 0], scheduler="beta", steps=8, denoise=1.0)
    request, notices = read(custom(**{"21": guider, "23": sigmas, "24": flux}))
    assert (request.cfg, request.steps, request.prompt, request.negative) == (1.0, 8, "a glass bottle", "")
    assert request.schedule is not None
    assert request.schedule.name == "schedules:beta_timesteps"
    assert notices == ("left out the distilled guidance 3.5",)


@pytest.mark.parametrize(
    ("kind", "first", "second", "prompt"),
    [
        ("ConditioningConcat", "conditioning_to", "conditioning_from", "a glass bottle BREAK a cork"),
        ("ConditioningCombine", "conditioning_1", "conditioning_2", "a glass bottle :0.5 AND a cork :0.5"),
    ],
)
def test_two_prompts_are_joined(kind: str, first: str, second: str, prompt: str) -> None:
    joined = node(kind, **{first: ["6", 0], second: ["31", 0]})
    cork = node("CLIPTextEncode", text="a cork", clip=["4", 1])
    request, notices = read(plain_graph(n30=joined, n31=cork, n3={"positive": ["30", 0]}))
    assert (request.prompt, notices) == (prompt, ())


def test_a_control_passes_both_prompts_on() -> None:
    control = node("ControlNetApplyAdvanced", positive=["6", 0], negative=["7", 0], strength=1.0, image=["41", 0])
    request, notices = read(plain_graph(n40=control, n3={"positive": ["40", 0], "negative": ["40", 1]}))
    assert (request.prompt, request.negative) == ("a glass bottle", "text, watermark")
    assert notices == ("left out what 'ControlNetApplyAdvanced' does to the prompt",)


def test_a_text_comes_from_the_one_node_that_holds_it() -> None:
    source, relay = node("String Literal", string="a lamp", count=3), node("Reroute", anything=["50", 0])
    seed = node("Seed (rgthree)", seed=123)
    request, _ = read(plain_graph(n50=source, n51=relay, n52=seed, n6={"text": ["51", 0]}, n3={"seed": ["52", 0]}))
    assert (request.prompt, request.seed) == ("a lamp", 123)


def test_layers_of_the_text_encoder_are_counted_from_the_last() -> None:
    cut = node("CLIPSetLastLayer", clip=["4", 1], stop_at_clip_layer=-2)
    request, _ = read(plain_graph(n60=cut, n6={"clip": ["60", 0]}))
    assert request.steering.clip_skip == 2


def test_both_encoders_of_sdxl_are_one_prompt() -> None:
    both = node("CLIPTextEncodeSDXL", clip=["4", 1], text_g="a lamp", text_l="a lamp", width=1024, height=1024)
    request, notices = read(plain_graph(n6=both))
    assert (request.prompt, notices) == ("a lamp", ())


def test_square_brackets_and_embeddings_are_put_into_our_language() -> None:
    request, _ = read(plain_graph(n6={"text": "a [red] lamp, embedding:oldmaster, \\[x\\]"}))
    assert request.prompt == r"a \[red\] lamp, oldmaster, \\\[x\\\]"


#: Words that have a meaning here and none for ComfyUI.
PLAIN = (
    "{red|green} lamp",
    "__colour__ x__y__z ___a___",
    "<lora:ink:1> <a:b> c",
    "salt AND pepper",
    "BREAK the AND :0.5",
    "[cat:dog:0.5] [a|b] [old]",
    "back\\slash \\{a|b} \\\\ \\_",
    "a_b | c",
)


@pytest.mark.parametrize("text", PLAIN)
def test_words_without_a_meaning_for_comfyui_have_none_here(text: str) -> None:
    request, _ = read(plain_graph(n6={"text": text}, n7={"text": text}))
    for prompt, composed in ((request.prompt, True), (request.negative, False)):
        words, tags = networks_of(filled(prompt, 1, Wildcards(Path("nowhere"))))
        [moment] = timeline(words, 8, composed=composed)
        assert tags == ()
        assert moment.parts == (((Span(text),), 1.0),)


def test_round_brackets_of_comfyui_still_weigh() -> None:
    request, _ = read(plain_graph(n6={"text": r"(old AND [new]:1.5) \(x\) embedding:sub\name"}))
    [moment] = timeline(request.prompt, 8)
    assert moment.parts == (((Span("old AND [new]", 1.5), Span(" (x) sub/name")), 1.0),)


def test_a_picture_to_begin_from_is_told_of() -> None:
    encode = node("VAEEncode", pixels=["71", 0], vae=["4", 2])
    request, notices = read(plain_graph(n70=encode, n3={"latent_image": ["70", 0], "denoise": 0.6}))
    assert request.start is not None
    assert (request.start.denoise, request.start.exact_steps) == (0.6, True)
    assert notices == ("it was begun from another picture, which this one does not carry; give that one as the image",)


def test_the_first_of_two_passes_is_read() -> None:
    larger = node("LatentUpscaleBy", samples=["3", 0], upscale_method="bilinear", scale_by=2.0)
    again = plain_graph()["3"]["inputs"] | {"seed": 5, "latent_image": ["80", 0], "denoise": 0.5}
    graph = {"2": node("KSampler", **again)} | plain_graph(n80=larger)
    request, notices = read(graph)
    assert (request.seed, request.start) == (8566257, None)
    assert notices == ("left out another pass, by the node '2' (KSampler)",)


@pytest.mark.parametrize("seed", [2**64 - 1, 2**32, 2**40 + 5, 2**32 - 1])
def test_of_a_long_seed_the_half_counts_that_torch_draws_from(seed: int) -> None:
    request, notices = read(plain_graph(n3={"seed": seed}))
    assert request.seed is not None
    first, again = (torch.randn(8, generator=torch.Generator().manual_seed(one)) for one in (seed, request.seed))
    assert torch.equal(first, again)
    assert notices == ()


def test_brownian_noise_takes_all_of_a_long_seed_which_is_told() -> None:
    sde, note = {"sampler_name": "dpmpp_2m_sde_gpu"}, "of the seed 4294967301 only the lower half is used"
    request, notices = read(plain_graph(n3={"seed": 2**32 + 5, **sde}))
    assert request.seed == 5
    assert any(notice.startswith(note) for notice in notices)
    _, notices = read(plain_graph(n3={"seed": 5, **sde}))
    assert not any("of the seed" in notice for notice in notices)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_that_is_none_is_told_and_left_open(seed: int) -> None:
    request, notices = read(plain_graph(n3={"seed": seed}))
    assert request.seed is None
    assert notices == (f"left out seed: '{seed}' is no seed from 0 to 4294967295",)


@pytest.mark.parametrize(
    ("name", "sampler", "params", "noisy"),
    [
        ("uni_pc_bh2", "unipc", {"variant": "bh2"}, False),
        ("uni_pc", "unipc", {}, False),
        ("dpm_fast", "dpm_fast", {"eta": 0.0}, False),
        ("heun", "heun", {}, False),
        ("ddim", "ddim", {}, False),
        ("euler_ancestral", "euler_a", {}, True),
        ("lcm", "lcm", {}, True),
        ("dpmpp_sde_gpu", "dpmpp_sde", {}, True),
    ],
)
def test_samplers_are_those_of_comfyui(name: str, sampler: str, params: dict[str, Any], noisy: bool) -> None:
    request, notices = read(plain_graph(n3={"sampler_name": name}))
    assert request.sampler is not None
    assert (request.sampler.name, request.sampler.params) == (f"samplers:{sampler}", params)
    assert notices == ((NOISY,) if noisy else ())


@pytest.mark.parametrize(
    ("select", "sampler", "params"),
    [
        (node("SamplerEulerAncestral", eta=0.5, s_noise=1.1), "euler_a", {"eta": 0.5, "noise_scale": 1.1}),
        (node("SamplerDPMPP_2M_SDE", solver_type="heun", eta=1), "dpmpp_2m_sde_heun", {"eta": 1.0}),
        (node("SamplerDPMPP_2M_SDE", solver_type="midpoint"), "dpmpp_2m_sde", {}),
        (node("SamplerDPMPP_SDE", eta=0.0, r=0.5), "dpmpp_sde", {"eta": 0.0}),
        (node("SamplerLMS", order=3), "lms", {"order": 3}),
    ],
)
def test_nodes_that_are_a_sampler_are_known(select: dict[str, Any], sampler: str, params: dict[str, Any]) -> None:
    request, notices = read(custom(**{"22": select}))
    assert request.sampler is not None
    assert (request.sampler.name, request.sampler.params) == (f"samplers:{sampler}", params)
    assert notices == (() if sampler == "lms" or params.get("eta") == 0 else (NOISY,))


def test_the_table_of_align_your_steps_is_read() -> None:
    request, notices = read(custom(**{"23": node("AlignYourStepsScheduler", model_type="SDXL", steps=10, denoise=1)}))
    assert request.schedule is not None
    assert (request.schedule.name, request.schedule.params) == ("schedules:align_your_steps", {"table": "sdxl"})
    assert (request.steps, notices) == (10, ())


def test_numbers_that_are_none_are_left_open() -> None:
    text = as_text(plain_graph(n3={"cfg": float("nan"), "steps": True, "denoise": float("inf")}))
    assert "NaN" in text
    request, notices = read(text)
    assert (request.cfg, request.steps) == (None, None)
    assert len(notices) == 2


def test_links_in_a_circle_come_to_an_end() -> None:
    circle = {"positive": ["90", 0], "model": ["3", 0], "latent_image": ["91", 0]}
    one, two = node("Reroute", conditioning=["92", 0]), node("Reroute", conditioning=["90", 0])
    with pytest.raises(LimnerError, match="prompt"):
        read(plain_graph(n3=circle, n90=one, n92=two, n91=node("LatentFlip", samples=["91", 0])))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is damaged"),
        ("{", "is damaged"),
        ("[" * 100_000, "is damaged"),
        ("[]", "in API format"),
        ("{}", "without any sampler"),
        ('{"1": 5, "2": {"class_type": 7}}', "without any sampler"),
        (json.dumps({str(number): {} for number in range(10_001)}), "over 10000 nodes"),
    ],
)
def test_what_is_no_graph_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UnreadableImage, match=sentence):
        read(text)


def chain_of(kind: str, before: str, first: list[Any], length: int) -> dict[str, Any]:
    """Nodes that pass something on, one after another, from ``c0`` up to `first`."""
    links = [*([f"c{number + 1}", 0] for number in range(length - 1)), first]
    return {f"c{number}": node(kind, **{before: link}) for number, link in enumerate(links)}


def test_a_graph_made_to_take_long_does_not() -> None:
    """Followed from every sampler and every text to its end, this one takes a minute and more."""
    texts = {f"t{number}": node("CLIPTextEncode", text=["c0", 0], clip=["c0", 0]) for number in range(100)}
    pairs = [{"conditioning_1": [f"t{number}", 0], "conditioning_2": [f"j{number + 1}", 0]} for number in range(100)]
    joined = {f"j{number}": node("ConditioningCombine", **pair) for number, pair in enumerate(pairs)}
    samplers = {f"s{number}": node("KSampler", latent_image=["c0", 0], positive=["j0", 0]) for number in range(3700)}
    begun = time.perf_counter()
    with pytest.raises(LimnerError):
        read(samplers | texts | joined | chain_of("Reroute", "samples", ["9", 0], 6000))
    assert time.perf_counter() - begun < 10


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 1e300, pytest.param(-(10**400), id="absurd"), True, None, "x", [], {}]
)
def test_no_number_breaks_the_reader(value: object) -> None:
    cut = node("CLIPSetLastLayer", clip=["4", 1], stop_at_clip_layer=value)
    lora = node("LoraLoader", lora_name="a", strength_model=value, strength_clip=value, model=["4", 0])
    odd = {"seed": value, "steps": value, "cfg": value, "start_at_step": value, "model": ["61", 0]}
    request, _ = read(plain_graph(n60=cut, n61=lora, n6={"clip": ["60", 0]}, n3=odd, n5={"width": value}))
    assert (request.prompt, request.steering.clip_skip, request.width) == ("a glass bottle", 1, None)
    assert request.seed is None or request.seed == value


IDS = st.sampled_from([*map(str, range(1, 9)), "zz"])
VALUES = st.one_of(
    st.tuples(IDS, st.integers(0, 2)).map(list),
    st.text(max_size=10),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.lists(st.integers(), max_size=3),
)
KINDS = st.sampled_from(
    [
        *("KSampler", "KSamplerAdvanced", "SamplerCustom", "SamplerCustomAdvanced", "CFGGuider", "BasicGuider"),
        *("CLIPTextEncode", "ConditioningConcat", "ConditioningCombine", "ConditioningZeroOut", "KarrasScheduler"),
        *("LoraLoader", "EmptyLatentImage", "VAEEncode", "FluxGuidance", "RescaleCFG", "RandomNoise", "?\x1b[2J"),
    ]
)
NAMES = st.sampled_from(
    [
        *("model", "positive", "negative", "latent_image", "samples", "sampler", "sigmas", "guider", "noise", "seed"),
        *("noise_seed", "steps", "cfg", "sampler_name", "scheduler", "denoise", "text", "clip", "lora_name"),
        *("strength_model", "strength_clip", "ckpt_name", "width", "height", "batch_size", "conditioning", "pixels"),
        *("conditioning_1", "conditioning_2", "conditioning_to", "conditioning_from", "multiplier", "rho"),
        *("stop_at_clip_layer", "start_at_step", "end_at_step", "guidance"),
    ]
)
NODES = st.fixed_dictionaries({"class_type": KINDS, "inputs": st.dictionaries(NAMES, VALUES, max_size=12)})


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(IDS, NODES, max_size=8))
def test_no_graph_breaks_the_reader(graph: dict[str, Any]) -> None:
    whole = plain_graph() | graph
    try:
        _, notices = read(whole)
    except LimnerError as error:
        notices = (str(error),)
    assert all(notice.isprintable() for notice in notices)
