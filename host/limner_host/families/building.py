"""Makes a model of a family out of its loaded parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch

from limner_host.levels import flow_levels_of, levels_of
from limner_sdk import UnusableModel

from .clip import ClipEncoder
from .codec import KLCodec
from .layouts import SD, SDXL, Layout, family_of
from .sd1 import StableDiffusion
from .sd3 import StableDiffusion3
from .sdxl import StableDiffusionXL
from .text import T5Encoder

#: What a UNet may have been trained to predict.
PREDICTIONS: Final = ("epsilon", "v_prediction")

AnyModel = StableDiffusion | StableDiffusionXL | StableDiffusion3


@dataclass(frozen=True)
class Parts:
    """A model's parts, loaded and on their device; `index` is its ``model_index.json``."""

    name: str
    layout: Layout
    modules: Mapping[str, Any]
    index: Mapping[str, Any]
    scheduler: Mapping[str, Any]
    digest: str
    dtype: torch.dtype


def built(parts: Parts) -> AnyModel:
    """The model. Raises `UnusableModel` for parts that do not go together."""
    if parts.layout is SD:
        return StableDiffusion(**_around_unet(parts), clip=_clip(parts, ""))
    if parts.layout is SDXL:
        zeros = bool(parts.index.get("force_zeros_for_empty_prompt", True))
        clips = _clip(parts, "", penultimate=True), _clip(parts, "_2", penultimate=True)
        return StableDiffusionXL(**_around_unet(parts), clip_l=clips[0], clip_g=clips[1], zeros_for_empty=zeros)
    return _stable_diffusion_3(parts)


def _clip(parts: Parts, number: str, *, penultimate: bool = False) -> ClipEncoder:
    tokenizer, encoder = parts.modules[f"tokenizer{number}"], parts.modules[f"text_encoder{number}"]
    if penultimate:
        return ClipEncoder(tokenizer, encoder, layer="penultimate", final_norm=False)
    return ClipEncoder(tokenizer, encoder)


def _around_unet(parts: Parts) -> dict[str, Any]:
    prediction = str(parts.scheduler.get("prediction_type", "epsilon"))
    if prediction not in PREDICTIONS:
        known = ", ".join(PREDICTIONS)
        raise UnusableModel(f"model {parts.name}: it predicts {prediction!r}, which is none of {known}")
    unet, codec = parts.modules["unet"], KLCodec(parts.modules["vae"])
    channels, known_channels = int(unet.config.in_channels), (codec.channels, 2 * codec.channels + 1)
    if channels not in known_channels:
        known = " and ".join(map(str, known_channels))
        raise UnusableModel(f"model {parts.name}: its unet takes {channels} channels; only {known} are known")
    return {
        "family": family_of(parts.layout, unet.config.cross_attention_dim),
        "unet": unet,
        "codec": codec,
        "levels": levels_of(parts.scheduler, parts.name),
        "prediction": prediction,
        "digest": parts.digest,
        "dtype": parts.dtype,
    }


def _stable_diffusion_3(parts: Parts) -> StableDiffusion3:
    modules = parts.modules
    has_third = modules.get("text_encoder_3") is not None
    return StableDiffusion3(
        family="sd3",
        transformer=modules["transformer"],
        clip_l=_clip(parts, "", penultimate=True),
        clip_g=_clip(parts, "_2", penultimate=True),
        t5=T5Encoder(modules["tokenizer_3"], modules["text_encoder_3"]) if has_third else None,
        codec=KLCodec(modules["vae"]),
        levels=flow_levels_of(parts.scheduler, parts.name),
        digest=parts.digest,
        dtype=parts.dtype,
    )
