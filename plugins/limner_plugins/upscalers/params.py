"""What can be set about upscaling, and what of it goes together. Sides are pixels of the picture to be enlarged."""

from __future__ import annotations

from limner_sdk import InvalidRequest, Params, param

SMALLEST_TILE = 16


class UpscaleParams(Params):
    """How large tiles are, and how far they overlap."""

    tile: int = param(192, "Side of a tile in pixels; 0 takes the whole picture at once.", ge=0, le=4096)
    overlap: int = param(8, "Pixels over which neighbouring tiles fade into each other.", ge=0, le=512)


def check(params: UpscaleParams) -> None:
    """Raises `InvalidRequest` for tiles that would overlap by more than half, and for tiny ones."""
    if not params.tile:
        return
    if params.tile < SMALLEST_TILE:
        raise InvalidRequest("upscaler.tile", params.tile, f"is too small; the least is {SMALLEST_TILE}, or 0 for none")
    if params.overlap > params.tile // 2:
        most = params.tile // 2
        raise InvalidRequest("upscaler.overlap", params.overlap, f"is too large for such tiles; the most is {most}")
