"""Control networks: what they add to a prediction, when they are heard, and diffusers' own pipeline as the judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf
from typing import Any

import pytest
import torch
from diffusers import (
    EulerDiscreteScheduler,
    StableDiffusionControlNetPipeline,
    StableDiffusionXLControlNetPipeline,
)
from PIL import Image
from torch import Tensor

from limner_host.controls.hints import ControlHint, ControlNetwork, residuals
from limner_host.controls.making import check_fits, hint_picture, hint_tensor, hinting, marked, sigma_limits
from limner_host.families.codec import KLCodec
from limner_host.families.conditioning import TextConditioning
from limner_host.families.unet import UNetModel
from limner_host.guidance import guided
from limner_host.levels import levels_of
from limner_host.offers import Offer
from limner_sdk import Box, Guidance, InvalidRequest, NoParams, PreprocessorDef, Size, Stage, StageFailed
from limner_sdk.testing import FakeContext

from .tiny_controls import SDXL, tiny_control
from .tiny_models import SCHEDULER, tiny_unet, tiny_vae

#: With ten steps, all levels but the last are entries of the table: timesteps 999, 888 … 0.
STEPS = 10
SCALE = 5.0
SQUARE = Size(64, 64)


def loaded(family: str, **shape: Any) -> UNetModel:
    """A family around random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        unet, vae = tiny_unet(**shape).eval(), tiny_vae().eval()
    levels, codec = levels_of(SCHEDULER, "tiny"), KLCodec(vae)
    parts = {"unet": unet, "codec": codec, "levels": levels, "prediction": "epsilon", "digest": ""}
    return UNetModel(family=family, dtype=torch.float32, **parts)


@pytest.fixture(scope="module")
def model() -> UNetModel:
    return loaded("sd1")


@pytest.fixture(scope="module")
def sdxl() -> UNetModel:
    return loaded("sdxl", **SDXL)


@pytest.fixture(scope="module")
def networks(model: UNetModel) -> list[ControlNetwork]:
    """Two networks that disagree."""
    return [ControlNetwork(name, "", tiny_control(model.unet, seed)) for seed, name in enumerate(("edges", "depth"))]


def random(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def picture(seed: int, size: Size = SQUARE) -> Image.Image:
    noise = torch.randint(0, 256, (size.height, size.width, 3), generator=torch.Generator().manual_seed(seed))
    return Image.fromarray(noise.to(torch.uint8).numpy())


def prompts() -> tuple[Tensor, Tensor]:
    return random(1, 77, 16, seed=2), random(1, 77, 16, seed=3)


def levels(model: UNetModel) -> list[float]:
    return [model.levels.sigma(999 - 111 * i) for i in range(STEPS)] + [0.0]


def hints(
    model: UNetModel, networks: Sequence[ControlNetwork], weights: Sequence[float], spans: Sequence[tuple[float, float]]
) -> list[ControlHint]:
    rows = enumerate(zip(networks, weights, spans, strict=True))
    return [
        ControlHint(network, hint_tensor(picture(k), SQUARE), weight, *sigma_limits(levels(model), *span))
        for k, (network, weight, span) in rows
    ]


def conditionings(model: UNetModel) -> tuple[TextConditioning, TextConditioning]:
    """A positive and a negative prompt."""
    positive, negative = prompts()
    if model.family == "sd1":
        return TextConditioning(positive), TextConditioning(negative)
    sizes = torch.tensor([[64.0, 64.0, 0.0, 0.0, 64.0, 64.0]])
    return TextConditioning(positive, random(1, 24, seed=4), sizes), TextConditioning(negative, random(1, 24), sizes)


@torch.inference_mode()
def our_run(model: UNetModel, controls: Sequence[ControlHint], noise: Tensor) -> Tensor:
    """Plain Euler steps through the host's guidance and the family's prediction."""
    whole: Any = model
    positive, negative = conditionings(model)
    guidance = Guidance(((positive, 1.0),), negative, SCALE).each(hinting(whole, controls))
    sigmas, predict = levels(model), guided(whole)
    x = noise * sigmas[0]
    for sigma, below in pairwise(sigmas):
        x = x + (x - predict(x, sigma, guidance)) / sigma * (below - sigma)
    return x


def their_run(
    model: UNetModel,
    networks: Sequence[ControlNetwork],
    weights: Sequence[float],
    spans: Sequence[tuple[float, float]],
    noise: Tensor,
) -> Tensor:
    """The same by diffusers."""
    several = len(networks) > 1
    nets = [n.network for n in networks]
    scheduler = EulerDiscreteScheduler(**SCHEDULER, timestep_spacing="linspace")
    parts = {"vae": model.codec.autoencoder, "unet": model.unet, "scheduler": scheduler}
    pipeline = their_pipeline(model, **parts, controlnet=nets if several else nets[0])
    pipeline.set_progress_bar_config(disable=True)
    positive, negative = conditionings(model)
    images = [picture(k) for k in range(len(networks))]
    pooled = {"pooled_prompt_embeds": positive.pooled, "negative_pooled_prompt_embeds": negative.pooled}
    result = pipeline(
        image=images if several else images[0],
        prompt_embeds=positive.hidden,
        negative_prompt_embeds=negative.hidden,
        num_inference_steps=STEPS,
        guidance_scale=SCALE,
        latents=noise.clone(),
        controlnet_conditioning_scale=list(weights) if several else weights[0],
        control_guidance_start=[start for start, _ in spans] if several else spans[0][0],
        control_guidance_end=[end for _, end in spans] if several else spans[0][1],
        output_type="latent",
        **(pooled if model.family == "sdxl" else {}),
    )
    latents: Tensor = result.images
    return latents


def their_pipeline(model: UNetModel, **parts: Any) -> Any:
    """diffusers' own, without text encoders: the prompts are encoded already."""
    none = dict.fromkeys(("text_encoder", "tokenizer"))
    if model.family == "sdxl":
        none |= dict.fromkeys(("text_encoder_2", "tokenizer_2"))
        return StableDiffusionXLControlNetPipeline(**parts, **none, add_watermarker=False)
    checks = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    return StableDiffusionControlNetPipeline(**parts, **none, **checks)


# diffusers' scheduler asks numpy in its old way.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize(
    ("weights", "spans"),
    [
        ((1.0,), ((0.0, 1.0),)),
        ((0.7,), ((0.2, 0.75),)),
        ((0.6, 1.3), ((0.0, 0.5), (0.3, 1.0))),
        ((0.6, 1.3), ((0.0, 1.0), (0.1, 0.35))),
    ],
)
def test_a_run_with_control_equals_diffusers_own(
    model: UNetModel, networks: list[ControlNetwork], weights: Any, spans: Any
) -> None:
    chosen, noise = networks[: len(weights)], random(1, 4, 8, 8)
    ours = our_run(model, hints(model, chosen, weights, spans), noise)
    assert torch.allclose(ours, their_run(model, chosen, weights, spans, noise), atol=1e-4)
    # Hints, weights and spans matter enough that a mistake in them would show.
    assert (ours - our_run(model, [], noise)).abs().max() > 0.05


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_run_of_sdxl_with_control_equals_diffusers_own(sdxl: UNetModel) -> None:
    networks = [ControlNetwork(str(seed), "", tiny_control(sdxl.unet, seed)) for seed in (3, 4)]
    weights, spans, noise = (0.8, 0.5), ((0.0, 0.6), (0.2, 1.0)), random(1, 4, 8, 8)
    ours = our_run(sdxl, hints(sdxl, networks, weights, spans), noise)
    assert torch.allclose(ours, their_run(sdxl, networks, weights, spans, noise), atol=1e-4)
    assert (ours - our_run(sdxl, [], noise)).abs().max() > 0.05


def test_an_inpainting_network_hears_hints_and_shows_them_no_canvas(networks: list[ControlNetwork]) -> None:
    inpainting, x, canvas = loaded("sd1", in_channels=9), random(1, 4, 8, 8), random(1, 5, 8, 8, seed=6)
    control = ControlHint(networks[0], hint_tensor(picture(1), SQUARE))
    check_fits(control.network, inpainting.unet)
    cond = TextConditioning(prompts()[0], canvas=canvas)
    with torch.inference_mode():
        heard, deaf = (inpainting.predict(x, 3.0, each) for each in (cond.with_controls((control,)), cond))
    assert (heard - deaf).abs().max() > 0.01


def test_a_control_is_silent_outside_its_share_of_the_steps(model: UNetModel, networks: list[ControlNetwork]) -> None:
    (control,) = hints(model, networks[:1], [1.0], [(0.2, 0.75)])
    heard = [i for i, sigma in enumerate(levels(model)[:-1]) if control.heard(sigma)]
    assert heard == [2, 3, 4, 5, 6]


def test_between_two_levels_counts_as_the_step_above() -> None:
    assert sigma_limits([8.0, 4.0, 2.0, 1.0, 0.0], 0.25, 0.5) == (4.0, 2.0)
    control = ControlHint(None, torch.zeros(1), 1.0, 4.0, 2.0)  # type: ignore[arg-type]
    assert [control.heard(sigma) for sigma in (4.1, 4.0000001, 4.0, 3.0, 2.0000001, 2.0)] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]


def test_the_first_and_the_last_step_have_no_limit_beyond_them() -> None:
    assert sigma_limits([8.0, 4.0, 2.0, 0.5], 0.0, 1.0) == (inf, 0.0)


def test_a_share_too_small_for_any_step_is_silent() -> None:
    begin, end = sigma_limits([8.0, 0.0], 0.0, 0.5)
    assert not ControlHint(None, torch.zeros(1), 1.0, begin, end).heard(8.0)  # type: ignore[arg-type]


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"controls\.end: 0\.3 is not above controls\.start, which is 0\.5"):
        sigma_limits([8.0, 4.0, 0.0], 0.5, 0.3)


def test_a_weight_of_zero_calls_no_network(model: UNetModel, networks: list[ControlNetwork]) -> None:
    (control,) = hints(model, networks[:1], [0.0], [(0.0, 1.0)])
    assert residuals([control], 5.0, random(1, 4, 8, 8), torch.tensor([500.0]), prompts()[0], {}) == {}


def test_a_tile_is_predicted_with_its_part_of_the_hint(model: UNetModel, networks: list[ControlNetwork]) -> None:
    size, box = Size(96, 64), Box(3, 1, 7, 6)
    whole, x = picture(5, size), random(1, 4, 6, 7)
    control = ControlHint(networks[0], hint_tensor(whole, size))
    tile = ControlHint(networks[0], hint_tensor(whole.crop((24, 8, 80, 56)), Size(56, 48)))
    cond = TextConditioning(prompts()[0])
    with torch.inference_mode():
        cropped = model.predict(x, 3.0, cond.with_controls((control,)).crop(box))
        assert torch.equal(cropped, model.predict(x, 3.0, cond.with_controls((tile,))))
        assert not torch.allclose(cropped, model.predict(x, 3.0, cond), atol=1e-3)


def test_every_row_of_a_batch_gets_the_hint(model: UNetModel, networks: list[ControlNetwork]) -> None:
    x, control = random(2, 4, 8, 8), ControlHint(networks[0], hint_tensor(picture(1), SQUARE))
    cond = TextConditioning(prompts()[0]).with_controls((control,))
    with torch.inference_mode():
        both = model.predict(x, 3.0, cond.expand(2))
        single = torch.cat([model.predict(x[k : k + 1], 3.0, cond) for k in range(2)])
    assert torch.allclose(both, single, atol=1e-5)


def test_prompts_share_a_call_of_the_network_only_if_they_hear_the_same_networks_alike(
    networks: list[ControlNetwork],
) -> None:
    positive, negative = (TextConditioning(hidden) for hidden in prompts())
    control = ControlHint(networks[0], hint_tensor(picture(1), SQUARE))
    box = Box(1, 1, 4, 4)
    same = positive.with_controls((control,)).crop(box), negative.with_controls((control,)).crop(box)
    assert same[0].alike(same[1])
    quieter = replace(control, weight=0.5)
    for other in (negative, negative.with_controls((control,)), negative.with_controls((quieter,)).crop(box)):
        assert not same[0].alike(other)


def test_a_hint_is_stretched_to_the_picture_with_lanczos() -> None:
    image, size = picture(4, Size(50, 30)), Size(96, 64)
    hint = hint_tensor(image, size)
    assert torch.equal(hint, hint_tensor(image.resize(size, Image.Resampling.LANCZOS), size))
    assert hint.shape == (1, 3, 64, 96)
    assert 0 <= float(hint.min()) < float(hint.max()) <= 1
    assert not torch.allclose(hint, hint_tensor(image.resize(size, Image.Resampling.BILINEAR), size), atol=0.02)


def test_a_preprocessor_sees_the_picture_at_the_size_that_is_drawn() -> None:
    seen: list[Size] = []

    def note(image: Image.Image, ctx: Any, params: NoParams) -> Image.Image:
        seen.append(Size(*image.size))
        return image

    offer = Offer("mine", "1", PreprocessorDef("note", "Notes.", NoParams, note))
    made = hint_picture(picture(1), Size(32, 48), offer, Stage(id="mine:note"), FakeContext())
    assert (seen, made.size) == ([Size(32, 48)], (32, 48))


def test_the_hint_for_inpainting_is_marked_as_diffusers_asks_for_it() -> None:
    hint, white = torch.rand(1, 3, 8, 8), torch.zeros(1, 1, 8, 8)
    white[..., 2:5] = 1
    made = marked(hint, white, "inpaint")
    assert torch.equal(made[..., 2:5], torch.full((1, 3, 8, 3), -1.0))
    assert torch.equal(made[..., 5:], hint[..., 5:])


def test_a_hint_for_inpainting_needs_a_mask() -> None:
    with pytest.raises(InvalidRequest, match=r"'inpaint' marks what is drawn anew, and needs a mask; give one"):
        marked(torch.rand(1, 3, 8, 8), None, "inpaint")


def test_a_preprocessor_that_changes_the_size_is_blamed() -> None:
    offer: Any = Offer("mine", "1", PreprocessorDef("cut", "Cuts.", NoParams, lambda i, ctx, p: i.crop((0, 0, 8, 8))))
    with pytest.raises(StageFailed, match="mine:cut: it turned 64x64 pixels into 8x8"):
        hint_picture(picture(1), SQUARE, offer, Stage(id="mine:cut"), FakeContext())


def test_a_network_of_another_family_is_refused_in_a_sentence(model: UNetModel) -> None:
    wide = tiny_unet(cross_attention_dim=24)
    stranger = ControlNetwork("edges", "", tiny_control(wide))
    with pytest.raises(InvalidRequest, match=r"'edges' was made for other models \(prompt width 24, the model's 16\)"):
        check_fits(stranger, model.unet)
    with pytest.raises(InvalidRequest, match="'edges' needs a model with a UNet"):
        check_fits(stranger, None)
