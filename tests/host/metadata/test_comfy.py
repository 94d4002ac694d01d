"""Graphs of ComfyUI: the usual ones are understood, and no graph breaks the reader."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.host.metadata.places import REGISTRY, as_text, node, plain_graph

from limner_host.metadata.comfy import read_graph
from limner_host.metadata.draft import Draft
from limner_sdk import LimnerError, Request, UnreadableImage


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
    assert chosen == ("samplers:euler_a", "schedules:normal", "noises:gaussian")
    assert notices == ()


def test_loras_become_tags_in_their_order() -> None:
    first = node("LoraLoader", lora_name="sub\\ink.safetensors", strength_model=0.5, strength_clip=0.5, model=["4", 0])
    second = node("LoraLoader", lora_name="oil.v2.safetensors", strength_model=1, strength_clip=0.25, model=["10", 0])
    third = node("LoraLoaderModelOnly", lora_name="fog.safetensors", strength_model=-0.75, model=["11", 0])
    request, notices = read(plain_graph(n10=first, n11=second, n12=third, n3={"model": ["12", 0]}))
    assert request.prompt == "a glass bottle <lora:ink:0.5> <lora:oil.v2:unet=1:te=0.25> <lora:fog:unet=-0.75:te=0>"
    assert (request.model, notices) == ("pocket:pocket", ())


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
    assert request.prompt == r"a \[red\] lamp, oldmaster, \[x\]"


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


def test_a_seed_beyond_ours_is_told_and_left_open() -> None:
    request, notices = read(plain_graph(n3={"seed": 2**64 - 1}))
    assert request.seed is None
    assert notices == ("left out seed: '18446744073709551615' is no seed from 0 to 4294967295",)


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
