"""The executable contracts: good definitions pass, and each broken promise is found and said in a sentence."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from PIL import Image

from limner_sdk import Cancelled, ContractError, NoiseDef, NoParams, PostprocessDef, SamplerDef, ScheduleDef
from limner_sdk.pytest_plugin import limner_context  # noqa: F401
from limner_sdk.testing import FakeContext, check_noise, check_postprocessor, check_sampler, check_schedule

P = NoParams


def refused(check: Callable[[Any], None], definition: Any) -> str:
    with pytest.raises(ContractError) as caught:
        check(definition)
    assert definition.name in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def rows(shape: Any, seeds: Any, ctx: Any) -> list[torch.Tensor]:
    return [ctx.randn(seed.seed, shape[1:]) for seed in seeds]


def good_noise(shape: Any, seeds: Any, ctx: Any, params: P) -> torch.Tensor:
    return torch.stack(rows(shape, seeds, ctx))


def test_a_good_noise_passes() -> None:
    check_noise(NoiseDef("good", "Good.", P, good_noise))


@pytest.mark.parametrize(
    ("run", "finding"),
    [
        (lambda shape, seeds, ctx, p: good_noise(shape, seeds, ctx, p)[:, :2], "gives (2, 2, 32, 24)"),
        (lambda shape, seeds, ctx, p: good_noise(shape, seeds, ctx, p) * 1.2, "standard deviation 1.2"),
        (lambda shape, seeds, ctx, p: good_noise(shape, seeds, ctx, p) + 0.2, "has the mean 0."),
        (lambda shape, seeds, ctx, p: ctx.randn(1, shape[1:]).expand(shape), "ignores the seed"),
        (lambda shape, seeds, ctx, p: ctx.randn(seeds[0].seed, shape), "depends on its neighbours"),
        (lambda shape, seeds, ctx, p: torch.randn(shape), "global random stream"),
        (
            lambda shape, seeds, ctx, p: good_noise(shape, seeds, ctx, p) + 0 * random.random(),
            "global random stream",
        ),
        (lambda shape, seeds, ctx, p: good_noise(shape, seeds, ctx, p) * float("nan"), "bad"),
    ],
)
def test_a_bad_noise_is_found_out(run: Any, finding: str) -> None:
    assert finding in refused(check_noise, NoiseDef("bad", "Bad.", P, run))


def test_a_noise_that_differs_each_time_is_found_out() -> None:
    generator = torch.Generator().manual_seed(0)
    drift = NoiseDef("drift", "Bad.", P, lambda shape, seeds, ctx, p: torch.randn(shape, generator=generator))
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
    def run(shape: Any, seeds: Any, ctx: Any, params: P) -> torch.Tensor:
        made = rows(shape, seeds, ctx)
        for k, seed in enumerate(seeds):
            for step in seed.variations:
                made[k] = mix(made[k], ctx.randn(step.seed, shape[1:]), step.strength)
        return torch.stack(made)

    assert finding in refused(check_noise, NoiseDef("bad", "Bad.", P, run, mixes_variations=True))


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


def test_a_sampler_that_keeps_state_is_found_out() -> None:
    calls: list[int] = []

    def run(denoise: Any, x: Any, sigmas: Any, ctx: Any, params: P) -> Any:
        calls.append(1)
        return good_sampler(denoise, x, sigmas, ctx, params) + 0.001 * len(calls)

    assert "differs when it is run again" in refused(check_sampler, SamplerDef("state", "Bad.", P, run))


def _line(steps: int, levels: Any, top: float = 1.0) -> list[float]:
    return [levels.sigma_max * top * (1 - i / steps) for i in range(steps)] + [0.0]


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
