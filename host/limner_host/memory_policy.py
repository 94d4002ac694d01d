"""The memory policy: which codec decodes when a plain decode would not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from limner_sdk import Choice, Codec, NetworkCodec, Recipe, Size, UnknownName

from .registry import Registry

#: The codec that needs little memory and gives the same pictures.
THRIFTY: Final = "tiled_vae:tiled_vae"
#: Maps of the widest full-size channels that a plain decode holds at its peak: measured as 3.6 with SD 1.5's VAE.
_MAPS: Final = 3.6
#: What must stay free for everything else.
_RESERVE: Final = 0.9


@dataclass(frozen=True)
class MemoryPolicy:
    """Chooses for one device, whose free bytes `free` tells; `note` takes sentences that the person should read."""

    registry: Registry
    free: Callable[[], int]
    note: Callable[[str], None]

    def fitting(self, recipe: Recipe, codec: Codec) -> Recipe:
        """The recipe, with the thrifty codec if it names none and a plain decode would not fit."""
        needed, free = decode_bytes(codec, _largest(recipe)), self.free()
        if recipe.codec is not None or needed <= free * _RESERVE:
            return recipe
        reason = f"a plain decode needs about {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free"
        return self.thrifty(recipe, reason) or recipe

    def thrifty(self, recipe: Recipe, reason: str) -> Recipe | None:
        """The recipe with the thrifty codec; None if it names a codec already, or there is no thrifty one."""
        if recipe.codec is not None:
            return None
        try:
            offer = self.registry.codec(THRIFTY)
        except UnknownName:
            return None
        self.note(f"the picture was decoded in parts by {offer.name}, because {reason}")
        return recipe.model_copy(update={"codec": offer.stage(Choice(name=offer.id))})


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


def _largest(recipe: Recipe) -> Size:
    hires = recipe.hires
    if hires is None or hires.width is None or hires.height is None:
        return recipe.size
    return max(recipe.size, Size(hires.width, hires.height), key=lambda size: size.width * size.height)
