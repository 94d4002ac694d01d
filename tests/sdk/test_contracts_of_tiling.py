"""The contracts of tilers, denoisers, inversions and codecs: good ones pass, each broken promise is one sentence."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import torch

from limner_sdk import (
    Box,
    Cancelled,
    CodecDef,
    ContractError,
    DenoiserDef,
    Guidance,
    InversionDef,
    NoParams,
    SeededArea,
    Size,
    Tile,
    TilerDef,
    Tiling,
)
from limner_sdk.testing import (
    FakeCodec,
    FakeConditioning,
    FakeContext,
    check_codec,
    check_denoiser,
    check_inversion,
    check_tiler,
)

P = NoParams


def refused(check: Callable[[], None]) -> str:
    with pytest.raises(ContractError) as caught:
        check()
    assert "bad" in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def whole(size: Size, step: int, ctx: Any, params: Any) -> Tiling:
    return Tiling((Tile(Box(0, 0, *size)),))


def test_good_tilers_pass() -> None:
    check_tiler(TilerDef("whole", "One tile.", P, whole))
    ring = lambda size, step, ctx, params: Tiling((Tile(Box(step % size.width, 0, *size)),), wraps=True)  # noqa: E731
    check_tiler(TilerDef("ring", "One tile that goes round.", P, ring))


@pytest.mark.parametrize(
    ("plan", "finding"),
    [
        (lambda size, *_: [Tile(Box(0, 0, *size))], "gives a list instead of a Tiling"),
        (lambda size, *_: Tiling(()), "in no tile"),
        (lambda size, *_: Tiling((Tile(Box(0, 0, size.width, size.height - 1)),)), "in no tile"),
        (lambda size, *_: Tiling((Tile(Box(1, 0, *size)),)), "leaves the canvas"),
        (lambda size, *_: Tiling((Tile(Box(0, 0, *size), 0.0),)), "above 0 in every cell"),
        (lambda size, *_: Tiling((Tile(Box(0, 0, *size), float("nan")),)), "not finite"),
        (lambda size, *_: Tiling((Tile(Box(0, 0, *size), -1.0),)), "a negative weight"),
        (lambda size, *_: Tiling((Tile((0, 0, *size)),)), "instead of a Box"),
        (lambda size, *_: Tiling((Tile(Box(0, 0, *size)),), batch=0), "wants 0 tiles in a batch"),
        (lambda size, *_: Tiling((Tile(Box(0, 0, *size), 1 + torch.rand(1).item()),)), "global random stream"),
        (lambda size, *_: Tiling((Tile(Box(0, 0, *size), next(COUNT)),)), "differs when it is planned again"),
    ],
)
def test_a_bad_tiler_is_found_out(plan: Any, finding: str) -> None:
    assert finding in refused(lambda: check_tiler(TilerDef("bad", "Bad.", P, plan)))


def _counting() -> Iterator[float]:
    number = 1.0
    while True:
        yield number
        number += 1


COUNT = _counting()


def denoiser(change: Callable[[torch.Tensor], Any], areas: Any = None) -> DenoiserDef[Any]:
    def wrap(predict: Any, ctx: Any, params: Any) -> Any:
        return lambda x, sigma, guidance: change(predict(x, sigma, guidance))

    return DenoiserDef("bad", "Bad.", P, wrap, areas=areas)


def around(change: Callable[[Guidance], Guidance]) -> DenoiserDef[Any]:
    """One that asks for a prediction by a changed guidance."""
    wrap = lambda predict, ctx, params: lambda x, sigma, guidance: predict(x, sigma, change(guidance))  # noqa: E731
    return DenoiserDef("bad", "Bad.", P, wrap)


def area(mask: torch.Tensor, seed: int = 1) -> Any:
    return lambda ctx, params: [SeededArea(mask, seed)]


FULL = torch.ones(16, 24, dtype=torch.bool)


def test_good_denoisers_pass() -> None:
    check_denoiser(denoiser(lambda x0: x0 * 0.9))
    check_denoiser(denoiser(lambda x0: x0, areas=area(FULL, seed=2**32 - 1)))


def test_a_denoiser_that_asks_for_other_words_passes_whatever_the_batch() -> None:
    seen: list[tuple[int, float, float]] = []

    def wrap(predict: Any, ctx: Any, params: Any) -> Any:
        at = ctx.guidance("a blue star", "blurry")

        def predicted(x: torch.Tensor, sigma: float, asked: Guidance) -> torch.Tensor:
            other = at(sigma, asked)
            seen.append((len(x), other.scale, other.rescale))
            return ctx.mask(ctx.pictures[0]) * predict(x, sigma, other)

        return predicted

    check_denoiser(DenoiserDef("good", "Good.", P, wrap))
    assert set(seen) == {(2, 5.0, 0.0), (1, 5.0, 0.0), (2, 1.0, 0.0), (1, 1.0, 0.0)}


def test_rows_of_the_fake_conditioning_are_real() -> None:
    one, two = FakeConditioning((1.0,)), FakeConditioning((2.0, 3.0))
    assert one.join(two).rows(1, 3) == two
    assert one.expand(3).values == (1.0, 1.0, 1.0)
    with pytest.raises(ContractError, match="only one of 1 row can be"):
        two.expand(2)


def test_the_fake_context_has_pictures_without_a_canvas() -> None:
    ctx = FakeContext()
    assert ctx.picture().shape == (1, 3, 128, 192)
    assert ctx.mask("left").mean() == 0.5


@pytest.mark.parametrize(
    ("definition", "finding"),
    [
        (denoiser(lambda x0: x0[:1]), "turns (2, 4, 16, 24) into (1, 4, 16, 24)"),
        (denoiser(lambda x0: x0.double()), "into torch.float64"),
        (denoiser(lambda x0: x0 * float("nan")), "no numbers"),
        (denoiser(lambda x0: x0 + random.random()), "global random stream"),
        (denoiser(lambda x0: x0 + next(COUNT)), "differs"),
        (denoiser(lambda x0: x0, areas=area(torch.ones(3, 3, dtype=torch.bool))), "an area of (3, 3)"),
        (denoiser(lambda x0: x0, areas=area(torch.ones(16, 24))), "instead of bool"),
        (denoiser(lambda x0: x0, areas=area(FULL, seed=-1)), "the seed -1; seeds are 0 to 4294967295"),
        (denoiser(lambda x0: x0, areas=area(FULL, seed=2**32)), "the seed 4294967296"),
        (denoiser(lambda x0: x0 + x0.mean(0)), "another picture in a batch than alone"),
        (around(lambda g: g.rows(0, 1)), "denoiser bad: 2 pictures are predicted by 1 rows"),
        (around(lambda g: g.join(g)), "denoiser bad: 2 pictures are predicted by 4 rows"),
    ],
)
def test_a_bad_denoiser_is_found_out(definition: Any, finding: str) -> None:
    assert finding in refused(lambda: check_denoiser(definition))


def test_a_denoiser_that_changes_its_input_is_found_out() -> None:
    wrap = lambda predict, ctx, params: lambda x, sigma, guidance: predict(x.mul_(2), sigma, guidance)  # noqa: E731
    assert "changes the latent" in refused(lambda: check_denoiser(DenoiserDef("bad", "Bad.", P, wrap)))


def asks(latent: torch.Tensor, noise: torch.Tensor, denoise: Any, ctx: Any, params: Any) -> torch.Tensor:
    for sigma in ctx.sigmas[:-1]:
        denoise(noise * sigma, sigma)
    return noise


def swallows(latent: torch.Tensor, noise: torch.Tensor, denoise: Any, ctx: Any, params: Any) -> torch.Tensor:
    with suppress(Cancelled):
        return asks(latent, noise, denoise, ctx, params)
    return noise


def test_a_good_inversion_passes() -> None:
    check_inversion(InversionDef("good", "Good.", P, asks))


@pytest.mark.parametrize(
    ("run", "finding"),
    [
        (lambda latent, *_: latent, "into (1, 4, 16, 24)"),
        (lambda latent, noise, *_: noise * 3, "standard deviation 3"),
        (lambda latent, noise, *_: noise + torch.randn(1), "global random stream"),
        (swallows, "swallows Cancelled"),
    ],
)
def test_a_bad_inversion_is_found_out(run: Any, finding: str) -> None:
    assert finding in refused(lambda: check_inversion(InversionDef("bad", "Bad.", P, run)))


class Halves(FakeCodec):
    """Gives its picture in two parts, the second moved down by `gap` pixels."""

    gap = 0

    def parts(self, latent: torch.Tensor, /) -> Iterator[tuple[Box, torch.Tensor]]:
        picture = self.decode(latent)
        half, (height, width) = 8, picture.shape[-2:]
        yield Box(0, 0, width, half), picture[:, :, :half]
        yield Box(0, half + self.gap, width, height - half - self.gap), picture[:, :, half + self.gap :]


class Apart(Halves):
    gap = 4


class Pale(Halves):
    def decode(self, latent: torch.Tensor, /) -> torch.Tensor:
        return super().decode(latent) + next(COUNT)


class Mixing(FakeCodec):
    def decode(self, latent: torch.Tensor, /) -> torch.Tensor:
        return super().decode(latent) - super().decode(latent).mean(0)


class Small(FakeCodec):
    def decode(self, latent: torch.Tensor, /) -> torch.Tensor:
        return super().decode(latent)[..., 1:]


def test_a_good_codec_passes() -> None:
    check_codec(CodecDef("same", "The same.", P, lambda codec, ctx, params: codec), FakeCodec())
    check_codec(CodecDef("halves", "In halves.", P, lambda codec, ctx, params: Halves()), FakeCodec())


@pytest.mark.parametrize(
    ("codec", "finding"),
    [
        (Apart(), "exactly once"),
        (Mixing(), "in a batch than alone"),
        (Pale(), "differs when it decodes again"),
        (Small(), "instead of (1, 3, 40, 72)"),
    ],
)
def test_a_bad_codec_is_found_out(codec: Any, finding: str) -> None:
    definition = CodecDef("bad", "Bad.", P, lambda own, ctx, params: codec)
    assert finding in refused(lambda: check_codec(definition, FakeCodec()))
