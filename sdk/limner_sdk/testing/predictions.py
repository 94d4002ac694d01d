"""The contracts of what works around predictions: denoisers, and inversions."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from limner_sdk.definitions import DenoiserDef, InversionDef
from limner_sdk.errors import Cancelled, ContractError
from limner_sdk.model import Guidance, Predict
from limner_sdk.params import Params
from limner_sdk.seeds import LARGEST_SEED
from limner_sdk.types import Size, Tensor

from .demands import demand, globals_untouched
from .fakes import FakeContext
from .models import FakeConditioning, FakeModel

#: The canvas of all checks, in latent cells.
CANVAS: Final = Size(24, 16)


def check_denoiser(definition: DenoiserDef[Any], params: Params | None = None) -> None:
    """Keeps shape and dtype, gives numbers, the same twice; leaves `x` alone; works for two pictures as for each alone.

    It does so guided and unguided. Its areas are of the canvas' size, with seeds that there are. The choice has one
    picture, called ``left``; `params` of a denoiser that wants all of them named must name it.
    """
    import torch

    chosen = params if params is not None else definition.params()
    for sigma, scale in ((10.0, 5.0), (0.5, 1.0)):
        x = _noise(2) * sigma
        made = _checked(definition, chosen, x, sigma, _guidance(scale))
        alone = _checked(definition, chosen, x[1:], sigma, _guidance(scale).rows(1, 2))
        same = torch.allclose(made[1:], alone, atol=1e-4)
        demand(same, f"denoiser {definition.name} makes another picture in a batch than alone")
    _check_areas(definition, chosen)


def _guidance(scale: float) -> Guidance:
    return Guidance(((FakeConditioning((1.0, 2.0)), 1.0),), FakeConditioning((0.0, 0.0)), scale)


def _checked(definition: DenoiserDef[Any], params: Params, x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
    """What the denoiser makes of one prediction, itself checked."""
    import torch

    name, before = definition.name, x.clone()
    with globals_untouched(name):
        made = definition.wrap(_predict_for(name), _context(), params)(x, sigma, guidance)
    _check_latent(f"denoiser {name}", made, x)
    demand(torch.equal(x, before), f"denoiser {name} changes the latent it is given")
    again = definition.wrap(_predict_for(name), _context(), params)(x, sigma, guidance)
    demand(torch.equal(made, again), f"denoiser {name} differs when it is run again")
    return made


def _predict_for(name: str) -> Predict:
    """A guided prediction that blames the denoiser called `name` for guidance that does not fit its latent."""
    model = FakeModel()

    def predict(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        try:
            towards = sum(weight * model.predict(x, sigma, cond) for cond, weight in guidance.positives)
            away = model.predict(x, sigma, guidance.negative)
        except ContractError as error:
            raise ContractError(f"denoiser {name}: {error}") from None
        return away + guidance.scale * (towards - away)

    return predict


def _check_areas(definition: DenoiserDef[Any], params: Params) -> None:
    import torch

    name, ctx = definition.name, _context()
    for area in definition.areas(ctx, params) if definition.areas else ():
        shape, wanted = tuple(area.mask.shape), (CANVAS.height, CANVAS.width)
        demand(shape == wanted, f"denoiser {name} gives an area of {shape} for a canvas of {wanted}")
        demand(area.mask.dtype == torch.bool, f"denoiser {name} gives an area of {area.mask.dtype} instead of bool")
        there = isinstance(area.seed, int) and 0 <= area.seed <= LARGEST_SEED
        demand(there, f"denoiser {name} gives an area the seed {area.seed!r}; seeds are 0 to {LARGEST_SEED}")


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
    ctx.canvas, ctx.sigmas = CANVAS, (10.0, 3.0, 1.0, 0.0)
    return ctx


def _noise(rows: int) -> Tensor:
    import torch

    return torch.randn(rows, 4, CANVAS.height, CANVAS.width, generator=torch.Generator().manual_seed(1))


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
