"""Executable contracts: what a definition must keep, checked in under a second on a CPU, without weights.

Each check takes a definition and raises `ContractError` with one sentence. torch is imported when a check runs. ::

    from limner_sdk.testing import check_sampler
    from my_plugin import limner_samplers

    def test_samplers_keep_the_contract():
        for definition in limner_samplers():
            check_sampler(definition)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, isfinite, log, sqrt
from typing import TYPE_CHECKING, Any, Final

from .definitions import NoiseDef, PostprocessDef, SamplerDef, ScheduleDef
from .errors import Cancelled, ContractError
from .model import Increments
from .seeds import ImageSeed, Variation
from .types import Image, Shape, Sigmas, Tensor

if TYPE_CHECKING:
    import torch

_SHAPE: Final[Shape] = (2, 4, 32, 24)


class FakeLevels:
    """Stable Diffusion's range of noise levels, straight in log sigma."""

    sigma_min: float = 0.029
    sigma_max: float = 14.6
    timesteps: int = 1000

    def sigma(self, timestep: float, /) -> float:
        """The level at a fractional timestep."""
        part = timestep / (self.timesteps - 1)
        return exp((1 - part) * log(self.sigma_min) + part * log(self.sigma_max))

    def timestep(self, sigma: float, /) -> float:
        """The fractional timestep of a level."""
        part = (log(sigma) - log(self.sigma_min)) / (log(self.sigma_max) - log(self.sigma_min))
        return part * (self.timesteps - 1)


class FakeContext:
    """A context for every kind of stage, with streams of its own; `cancel_after` counts looks at cancellation."""

    def __init__(self, seeds: Sequence[int] = (1, 2), cancel_after: int | None = None, seed: int = 0) -> None:
        import torch

        self.device: torch.device = torch.device("cpu")
        self.dtype: torch.dtype = torch.float32
        self.log = logging.getLogger("limner.testing")
        self.seed = seed
        self.sigmas: tuple[float, ...] = ()
        self.levels = FakeLevels()
        self.origin = (0, 0)
        self.reports: list[float] = []
        self._seeds = tuple(seeds)
        self._streams = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._looks_left = cancel_after

    def check_cancelled(self) -> None:
        """Raise `Cancelled` once `cancel_after` looks are used up."""
        if self._looks_left is None:
            return
        self._looks_left -= 1
        if self._looks_left < 0:
            raise Cancelled("the test cancels here")

    def report(self, done: float, what: str = "") -> None:
        """Remember what was reported."""
        self.check_cancelled()
        self.reports.append(done)

    def generator(self, seed: int, /) -> torch.Generator:
        """A fresh stream."""
        import torch

        return torch.Generator().manual_seed(seed)

    def noise_like(self, x: Tensor, /) -> Tensor:
        """Fresh noise, row k from the k-th stream."""
        import torch

        return torch.stack([torch.randn(x.shape[1:], generator=stream) for stream in self._streams]).to(x)

    def brownian(self, x: Tensor, low: float, high: float, /) -> Increments:
        """A path per row, from torchsde's tree."""
        import torch
        import torchsde

        first = torch.zeros_like(x[0])
        trees = [torchsde.BrownianTree(t0=low, w0=first, t1=high, entropy=seed) for seed in self._seeds]

        def between(sigma: float, below: float) -> Tensor:
            rows = [tree(below, sigma) for tree in trees]
            return -torch.stack(rows) / sqrt(sigma - below)

        return between

    def free_memory(self) -> int:
        """A gigabyte."""
        return 2**30

    def redraw(self, image: Image, *, strength: float, **options: Any) -> Image:
        """A copy, a little paler the stronger the redrawing."""
        return image.point(lambda level: level + (255 - level) * strength / 4)

    def upscale(self, image: Image, name: str) -> Image:
        """Twice the size."""
        return image.resize((image.width * 2, image.height * 2))

    def detect(self, image: Image, name: str) -> tuple[Any, ...]:
        """Nothing is ever found."""
        return ()


def check_noise(definition: NoiseDef[Any]) -> None:
    """Right shape; mean 0, variance 1; the same twice; each picture's own; honest about variations."""
    import torch

    def draw(*seeds: ImageSeed) -> Tensor:
        ctx, params = FakeContext(), definition.params()
        return torch.stack([next(definition.run(seed, _SHAPE[1:], ctx, params)) for seed in seeds])

    one, two = ImageSeed(seed=11), ImageSeed(seed=12)
    with _globals_untouched(definition.name):
        both, again = draw(one, two), draw(one, two)
    _demand(tuple(both.shape) == _SHAPE, f"noise {definition.name} gives {tuple(both.shape)} for {_SHAPE}")
    _demand(torch.equal(both, again), f"noise {definition.name} differs when it is drawn again")
    _demand(torch.equal(both[1:], draw(two)), f"noise {definition.name} of a picture depends on its neighbours")
    _demand(not torch.allclose(both[0], both[1]), f"noise {definition.name} ignores the seed")
    _check_statistics(definition.name, draw(*(ImageSeed(seed=seed) for seed in range(16))))
    if definition.mixes_variations:
        _check_variations(definition.name, draw)


def _check_statistics(name: str, drawn: Tensor) -> None:
    mean, spread = float(drawn.mean()), float(drawn.std())
    _demand(abs(mean) < 0.05, f"noise {name} has the mean {mean:.3f} instead of 0")
    _demand(abs(spread - 1) < 0.05, f"noise {name} has the standard deviation {spread:.3f} instead of 1")


def _check_variations(name: str, draw: Callable[..., Tensor]) -> None:
    import torch

    plain = draw(ImageSeed(seed=11))
    none = draw(ImageSeed(seed=11, variations=(Variation(seed=12, strength=0.0),)))
    half = draw(*(ImageSeed(seed=s, variations=(Variation(seed=s + 99, strength=0.5),)) for s in range(16)))
    full = draw(ImageSeed(seed=11, variations=(Variation(seed=12, strength=1.0),)))
    _demand(torch.allclose(plain, none, atol=1e-5), f"noise {name} changes at variation strength 0")
    _demand(torch.allclose(full, draw(ImageSeed(seed=12)), atol=1e-5), f"noise {name} keeps its seed at strength 1")
    _check_statistics(f"{name} at strength 0.5", half)


def check_sampler(definition: SamplerDef[Any]) -> None:
    """Lands on a perfect denoiser's target; keeps shape and dtype; draws from `ctx` alone; batch equals single."""
    import torch

    target = torch.linspace(-1, 1, 2 * 4 * 8 * 8).view(2, 4, 8, 8)
    noise = torch.randn(target.shape, generator=torch.Generator().manual_seed(3))
    sigmas = _sigmas(12)

    def walk(rows: slice, cancel_after: int | None = None) -> tuple[Tensor, int]:
        ctx, calls = FakeContext(seeds=[1, 2][rows], cancel_after=cancel_after), 0

        def denoise(x: Tensor, sigma: float) -> Tensor:
            nonlocal calls
            ctx.check_cancelled()
            calls += 1
            # A learnt denoiser wavers at high noise; a constant one would hide a sampler's mistakes.
            return target[rows] + 0.05 * torch.sin(x) * min(sigma, 1.0)

        start = target[rows] + noise[rows] * sigmas[0]
        return definition.run(denoise, start, sigmas, ctx, definition.params()), calls

    with _globals_untouched(definition.name):
        landed, calls = walk(slice(0, 2))
    again, _ = walk(slice(0, 2))
    _check_landing(definition.name, landed, target)
    _demand(torch.equal(landed, again), f"sampler {definition.name} differs when it is run again")
    single, _ = walk(slice(1, 2))
    _demand(torch.allclose(landed[1:], single, atol=1e-5), f"sampler {definition.name} mixes pictures of a batch")
    promised = definition.evaluations(len(sigmas) - 1)
    _demand(calls == promised, f"sampler {definition.name} promises {promised} evaluations and makes {calls}")
    _check_cancelling(definition.name, lambda: walk(slice(0, 2), cancel_after=2))


def _check_landing(name: str, landed: Tensor, target: Tensor) -> None:
    import torch

    _demand(landed.shape == target.shape, f"sampler {name} turns {tuple(target.shape)} into {tuple(landed.shape)}")
    _demand(landed.dtype == target.dtype, f"sampler {name} turns {target.dtype} into {landed.dtype}")
    _demand(bool(torch.isfinite(landed).all()), f"sampler {name} gives values that are no numbers")
    miss = float((landed - target).abs().max())
    _demand(miss < 0.1, f"sampler {name} misses a perfect denoiser's target by {miss:.3f}")


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


def check_schedule(definition: ScheduleDef[Any]) -> None:
    """From 1 to 50 steps: `steps` + 1 finite levels that fall, begin within the model's range and end in 0."""
    levels = FakeLevels()
    for steps in (1, 2, 3, 10, 50):
        sigmas = list(definition.run(steps, levels, definition.params()))
        label = f"schedule {definition.name} for {steps} steps"
        _demand(len(sigmas) == steps + 1, f"{label} gives {len(sigmas)} levels instead of {steps + 1}")
        _demand(all(isfinite(sigma) for sigma in sigmas), f"{label} gives levels that are no numbers")
        falling = all(above > below for above, below in pairwise(sigmas))
        _demand(falling, f"{label} does not fall from level to level")
        _demand(sigmas[0] <= levels.sigma_max * 1.001, f"{label} begins at {sigmas[0]:.3f}, above the model's range")
        _demand(sigmas[-1] == 0, f"{label} ends at {sigmas[-1]:.3f} instead of 0")


def check_postprocessor(definition: PostprocessDef[Any]) -> None:
    """Gives an RGB picture; leaves its input alone; the same twice; works at odd sizes."""
    from PIL import Image as Pillow

    for size in ((64, 64), (97, 41)):
        picture = Pillow.linear_gradient("L").resize(size).convert("RGB")
        before = picture.tobytes()
        with _globals_untouched(definition.name):
            made = definition.run(picture, FakeContext(seed=5), definition.params())
        again = definition.run(picture, FakeContext(seed=5), definition.params())
        label = f"postprocessor {definition.name} at {size[0]}x{size[1]}"
        is_rgb = isinstance(made, Pillow.Image) and made.mode == "RGB"
        _demand(is_rgb, f"{label} gives {made!r} instead of an RGB picture")
        _demand(picture.tobytes() == before, f"{label} changes the picture it is given")
        _demand(made.tobytes() == again.tobytes(), f"{label} differs when it is run again")


class _globals_untouched:
    """Demand that torch's and Python's global random streams stay where they are."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._before = self._state()

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            _demand(self._state() == self._before, f"{self._name} draws from a global random stream; use ctx")

    @staticmethod
    def _state() -> tuple[object, bytes]:
        import random

        import torch

        return random.getstate(), torch.get_rng_state().numpy().tobytes()


def _demand(kept: bool, broken: str) -> None:
    if not kept:
        raise ContractError(broken)
