"""The contracts of what works around predictions: denoisers, and inversions."""

from __future__ import annotations

from functools import partial
from typing import Any

from limner_sdk.definitions import DenoiserDef, InversionDef
from limner_sdk.errors import Cancelled, ContractError
from limner_sdk.model import Guidance
from limner_sdk.params import Params
from limner_sdk.types import Size, Tensor

from .demands import demand, globals_untouched
from .fakes import FakeContext
from .models import FakeConditioning, FakeModel


def check_denoiser(definition: DenoiserDef[Any], params: Params | None = None) -> None:
    """Keeps shape and dtype, gives numbers, the same twice; leaves `x` alone; areas are of the canvas' size."""
    import torch

    chosen = params if params is not None else definition.params()
    name, ctx = definition.name, _context()
    guidance = Guidance(((FakeConditioning(1.0), 1.0),), FakeConditioning(0.0), 5.0)
    for sigma in (10.0, 0.5):
        x = _noise(2) * sigma
        before = x.clone()
        with globals_untouched(name):
            made = definition.wrap(_predict, ctx, chosen)(x, sigma, guidance)
        _check_latent(f"denoiser {name}", made, x)
        demand(torch.equal(x, before), f"denoiser {name} changes the latent it is given")
        again = definition.wrap(_predict, _context(), chosen)(x, sigma, guidance)
        demand(torch.equal(made, again), f"denoiser {name} differs when it is run again")
    for area in definition.areas(ctx, chosen) if definition.areas else ():
        shape, wanted = tuple(area.mask.shape), (ctx.canvas.height, ctx.canvas.width)
        demand(shape == wanted, f"denoiser {name} gives an area of {shape} for a canvas of {wanted}")
        demand(area.mask.dtype == torch.bool, f"denoiser {name} gives an area of {area.mask.dtype} instead of bool")


def check_inversion(definition: InversionDef[Any], params: Params | None = None) -> None:
    """Gives noise in the shape of the fresh one, and no louder; the same twice; lets `Cancelled` pass."""
    import torch

    chosen = params if params is not None else definition.params()
    name, latent, fresh = definition.name, 0.5 * _noise(1).roll(3, -1), _noise(2)
    run = partial(definition.run, latent, fresh)
    with globals_untouched(name):
        made = run(_denoise(_context()), _context(), chosen)
    _check_latent(f"inversion {name}", made, fresh)
    spread = float(made.std())
    demand(spread < 2, f"inversion {name} gives noise with the standard deviation {spread:.2f} instead of 1")
    again = run(_denoise(_context()), _context(), chosen)
    demand(torch.equal(made, again), f"inversion {name} differs when it is run again")
    cancelled = _context(cancel_after=1)
    try:
        run(_denoise(cancelled), cancelled, chosen)
    except Cancelled:
        return
    raise ContractError(f"inversion {name} swallows Cancelled; let it pass")


def _context(cancel_after: int | None = None) -> FakeContext:
    ctx = FakeContext(cancel_after=cancel_after)
    ctx.canvas, ctx.sigmas = Size(24, 16), (10.0, 3.0, 1.0, 0.0)
    return ctx


def _noise(rows: int) -> Tensor:
    import torch

    return torch.randn(rows, 4, 16, 24, generator=torch.Generator().manual_seed(1))


def _predict(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
    return FakeModel().predict(x, sigma, guidance.positives[0][0])


def _denoise(ctx: FakeContext) -> Any:
    def denoise(x: Tensor, sigma: float) -> Tensor:
        ctx.check_cancelled()
        return x / (1 + sigma**2)

    return denoise


def _check_latent(label: str, made: Tensor, like: Tensor) -> None:
    import torch

    demand(made.shape == like.shape, f"{label} turns {tuple(like.shape)} into {tuple(made.shape)}")
    demand(made.dtype == like.dtype, f"{label} turns {like.dtype} into {made.dtype}")
    demand(bool(torch.isfinite(made).all()), f"{label} gives values that are no numbers")
