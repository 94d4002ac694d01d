"""Executable contracts: what a definition must keep, checked in under a second on a CPU, without weights.

Each check takes a definition, and parameters other than its defaults, and raises `ContractError` with one sentence.
torch is imported when a check runs. ::

    from limner_sdk.testing import check_sampler
    from my_plugin import limner_samplers

    def test_samplers_keep_the_contract():
        for definition in limner_samplers():
            check_sampler(definition)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice, pairwise
from math import exp, isfinite, log, sqrt
from typing import TYPE_CHECKING, Any, Final

from .brownian import brownian_path
from .definitions import NoiseDef, PostprocessDef, PreprocessorDef, SamplerDef, ScheduleDef
from .errors import Cancelled, ContractError
from .model import Increments
from .params import Params
from .seeds import ImageSeed, Variation
from .types import Image, Sigmas, Size, Tensor

if TYPE_CHECKING:
    import torch

#: Channels, height and width of the noise that is looked at, and how many draws of it.
_PICTURE: Final = (4, 32, 24)
_DRAWS: Final = 3


class FakeLevels:
    """Stable Diffusion's range of noise levels, straight in log sigma."""

    sigma_min: float = 0.0292
    sigma_max: float = 14.6146
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
        self.canvas: Size | None = None
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
        """A path per row, from the k-th seed."""
        import torch

        def draw(seed: int) -> Tensor:
            return torch.randn(x.shape[1:], generator=self.generator(seed))

        paths = [brownian_path(seed, low, high, draw) for seed in self._seeds]
        return lambda sigma, below: torch.stack([between(sigma, below) for between in paths]).to(x)

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


def check_noise(definition: NoiseDef[Any], params: Params | None = None) -> None:
    """Right shape; mean 0, variance 1; the same twice; each picture's own; never ends; honest about variations.

    `params` are the definition's defaults if they are not given. The sampler's draws are checked as the first one is,
    and so is a Brownian path of the definition's own.
    """
    import torch

    name, chosen = definition.name, params or definition.params()
    with _globals_untouched(name):
        made = [_draws(definition, ImageSeed(seed=seed), chosen) for seed in range(16)]
    again = [_draws(definition, ImageSeed(seed=seed), chosen) for seed in reversed(range(16))][::-1]
    _demand(all(map(torch.equal, made, again)), f"noise {name} differs when it is drawn again")
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
    _demand(len(made) == _DRAWS, f"noise {definition.name} ends after {len(made)} draws")
    for noise in made:
        _demand(tuple(noise.shape) == _PICTURE, f"noise {definition.name} gives {tuple(noise.shape)} for {_PICTURE}")
    return torch.stack(made)


def _increments(definition: NoiseDef[Any], seed: ImageSeed, params: Params) -> Tensor:
    """One seed's Brownian increments from 4 to 2, 2 to 1, and 4 to 1: (3, C, H, W)."""
    import torch

    assert definition.brownian is not None
    with _globals_untouched(definition.name):
        path = definition.brownian(seed, _PICTURE, 0.1, 10.0, FakeContext(), params)
        made = [path(4.0, 2.0), path(2.0, 1.0), path(4.0, 1.0)]
    for noise in made:
        label = f"noise {definition.name}'s Brownian path"
        _demand(tuple(noise.shape) == _PICTURE, f"{label} gives {tuple(noise.shape)} for {_PICTURE}")
    return torch.stack(made)


def _check_independence(name: str, made: Tensor) -> None:
    """`made` is (seeds, draws, C, H, W)."""
    correlations = made.flatten(2).flatten(0, 1).corrcoef().fill_diagonal_(0).abs()
    seeds, draws = made.shape[:2]
    of_seeds = correlations.view(seeds, draws, seeds, draws)[:, 0, :, 0].max()
    _demand(float(of_seeds) < 0.1, f"noise {name} ignores the seed")
    _demand(float(correlations.max()) < 0.1, f"noise {name} repeats itself draw after draw")


def _check_statistics(name: str, drawn: Tensor) -> None:
    mean, spread = float(drawn.mean()), float(drawn.std())
    _demand(abs(mean) < 0.05, f"noise {name} has the mean {mean:.3f} instead of 0")
    _demand(abs(spread - 1) < 0.05, f"noise {name} has the standard deviation {spread:.3f} instead of 1")


def _check_variations(name: str, draw: Callable[[ImageSeed], Tensor]) -> None:
    import torch

    none = draw(ImageSeed(seed=11, variations=(Variation(seed=12, strength=0.0),)))
    half = [draw(ImageSeed(seed=s, variations=(Variation(seed=s + 99, strength=0.5),))) for s in range(16)]
    full = draw(ImageSeed(seed=11, variations=(Variation(seed=12, strength=1.0),)))
    plain, other = draw(ImageSeed(seed=11)), draw(ImageSeed(seed=12))
    _demand(torch.allclose(plain, none, atol=1e-5), f"noise {name} changes at variation strength 0")
    _demand(torch.allclose(full, other, atol=1e-5), f"noise {name} keeps its seed at strength 1")
    _check_statistics(f"{name} at strength 0.5", torch.stack(half))


def _check_brownian(name: str, walk: Callable[[ImageSeed], Tensor]) -> None:
    """Increments have unit variance, belong together, and are each seed's own."""
    import torch

    made = torch.stack([walk(ImageSeed(seed=seed)) for seed in range(8)])
    upper, lower, whole = made.unbind(1)
    joined = (upper * sqrt(2) + lower) / sqrt(3)
    _check_statistics(f"{name} on its Brownian path", made)
    _demand(torch.allclose(joined, whole, atol=1e-4), f"noise {name} has Brownian increments that do not add up")
    _check_independence(name, made[:, :2])


def check_sampler(definition: SamplerDef[Any], params: Params | None = None) -> None:
    """Lands on a perfect denoiser's target; keeps shape and dtype; draws from `ctx` alone; batch equals single.

    It evaluates as often as it promises, unless it is adaptive, over many steps, over one, and over the last few.
    """
    import torch

    chosen = params if params is not None else definition.params()
    walk = partial(_walk, definition, chosen)
    name, sigmas, every = definition.name, _sigmas(12), slice(0, 2)
    with _globals_untouched(name):
        landed, _ = walk(sigmas, every)
    _check_landing(name, landed, _target())
    _demand(torch.equal(landed, walk(sigmas, every)[0]), f"sampler {name} differs when it is run again")
    single, _ = walk(sigmas, slice(1, 2))
    _demand(torch.equal(landed[1:], single), f"sampler {name} mixes pictures of a batch")
    for levels in (sigmas, [sigmas[0], 0.0], sigmas[-4:]):
        landed, calls = walk(levels, every)
        _check_landing(name, landed, _target())
        promised = definition.evaluations(len(levels) - 1)
        kept = definition.adaptive or calls == promised
        _demand(kept, f"sampler {name} promises {promised} evaluations and makes {calls}")
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


def check_schedule(definition: ScheduleDef[Any], params: Params | None = None) -> None:
    """From 1 to 150 steps: `steps` + 1 finite levels that fall, begin within the model's range and end in 0."""
    chosen = params if params is not None else definition.params()
    levels = FakeLevels()
    for steps in range(1, 151):
        sigmas = list(definition.run(steps, levels, chosen))
        label = f"schedule {definition.name} for {steps} steps"
        _demand(len(sigmas) == steps + 1, f"{label} gives {len(sigmas)} levels instead of {steps + 1}")
        _demand(all(isfinite(sigma) for sigma in sigmas), f"{label} gives levels that are no numbers")
        falling = all(above > below for above, below in pairwise(sigmas))
        _demand(falling, f"{label} does not fall from level to level")
        _demand(sigmas[0] <= levels.sigma_max * 1.001, f"{label} begins at {sigmas[0]:.3f}, above the model's range")
        _demand(sigmas[-1] == 0, f"{label} ends at {sigmas[-1]:.3f} instead of 0")


def check_postprocessor(definition: PostprocessDef[Any], params: Params | None = None) -> None:
    """Gives an RGB picture; leaves its input alone; the same twice; works at odd sizes."""
    from PIL import Image as Pillow

    chosen = params if params is not None else definition.params()
    for size in ((64, 64), (97, 41)):
        picture = Pillow.linear_gradient("L").resize(size).convert("RGB")
        before = picture.tobytes()
        with _globals_untouched(definition.name):
            made = definition.run(picture, FakeContext(seed=5), chosen)
        again = definition.run(picture, FakeContext(seed=5), chosen)
        label = f"postprocessor {definition.name} at {size[0]}x{size[1]}"
        is_rgb = isinstance(made, Pillow.Image) and made.mode == "RGB"
        _demand(is_rgb, f"{label} gives {made!r} instead of an RGB picture")
        _demand(picture.tobytes() == before, f"{label} changes the picture it is given")
        _demand(made.tobytes() == again.tobytes(), f"{label} differs when it is run again")


def check_preprocessor(definition: PreprocessorDef[Any], params: Params | None = None) -> None:
    """Gives an RGB picture of the same size; leaves its input alone; the same twice; works at odd sizes."""
    from PIL import Image as Pillow

    chosen = params if params is not None else definition.params()
    for size in ((64, 64), (97, 41)):
        picture = Pillow.linear_gradient("L").resize(size).convert("RGB")
        before = picture.tobytes()
        with _globals_untouched(definition.name):
            made = definition.run(picture, FakeContext(), chosen)
        again = definition.run(picture, FakeContext(), chosen)
        label = f"preprocessor {definition.name} at {size[0]}x{size[1]}"
        is_rgb = isinstance(made, Pillow.Image) and made.mode == "RGB"
        _demand(is_rgb, f"{label} gives {made!r} instead of an RGB picture")
        _demand(made.size == size, f"{label} gives {made.width}x{made.height} pixels")
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
