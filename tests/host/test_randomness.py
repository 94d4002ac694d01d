"""The noise of a batch: row by row, whatever its neighbours are, with clear words for what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.conftest import small_request

from limner_host.offers import Offer
from limner_host.randomness import NoiseSource, Placed
from limner_host.studio import Studio
from limner_sdk import Box, ImageSeed, NoiseDef, NoParams, SamplerDef, Size, StageFailed
from limner_sdk.testing import FakeContext

StudioWith = Callable[..., Studio]
SHAPE = (4, 8, 8)
X = torch.zeros(2, *SHAPE, dtype=torch.float64)


def plain(seed: ImageSeed, shape: Any, ctx: Any, params: Any) -> Iterator[torch.Tensor]:
    stream = ctx.generator(seed.seed)
    while True:
        yield torch.randn(shape, generator=stream)


def source(run: Any = plain, *seeds: int, brownian: Any = None) -> NoiseSource:
    offer = Offer("mine", "1", NoiseDef("own", "Own.", NoParams, run, brownian=brownian))
    chosen = [ImageSeed(seed=seed) for seed in seeds or (1, 2)]
    return NoiseSource(offer, NoParams(), chosen, SHAPE, FakeContext())


def test_each_row_is_its_pictures_own_draw_after_draw() -> None:
    both, second = source(plain, 1, 2), source(plain, 2)
    for _ in range(3):
        assert torch.equal(both.draw()[1:], second.draw())


def test_pictures_on_a_canvas_show_its_noise_at_their_places() -> None:
    boxes = Box(0, 0, 8, 8), Box(3, 4, 8, 8), Box(4, 4, 8, 8)
    canvas = torch.randn(4, 12, 12, generator=torch.Generator().manual_seed(1))
    placed = Placed(Size(12, 12), boxes)
    offer = Offer("mine", "1", NoiseDef("own", "Own.", NoParams, plain))
    drawn = NoiseSource(offer, NoParams(), [ImageSeed(seed=1)] * 3, SHAPE, FakeContext(), placed=placed).draw()
    for row, box in zip(drawn, boxes, strict=True):
        assert torch.equal(row, canvas[:, box.top : box.bottom, box.left : box.right])


def test_their_brownian_paths_are_those_of_the_canvas() -> None:
    placed = Placed(Size(12, 12), (Box(0, 0, 8, 8), Box(2, 0, 8, 8)))
    offer = Offer("mine", "1", NoiseDef("own", "Own.", NoParams, plain))
    found = NoiseSource(offer, NoParams(), [ImageSeed(seed=1)] * 2, SHAPE, FakeContext(), placed=placed)
    first, second = found.brownian(X, 0.5, 9.0)(4.0, 2.0)
    assert torch.equal(first[..., 2:], second[..., :-2])


def test_noise_has_the_type_of_what_it_is_for() -> None:
    assert source().draw().dtype == torch.float32
    assert source().like(X).dtype == torch.float64
    assert torch.equal(source().like(X), source().draw().double())


def test_without_a_path_of_its_own_a_noise_gets_k_diffusions() -> None:
    import torchsde

    made = source(plain, 7, 8).brownian(X, 0.5, 9.0)(4.0, 2.0)
    tree = torchsde.BrownianTree(t0=0.5, w0=torch.zeros(SHAPE), t1=9.0, entropy=8)
    assert torch.allclose(made[1], -tree(2.0, 4.0).double() / 2**0.5, atol=1e-5)
    assert made.dtype == torch.float64


def test_a_path_of_its_own_is_asked_for_each_picture() -> None:
    def own(seed: ImageSeed, shape: Any, low: float, high: float, ctx: Any, params: Any) -> Any:
        return lambda sigma, below: torch.full(shape, float(seed.seed))

    made = source(plain, 7, 8, brownian=own).brownian(X, 0.5, 9.0)(4.0, 2.0)
    assert made[:, 0, 0, 0].tolist() == [7, 8]


@pytest.mark.parametrize("shape", [(1, *SHAPE), (2, 4, 8, 9), (4, 8, 8)])
def test_noise_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    x = torch.zeros(shape)
    with pytest.raises(ValueError, match=r"asked for noise of .*, but the pictures are \(2, 4, 8, 8\)"):
        source().like(x)
    with pytest.raises(ValueError, match="asked for noise of"):
        source().brownian(x, 0.5, 9.0)


def _late(seed: ImageSeed, shape: Any, ctx: Any, params: Any) -> Iterator[torch.Tensor]:
    yield torch.zeros(shape)
    raise KeyError("lost")


@pytest.mark.parametrize(
    ("run", "finding"),
    [
        (lambda seed, shape, ctx, p: iter([torch.zeros(1)]), r"it gave noise of \(1,\) instead of \(4, 8, 8\)"),
        (lambda seed, shape, ctx, p: iter([torch.zeros(shape)]), "its noise ended"),
        (lambda seed, shape, ctx, p: 1 / 0, "noise failed: division by zero"),
        (_late, "noise failed: 'lost'"),
    ],
)
def test_a_noise_that_fails_is_blamed_by_name(run: Any, finding: str) -> None:
    with pytest.raises(StageFailed, match=f"plugin mine:own: {finding}"):
        _twice(run)


def _twice(run: Any) -> None:
    noise = source(run)
    noise.draw()
    noise.draw()


def test_a_path_that_fails_is_blamed_by_name() -> None:
    bad = source(plain, 1, 2, brownian=lambda *args: lambda sigma, below: torch.zeros(1))
    worse = source(plain, 1, 2, brownian=lambda *args: lambda sigma, below: 1 / 0)
    with pytest.raises(StageFailed, match=r"mine:own: it gave noise of \(1,\)"):
        bad.brownian(X, 0.5, 9.0)(4.0, 2.0)
    with pytest.raises(StageFailed, match="mine:own: brownian failed: division by zero"):
        worse.brownian(X, 0.5, 9.0)(4.0, 2.0)


@pytest.mark.parametrize(
    "ask", [lambda x, ctx: ctx.noise_like(x[..., :4]), lambda x, ctx: ctx.brownian(x[:, :1], 0.1, 9.0)]
)
def test_a_sampler_that_asks_for_another_shape_is_blamed_by_name(
    studio_with: StudioWith, tmp_path: Path, ask: Any
) -> None:
    def run(denoise: Any, x: Any, sigmas: Any, ctx: Any, params: Any) -> Any:
        return denoise(x, sigmas[0]) + ask(x, ctx).mean()

    studio = studio_with(SamplerDef("odd", "Odd.", NoParams, run))
    with pytest.raises(StageFailed, match=r"mine:odd: sample failed: it asked for noise of .*\(1, 4, 8, 8\)"):
        studio.make(small_request(sampler="odd"), tmp_path)
