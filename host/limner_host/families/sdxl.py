"""SDXL (arXiv:2307.01952): two CLIP text encoders side by side, and a UNet that is told the picture's size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from limner_sdk import Encoding, Size, Span

from .clip import ClipEncoder
from .conditioning import TextConditioning
from .text import is_empty
from .unet import UNetModel


@dataclass(frozen=True, kw_only=True)
class StableDiffusionXL(UNetModel):
    """A loaded model of the SDXL family, a `limner_sdk.Model`.

    `zeros_for_empty` says that an empty negative prompt becomes zeros instead of being encoded.
    """

    clip_l: ClipEncoder
    clip_g: ClipEncoder
    zeros_for_empty: bool

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """The networks that adapters such as LoRA may change, under diffusers' names."""
        encoders = {"text_encoder": self.clip_l.text_encoder, "text_encoder_2": self.clip_g.text_encoder}
        return {"unet": self.unet, **encoders}

    def words(self, prompt: Sequence[Span], how: Encoding, /) -> TextConditioning:
        """Both encoders' hidden states (1, 77 · chunks, 2048), and what the second one sums up."""
        first = self.clip_l.encode(prompt, how, self.embeddings_of("clip_l"))
        second = self.clip_g.encode(prompt, how, self.embeddings_of("clip_g"))
        hidden = torch.cat([first.hidden, second.hidden], dim=-1).to(self.dtype)
        pooled = pooled_of(second.pooled).to(self.dtype)
        if how.negative and self.zeros_for_empty and is_empty(prompt):
            hidden, pooled = torch.zeros_like(hidden), torch.zeros_like(pooled)
        return TextConditioning(hidden, pooled)

    def sized(self, cond: TextConditioning, size: Size, /) -> TextConditioning:
        """The words with SDXL's sizes, and a canvas that nobody has begun."""
        return replace(super().sized(cond, size), time_ids=time_ids(size).to(cond.hidden))


def time_ids(size: Size) -> Tensor:
    """The sizes (1, 6) of section 2.2 in pixels: as large as it is, nothing cut off, meant to be as large."""
    return torch.tensor([[size.height, size.width, 0, 0, size.height, size.width]], dtype=torch.float32)


def pooled_of(pooled: Tensor | None) -> Tensor:
    """An encoder's sum of the prompt. Raises `ValueError` for one that has no text projection."""
    if pooled is None:
        raise ValueError("the text encoder has no text projection")
    return pooled
