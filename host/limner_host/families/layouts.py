"""Which parts the folders of each family have, under diffusers' names, and what its models like by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from limner_sdk import ModelDefaults, Size

_VAE: Final = {"vae": "diffusers.AutoencoderKL"}
_UNET: Final = {"unet": "diffusers.UNet2DConditionModel"}
_CLIP: Final = "transformers.CLIPTextModel"
_PROJECTED: Final = "transformers.CLIPTextModelWithProjection"


@dataclass(frozen=True)
class Layout:
    """A family's folders: the networks with their classes, the tokenizers, and what may be missing.

    `pipeline` is the class of diffusers that reads the family's single files.
    """

    pipeline: str
    networks: Mapping[str, str]
    tokenizers: Mapping[str, str]
    optional: frozenset[str] = frozenset()


_TOKENIZER: Final = {"tokenizer": "transformers.CLIPTokenizer"}
_TOKENIZERS: Final = _TOKENIZER | {"tokenizer_2": "transformers.CLIPTokenizer"}

#: Stable Diffusion 1 and 2 have the same parts, in other widths.
SD: Final = Layout("StableDiffusionPipeline", _UNET | _VAE | {"text_encoder": _CLIP}, _TOKENIZER)
SDXL: Final = Layout(
    "StableDiffusionXLPipeline", _UNET | _VAE | {"text_encoder": _CLIP, "text_encoder_2": _PROJECTED}, _TOKENIZERS
)
SD3: Final = Layout(
    "StableDiffusion3Pipeline",
    {"transformer": "diffusers.SD3Transformer2DModel"}
    | _VAE
    | {"text_encoder": _PROJECTED, "text_encoder_2": _PROJECTED, "text_encoder_3": "transformers.T5EncoderModel"},
    _TOKENIZERS | {"tokenizer_3": "transformers.AutoTokenizer"},
    frozenset({"text_encoder_3", "tokenizer_3"}),
)

#: By the ``_class_name`` of a folder's ``model_index.json``.
LAYOUTS: Final[Mapping[str, Layout]] = {
    "StableDiffusionPipeline": SD,
    "StableDiffusionImg2ImgPipeline": SD,
    "StableDiffusionInpaintPipeline": SD,
    "StableDiffusionXLPipeline": SDXL,
    "StableDiffusionXLInpaintPipeline": SDXL,
    "StableDiffusion3Pipeline": SD3,
    "StableDiffusion3Img2ImgPipeline": SD3,
    "StableDiffusion3InpaintPipeline": SD3,
}

#: What models of a family like when the person does not say.
DEFAULTS: Final[Mapping[str, ModelDefaults]] = {
    "sd1": ModelDefaults(),
    "sd2": ModelDefaults(size=Size(768, 768)),
    "sdxl": ModelDefaults(size=Size(1024, 1024), steps=30, cfg=6.0),
    # A flow's levels grow without end towards t = 1, which the curve of Karras' schedule is not made for.
    "sd3": ModelDefaults(size=Size(1024, 1024), steps=28, cfg=4.5, sampler="samplers:euler"),
}


def family_of(layout: Layout, text_width: int | None) -> str:
    """The family's name; the width of the text that the UNet reads tells the second version from the first."""
    if layout is SD:
        return "sd2" if text_width == 1024 else "sd1"
    return "sdxl" if layout is SDXL else "sd3"
