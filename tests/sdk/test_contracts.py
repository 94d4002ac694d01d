"""The executable contracts: good definitions pass, and each broken promise is found and said in a sentence."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import islice, pairwise, repeat
from math import sqrt
from typing import Any

import pytest
import torch
from PIL import Image

from limner_sdk import (
    Cancelled,
    ContractError,
    ImageSeed,
    NoiseDef,
    NoParams,
    PostprocessDef,
    SamplerDef,
    ScheduleDef,
    brownian_path,
)
from limner_sdk.pytest_plugin import limner_context  # noqa: F401
from limner_sdk.testing import FakeContext, check_noise, check_postprocessor, check_sampler, check_schedule

P = NoParams


def refused(check: Callable[[Any], None], definition: Any) -> str:
    with pytest.raises(ContractError) as caught:
        check(definition)
    assert definition.name in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def good_noise(seed: Any, shape: Any, ctx: Any, params: Any) -> Iterator[torch.Tensor]:
    stream = ctx.generator(seed.seed)
    while True:
        yield torch.randn(shape, generator=stream)


def changed(change: Callable[[torch.Tensor], torch.Tensor]) -> Callable[..., Iterator[torch.Tensor]]:
    """A good noise with something done to every draw."""
    return lambda seed, shape, ctx, params: map(change, good_noise(seed, shape, ctx, params))


def test_a_good_noise_passes() -> None:
    check_noise(NoiseDef("good", "Good.", P, good_noise))


@pytest.mark.parametrize(
    ("run", "finding"),
    [
        (changed(lambda noise: noise[:2]), "gives (2, 32, 24) for (4, 32, 24)"),
        (changed(lambda noise: noise * 1.2), "standard deviation 1.2"),
        (changed(lambda noise: noise + 0.2), "has the mean 0."),
        (changed(lambda noise: noise * float("nan")), "bad"),
        (changed(lambda noise: noise + 0 * random.random()), "global random stream"),
        (changed(lambda noise: torch.randn(noise.shape)), "global random stream"),
        (lambda seed, shape, ctx, p: good_noise(ImageSeed(seed=1), shape, ctx, p), "ignores the seed"),
        (lambda seed, shape, ctx, p: islice(good_noise(seed, shape, ctx, p), 2), "ends after 2 draws"),
        (lambda seed, shape, ctx, p: repeat(next(good_noise(seed, shape, ctx, p))), "repeats itself"),
        (lambda seed, shape, ctx, p: _louder(good_noise(seed, shape, ctx, p)), "for samplers has the standard"),
    ],
)
def test_a_bad_noise_is_found_out(run: Any, finding: str) -> None:
    assert finding in refused(check_noise, NoiseDef("bad", "Bad.", P, run))


def _louder(stream: Iterator[torch.Tensor]) -> Iterator[torch.Tensor]:
    yield next(stream)
    yield from (noise * 2 for noise in stream)


def test_a_noise_that_differs_each_time_is_found_out() -> None:
    own = torch.Generator().manual_seed(0)
    drift = NoiseDef("drift", "Bad.", P, changed(lambda noise: torch.randn(noise.shape, generator=own)))
    assert "differs when it is drawn again" in refused(check_noise, drift)


@pytest.mark.parametrize(
    ("mix", "finding"),
    [
        (lambda old, new, t: old, "keeps its seed at strength 1"),
        (lambda old, new, t: new, "changes at variation strength 0"),
        (lambda old, new, t: (1 - t) * old + t * new, "standard deviation 0.7"),
    ],
)
def test_a_noise_that_mixes_variations_wrongly_is_found_out(mix: Any, finding: str) -> None:
    def run(seed: Any, shape: Any, ctx: Any, params: P) -> Iterator[torch.Tensor]:
        stream = good_noise(seed, shape, ctx, params)
        noise = next(stream)
        for step in seed.variations:
            noise = mix(noise, next(good_noise(step, shape, ctx, params)), step.strength)
        yield noise
        yield from stream

    assert finding in refused(check_noise, NoiseDef("bad", "Bad.", P, run, mixes_variations=True))


@pytest.mark.parametrize(
    ("scale", "finding"),
    [
        (lambda sigma, below: 1.0, ""),
        (lambda sigma, below: sqrt(sigma - below), "standard deviation"),
        (lambda sigma, below: 1.0 if sigma - below < 3 else -1.0, "do not add up"),
        (lambda sigma, below: torch.ones(1, 1, 1, 1), "gives (1, 4, 32, 24) for (4, 32, 24)"),
        (lambda sigma, below: 1 + 0 * torch.randn(1), "global random stream"),
    ],
)
def test_a_bad_brownian_path_is_found_out(scale: Any, finding: str) -> None:
    def grow(seed: Any, shape: Any, low: float, high: float, ctx: Any, params: P) -> Any:
        between = brownian_path(seed.seed, low, high, lambda node: torch.randn(shape, generator=ctx.generator(node)))
        return lambda sigma, below: between(sigma, below) * scale(sigma, below)

    definition = NoiseDef("bad", "Bad.", P, good_noise, brownian=grow)
    if not finding:
        return check_noise(definition)
    assert finding in refused(check_noise, definition)


def good_sampler(denoise: Any, x: Any, sigmas: Any, ctx: Any, params: P) -> Any:
    for sigma, below in pairwise(sigmas):
        x = x + (x - denoise(x, sigma)) / sigma * (below - sigma)
    return x


def test_a_good_sampler_passes() -> None:
    check_sampler(SamplerDef("good", "Good.", P, good_sampler))


def _swallow(denoise: Any, x: Any, sigmas: Any, ctx: Any, params: P) -> Any:
    for sigma, below in pairwise(sigmas):
        try:
            x = x + (x - denoise(x, sigma)) / sigma * (below - sigma)
        except Cancelled:
            break
    return x


def _mix(denoise: Any, x: Any, sigmas: Any, ctx: Any, params: P) -> Any:
    return good_sampler(denoise, x, sigmas, ctx, params) + 0.01 * x.mean() * (len(x) - 1)


def _loud(denoise: Any, x: Any, sigmas: Any, ctx: Any, params: P) -> Any:
    return good_sampler(denoise, x, sigmas, ctx, params) + 0 * torch.randn(1)


@pytest.mark.parametrize(
    ("run", "finding"),
    [
        (lambda d, x, s, c, p: good_sampler(d, x, s, c, p) + 0.2, "misses a perfect denoiser's target"),
        (lambda d, x, s, c, p: good_sampler(d, x, s, c, p)[:1], "turns (2, 4, 8, 8) into (1, 4, 8, 8)"),
        (lambda d, x, s, c, p: good_sampler(d, x, s, c, p).double(), "into torch.float64"),
        (lambda d, x, s, c, p: good_sampler(d, x, s, c, p) / 0, "no numbers"),
        (_swallow, "swallows Cancelled"),
        (_loud, "global random stream"),
        (lambda d, x, s, c, p: (d(x, s[0]), good_sampler(d, x, s, c, p))[1], "promises 12 evaluations and makes 13"),
        (_mix, "mixes pictures of a batch"),
    ],
)
def test_a_bad_sampler_is_found_out(run: Any, finding: str) -> None:
    assert finding in refused(check_sampler, SamplerDef("bad", "Bad.", P, run))


def test_a_sampler_that_fails_at_a_single_step_is_found_out() -> None:
    def run(denoise: Any, x: Any, sigmas: Any, ctx: Any, params: P) -> Any:
        return good_sampler(denoise, x, sigmas if len(sigmas) > 2 else [sigmas[0], 0.1], ctx, params)

    assert "misses a perfect denoiser's target" in refused(check_sampler, SamplerDef("bad", "Bad.", P, run))


def test_only_an_adaptive_sampler_may_evaluate_as_often_as_it_likes() -> None:
    def counts_nothing(steps: int) -> int:
        return 7

    check_sampler(SamplerDef("good", "Good.", P, good_sampler, evaluations=counts_nothing, adaptive=True))
    finding = refused(check_sampler, SamplerDef("bad", "Bad.", P, good_sampler, evaluations=counts_nothing))
    assert "promises 7 evaluations and makes 12" in finding


def test_a_sampler_that_keeps_state_is_found_out() -> None:
    calls: list[int] = []

    def run(denoise: Any, x: Any, sigmas: Any, ctx: Any, params: P) -> Any:
        calls.append(1)
        return good_sampler(denoise, x, sigmas, ctx, params) + 0.001 * len(calls)

    assert "differs when it is run again" in refused(check_sampler, SamplerDef("state", "Bad.", P, run))


def _line(steps: int, levels: Any, top: float = 1.0) -> list[float]:
    return [levels.sigma_max * top * (1 - i / steps) for i in range(steps)] + [0.0]


def test_a_schedule_that_repeats_itself_at_many_steps_is_found_out() -> None:
    def run(steps: int, levels: Any, params: P) -> list[float]:
        return [10 - min(i, 99) / 10 for i in range(steps)] + [0.0]

    assert "for 101 steps does not fall" in refused(check_schedule, ScheduleDef("bad", "Bad.", P, run))


def test_a_good_schedule_passes() -> None:
    check_schedule(ScheduleDef("good", "Good.", P, lambda steps, levels, p: _line(steps, levels)))


@pytest.mark.parametrize(
    ("run", "finding"),
    [
        (lambda steps, levels, p: _line(steps, levels)[:-1], "gives 1 levels instead of 2"),
        (lambda steps, levels, p: _line(steps, levels)[::-1], "does not fall"),
        (lambda steps, levels, p: [*_line(steps, levels)[:-1], 0.001], "ends at 0.001 instead of 0"),
        (lambda steps, levels, p: _line(steps, levels, 2.0), "above the model's range"),
        (lambda steps, levels, p: [float("nan")] * steps + [0.0], "no numbers"),
        (lambda steps, levels, p: [1.0] * steps + [0.0], "for 2 steps does not fall"),
    ],
)
def test_a_bad_schedule_is_found_out(run: Any, finding: str) -> None:
    assert finding in refused(check_schedule, ScheduleDef("bad", "Bad.", P, run))


def _draw_on(image: Image.Image, ctx: Any, params: P) -> Image.Image:
    image.putpixel((0, 0), (9, 9, 9))
    return image.copy()


def test_a_good_postprocessor_passes() -> None:
    check_postprocessor(PostprocessDef("good", "Good.", P, lambda image, ctx, p: ctx.redraw(image, strength=0.5)))


@pytest.mark.parametrize(
    ("run", "finding"),
    [
        (_draw_on, "changes the picture it is given"),
        (lambda image, ctx, p: image.convert("L"), "instead of an RGB picture"),
        (lambda image, ctx, p: None, "gives None instead of an RGB picture"),
        (lambda image, ctx, p: image.point(lambda v: v if random.random() < 2 else 0), "global random stream"),
    ],
)
def test_a_bad_postprocessor_is_found_out(run: Any, finding: str) -> None:
    assert finding in refused(check_postprocessor, PostprocessDef("bad", "Bad.", P, run))


def test_a_postprocessor_with_a_random_stream_of_its_own_is_found_out() -> None:
    own = random.Random(1)
    noisy = PostprocessDef(
        "noisy", "Bad.", P, lambda image, ctx, p: image.point(lambda v: (v + own.randrange(9)) % 256)
    )
    assert "differs when it is run again" in refused(check_postprocessor, noisy)


def test_the_fake_context_cancels_after_so_many_looks() -> None:
    ctx = FakeContext(cancel_after=2)
    ctx.check_cancelled()
    ctx.report(0.5)
    with pytest.raises(Cancelled):
        ctx.check_cancelled()
    assert ctx.reports == [0.5]


def test_authors_get_the_context_as_a_fixture(limner_context: FakeContext) -> None:  # noqa: F811
    assert (limner_context.device.type, limner_context.seed) == ("cpu", 0)
