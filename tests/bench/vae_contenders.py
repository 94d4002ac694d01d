"""One autoencoder's work, done whole, in Limner's two tiled ways and in diffusers' way, each ready to be run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL
from tests.bench.live_memory import IsParked, nothing_parked
from torch import Tensor, nn

import limner_host
from limner_host.families.codec import KLCodec
from limner_plugins.pocket import WEIGHTS
from limner_plugins.pocket.scenes import Scene, draw
from limner_plugins.tiled_vae import limner_codecs
from limner_sdk.testing import FakeContext

CONFIG = Path(limner_host.__file__).parent / "families" / "configs" / "sd1" / "vae"
NAMES = ("full", "exact", "fast", "diffusers")


@dataclass(frozen=True)
class Task:
    """What is to be done.

    `side` is the square picture's, in pixels; `tile` the side of diffusers' tiles, and of the small copy of the fast
    way, in latent cells; `band` the rows of Limner's bands, which it chooses for `free` bytes if that is None. `harsh`
    makes the statistics differ from place to place, and the norms' affines from channel to channel.
    """

    side: int = 512
    tile: int = 32
    band: int | None = None
    free: int = 2**30
    encode: bool = False
    pocket: bool = False
    harsh: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Contender:
    """A way to do it: its result, and which of its storages are parked."""

    run: Callable[[], Tensor]
    is_parked: IsParked = nothing_parked


class Room(FakeContext):
    """A context with as much free memory as is said."""

    def __init__(self, free: int) -> None:
        super().__init__()
        self._free = free

    def free_memory(self) -> int:
        """So much."""
        return self._free


def contender(name: str, codec: KLCodec, given: Tensor, task: Task) -> Contender:
    """The way called `name`."""
    match name:
        case "full":
            return Contender(lambda: done(codec, given, task))
        case "diffusers":
            return Contender(lambda: done_by_diffusers(codec, given, task))
        case _:
            return tiled(name, codec, given, task)


@torch.inference_mode()
def done(codec: Any, given: Tensor, task: Task) -> Tensor:
    """What a codec makes of it."""
    result: Tensor = codec.encode(given) if task.encode else codec.decode(given)
    return result


def tiled(mode: str, codec: KLCodec, given: Tensor, task: Task) -> Contender:
    """Limner's tiled VAE."""
    definition = next(iter(limner_codecs()))
    params = definition.params.model_validate({"mode": mode, "tile": task.band, "estimate": task.tile})
    wrapped: Any = definition.wrap(codec, Room(task.free), params)
    return Contender(lambda: done(wrapped, given, task), lambda values: wrapped.parking.holds(values))


def done_by_diffusers(codec: KLCodec, given: Tensor, task: Task) -> Tensor:
    """What the same codec makes of it while its network tiles."""
    with diffusers_tiling(codec, task.tile):
        return done(codec, given, task)


@contextmanager
def diffusers_tiling(codec: KLCodec, tile: int) -> Iterator[None]:
    """diffusers' own tiling with tiles of `tile` cells, and the network as it was afterwards."""
    vae: Any = codec.autoencoder
    changed = {"use_tiling": True, "tile_latent_min_size": tile, "tile_sample_min_size": tile * codec.downscale}
    before = {name: getattr(vae, name) for name in changed}
    set_all(vae, changed)
    try:
        yield
    finally:
        set_all(vae, before)


def set_all(target: object, values: Mapping[str, object]) -> None:
    """Set attributes."""
    for name, value in values.items():
        setattr(target, name, value)


def network(task: Task) -> KLCodec:
    """The codec of Pocket's trained autoencoder, or of Stable Diffusion 1.5's with random weights."""
    if task.pocket:
        vae = AutoencoderKL.from_pretrained(WEIGHTS / "vae", local_files_only=True)
    else:
        with torch.random.fork_rng():
            torch.manual_seed(task.seed)
            vae = AutoencoderKL.from_config(AutoencoderKL.load_config(str(CONFIG), local_files_only=True))
    if task.harsh:
        scatter(vae, torch.Generator().manual_seed(task.seed))
    return KLCodec(vae.eval().requires_grad_(False))


@torch.no_grad()
def scatter(vae: nn.Module, stream: torch.Generator) -> None:
    """Give every GroupNorm a random affine."""
    for layer in vae.modules():
        if isinstance(layer, nn.GroupNorm):
            layer.weight.copy_(torch.rand(layer.weight.shape, generator=stream) + 0.5)
            layer.bias.copy_(torch.randn(layer.bias.shape, generator=stream) * 0.3)


def subject(codec: KLCodec, task: Task) -> Tensor:
    """What goes in: a drawn picture (1, 3, H, W), its latent (1, C, h, w), or noise for a network of random weights."""
    if task.encode:
        return drawn(task)
    cells = task.side // codec.downscale
    if task.pocket:
        with torch.inference_mode():
            return codec.encode(drawn(task))
    noise = torch.randn(1, codec.channels, cells, cells, generator=torch.Generator().manual_seed(task.seed))
    return noise + torch.linspace(-2, 2, cells) if task.harsh else noise


def drawn(task: Task) -> Tensor:
    """A picture of Pocket's world, in -1 … 1."""
    picture = np.array(draw(Scene("sun", "red", "blue"), task.side))
    return torch.from_numpy(picture).permute(2, 0, 1)[None] / 127.5 - 1
