"""Drawing: a picture's first noise, its sampler's noise and its Brownian path, out of the streams of its seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from limner_sdk import ImageSeed, Increments, Tensor, brownian_path

from .mixing import combined, mixed, weights
from .params import NoiseParams
from .streams import Shape3, Stream, Streams


def drawn(seed: ImageSeed, shape: Shape3, streams: Streams, params: NoiseParams) -> Iterator[Tensor]:
    """The first noise, then the sampler's, which follows the main seed alone unless `vary_sampler` is set."""
    own = {one: streams(one) for one in seed.seeds}
    sampling = _sampling(seed, params)
    old = params.old_shape(shape)
    if old == shape:
        yield _mixed(seed, own, shape, params)
    else:
        small = _mixed(seed, {one: streams(one) for one in seed.seeds}, old, params)
        yield pasted(small, _mixed(sampling, own, shape, params))
    if params.ensd:
        own = {one: streams(later) for one, later in zip(seed.seeds, seed.shifted(params.ensd).seeds, strict=True)}
    while True:
        yield _mixed(sampling, own, shape, params)


def path(seed: ImageSeed, shape: Shape3, low: float, high: float, streams: Streams, params: NoiseParams) -> Increments:
    """The Brownian path of the main seed, or of the whole chain if `vary_sampler` is set; `ensd` leaves it alone."""
    shares = weights(_sampling(seed, params), params.mix)
    paths = {one: brownian_path(one, low, high, lambda node: streams(node)(shape)) for one in shares}
    return lambda sigma, below: combined(shares, {one: between(sigma, below) for one, between in paths.items()})


def pasted(small: Tensor, around: Tensor) -> Tensor:
    """`around` (C, H, W) with `small` (C, h, w) in its middle; of a larger one, its middle is taken."""
    down, across = ((new - old) // 2 for new, old in zip(around.shape[1:], small.shape[1:], strict=True))
    made, part = around.clone(), small
    if down < 0:
        part = part[:, -down : part.shape[1] + down]
    if across < 0:
        part = part[:, :, -across : part.shape[2] + across]
    top, left = max(0, down), max(0, across)
    made[:, top : top + part.shape[1], left : left + part.shape[2]] = part
    return made


def _sampling(seed: ImageSeed, params: NoiseParams) -> ImageSeed:
    return seed if params.vary_sampler else ImageSeed(seed=seed.seed)


def _mixed(seed: ImageSeed, streams: Mapping[int, Stream], shape: Shape3, params: NoiseParams) -> Tensor:
    return mixed(seed, {one: streams[one](shape) for one in seed.seeds}, params.mix)
