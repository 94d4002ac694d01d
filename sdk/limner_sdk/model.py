"""What the stages may ask of a loaded model; a family implements it, everything above is family-neutral."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, TypeAlias

from .types import Box, Tensor


class NoiseLevels(Protocol):
    """The table of noise levels that a model was trained on; sigma is noise over signal, in standard deviations."""

    @property
    def sigma_min(self) -> float:
        """The lowest level."""
        ...

    @property
    def sigma_max(self) -> float:
        """The highest level."""
        ...

    @property
    def timesteps(self) -> int:
        """How many levels were trained."""
        ...

    def sigma(self, timestep: float, /) -> float:
        """The level at a fractional timestep, interpolated in log sigma."""
        ...

    def timestep(self, sigma: float, /) -> float:
        """The fractional timestep of a level; the inverse of `sigma`."""
        ...


class Conditioning(Protocol):
    """An encoded prompt. Stages pass it on, crop it and otherwise leave it alone."""

    def crop(self, box: Box, /) -> Conditioning:
        """The conditioning for a part of the picture, `box` being in latent cells."""
        ...

    def join(self, other: Conditioning, /) -> Conditioning:
        """One conditioning for both batches, this one's rows first."""
        ...

    def rows(self, start: int, stop: int, /) -> Conditioning:
        """The conditioning of some of the batch's pictures."""
        ...


@dataclass(frozen=True)
class Guidance:
    """What a guided prediction is steered by: away from `negative`, towards `positive`, `scale` times as far.

    The scale is that of classifier-free guidance (arXiv:2207.12598); at 1 the negative prompt has no say.
    """

    positive: Conditioning
    negative: Conditioning
    scale: float

    @cached_property
    def both(self) -> Conditioning:
        """Positive and negative in one conditioning, for a single call of the network."""
        return self.positive.join(self.negative)

    def crop(self, box: Box) -> Guidance:
        """The guidance for a part of the picture, `box` being in latent cells."""
        return replace(self, positive=self.positive.crop(box), negative=self.negative.crop(box))


class Codec(Protocol):
    """Pixels to latents and back. Pictures are (B, 3, H, W) float in -1 … 1; latents (B, C, H / 8, W / 8)."""

    @property
    def channels(self) -> int:
        """Channels of a latent."""
        ...

    @property
    def downscale(self) -> int:
        """Pixels per latent cell and axis."""
        ...

    def encode(self, picture: Tensor, /) -> Tensor:
        """The latent of a picture, scaled to about unit variance."""
        ...

    def decode(self, latent: Tensor, /) -> Tensor:
        """The picture of a latent."""
        ...


class Model(Protocol):
    """A loaded model, ready on its device."""

    @property
    def levels(self) -> NoiseLevels:
        """The noise levels that it was trained on."""
        ...

    @property
    def codec(self) -> Codec:
        """Its autoencoder."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 of its weights, in hexadecimal."""
        ...

    def encode_prompts(self, prompts: Sequence[str], /) -> Conditioning:
        """One conditioning for a batch of prompts, in their order."""
        ...

    def predict(self, x: Tensor, sigma: float, cond: Conditioning, /) -> Tensor:
        """The clean latent (B, C, H, W) that the network sees in `x` at the level `sigma`."""
        ...


class ModelLoader(Protocol):
    """What `ModelDef.load` gets: the host's own ways of making a `Model` out of files."""

    def folder(self, path: str, /) -> Model:
        """Load a diffusers folder of safetensors. Raises `UnusableModel` naming the file that is missing or damaged."""
        ...

    def file(self, path: str, /) -> Model:
        """Load a single-file `.safetensors` checkpoint. Raises `UnusableModel` as `folder` does."""
        ...


#: `predict(x, sigma, guidance) -> x0`: one guided prediction of the clean latent.
Predict: TypeAlias = Callable[[Tensor, float, Guidance], Tensor]

#: `denoise(x, sigma) -> x0`: what a sampler calls; guidance, tiling and cancellation are already inside.
Denoise: TypeAlias = Callable[[Tensor, float], Tensor]

