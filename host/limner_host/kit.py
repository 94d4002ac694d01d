"""What pictures are drawn with: a model on a device, the plugins, and whatever the studio lends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import torch
from PIL import Image
from torch import Tensor

from limner_sdk import Conditioning, Model, PictureReference, Recipe, Size

from .canvas import Canvas
from .memory_policy import Thrift
from .prompt_cache import PromptCache
from .registry import Registry
from .run import RunContext


class Monitor(Protocol):
    """Whoever follows a drawing: opens its stages, and hears how far it is."""

    def stage(self, name: str, definition: str) -> AbstractContextManager[RunContext]:
        """What a stage runs in; blames `definition` for what goes wrong inside."""
        ...

    def sampling(self, sampler: str, steps: int) -> Callable[[int, Tensor], None]:
        """What hears of each evaluation of one pass, and of the clean latents that it gave."""
        ...

    def weigh(self, work: Callable[[], float]) -> None:
        """What one evaluation of the next pass costs for all its pictures, in megapixels; asked where it matters."""
        ...

    def called(self, pixels: int) -> None:
        """The network was called for so many pixels."""
        ...

    def evaluated(self, pictures: int, calls: int = 1) -> None:
        """The network was called for so many pictures, outside of sampling; `calls` of what is to come are over."""
        ...

    def within(self, done: float, what: str) -> None:
        """How much of one evaluation is done, 0 … 1, and of what, such as tiles."""
        ...

    def decoding(self, done: float) -> None:
        """How much of one batch is decoded, 0 … 1."""
        ...


#: What shows a conditioning all else that a pass over these levels is steered by, such as control hints.
Steer: TypeAlias = Callable[
    [Recipe, Canvas | None, Sequence[float], RunContext], Callable[[Conditioning], Conditioning]
]


@dataclass(frozen=True)
class Kit:
    """Everything that a drawing needs beside its recipe.

    `native` is the size in pixels that the model likes best. `adapt` changes the networks for as long as one pass
    draws, as the LoRAs of its prompt want it.
    `mask` opens a kept picture as grey levels. `thrift` is what the drawing turns to when memory is short. `whole` is
    the size in pixels of the picture of which only a part is drawn, None if it is all of it.
    """

    model: Model
    native: Size
    registry: Registry
    prompts: PromptCache
    device: torch.device
    monitor: Monitor
    steer: Steer
    adapt: Callable[[Recipe], AbstractContextManager[object]]
    mask: Callable[[PictureReference], Image.Image]
    thrift: Thrift
    whole: Size | None = None

    @property
    def downscale(self) -> int:
        """Pixels per latent cell and axis."""
        return self.model.codec.downscale

    def cells(self, size: Size) -> Size:
        """A size in pixels as one in latent cells, rounded up."""
        return Size(-(-size.width // self.downscale), -(-size.height // self.downscale))
