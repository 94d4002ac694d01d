"""What the families around a UNet share: from a noisy latent to the clean one that the network sees in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import TYPE_CHECKING, Any, Self, cast

import torch
from torch import Tensor, nn

from limner_host.controls.hints import residuals
from limner_host.levels import TableLevels
from limner_sdk import Conditioning, Encoding, Size, Span

from .canvas import blank_canvas
from .codec import KLCodec
from .conditioning import TextConditioning

if TYPE_CHECKING:
    from diffusers import UNet2DConditionModel

#: Words that stand for learnt vectors: by word, then by text encoder (``clip_l``, ``clip_g``), (n, D).
Embeddings = Mapping[str, Mapping[str, Tensor]]


@dataclass(frozen=True, kw_only=True)
class UNetModel:
    """A loaded model around a UNet, a `limner_sdk.Model` but for `words`.

    `prediction` is ``epsilon`` or ``v_prediction``. `dtype` is the network's; diffusers' own property walks through
    every module each time it is asked.
    """

    family: str
    unet: UNet2DConditionModel
    codec: KLCodec
    levels: TableLevels
    prediction: str
    digest: str
    dtype: torch.dtype
    embeddings: Embeddings = field(default_factory=dict)

    @property
    def inpaints(self) -> bool:
        """Whether the network sees a canvas beside the noisy latent."""
        return int(self.unet.config.in_channels) == 2 * self.codec.channels + 1

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """The networks that adapters such as LoRA may change, under diffusers' names."""
        return {"unet": self.unet}

    def with_embeddings(self, embeddings: Embeddings) -> Self:
        """The same model, for whose prompts these words stand for learnt vectors."""
        return replace(self, embeddings=embeddings)

    def embeddings_of(self, encoder: str) -> dict[str, Tensor]:
        """The learnt vectors for one text encoder, by word."""
        return vectors_for(self.embeddings, encoder)

    def predict(self, x: Tensor, sigma: float, cond: Conditioning, /) -> Tensor:
        """The clean latent, float32, from the network's noise or velocity (arXiv:2202.00512, appendix D)."""
        signal = 1 / sqrt(1 + sigma**2)
        timestep = torch.tensor([self.levels.timestep(sigma)], dtype=torch.float32, device=x.device)
        output = self.output(x * signal, timestep, sigma, cast(TextConditioning, cond))
        if self.prediction == "v_prediction":
            return torch.sub(x * signal**2, output, alpha=sigma * signal)
        return torch.sub(x, output, alpha=sigma)

    def output(self, shown: Tensor, timestep: Tensor, sigma: float, cond: TextConditioning) -> Tensor:
        """What the network says, float32, to a latent of unit variance at a fractional timestep."""
        shown = shown.to(self.dtype)
        seen = shown if cond.canvas is None else torch.cat([shown, cond.canvas.to(self.dtype)], dim=1)
        unet: Any = self.unet
        extra = added(cond)
        heard = residuals(cond.controls, sigma, shown, timestep, cond.hidden, extra)
        return cast(Tensor, unet(seen, timestep, cond.hidden, return_dict=False, **extra, **heard)[0].float())

    def words(self, prompt: Sequence[Span], how: Encoding, /) -> TextConditioning:
        """What the text encoders make of a prompt, whatever size is drawn."""
        raise NotImplementedError

    def sized(self, cond: TextConditioning, size: Size, /) -> TextConditioning:
        """The words with what the network is told of the size in pixels, and a canvas that nobody has begun."""
        if not self.inpaints:
            return cond
        return replace(cond, canvas=blank_canvas(self.codec, size, self.codec.autoencoder.device))

    def encode(self, prompt: Sequence[Span], how: Encoding, /) -> TextConditioning:
        """One row of conditioning for one prompt."""
        return self.sized(self.words(prompt, how), how.size)


def vectors_for(embeddings: Embeddings, encoder: str) -> dict[str, Tensor]:
    """The learnt vectors for one text encoder, by word."""
    return {word: vectors[encoder] for word, vectors in embeddings.items() if encoder in vectors}


def added(cond: TextConditioning) -> dict[str, Any]:
    """What SDXL's networks get beside the hidden states."""
    if cond.time_ids is None:
        return {}
    return {"added_cond_kwargs": {"text_embeds": cond.pooled, "time_ids": cond.time_ids}}
