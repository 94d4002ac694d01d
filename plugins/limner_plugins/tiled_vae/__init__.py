"""The tiled VAE: the autoencoder layer by layer in bands of rows, with the very result of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from limner_sdk import Codec, CodecContext, CodecDef, InvalidRequest, NetworkCodec, hookimpl

from .params import TiledParams


def tiled_vae(codec: Codec, ctx: CodecContext, params: TiledParams) -> Codec:
    """A `limner_sdk.PartsCodec` around the network of `codec`.

    Raises `InvalidRequest` if there is no such network, or if it has a layer of an unknown kind.
    """
    if not isinstance(codec, NetworkCodec):
        raise InvalidRequest("codec", "tiled_vae", "cannot work with this model's autoencoder; leave the codec out")
    # The catalogue is made without torch.
    from .codec import TiledCodec

    return TiledCodec(codec, ctx, params)


@hookimpl
def limner_codecs() -> Iterator[CodecDef[Any]]:
    yield CodecDef(
        "tiled_vae",
        "Pictures too large for memory: the same pixels, band by band.",
        TiledParams,
        tiled_vae,
        label="Tiled VAE",
        aliases=("tiled", "vae_tiling"),
        thrifty=True,
    )
