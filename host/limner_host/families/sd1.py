"""Stable Diffusion 1 and 2: a CLIP text encoder, a UNet that reads it, a KL autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from limner_host.levels import TableLevels
from limner_sdk import Box, Conditioning, Encoding, Span

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer


@dataclass(frozen=True)
class TextConditioning:
    """The text encoder's hidden states, (B, 77, D)."""

    hidden: Tensor

    def crop(self, box: Box, /) -> TextConditioning:
        """Words hold for every part of the picture."""
        return self

    def alike(self, other: Conditioning, /) -> bool:
        """Whether both are of the same number of tokens."""
        return isinstance(other, TextConditioning) and self.hidden.shape[1:] == other.hidden.shape[1:]

    def expand(self, count: int, /) -> TextConditioning:
        """The only row, `count` times."""
        return TextConditioning(self.hidden.expand(count, -1, -1))

    def join(self, other: Conditioning, /) -> TextConditioning:
        """Both batches, one after the other."""
        return TextConditioning(torch.cat([self.hidden, cast(TextConditioning, other).hidden]))

    def rows(self, start: int, stop: int, /) -> TextConditioning:
        """Some of the batch's pictures."""
        return TextConditioning(self.hidden[start:stop])


class KLCodec:
    """diffusers' `AutoencoderKL` as a `Codec`: the mean of the posterior, scaled."""

    def __init__(self, autoencoder: AutoencoderKL) -> None:
        self.autoencoder = autoencoder
        self.channels = int(autoencoder.config.latent_channels)
        self.downscale = 2 ** (len(autoencoder.config.block_out_channels) - 1)
        self._scale = float(autoencoder.config.scaling_factor)
        self._dtype = autoencoder.dtype

    def encode(self, picture: Tensor, /) -> Tensor:
        """(B, 3, H, W) in -1 … 1 to (B, C, H / 8, W / 8) float32."""
        posterior = self.autoencoder.encode(picture.to(self._dtype)).latent_dist
        return cast(Tensor, posterior.mean.float() * self._scale)

    def decode(self, latent: Tensor, /) -> Tensor:
        """(B, C, H / 8, W / 8) to (B, 3, H, W) float32, about -1 … 1."""
        sample = self.autoencoder.decode((latent / self._scale).to(self._dtype), return_dict=False)[0]
        return cast(Tensor, sample.float())


@dataclass(frozen=True)
class StableDiffusion:
    """A loaded model of the SD1 / SD2 family, a `limner_sdk.Model`."""

    unet: UNet2DConditionModel
    text_encoder: CLIPTextModel
    tokenizer: CLIPTokenizer
    codec: KLCodec
    levels: TableLevels
    prediction: str
    digest: str
    #: Of the network; diffusers' own property walks through every module each time it is asked.
    dtype: torch.dtype

    def encode(self, prompt: Sequence[Span], how: Encoding, /) -> TextConditioning:
        """The last hidden states of the prompt, cut or padded to the encoder's length."""
        batch = self.tokenizer(
            "".join(span.text for span in prompt),
            padding="max_length",
            truncation=True,
            max_length=self.text_encoder.config.max_position_embeddings,
            return_tensors="pt",
        )
        hidden = self.text_encoder(batch.input_ids.to(self.text_encoder.device)).last_hidden_state
        return TextConditioning(hidden.to(self.dtype))

    def predict(self, x: Tensor, sigma: float, cond: Conditioning, /) -> Tensor:
        """The clean latent, float32, from the network's noise or velocity (arXiv:2202.00512, appendix D)."""
        signal = 1 / sqrt(1 + sigma**2)
        timestep = torch.tensor([self.levels.timestep(sigma)], dtype=torch.float32, device=x.device)
        hidden = cast(TextConditioning, cond).hidden
        unet: Any = self.unet
        output = unet((x * signal).to(self.dtype), timestep, hidden, return_dict=False)[0].float()
        if self.prediction == "v_prediction":
            return torch.sub(x * signal**2, output, alpha=sigma * signal)
        return torch.sub(x, output, alpha=sigma)
