"""The prediction of a canvas with regions: each region's own, at its own box, mixed by their shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from limner_sdk import Box, DenoiserContext, Guidance, InvalidRequest, Predict, SeededArea, Tensor

from .language import Region, regions_of
from .params import RegionParams
from .places import area_of, box_of, clearest, feathered
from .shares import Layer, shares_of


class Steering:
    """A region's guidance, cut to its box: what to draw is its own, how strongly is that of the guidance that comes in.

    The host gives the same object again while nothing changes; what was last made of one is kept.
    """

    def __init__(self, own: Callable[[float, Guidance], Guidance], box: Box) -> None:
        self._own, self._box = own, box
        self._last: tuple[Guidance, Guidance] | None = None

    def at(self, sigma: float, asked: Guidance) -> Guidance:
        """The guidance at the level `sigma`, as strong as `asked`."""
        own = self._own(sigma, asked)
        if self._last is None or self._last[0] is not own:
            self._last = own, own.crop(self._box)
        return self._last[1]


@dataclass(frozen=True)
class Painted:
    """One region on its way into the prediction: its box, its share (height, width) there, and its guidance."""

    box: Box
    share: Tensor
    steering: Steering

    def add_to(self, total: Tensor, predict: Predict, x: Tensor, sigma: float, asked: Guidance) -> None:
        """Add the region's part of the prediction of `x` (B, C, H, W) to `total`."""
        window = (..., slice(self.box.top, self.box.bottom), slice(self.box.left, self.box.right))
        total[window] += self.share.to(x.dtype) * predict(x[window], sigma, self.steering.at(sigma, asked))


def with_regions(predict: Predict, ctx: DenoiserContext, params: RegionParams) -> Predict:
    """`predict`, each region by its own prompt, and the rest by the picture's own.

    Raises `InvalidRequest` for regions that the canvas has no place for, for cells that nothing covers, and for
    pictures that no region names.
    """
    regions = _regions(params)
    base, painted = _painted(regions, ctx, params)
    _refuse_unnamed(ctx.pictures, regions)

    def predicted(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        total = x.new_zeros(x.shape)
        if base is not None:
            total += base.to(x.dtype) * predict(x, sigma, guidance)
        for done, region in enumerate(painted):
            ctx.report(done / len(painted), f"region {done + 1} of {len(painted)}")
            region.add_to(total, predict, x, sigma, guidance)
        return total

    return predicted


def _regions(params: RegionParams) -> tuple[Region, ...]:
    regions = regions_of(params.areas)
    if not regions:
        raise InvalidRequest("denoiser.areas", params.areas, "names no region; write one, such as left | a red circle")
    return regions


def _refuse_unnamed(pictures: Sequence[str], regions: Sequence[Region]) -> None:
    """A picture that came in vain is a slip in a name."""
    named = {region.options.mask for region in regions}
    for name in pictures:
        if name not in named:
            remedy = f"is the mask of no region; write mask={name} in front of a region's prompt, or leave it out"
            raise InvalidRequest(f"denoiser.picture.{name}", name, remedy)


def _painted(
    regions: Sequence[Region], ctx: DenoiserContext, params: RegionParams
) -> tuple[Tensor | None, list[Painted]]:
    """The base's share, None if it has none anywhere, and the regions that can be seen."""
    layers = [_layer(region, ctx) for region in regions]
    shares = shares_of(layers, params.base)
    bare = int((shares.sum(dim=0) < 1 - 1e-4).sum())
    if bare:
        raise InvalidRequest(
            "denoiser.areas",
            params.areas,
            f"leaves {bare} of {shares[0].numel()} latent cells to no region; cover them, or set base to rest",
        )
    base, *own = shares
    seen = [_part(region, share, ctx, params) for region, share in zip(regions, own, strict=True) if bool(share.any())]
    return (base if bool(base.any()) else None), seen


def _layer(region: Region, ctx: DenoiserContext) -> Layer:
    opacity = feathered(area_of(region, ctx), region.feather)
    return Layer(opacity, region.options.weight, region.options.kind == "foreground")


def _part(region: Region, share: Tensor, ctx: DenoiserContext, params: RegionParams) -> Painted:
    box = box_of(area_of(region, ctx))
    own = f"{ctx.prompt}, {region.prompt}" if params.append else region.prompt
    steering = Steering(ctx.guidance(own, region.negative), box)
    return Painted(box, share[box.top : box.bottom, box.left : box.right], steering)


def seeded(ctx: DenoiserContext, params: RegionParams) -> list[SeededArea]:
    """The cells of the regions that have a seed, foregrounds on top."""
    regions = sorted(_regions(params), key=lambda region: region.options.kind == "foreground")
    seeds = [(region, region.options.seed) for region in regions]
    return [SeededArea(clearest(area_of(region, ctx)), seed) for region, seed in seeds if seed is not None]
