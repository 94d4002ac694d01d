"""What `ctx` offers a stage: its own random streams, device, log, progress and cancellation, and redrawing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .model import Guidance, Increments, Model, NoiseLevels
from .types import Image, Size, Tensor

if TYPE_CHECKING:
    import torch


class Context(Protocol):
    """What every stage gets. A stage that touches nothing beyond it is reproducible by construction."""

    @property
    def device(self) -> torch.device:
        """Where tensors of this run live."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """The type that the networks compute in; latents are float32."""
        ...

    @property
    def log(self) -> logging.Logger:
        """A logger that carries the plugin's name."""
        ...

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if the person no longer wants the picture. Call it inside long loops."""
        ...

    def report(self, done: float, what: str = "") -> None:
        """Tell the person that the fraction `done` (0 … 1) of this stage is over."""
        ...


class NoiseContext(Context, Protocol):
    """What a `NoiseDef` gets."""

    def generator(self, seed: int, /) -> torch.Generator:
        """A fresh stream on the CPU, the same for one seed on every machine."""
        ...


class SamplerContext(Context, Protocol):
    """What a `SamplerDef` gets."""

    @property
    def levels(self) -> NoiseLevels:
        """The noise levels that the model was trained on."""
        ...

    def noise_like(self, x: Tensor, /) -> Tensor:
        """Fresh standard normal noise for `x` (B, C, H, W): row k comes from the k-th image's own stream."""
        ...

    def brownian(self, x: Tensor, low: float, high: float, /) -> Increments:
        """One Brownian path per image between the levels `low` (above 0) and `high`, row k from the k-th image's seed.

        The function that comes back gives the path's increment between two levels, scaled to unit variance, in the
        shape of `x`. Increments of neighbouring or overlapping stretches belong together, which independent noise
        would not.
        """
        ...


class TilerContext(Context, Protocol):
    """What a `TilerDef` gets."""

    @property
    def native(self) -> Size:
        """The size in latent cells that the model likes best."""
        ...

    @property
    def canvas(self) -> Size:
        """The size of the whole latent in cells."""
        ...

    @property
    def largest(self) -> Size:
        """The size in cells of the picture's last pass, which in a first pass of two is larger than the canvas."""
        ...

    @property
    def is_part(self) -> bool:
        """Whether the canvas is only a part of a picture, such as what lies under a mask."""
        ...


class InversionContext(Context, Protocol):
    """What an `InversionDef` gets."""

    @property
    def levels(self) -> NoiseLevels:
        """The noise levels that the model was trained on."""
        ...

    @property
    def sigmas(self) -> tuple[float, ...]:
        """The levels that the run goes through afterwards, the highest first."""
        ...

    def picture(self) -> Tensor:
        """What the latent shows, (B, 3, H, W) in -1 … 1; it may have to be decoded first."""
        ...


class DenoiserContext(Context, Protocol):
    """What a `DenoiserDef` gets."""

    @property
    def canvas(self) -> Size:
        """The size of the whole latent in cells."""
        ...

    @property
    def native(self) -> Size:
        """The size in latent cells that the model likes best."""
        ...

    @property
    def asked(self) -> Size:
        """The size in pixels that was asked for, which places in pixels refer to; a second pass is larger."""
        ...

    @property
    def prompt(self) -> str:
        """The picture's own prompt."""
        ...

    def guidance(self, prompt: str, negative: str | None = None) -> Callable[[float, Guidance], Guidance]:
        """What gives `at(sigma, asked)`, the guidance by another prompt at a level, as strong as that which is `asked`.

        The prompt is read as the picture's own is, whose negative prompt is taken if none is given. The scale is that
        of `asked`, which is 1 where the negative prompt is to have no say. The same `asked` object gives the same
        object again. Raises `InvalidRequest` for a prompt that cannot be read.
        """
        ...

    @property
    def pictures(self) -> tuple[str, ...]:
        """The names of the pictures that came with the choice."""
        ...

    def mask(self, name: str) -> Tensor:
        """The picture that the choice calls `name` as grey levels over the canvas, (h, w) in 0 … 1, one a cell.

        Raises `InvalidRequest` for a name that the choice has no picture for.
        """
        ...

    @property
    def sigmas(self) -> tuple[float, ...]:
        """The levels that this run goes through."""
        ...

    @property
    def model(self) -> Model:
        """The model, for plugins that want unguided predictions of their own."""
        ...


class CodecContext(Context, Protocol):
    """What a `CodecDef` gets. `check_cancelled` and `report` are for use while its codec works, too."""

    def free_memory(self) -> int:
        """Bytes that are free on `device` now."""
        ...


class EstimateContext(Protocol):
    """What a post-processor's `estimate` gets."""

    @property
    def native(self) -> Size:
        """The size in pixels that the model likes best."""
        ...

    def calls(self, strength: float, steps: int | None = None, sampler: str | None = None) -> int:
        """How often the network is called to draw one part anew. Raises `UnknownName` for a sampler's."""
        ...

    def require(self, kind: str, name: str | None) -> None:
        """Raises `UnknownName` now if nothing is called so; None and "" are always there.

        `kind` is such as ``upscaler``, ``detector``, ``sampler``, ``schedule``, ``preprocessor``, ``model``, ``vae`` or
        ``control``: what a post-processor looks up by name is better refused before a picture has been drawn for it.
        """
        ...

    def has_picture(self, name: str) -> bool:
        """Whether a picture of this name comes with the choice, or is what the picture is begun from, ``start``."""
        ...


class PostprocessContext(Context, Protocol):
    """What a `PostprocessDef` gets."""

    @property
    def recipe(self) -> Recipe:
        """What the picture was made by."""
        ...

    @property
    def seed(self) -> int:
        """The picture's seed; derive every random choice from it."""
        ...

    @property
    def number(self) -> int:
        """Which of the picture's post-processors this is, counted from 0."""
        ...

    @property
    def native(self) -> Size:
        """The size in pixels that the model likes best."""
        ...

    @property
    def folder(self) -> Path:
        """The plugin's own folder, called like it, in the host's data folder. It is there if the admin has made it."""
        ...

    def note(self, sentence: str) -> None:
        """Say something that the person should read beside the picture, such as that nothing was found."""
        ...

    @property
    def pictures(self) -> tuple[str, ...]:
        """The names of the pictures that came with the choice; what the picture was begun from is called ``start``."""
        ...

    def picture(self, name: str) -> Image:
        """The picture in RGB that the choice calls `name`. Raises `InvalidRequest` for a name that it has none for."""
        ...

    def redraw(
        self,
        image: Image,
        *,
        strength: float,
        mask: Image | None = None,
        prompt: str | None = None,
        negative: str | None = None,
        seed: int | None = None,
    ) -> Image:
        """Run the earlier stages again on `image`, and lay what is new over it.

        `strength` (0 … 1) is the share of the schedule that is run again. `mask` is a grey picture of the same size,
        white where new pixels are wanted. Prompts and seed default to the picture's own.
        """
        ...

    def redraw_parts(self, parts: Sequence[Part], how: Redrawing) -> list[Tensor]:
        """Draw each part anew: pixels (3, H, W), float32 in 0 … 1 on the CPU, of the part's size, in their order.

        Parts of the same size go through the network together; what comes out is the same as if each went alone. All
        pixels are new, those outside a mask because they went through the autoencoder: laying them over the picture
        is up to the caller. Raises `InvalidRequest` for names that nothing answers to, and prompts that cannot be
        read.
        """
        ...

    def upscale(self, image: Image, name: str, size: Size | None = None) -> Image:
        """Enlarge `image` with the upscaler called `name`, or the filters ``lanczos`` and ``nearest``.

        With a `size` in pixels, as often as it takes, and then to exactly this size; otherwise once.
        """
        ...

    def detect(self, image: Image, name: str, params: Mapping[str, Scalar] | None = None) -> tuple[Detection, ...]:
        """Find things in `image` with the detector called `name`, surest first, at these parameters of its own.

        Parameters that this detector does not have are left out.
        """
        ...

    def recall(self, key: str) -> Image | None:
        """What an earlier run of the very same work, which was cancelled or killed, has kept under `key`."""
        ...

    def keep(self, key: str, image: Image) -> None:
        """Keep something for the case that this work is cut short; it is thrown away when the work is done."""
        ...


if TYPE_CHECKING:
    from .params import Scalar
    from .records import Detection
    from .redrawing import Part, Redrawing
    from .request import Recipe
