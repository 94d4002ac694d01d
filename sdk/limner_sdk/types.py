"""The vocabulary of types: what a tensor, a picture, a size and a seed are.

torch and Pillow are imported for type checkers only, so that the SDK stays light.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from PIL.Image import Image as Image
    from torch import Tensor as Tensor
else:
    Image: TypeAlias = Any
    Tensor: TypeAlias = Any

#: Noise levels from the highest to the last, usually ending in 0. Plain floats: no device has to be asked for them.
Sigmas: TypeAlias = Sequence[float]

#: (batch, channels, height, width) in latent cells.
Shape: TypeAlias = tuple[int, int, int, int]


class Size(NamedTuple):
    """A width and a height; the unit (pixels or latent cells) is said where it is used."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class Box(NamedTuple):
    """A rectangle inside a picture or a latent, from its left upper corner."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column that is no longer inside."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row that is no longer inside."""
        return self.top + self.height
