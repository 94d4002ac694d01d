"""The contract of codecs."""

from __future__ import annotations

from typing import Any

from limner_sdk.definitions import CodecDef
from limner_sdk.model import Codec, PartsCodec
from limner_sdk.params import Params
from limner_sdk.types import Tensor

from .demands import demand, globals_untouched
from .fakes import FakeContext


def check_codec(definition: CodecDef[Any], codec: Codec, params: Params | None = None) -> None:
    """Around `codec`: right shapes at odd sizes, numbers, the same twice and in a batch, parts that make up all.

    Plugins differ in which codecs they take, so the check is handed one, such as that of a tiny model.
    """
    import torch

    chosen = params if params is not None else definition.params()
    name, stream = definition.name, torch.Generator().manual_seed(1)
    wrapped = definition.wrap(codec, FakeContext(), chosen)
    cells, scale = (5, 9), codec.downscale
    demand((wrapped.channels, wrapped.downscale) == (codec.channels, scale), f"codec {name} changes the latent's form")
    latent = torch.randn(1, codec.channels, *cells, generator=stream)
    with globals_untouched(name), torch.no_grad():
        picture = wrapped.decode(latent)
        found = wrapped.encode(picture)
    _check_shape(f"codec {name} decodes", picture, (1, 3, cells[0] * scale, cells[1] * scale))
    _check_shape(f"codec {name} encodes", found, tuple(latent.shape))
    with torch.no_grad():
        demand(torch.equal(picture, wrapped.decode(latent)), f"codec {name} differs when it decodes again")
        if isinstance(wrapped, PartsCodec):
            _check_parts(name, wrapped, latent, picture)
        _check_batch(name, wrapped, torch.cat([latent.flip(-1), latent]), picture)


def _check_batch(name: str, codec: Codec, latents: Tensor, second: Tensor) -> None:
    """Two latents are decoded to two pictures, the second of which is known."""
    import torch

    pictures = codec.decode(latents)
    _check_shape(f"codec {name} decodes a batch", pictures, (2, *second.shape[1:]))
    same = [torch.allclose(pictures[:1], codec.decode(latents[:1]), atol=1e-4)]
    same.append(torch.allclose(pictures[1:], second, atol=1e-4))
    demand(all(same), f"codec {name} decodes another picture in a batch than alone")


def _check_parts(name: str, codec: PartsCodec, latent: Tensor, picture: Tensor) -> None:
    import torch

    made, covered = torch.zeros_like(picture), torch.zeros(picture.shape[-2:], dtype=torch.int64)
    for box, pixels in codec.parts(latent):
        window = slice(box.top, box.bottom), slice(box.left, box.right)
        made[(..., *window)] = pixels
        covered[window] += 1
    demand(bool((covered == 1).all()), f"codec {name} has parts that do not cover the picture exactly once")
    close = torch.allclose(made, picture, atol=1e-4)
    demand(close, f"codec {name} has parts that are not those of the picture it decodes")


def _check_shape(label: str, made: Tensor, shape: tuple[int, ...]) -> None:
    import torch

    demand(tuple(made.shape) == shape, f"{label} to {tuple(made.shape)} instead of {shape}")
    demand(bool(torch.isfinite(made).all()), f"{label} to values that are no numbers")
