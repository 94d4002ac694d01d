"""Networks that enlarge: loaded by spandrel from their weights, and called with tiles of any size."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor
from torch.nn import functional as F

from limner_sdk import UnusableModel, WeightFile

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor

#: Some networks cannot look at less, whatever they say about themselves.
_SMALLEST = 16


@dataclass
class Network:
    """A loaded network. `exact` says that half precision has proved too small for it."""

    source: WeightFile
    descriptor: ImageModelDescriptor[Any]
    exact: bool = False

    @property
    def scale(self) -> int:
        """How many times as wide and high its pictures become."""
        return int(self.descriptor.scale)

    @property
    def multiple(self) -> int:
        """What the sides of its tiles should be multiples of, in pixels."""
        return int(self.descriptor.size_requirements.multiple_of)

    def ready(self, device: torch.device, dtype: torch.dtype) -> None:
        """Move it to a device, in half precision if it can work in the one that is wanted."""
        supported = {torch.float16: self.descriptor.supports_half, torch.bfloat16: self.descriptor.supports_bfloat16}
        wanted = dtype if supported.get(dtype) and not self.exact else torch.float32
        if self.descriptor.dtype not in (torch.float32, wanted):
            # What the shorter type has cut off does not come back.
            self.descriptor = described(self.source)
        self.descriptor.to(device, wanted)

    def enlarged(self, tile: Tensor) -> Tensor:
        """Pixels (3, H, W) in 0 … 1 become (3, H · scale, W · scale), float32, on the network's device.

        Where half precision gives values that are no numbers, the network goes on in float32.
        """
        made = self._enlarged(tile)
        if self.descriptor.dtype != torch.float32 and not made.isfinite().all():
            self.exact = True
            self.ready(self.descriptor.device, torch.float32)
            made = self._enlarged(tile)
        return made

    def _enlarged(self, tile: Tensor) -> Tensor:
        _, height, width = tile.shape
        padded = self._padded(tile).to(self.descriptor.device, self.descriptor.dtype)
        # A grey network sees one colour after the other.
        inputs = padded[None] if self.descriptor.input_channels == 3 else padded[:, None]
        made = torch.cat([self.descriptor(part) for part in inputs.split(1)]).flatten(0, 1).float()
        wanted = tuple(side * self.scale for side in padded.shape[1:])
        if made.shape != (3, *wanted):
            found = f"{tuple(made.shape[1:])} instead of {wanted} pixels"
            raise UnusableModel(f"upscaler {self.source.file}: it makes {found}; choose another one")
        return made[:, : height * self.scale, : width * self.scale]

    def _padded(self, tile: Tensor) -> Tensor:
        """The tile with its last pixels repeated, until it is as large as the network asks."""
        width, height = max(tile.shape[2], _SMALLEST), max(tile.shape[1], _SMALLEST)
        more_width, more_height = self.descriptor.size_requirements.get_padding(width, height)
        right, below = width + more_width - tile.shape[2], height + more_height - tile.shape[1]
        return F.pad(tile[None], (0, right, 0, below), mode="replicate")[0] if right or below else tile


def loaded(file: WeightFile) -> Network:
    """The network of a file. Raises `UnusableModel` for one that is damaged, unknown or no upscaler."""
    return Network(file, described(file))


def described(file: WeightFile) -> ImageModelDescriptor[Any]:
    """What spandrel makes of a file. Raises `UnusableModel` as `loaded` does."""
    # Importing it takes seconds, and most runs never need it.
    from spandrel import ModelLoader, UnsupportedModelError

    tensors = file.tensors()
    try:
        with _quiet():
            descriptor: Any = ModelLoader().load_from_state_dict(tensors)
    except UnsupportedModelError:
        raise UnusableModel(f"upscaler {file.file}: it is no network that spandrel knows; choose another one") from None
    except (MemoryError, torch.OutOfMemoryError):
        raise
    # Tensors of unexpected shapes make the architectures raise nearly anything.
    except Exception as error:
        said = f"upscaler {file.file} is damaged (its tensors do not fit each other); fetch it again"
        raise UnusableModel(said) from error
    problem = refusal(descriptor)
    if problem:
        raise UnusableModel(f"upscaler {file.file}: {problem}; choose another one")
    return cast("ImageModelDescriptor[Any]", descriptor.eval())


@contextmanager
def _quiet() -> Iterator[None]:
    """Architectures fill their weights at random before these are read, and warn about it: neither is to be noticed."""
    with torch.random.fork_rng(devices=()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def refusal(descriptor: Any) -> str | None:
    """Why this is no network that simply enlarges pictures; None if it is one."""
    channels = descriptor.input_channels, descriptor.output_channels
    if descriptor.purpose == "Inpainting":
        return "it fills in what a mask covers, and enlarges nothing"
    if descriptor.purpose == "FaceSR":
        return "it restores single faces of a fixed size, not whole pictures"
    if descriptor.scale < 2:
        return "it restores pictures, and does not enlarge them"
    if channels not in ((3, 3), (1, 1)):
        return "it takes {} channels and gives {}, where RGB has 3 and grey 1".format(*channels)
    return None
