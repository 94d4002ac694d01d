"""The contract of noises."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from math import sqrt
from typing import Any, Final

from limner_sdk.definitions import NoiseDef
from limner_sdk.params import Params
from limner_sdk.seeds import ImageSeed, Variation
from limner_sdk.types import Tensor

from .demands import demand, globals_untouched
from .fakes import FakeContext

#: Channels, height and width of the noise that is looked at, and how many draws of it.
_PICTURE: Final = (4, 32, 24)
_DRAWS: Final = 3


def check_noise(definition: NoiseDef[Any], params: Params | None = None) -> None:
    """Right shape; mean 0, variance 1; the same twice; each picture's own; never ends; honest about variations.

    `params` are the definition's defaults if they are not given. The sampler's draws are checked as the first one is,
    and so is a Brownian path of the definition's own.
    """
    import torch

    name, chosen = definition.name, params or definition.params()
    with globals_untouched(name):
        made = [_draws(definition, ImageSeed(seed=seed), chosen) for seed in range(16)]
    again = [_draws(definition, ImageSeed(seed=seed), chosen) for seed in reversed(range(16))][::-1]
    demand(all(map(torch.equal, made, again)), f"noise {name} differs when it is drawn again")
    first, later = torch.stack(made)[:, 0], torch.stack(made)[:, 1:]
    _check_statistics(name, first)
    _check_statistics(f"{name} for samplers", later)
    _check_independence(name, torch.stack(made))
    if definition.mixes_variations:
        _check_variations(name, lambda seed: _draws(definition, seed, chosen)[0])
    if definition.brownian:
        _check_brownian(name, lambda seed: _increments(definition, seed, chosen))


def _draws(definition: NoiseDef[Any], seed: ImageSeed, params: Params) -> Tensor:
    """The first draws of one seed, (draws, C, H, W)."""
    import torch

    made = list(islice(definition.run(seed, _PICTURE, FakeContext(), params), _DRAWS))
    demand(len(made) == _DRAWS, f"noise {definition.name} ends after {len(made)} draws")
    for noise in made:
        demand(tuple(noise.shape) == _PICTURE, f"noise {definition.name} gives {tuple(noise.shape)} for {_PICTURE}")
    return torch.stack(made)


def _increments(definition: NoiseDef[Any], seed: ImageSeed, params: Params) -> Tensor:
    """One seed's Brownian increments from 4 to 2, 2 to 1, and 4 to 1: (3, C, H, W)."""
    import torch

    assert definition.brownian is not None
    with globals_untouched(definition.name):
        path = definition.brownian(seed, _PICTURE, 0.1, 10.0, FakeContext(), params)
        made = [path(4.0, 2.0), path(2.0, 1.0), path(4.0, 1.0)]
    for noise in made:
        label = f"noise {definition.name}'s Brownian path"
        demand(tuple(noise.shape) == _PICTURE, f"{label} gives {tuple(noise.shape)} for {_PICTURE}")
    return torch.stack(made)


def _check_independence(name: str, made: Tensor) -> None:
    """`made` is (seeds, draws, C, H, W)."""
    correlations = made.flatten(2).flatten(0, 1).corrcoef().fill_diagonal_(0).abs()
    seeds, draws = made.shape[:2]
    of_seeds = correlations.view(seeds, draws, seeds, draws)[:, 0, :, 0].max()
    demand(float(of_seeds) < 0.1, f"noise {name} ignores the seed")
    demand(float(correlations.max()) < 0.1, f"noise {name} repeats itself draw after draw")


def _check_statistics(name: str, drawn: Tensor) -> None:
    mean, spread = float(drawn.mean()), float(drawn.std())
    demand(abs(mean) < 0.05, f"noise {name} has the mean {mean:.3f} instead of 0")
    demand(abs(spread - 1) < 0.05, f"noise {name} has the standard deviation {spread:.3f} instead of 1")


def _check_variations(name: str, draw: Callable[[ImageSeed], Tensor]) -> None:
    import torch

    none = draw(ImageSeed(seed=11, variations=(Variation(seed=12, strength=0.0),)))
    half = [draw(ImageSeed(seed=s, variations=(Variation(seed=s + 99, strength=0.5),))) for s in range(16)]
    full = draw(ImageSeed(seed=11, variations=(Variation(seed=12, strength=1.0),)))
    plain, other = draw(ImageSeed(seed=11)), draw(ImageSeed(seed=12))
    demand(torch.allclose(plain, none, atol=1e-5), f"noise {name} changes at variation strength 0")
    demand(torch.allclose(full, other, atol=1e-5), f"noise {name} keeps its seed at strength 1")
    _check_statistics(f"{name} at strength 0.5", torch.stack(half))


def _check_brownian(name: str, walk: Callable[[ImageSeed], Tensor]) -> None:
    """Increments have unit variance, belong together, and are each seed's own."""
    import torch

    made = torch.stack([walk(ImageSeed(seed=seed)) for seed in range(8)])
    upper, lower, whole = made.unbind(1)
    joined = (upper * sqrt(2) + lower) / sqrt(3)
    _check_statistics(f"{name} on its Brownian path", made)
    demand(torch.allclose(joined, whole, atol=1e-4), f"noise {name} has Brownian increments that do not add up")
    _check_independence(name, made[:, :2])
