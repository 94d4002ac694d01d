"""The contracts of samplers and schedules."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from math import isfinite
from typing import Any

from limner_sdk.definitions import SamplerDef, ScheduleDef
from limner_sdk.errors import Cancelled, ContractError
from limner_sdk.params import Params
from limner_sdk.types import Sigmas, Tensor

from .demands import demand, globals_untouched
from .fakes import FakeContext
from .models import FakeLevels


def check_sampler(definition: SamplerDef[Any], params: Params | None = None) -> None:
    """Lands on a perfect denoiser's target; keeps shape and dtype; draws from `ctx` alone; batch equals single.

    It evaluates as often as it promises, unless it is adaptive, over many steps, over one, and over the last few.
    """
    import torch

    chosen = params if params is not None else definition.params()
    walk = partial(_walk, definition, chosen)
    name, sigmas, every = definition.name, _sigmas(12), slice(0, 2)
    with globals_untouched(name):
        landed, _ = walk(sigmas, every)
    _check_landing(name, landed, _target())
    demand(torch.equal(landed, walk(sigmas, every)[0]), f"sampler {name} differs when it is run again")
    single, _ = walk(sigmas, slice(1, 2))
    demand(torch.equal(landed[1:], single), f"sampler {name} mixes pictures of a batch")
    for levels in (sigmas, [sigmas[0], 0.0], sigmas[-4:]):
        landed, calls = walk(levels, every)
        _check_landing(name, landed, _target())
        promised = definition.evaluations(len(levels) - 1)
        kept = definition.adaptive or calls == promised
        demand(kept, f"sampler {name} promises {promised} evaluations and makes {calls}")
    _check_cancelling(name, lambda: walk(sigmas, every, cancel_after=2))


def _target() -> Tensor:
    import torch

    return torch.linspace(-1, 1, 2 * 4 * 8 * 8).view(2, 4, 8, 8)


def _walk(
    definition: SamplerDef[Any], params: Params, sigmas: Sigmas, rows: slice, cancel_after: int | None = None
) -> tuple[Tensor, int]:
    """Where the sampler leads some of two pictures, and how often it called the denoiser."""
    import torch

    ctx, calls, target = FakeContext(seeds=[1, 2][rows], cancel_after=cancel_after), 0, _target()[rows]

    def denoise(x: Tensor, sigma: float) -> Tensor:
        nonlocal calls
        ctx.check_cancelled()
        calls += 1
        # A learnt denoiser wavers at high noise; a constant one would hide a sampler's mistakes.
        return target + 0.05 * torch.sin(x) * min(sigma, 1.0)

    noise = torch.randn(_target().shape, generator=torch.Generator().manual_seed(3))[rows]
    return definition.run(denoise, target + noise * sigmas[0], sigmas, ctx, params), calls


def _check_landing(name: str, landed: Tensor, target: Tensor) -> None:
    import torch

    demand(landed.shape == target.shape, f"sampler {name} turns {tuple(target.shape)} into {tuple(landed.shape)}")
    demand(landed.dtype == target.dtype, f"sampler {name} turns {target.dtype} into {landed.dtype}")
    demand(bool(torch.isfinite(landed).all()), f"sampler {name} gives values that are no numbers")
    miss = float((landed - target).abs().max())
    demand(miss < 0.1, f"sampler {name} misses a perfect denoiser's target by {miss:.3f}")


def _check_cancelling(name: str, walk: Callable[[], object]) -> None:
    try:
        walk()
    except Cancelled:
        return
    raise ContractError(f"sampler {name} swallows Cancelled; let it pass")


def _sigmas(steps: int) -> Sigmas:
    levels = FakeLevels()
    top = levels.timesteps - 1
    return [levels.sigma(top * (1 - i / (steps - 1))) for i in range(steps)] + [0.0]


def check_schedule(definition: ScheduleDef[Any], params: Params | None = None) -> None:
    """From 1 to 150 steps: `steps` + 1 finite levels that fall, begin within the model's range and end in 0."""
    chosen = params if params is not None else definition.params()
    levels = FakeLevels()
    for steps in range(1, 151):
        sigmas = list(definition.run(steps, levels, chosen))
        label = f"schedule {definition.name} for {steps} steps"
        demand(len(sigmas) == steps + 1, f"{label} gives {len(sigmas)} levels instead of {steps + 1}")
        demand(all(isfinite(sigma) for sigma in sigmas), f"{label} gives levels that are no numbers")
        falling = all(above > below for above, below in pairwise(sigmas))
        demand(falling, f"{label} does not fall from level to level")
        demand(sigmas[0] <= levels.sigma_max * 1.001, f"{label} begins at {sigmas[0]:.3f}, above the model's range")
        demand(sigmas[-1] == 0, f"{label} ends at {sigmas[-1]:.3f} instead of 0")
