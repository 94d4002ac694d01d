"""The memory policy: which codec works when the model's own would not fit, and how a picture is rescued by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import torch
from torch import Tensor

from limner_sdk import Box, Choice, Codec, CodecDef, NetworkCodec, OutOfMemory, PartsCodec, Recipe, Size, Stage

from .blame import is_allocation
from .offers import Offer
from .registry import Registry
from .same_form import SameForm

T = TypeVar("T")

#: Maps of the widest full-size channels that a plain decode holds at its peak: measured as 3.6 with SD 1.5's VAE.
_MAPS: Final = 3.6
#: What must stay free for everything else.
_RESERVE: Final = 0.9


@dataclass
class Thrift:
    """The codec that a drawing turns to when memory is short; `stage` is that codec once it has.

    `usable` says whether a codec can work with the model, `free` tells free bytes, and `note` takes sentences that the
    person should read.
    """

    registry: Registry
    usable: Callable[[Offer[CodecDef[Any]]], bool]
    free: Callable[[], int]
    note: Callable[[str], None]
    stage: Stage | None = None

    def consider(self, recipe: Recipe, codec: Codec) -> None:
        """Turn to the thrifty codec if the recipe names none, and a plain decode would not fit."""
        needed, free = decode_bytes(codec, recipe.last_size), self.free()
        if recipe.codec is None and needed > free * _RESERVE:
            self.turn(f"a plain decode needs about {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free")

    def turn(self, reason: str) -> Stage | None:
        """The thrifty codec, which is used from now on; None if there is none for this model."""
        if self.stage is None:
            offer = next(filter(self.usable, self._offers()), None)
            if offer is None:
                return None
            self.note(f"the picture was decoded in parts by {offer.name}, because {reason}")
            self.stage = offer.stage(Choice(name=offer.id))
        return self.stage

    def recorded(self, recipe: Recipe) -> Recipe:
        """The recipe with the codec that was used."""
        return recipe if self.stage is None or recipe.codec else recipe.model_copy(update={"codec": self.stage})

    def _offers(self) -> Iterator[Offer[CodecDef[Any]]]:
        return (offer for offer in self.registry.offers("codec") if offer.definition.thrifty)


@dataclass(frozen=True)
class RescuedCodec(SameForm):
    """A codec that is replaced where it runs out of memory, or where half precision overflows.

    `instead` gives the one to use then, for a reason that completes a sentence; None if there is none.
    """

    codec: PartsCodec
    instead: Callable[[str], PartsCodec | None]

    def encode(self, picture: Tensor, /) -> Tensor:
        """The latent of a picture."""
        return self._tried(lambda codec: codec.encode(picture), picture, _finite)

    def decode(self, latent: Tensor, /) -> Tensor:
        """The picture of a latent."""
        return self._tried(lambda codec: codec.decode(latent), latent, _finite)

    def parts(self, latent: Tensor, /) -> Iterator[tuple[Box, Tensor]]:
        """The parts of the picture of a latent."""
        # The first part of a codec that knows no parts is the whole picture, and all that can go wrong.
        first, rest = self._tried(lambda codec: _begun(codec.parts(latent)), latent, lambda begun: _finite(begun[0][1]))
        yield first
        yield from rest

    def _tried(self, work: Callable[[PartsCodec], T], given: Tensor, sound: Callable[[T], bool]) -> T:
        """What the codec makes of what it is `given`, or what the other one does if that is not sound."""
        try:
            made = work(self.codec)
        except (OutOfMemory, torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if type(error) is RuntimeError and not is_allocation(error):
                raise
            other = self.instead("there was not enough memory for a plain codec")
            if other is None:
                raise
        else:
            if sound(made) or not _finite(given):
                return made
            other = self.instead("a plain codec gave values that are no numbers")
            if other is None:
                return made
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return work(other)


def _finite(values: Tensor) -> bool:
    return bool(values.isfinite().all())


def _begun(parts: Iterator[tuple[Box, Tensor]]) -> tuple[tuple[Box, Tensor], Iterator[tuple[Box, Tensor]]]:
    return next(parts), parts


def decode_bytes(codec: Codec, size: Size) -> int:
    """About how many bytes a plain decode of a picture of `size` pixels needs; 0 for a codec that cannot tell."""
    if not isinstance(codec, NetworkCodec):
        return 0
    config = getattr(codec.autoencoder, "config", None)
    widths = getattr(config, "block_out_channels", None)
    if not widths:
        return 0
    # The last block takes in the channels of the one before it at full size.
    widest = widths[1] if len(widths) > 1 else widths[0]
    itemsize = next(codec.autoencoder.parameters()).element_size()
    return int(_MAPS * widest * size.width * size.height * itemsize)
