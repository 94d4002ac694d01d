"""Stable Diffusion 1 and 2: a CLIP text encoder, a UNet that reads it, a KL autoencoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from limner_sdk import Encoding, Span

from .clip import ClipEncoder
from .conditioning import TextConditioning
from .unet import UNetModel


@dataclass(frozen=True, kw_only=True)
class StableDiffusion(UNetModel):
    """A loaded model of the SD1 / SD2 family, a `limner_sdk.Model`.

    The second version reads the layer before the last of OpenCLIP; its files leave that last layer out, so that in
    both versions it is the last one that is read.
    """

    clip: ClipEncoder

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """The networks that adapters such as LoRA may change, under diffusers' names."""
        return {"unet": self.unet, "text_encoder": self.clip.text_encoder}

    def words(self, prompt: Sequence[Span], how: Encoding, /) -> TextConditioning:
        """The hidden states of the prompt, (1, 77 · chunks, D)."""
        encoded = self.clip.encode(prompt, how, self.embeddings_of("clip_l"))
        return TextConditioning(encoded.hidden.to(self.dtype))
