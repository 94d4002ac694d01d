"""Stable Diffusion 3 (arXiv:2403.03206): a transformer trained as a rectified flow, read in the space of sigmas.

Chosen as the flow family, and not Flux, because diffusers loads its single files and folders with the classes that the
other families use already, and because it has true guidance and an optional third text encoder.

A flow mixes x_t = (1 - t) · x0 + t · noise; with sigma = t / (1 - t), x = x_t · (1 + sigma) = x0 + sigma · noise. The
network's velocity u = noise - x0 gives x0 = x_t - t · u. An Euler step of x along sigma is one of x_t along t.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from limner_host.levels import FlowLevels
from limner_sdk import Conditioning, Encoding, InvalidRequest, Size, Span

from .clip import ClipEncoder
from .codec import KLCodec
from .conditioning import TextConditioning
from .sdxl import pooled_of
from .text import T5_TOKENS, T5Encoder
from .unet import Embeddings, vectors_for


@dataclass(frozen=True, kw_only=True)
class StableDiffusion3:
    """A loaded model of the SD3 family, a `limner_sdk.Model`; `t5` may be missing, and then says nothing."""

    family: str
    transformer: Any
    clip_l: ClipEncoder
    clip_g: ClipEncoder
    t5: T5Encoder | None
    codec: KLCodec
    levels: FlowLevels
    digest: str
    dtype: torch.dtype
    embeddings: Embeddings = field(default_factory=dict)

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """The networks that adapters such as LoRA may change, under diffusers' names."""
        encoders = {"text_encoder": self.clip_l.text_encoder, "text_encoder_2": self.clip_g.text_encoder}
        return {"transformer": self.transformer, **encoders}

    def with_embeddings(self, embeddings: Embeddings) -> Self:
        """The same model, for whose prompts these words stand for learnt vectors."""
        return replace(self, embeddings=embeddings)

    def sized(self, cond: TextConditioning, size: Size, /) -> TextConditioning:
        """The transformer is told nothing of the picture's size."""
        return cond

    def encode(self, prompt: Sequence[Span], how: Encoding, /) -> TextConditioning:
        """What the text encoders make of a prompt."""
        return self.words(prompt, how)

    def words(self, prompt: Sequence[Span], how: Encoding, /) -> TextConditioning:
        """CLIP's hidden states, filled up with zeros to T5's width, then T5's: (1, 77 · chunks + 256, 4096)."""
        both = [(self.clip_l, "clip_l"), (self.clip_g, "clip_g")]
        encoded = [clip.encode(prompt, how, vectors_for(self.embeddings, name)) for clip, name in both]
        width = int(self.transformer.config.joint_attention_dim)
        hidden = torch.cat([each.hidden for each in encoded], dim=-1)
        hidden = F.pad(hidden, (0, width - hidden.shape[-1]))
        third = hidden.new_zeros(1, T5_TOKENS, width) if self.t5 is None else self.t5.encode(prompt)
        pooled = torch.cat([pooled_of(each.pooled) for each in encoded], dim=-1)
        return TextConditioning(torch.cat([hidden, third.to(hidden)], dim=1).to(self.dtype), pooled.to(self.dtype))

    def predict(self, x: Tensor, sigma: float, cond: Conditioning, /) -> Tensor:
        """The clean latent, float32, from the network's velocity. Raises `InvalidRequest` for what it cannot draw."""
        words = cast(TextConditioning, cond)
        if words.controls:
            raise InvalidRequest("controls", len(words.controls), "cannot be heard by a model of the SD3 family")
        t = sigma / (1 + sigma)
        shown = x / (1 + sigma)
        velocity = self._velocity(shown.to(self.dtype), t, words)
        return torch.sub(shown, velocity, alpha=t)

    def _velocity(self, shown: Tensor, t: float, words: TextConditioning) -> Tensor:
        padded = self._fitting(shown)
        output = self.transformer(
            hidden_states=padded,
            timestep=torch.full((len(shown),), 1000 * t, dtype=torch.float32, device=shown.device),
            encoder_hidden_states=words.hidden,
            pooled_projections=words.pooled,
            return_dict=False,
        )[0]
        return cast(Tensor, output[..., : shown.shape[-2], : shown.shape[-1]].float())

    def _fitting(self, shown: Tensor) -> Tensor:
        """`shown`, grown at its right and lower edge to whole patches of the transformer."""
        patch, most = int(self.transformer.config.patch_size), int(self.transformer.config.pos_embed_max_size)
        height, width = shown.shape[-2:]
        if max(height, width) > patch * most:
            pixels = patch * most * self.codec.downscale
            size = f"{width * self.codec.downscale}x{height * self.codec.downscale}"
            raise InvalidRequest(
                "size", size, f"is too large for this model; the most is {pixels} a side, or use a tiler"
            )
        return F.pad(shown, (0, -width % patch, 0, -height % patch), mode="replicate")
