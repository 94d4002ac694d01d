"""What the stages may ask of a loaded model; a family implements it, everything above is family-neutral."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import Any, Protocol, TypeAlias, runtime_checkable

from .types import Box, Size, Tensor


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
    """An encoded prompt, one row per picture. Stages pass it on, crop it and otherwise leave it alone."""

    def crop(self, box: Box, /) -> Conditioning:
        """The conditioning for a part of the picture, `box` being in latent cells.

        A box that goes on past the right edge of the picture comes in again at the left one.
        """
        ...

    def alike(self, other: Conditioning, /) -> bool:
        """Whether both can go through the network in one batch."""
        ...

    def join(self, other: Conditioning, /) -> Conditioning:
        """One conditioning for both batches, this one's rows first. Both must be `alike`."""
        ...

    def expand(self, count: int, /) -> Conditioning:
        """`count` rows of a conditioning that has one row."""
        ...

    def rows(self, start: int, stop: int, /) -> Conditioning:
        """The conditioning of some of the batch's pictures."""
        ...


@dataclass(frozen=True)
class Guidance:
    """What a guided prediction is steered by: away from `negative`, towards each of `positives` by its weight.

    The scale is that of classifier-free guidance (arXiv:2207.12598); at 1 the negative prompt has no say. Several
    positives are composed as in arXiv:2206.01714. `rescale` (0 … 1) is that of arXiv:2305.08891.
    """

    positives: tuple[tuple[Conditioning, float], ...]
    negative: Conditioning
    scale: float
    rescale: float = 0.0

    @cached_property
    def together(self) -> Conditioning | None:
        """All positives, then the negative, for one call of the network; None if they are not alike."""
        first = self.positives[0][0]
        rest = [*(cond for cond, _ in self.positives[1:]), self.negative]
        if not all(first.alike(cond) for cond in rest):
            return None
        return reduce(lambda joined, cond: joined.join(cond), rest, first)

    def each(self, change: Callable[[Conditioning], Conditioning]) -> Guidance:
        """The same guidance with every conditioning changed."""
        positives = tuple((change(cond), weight) for cond, weight in self.positives)
        return replace(self, positives=positives, negative=change(self.negative))

    def crop(self, box: Box) -> Guidance:
        """The guidance for a part of the picture, `box` being in latent cells; past the right edge it goes round."""
        return self.each(lambda cond: cond.crop(box))

    def join(self, other: Guidance) -> Guidance:
        """One guidance for both batches, this one's rows first. Both must be of one kind, and all parts `alike`."""
        pairs = zip(self.positives, other.positives, strict=True)
        positives = tuple((mine.join(theirs), weight) for (mine, weight), (theirs, _) in pairs)
        return replace(self, positives=positives, negative=self.negative.join(other.negative))

    def rows(self, start: int, stop: int) -> Guidance:
        """The guidance of some of the batch's pictures."""
        return self.each(lambda cond: cond.rows(start, stop))


@dataclass(frozen=True)
class Span:
    """A piece of a prompt and how strongly it is meant; `breaks` begins a new chunk of tokens with it."""

    text: str
    weight: float = 1.0
    breaks: bool = False


@dataclass(frozen=True)
class Encoding:
    """How a prompt is read. `size` is the picture's in pixels, `negative` says that it is the negative prompt.

    `clip_skip` counts layers of the text encoder from the last, which is 1. `weighting` is A1111's (multiply, restore
    the mean), A1111's without the mean (``no_norm``), or ComfyUI's (away from the empty prompt).
    """

    size: Size
    clip_skip: int = 1
    weighting: str = "a1111"
    negative: bool = False


@runtime_checkable
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


@runtime_checkable
class PartsCodec(Codec, Protocol):
    """A codec that finishes a picture part by part, so that nobody has to hold all of it in floats."""

    def parts(self, latent: Tensor, /) -> Iterator[tuple[Box, Tensor]]:
        """The finished parts of the picture of one latent (1, C, h, w).

        Each is its box in pixels, and its pixels (1, 3, height, width) in -1 … 1. They cover the picture, and none
        comes twice.
        """
        ...


@runtime_checkable
class NetworkCodec(Codec, Protocol):
    """The codec of a model whose autoencoder is diffusers' `AutoencoderKL`, for plugins that run its layers themselves.

    Whoever uses the network leaves it as it is.
    """

    @property
    def autoencoder(self) -> Any:
        """The network, a `torch.nn.Module` on its device and in its own dtype."""
        ...

    def scaled(self, z: Tensor, /) -> Tensor:
        """The latent, in float32 or better, of the mean of the autoencoder's posterior."""
        ...

    def unscaled(self, latent: Tensor, /) -> Tensor:
        """What the autoencoder decodes of a latent, in the latent's dtype."""
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

    def encode(self, prompt: Sequence[Span], how: Encoding, /) -> Conditioning:
        """One row of conditioning for one prompt."""
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

#: `between(sigma, below) -> noise`: a Brownian path's increment between two levels, scaled to unit variance.
Increments: TypeAlias = Callable[[float, float], Tensor]
