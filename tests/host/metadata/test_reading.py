"""Infotexts of several versions of A1111 and of others who write like it, made up by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.host.metadata.places import read_text

from limner_host.metadata import names
from limner_host.metadata.finishing_names import AD, TILES, UNIT, USDU
from limner_host.prompting import Wildcards, filled
from limner_sdk import InvalidRequest, Request

OLD = """masterpiece, (a cat:1.2),
on a mat
Negative prompt: blurry,
bad hands
Steps: 28, Sampler: DPM++ 2M Karras, CFG scale: 7.5, Seed: 1234567890, Size: 512x768, Model hash: 6ce0161689, \
Model: pocket, Clip skip: 2, ENSD: 31337, Version: v1.4.1"""

NEW = """a cat <lora:ink:0.8>
Negative prompt: dog
Steps: 20, Sampler: DPM++ 2M, Schedule type: SGM Uniform, CFG scale: 7, Seed: 42, Size: 512x512, \
Model hash: 6ce0161689, Model: pocket, VAE hash: 735e4c3a44, VAE: vae-ft-mse, RNG: CPU, \
Lora hashes: "ink: 0123456789ab", Emphasis: No norm, Version: v1.10.1"""

HIRES = """a cat
Steps: 20, Sampler: Euler a, Schedule type: Automatic, CFG scale: 7, Seed: 42, Size: 512x512, Model: pocket, \
Denoising strength: 0.45, RNG: NV, Hires upscale: 1.5, Hires steps: 12, Hires upscaler: Latent (bicubic), \
Hires sampler: DPM++ 2M, Hires schedule type: Use same scheduler, Hires prompt: "a cat, sharp", \
Hires negative prompt: dog, Hires CFG Scale: 5, Version: v1.9.4"""

INPAINTED = """a hat
Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 42, Size: 512x512, Denoising strength: 0.75, Mask blur: 8, \
Inpaint area: Only masked, Masked area padding: 64, Masked content: latent noise, Mask mode: Inpaint not masked, \
Noise multiplier: 0.9, Extra noise: 0.05, Version: v1.8.0"""

DETAILED = """a face
Steps: 20, Sampler: Euler, Schedule type: Karras, CFG scale: 7, Seed: 42, Size: 512x512, RNG: CPU, \
ADetailer model: face_yolov8n.pt, ADetailer prompt: "sharp: eyes, \\"wide\\"", ADetailer confidence: 0.3, \
ADetailer mask only top k: 1, ADetailer version: 24.9.0, \
ControlNet 0: "Module: canny, Model: control_v11p_sd15_canny [d14c016b], Weight: 1.0", \
Tiled Diffusion: {"Method": "MultiDiffusion", "Tile width": 96}, Version: v1.10.0"""

CIVITAI = """a castle
Negative prompt: low quality
Steps: 30, Sampler: DPM++ 2M Karras, CFG scale: 4, Seed: 99, Size: 832x1216, Clip skip: 2, \
Created Date: 2024-11-02T10:20:30.1234567Z, Civitai resources: [{"type":"checkpoint","modelVersionId":128713,\
"modelName":"Castle, the \\"model\\"","modelVersionName":"1.0"},{"type":"lora","weight":0.8,"modelVersionId":87153}], \
Civitai metadata: {}"""


def name_of(request: Request, kind: str) -> str:
    """The definition that a request chose."""
    return str(getattr(request, kind).name)


def test_a_picture_of_version_1_4() -> None:
    request, notices = read_text(OLD)
    assert (request.prompt, request.negative) == ("masterpiece, (a cat:1.2),\non a mat", "blurry,\nbad hands")
    assert (request.steps, request.cfg, request.seed, request.width, request.height) == (28, 7.5, 1234567890, 512, 768)
    assert (name_of(request, "sampler"), name_of(request, "schedule")) == ("samplers:dpmpp_2m", "schedules:karras")
    assert (request.model, request.steering.clip_skip) == ("pocket:pocket", 2)
    assert request.noise is not None
    assert (request.noise.name, request.noise.params) == ("noises:philox", {"ensd": 31337})
    assert notices == ("the random numbers came from a GPU, A1111's default; NV gives the same ones up to a size",)


def test_a_picture_of_version_1_10() -> None:
    request, notices = read_text(NEW)
    assert request.prompt == "a cat <lora:ink:0.8>"
    assert (name_of(request, "sampler"), name_of(request, "schedule")) == ("samplers:dpmpp_2m", "schedules:sgm_uniform")
    assert (name_of(request, "noise"), request.steering.weighting) == ("noises:gaussian", "no_norm")
    assert notices == ("it was decoded by the autoencoder 'vae-ft-mse'; if you have that, give it with --vae",)


def test_a_picture_with_a_second_pass() -> None:
    request, notices = read_text(HIRES)
    assert request.schedule is None
    assert request.hires is not None
    assert request.start is None
    assert request.hires.model_dump(exclude_unset=True) == {
        "scale": 1.5,
        "steps": 12,
        "upscaler": "latent_bicubic",
        "sampler": "samplers:dpmpp_2m",
        "prompt": "a cat, sharp",
        "negative": "dog",
        "cfg": 5.0,
        "denoise": 0.45,
    }
    assert notices == ()


def test_a_second_pass_of_a_given_size() -> None:
    request, _ = read_text(HIRES.replace("Hires upscale: 1.5", "Hires resize: 768x0"))
    assert request.hires is not None
    assert (request.hires.width, request.hires.height) == (768, None)


def test_a_picture_drawn_into_another() -> None:
    request, notices = read_text(INPAINTED)
    assert request.start is not None
    assert request.inpaint is not None
    assert (request.start.denoise, request.start.noise_multiplier, request.start.extra_noise) == (0.75, 0.9, 0.05)
    assert (request.inpaint.area, request.inpaint.padding, request.inpaint.blur) == ("masked", 64, 8)
    assert (request.inpaint.content, request.inpaint.invert) == ("noise", True)
    assert [notice for notice in notices if "does not carry" in notice] == [
        "part of it was drawn inside a mask, which it does not carry; give that one as the mask",
        "it was begun from another picture, which this one does not carry; give that one as the image",
    ]


def test_what_extensions_did_is_told_and_left_out() -> None:
    request, notices = read_text(DETAILED)
    assert (request.steps, name_of(request, "schedule")) == (20, "schedules:karras")
    assert notices[0].startswith("left out ADetailer unit 1, model: 'face_yolov8n' is unknown")
    assert notices[1:] == ("left out what is not known here: ControlNet 0",)
    # The tile is as wide as the picture, which the extension would see to.
    assert request.tiler is not None
    assert (request.tiler.name, request.tiler.params) == ("tilers:multidiffusion", {"tile_width": 64})


def test_a_size_between_the_cells_is_taken() -> None:
    request, notices = read_text(settings_of(Size="500x333"))
    assert (request.width, request.height, notices) == (500, 333, ())


def test_a_picture_of_civitai() -> None:
    request, notices = read_text(CIVITAI)
    assert (request.width, request.height, request.seed, request.steering.clip_skip) == (832, 1216, 99, 2)
    assert (name_of(request, "sampler"), name_of(request, "schedule")) == ("samplers:dpmpp_2m", "schedules:karras")
    assert len(notices) == 1


def settings_of(**changes: str) -> str:
    """A plain infotext with some settings changed; a key's underscores are spaces."""
    values = {"Steps": "20", "Sampler": "Euler a", "Seed": "1", "Size": "64x64", "RNG": "CPU"}
    values |= {key.replace("_", " "): value for key, value in changes.items()}
    return "a cat\n" + ", ".join(f"{key}: {value}" for key, value in values.items())


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"Steps": "5000"}, "steps", "left out Steps: '5000' is too large; the most is 150"),
        ({"Steps": "many"}, "steps", "left out Steps: 'many' is no whole number"),
        ({"CFG_scale": "nan"}, "cfg", "left out CFG scale: 'nan' is not a finite number"),
        ({"Size": "500x50"}, "width", "left out Size: 50 is too small; the least is 64"),
        ({"Size": "9999999x8"}, "width", "left out Size: '9999999x8' is no size"),
        ({"Seed": "-1"}, "seed", "left out Seed: '-1' is no seed from 0 to 4294967295"),
        ({"Seed": "18446744073709551615"}, "seed", "left out Seed: '18446744073709551615' is no seed"),
        ({"Seed": "9" * 5000}, "seed", "left out Seed: "),
        ({"Sampler": "Magic"}, "sampler", "left out Sampler: 'Magic' is unknown"),
        ({"Schedule_type": "Turbo"}, "schedule", "left out Schedule type: 'Turbo' is unknown"),
        ({"Model": "dreamshaper_8"}, "model", "left out Model: 'dreamshaper_8' is unknown"),
        ({"RNG": "dice"}, "noise", "left out RNG: 'dice' is unknown"),
        ({"Hires_upscale": "99"}, "hires", "left out Hires upscale: '99' is too large; the most is 8"),
        ({"Clip_skip": "0"}, "steering", "left out Clip skip: '0' is too small; the least is 1"),
        ({"Eta": "7"}, "sampler", "left out Eta of samplers:euler_a: '7' is too large; the most is 1"),
        ({"Sigma_churn": "1"}, "sampler", "left out Sigma churn of samplers:euler_a: 'churn' is no parameter of"),
    ],
)
def test_what_cannot_be_used_is_left_open_and_told(changes: dict[str, str], field: str, sentence: str) -> None:
    request, notices = read_text(settings_of(**changes))
    usual, _ = read_text(settings_of(Hires_upscale="2") if field == "hires" else settings_of())
    assert getattr(request, field) in (None, getattr(usual, field))
    assert any(notice.startswith(sentence) for notice in notices), notices


def test_a_variation_is_mixed_as_a1111_does() -> None:
    request, _ = read_text(
        settings_of(Variation_seed="7", Variation_seed_strength="0.2", Seed_resize_from="512x384", RNG="NV")
    )
    assert [(one.seed, one.strength) for one in request.variations] == [(7, 0.2)]
    assert request.noise is not None
    assert request.noise.params == {"resize_width": 512, "resize_height": 384, "mix": "a1111"}


def test_a_schedules_own_numbers_belong_to_the_samplers_schedule_if_none_is_named() -> None:
    request, _ = read_text(settings_of(Sampler="DPM++ 2M", Schedule_rho="5", Schedule_max_sigma="0"))
    assert request.schedule is not None
    assert (request.schedule.name, request.schedule.params) == ("schedules:karras", {"rho": 5.0})


@pytest.mark.parametrize(
    ("version", "schedule"),
    [("v1.6.0", "schedules:uniform"), ("v1.8.0-RC", "schedules:uniform"), ("v1.10.1", None), ("f2.0.1", None)],
)
def test_a_name_without_schedule_meant_the_uniform_one_before_1_9(version: str, schedule: str | None) -> None:
    request, _ = read_text(settings_of(Sampler="DPM++ 2M", Version=version))
    assert (request.schedule and request.schedule.name) == schedule


def test_words_alone_are_a_prompt_and_told_of() -> None:
    request, notices = read_text("only words\nNegative prompt: none")
    assert (request.prompt, request.negative, request.steps) == ("only words", "none", None)
    assert notices == ("the text has no settings, only words; everything else is open",)


@pytest.mark.parametrize("prompt", ["", "  ", "x" * 6001])
def test_a_prompt_that_cannot_be_used_is_refused(prompt: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^prompt: "):
        read_text(settings_of().replace("a cat", prompt))


def test_choices_and_wildcards_of_others_are_words() -> None:
    text = settings_of(Hires_upscale="2", Hires_prompt="__sharp__").replace(
        "a cat", r"{a|b} \{c\} __d__ \__e__ (bad__hand:1.2) [e|f] AND <lora:g_h:1>", 1
    )
    request, _ = read_text(text)
    assert request.prompt == r"\{a|b\} \{c\} \_\_d\_\_ \__e__ (bad__hand:1.2) [e|f] AND <lora:g_h:1>"
    assert filled(request.prompt, 1, Wildcards(Path("nowhere"))) == request.prompt
    assert request.hires is not None
    assert request.hires.prompt == r"\_\_sharp\_\_"


def test_the_settings_of_unipc_are_read() -> None:
    unipc = {"UniPC_order": "2", "UniPC_variant": "bh2", "UniPC_lower_order_final": "False"}
    request, notices = read_text(settings_of(Sampler="UniPC", **unipc))
    assert request.sampler is not None
    assert request.sampler.params == {"order": 2, "variant": "bh2", "lower_order_final": False}
    assert notices == ()
    request, notices = read_text(settings_of(Sampler="LMS", UniPC_order="2"))
    assert request.sampler is not None
    assert (request.sampler.params, notices) == ({}, ("left out UniPC order: the sampler is not UniPC",))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Latent (nearest-exact)", "latent_nearest"),
        ("Latent (antialiased)", "latent"),
        ("Latent (bicubic antialiased)", "latent_bicubic"),
        ("Nearest", "nearest"),
        ("None", "lanczos"),
    ],
)
def test_a1111s_ways_to_enlarge_are_known(theirs: str, ours: str) -> None:
    request, notices = read_text(settings_of(Hires_upscaler=theirs))
    assert request.hires is not None
    assert (request.hires.upscaler, notices) == (ours, ())


def test_an_upscaler_that_is_not_here_is_replaced_by_a_filter_of_pictures() -> None:
    request, notices = read_text(settings_of(Hires_upscaler="4x-UltraSharp"))
    assert request.hires is not None
    assert request.hires.upscaler == "lanczos"
    assert notices[0].startswith("left out Hires upscaler: '4x-UltraSharp' is unknown")
    assert notices[1] == "lanczos enlarges the picture instead"


KEYS = st.sampled_from(
    [
        *("Steps", "Sampler", "Schedule type", "CFG scale", "Seed", "Size", "Model", "RNG", "ENSD", "Eta", "Version"),
        *("Variation seed", "Variation seed strength", "Seed resize from", "Denoising strength", "Hires resize"),
        *("Discard penultimate sigma", names.ETA_DDIM, names.MIX, names.HIRES_DENOISE),
        *names.HIRES,
        *names.INPAINT,
        *names.START,
        *names.STEERING,
        *names.SAMPLER,
        *names.UNIPC,
        *names.SCHEDULE,
        *names.NOISE,
        *("Tiled Diffusion", "Tiled Diffusion upscaler", "Noise inversion", "Codec", "Denoiser 1"),
        *("VAE", "Post-process 1", "Finished picture", "ADetailer model", "ADetailer model 2nd", "ADetailer  3rd"),
        *(f"{AD}{field.label}" for field in UNIT),
        *(f"{USDU}{field.label}" for field in TILES),
        *("Postprocess upscale by", "Postprocess upscale to", "Postprocess upscaler", "Postprocess "),
    ]
)
VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["0", "-1", "1e999", "nan", "8x8", "True", "Euler a", "DPM++ 2M Karras", "Karras", "CPU", "٣"]),
    st.sampled_from(["pocket_faces.pt", "None", '{"Name": "Detailer", "blur": "x", "Pictures": 7}']),
    st.integers().map(str),
    st.floats().map(str),
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(KEYS, VALUES, min_size=3, max_size=12))
def test_no_settings_break_the_reader(values: dict[str, str]) -> None:
    text = "a cat\n" + ", ".join(f"{key}: {value}" for key, value in values.items())
    request, notices = read_text(text)
    assert request.prompt.startswith("a cat")
    assert all(notice.isprintable() for notice in notices)
