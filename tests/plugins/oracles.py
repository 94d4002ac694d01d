"""What samplers are compared with: a mixture of Gaussians whose best denoiser is known, and textbook formulas.

Each oracle is a second way to write a sampler: with the slope d and steps in sigma, or with t = -log sigma and
h = t' - t, as k-diffusion and the papers put it. `noise(sigma, below)` gives the fresh noise of a step.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from math import atan, exp, expm1, log, prod, sqrt
from typing import Any, TypeAlias

import torch
from scipy import integrate
from torch import Tensor

from limner_sdk import Denoise

Noise: TypeAlias = Callable[[float, float], Tensor]

_WEIGHTS = torch.tensor([0.1, 0.3, 0.2, 0.25, 0.15], dtype=torch.float64)
_MODES = 0.3 * torch.randn(5, 4, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
_SPREAD = 0.2


def mixture(x: Tensor, sigma: float) -> Tensor:
    """The mean of the clean latents (B, 4, 8, 8) that `x` may come from: five modes of the standard deviation 0.2."""
    variance = _SPREAD**2 + sigma**2
    away = x.double()[:, None] - _MODES
    share = (_WEIGHTS.log() - away.square().sum((2, 3, 4)) / (2 * variance)).softmax(1)
    return (share[:, :, None, None, None] * (_MODES + _SPREAD**2 / variance * away)).sum(1).to(x)


def start(sigma: float) -> Tensor:
    """The same noise of two pictures every time, at the level `sigma`."""
    return sigma * torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def karras_levels(count: int, high: float, low: float) -> list[float]:
    """`count` levels with rho 7."""
    return [(high ** (1 / 7) + i / (count - 1) * (low ** (1 / 7) - high ** (1 / 7))) ** 7 for i in range(count)]


def slope(denoise: Denoise, x: Tensor, sigma: float) -> Tensor:
    return (x - denoise(x, sigma)) / sigma


def split(sigma: float, below: float, eta: float) -> tuple[float, float]:
    up = min(below, eta * sqrt(below**2 * (sigma**2 - below**2) / sigma**2))
    return sqrt(below**2 - up**2), up


def raised(
    x: Tensor, sigma: float, steps: int, noise: Noise, churn: float, least: float, most: float, scale: float
) -> tuple[Tensor, float]:
    gamma = min(churn / steps, sqrt(2) - 1) if least <= sigma <= most else 0.0
    hat = sigma + gamma * sigma
    return (x + sqrt(hat**2 - sigma**2) * scale * noise(sigma, hat) if gamma else x), hat


def churning(kind: str) -> Callable[..., Tensor]:
    def walk(
        denoise: Denoise,
        x: Tensor,
        sigmas: Sequence[float],
        noise: Noise,
        churn: float = 0.0,
        churn_from: float = 0.0,
        churn_to: float = 1e9,
        noise_scale: float = 1.0,
    ) -> Tensor:
        for i in range(len(sigmas) - 1):
            x, hat = raised(x, sigmas[i], len(sigmas) - 1, noise, churn, churn_from, churn_to, noise_scale)
            x = slope_step(kind, denoise, x, hat, sigmas[i + 1])
        return x

    return walk


def slope_step(kind: str, denoise: Denoise, x: Tensor, sigma: float, below: float) -> Tensor:
    d = slope(denoise, x, sigma)
    if kind == "euler" or below == 0:
        return x + d * (below - sigma)
    if kind == "heun":
        return x + (d + slope(denoise, x + d * (below - sigma), below)) / 2 * (below - sigma)
    middle = exp((log(sigma) + log(below)) / 2)
    return x + slope(denoise, x + d * (middle - sigma), middle) * (below - sigma)


def ancestral(kind: str) -> Callable[..., Tensor]:
    def walk(
        denoise: Denoise,
        x: Tensor,
        sigmas: Sequence[float],
        noise: Noise,
        eta: float = 1.0,
        noise_scale: float = 1.0,
    ) -> Tensor:
        for i in range(len(sigmas) - 1):
            down, up = split(sigmas[i], sigmas[i + 1], eta)
            x = two_s(denoise, x, sigmas[i], down) if kind == "2s" else slope_step(kind, denoise, x, sigmas[i], down)
            x = x + up * noise_scale * noise(sigmas[i], sigmas[i + 1]) if up else x
        return x

    return walk


def two_s(denoise: Denoise, x: Tensor, sigma: float, down: float) -> Tensor:
    if down == 0:
        return denoise(x, sigma)
    t, h = -log(sigma), log(sigma) - log(down)
    s = t + h / 2
    halfway = exp(-s) / exp(-t) * x - expm1(-h / 2) * denoise(x, sigma)
    return down / sigma * x - expm1(-h) * denoise(halfway, exp(-s))


def lms(denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise, order: int = 4) -> Tensor:
    slopes: list[Tensor] = []
    for i in range(len(sigmas) - 1):
        slopes.append(slope(denoise, x, sigmas[i]))
        known = [i - k for k in range(min(i + 1, order))]
        for j in known:
            x = x + slopes[j] * lagrange_integral([sigmas[k] for k in known], known.index(j), sigmas[i], sigmas[i + 1])
    return x


def deis(denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise, order: int = 3) -> Tensor:
    """The weights of arXiv:2204.13902, equation 15, by quadrature: d sigma = e^v dv for v = log sigma."""
    slopes: list[Tensor] = []
    for i in range(len(sigmas) - 1):
        slopes.append(slope(denoise, x, sigmas[i]))
        if sigmas[i + 1] == 0:
            return denoise(x, sigmas[i])
        known = [i - k for k in range(min(i + 1, order))]
        logs = [log(sigmas[k]) for k in known]
        for j in known:
            x = x + slopes[j] * lagrange_integral(logs, known.index(j), logs[0], log(sigmas[i + 1]), exp)
    return x


def lagrange_integral(
    nodes: Sequence[float], j: int, first: float, last: float, weight: Callable[[float], float] = lambda v: 1.0
) -> float:
    def polynomial(v: float) -> float:
        return weight(v) * prod((v - other) / (nodes[j] - other) for k, other in enumerate(nodes) if k != j)

    return float(integrate.quad(polynomial, first, last, epsabs=1e-13, epsrel=1e-12)[0])


def dpmpp_2m(denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise) -> Tensor:
    """Algorithm 2 of arXiv:2211.01095 in its own terms: r = h' / h."""
    seen: list[Tensor] = []
    for i in range(len(sigmas) - 1):
        seen.append(denoise(x, sigmas[i]))
        if sigmas[i + 1] == 0:
            return seen[-1]
        h, target = log(sigmas[i]) - log(sigmas[i + 1]), seen[-1]
        if i > 0:
            r = (log(sigmas[i - 1]) - log(sigmas[i])) / h
            target = (1 + 1 / (2 * r)) * seen[-1] - 1 / (2 * r) * seen[-2]
        x = sigmas[i + 1] / sigmas[i] * x - (exp(-h) - 1) * target
    return x


def dpmpp_sde(
    denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float = 1.0, noise_scale: float = 1.0
) -> Tensor:
    def moved(target: Tensor, sigma: float, below: float) -> Tensor:
        down, up = split(sigma, below, eta)
        t, t_down = -log(sigma), -log(down)
        return exp(t - t_down) * x - expm1(t - t_down) * target + noise(sigma, below) * noise_scale * up

    for sigma, below in itertools.pairwise(sigmas):
        x0 = denoise(x, sigma)
        if below == 0:
            return x0
        middle = exp(-(-log(sigma) - log(below)) / 2)
        x = moved(denoise(moved(x0, sigma, middle), middle), sigma, below)
    return x


def sde_2m(kind: str) -> Callable[..., Tensor]:
    def walk(
        denoise: Denoise,
        x: Tensor,
        sigmas: Sequence[float],
        noise: Noise,
        eta: float = 1.0,
        noise_scale: float = 1.0,
    ) -> Tensor:
        seen, steps = [denoise(x, sigmas[0])], [0.0]
        for i in range(1, len(sigmas)):
            if sigmas[i] == 0:
                return seen[-1]
            h = log(sigmas[i - 1]) - log(sigmas[i])
            k = h * (1 + eta)
            x = sigmas[i] / sigmas[i - 1] * exp(-eta * h) * x + (1 - exp(-k)) * seen[-1]
            if i > 1:
                rate = (seen[-1] - seen[-2]) / (steps[-1] / h)
                x = x + rate * (0.5 * (1 - exp(-k)) if kind == "midpoint" else (1 - exp(-k)) / -k + 1)
            x = x + noise(sigmas[i - 1], sigmas[i]) * sigmas[i] * sqrt(1 - exp(-2 * eta * h)) * noise_scale
            seen.append(denoise(x, sigmas[i]))
            steps.append(h)
        return x

    return walk


def dpmpp_3m_sde(
    denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float = 1.0, noise_scale: float = 1.0
) -> Tensor:
    seen: list[Tensor] = []
    steps: list[float] = []
    for i in range(len(sigmas) - 1):
        seen.append(denoise(x, sigmas[i]))
        if sigmas[i + 1] == 0:
            return seen[-1]
        h = log(sigmas[i]) - log(sigmas[i + 1])
        k = h * (1 + eta)
        phi_2 = (exp(-k) - 1) / k + 1
        x = exp(-k) * x + (1 - exp(-k)) * seen[-1]
        if i == 1:
            x = x + phi_2 * (seen[-1] - seen[-2]) * h / steps[-1]
        if i > 1:
            r0, r1 = steps[-1] / h, steps[-2] / h
            newer, older = (seen[-1] - seen[-2]) / r0, (seen[-2] - seen[-3]) / r1
            d1 = newer + (newer - older) * r0 / (r0 + r1)
            d2 = (newer - older) / (r0 + r1)
            x = x + phi_2 * d1 - (phi_2 / k - 0.5) * d2
        x = x + noise(sigmas[i], sigmas[i + 1]) * sigmas[i + 1] * sqrt(1 - exp(-2 * h * eta)) * noise_scale
        steps.append(h)
    return x


class DpmSolver:
    """Algorithms 1 and 2 of arXiv:2206.00927 with alpha = 1, evaluating the slope wherever they say so."""

    def __init__(self, denoise: Denoise) -> None:
        self.denoise = denoise
        self.last = torch.zeros(())

    def eps(self, x: Tensor, t: float) -> Tensor:
        self.last = slope(self.denoise, x, exp(-t))
        return self.last

    def step(self, order: int, x: Tensor, t: float, end: float, r1: float | None = None) -> Tensor:
        h, e0 = end - t, self.eps(x, t)
        if order == 1:
            return x - exp(-end) * expm1(h) * e0
        r = r1 or (1 / 2 if order == 2 else 1 / 3)
        e1 = self.eps(x - exp(-(t + r * h)) * expm1(r * h) * e0, t + r * h)
        if order == 2:
            return x - exp(-end) * expm1(h) * (e0 + (e1 - e0) / (2 * r))
        s = t + 2 * h / 3
        grown = expm1(2 * h / 3) / (2 * h / 3) - 1
        e2 = self.eps(x - exp(-s) * expm1(2 * h / 3) * e0 - exp(-s) * 2 * grown * (e1 - e0), s)
        return x - exp(-end) * expm1(h) * e0 - exp(-end) / (2 / 3) * (expm1(h) / h - 1) * (e2 - e0)


def ancestral_time(t: float, after: float, end: float, eta: float) -> tuple[float, float]:
    """Where a step goes in t, not beyond `end`, and the noise that leads back to `after`."""
    down = split(exp(-t), exp(-after), eta)[0]
    aim = min(end, -log(down)) if eta else after
    return aim, sqrt(max(0.0, exp(-2 * after) - exp(-2 * aim)))


def dpm_fast(
    denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float = 1.0, noise_scale: float = 1.0
) -> Tensor:
    evaluations, solver = len(sigmas) - 1, DpmSolver(denoise)
    first, end = -log(sigmas[0]), -log(sigmas[-2])
    blocks = evaluations // 3 + 1
    rest = [2, 1] if evaluations % 3 == 0 else [evaluations % 3]
    orders = [3] * (blocks - len(rest)) + rest
    times = [first + i * (end - first) / blocks for i in range(blocks)] + [end]
    for i, order in enumerate(orders):
        aim, up = ancestral_time(times[i], times[i + 1], end, eta)
        x = solver.step(order, x, times[i], aim)
        x = x + noise_scale * up * noise(0, 0) if up > 1e-9 else x
    return x - solver.last * exp(-end)


def dpm_adaptive(
    denoise: Denoise,
    x: Tensor,
    sigmas: Sequence[float],
    noise: Noise,
    rtol: float = 0.05,
    atol: float = 0.0078,
    eta: float = 1.0,
    noise_scale: float = 1.0,
) -> Tensor:
    """For one picture, with k-diffusion's controller of the step."""
    solver, before, h = DpmSolver(denoise), x, 0.05
    t, end = -log(sigmas[0]), -log(sigmas[-2])
    while t < end - 1e-5:
        after = min(end, t + h)
        aim, up = ancestral_time(t, after, end, eta)
        low, high = solver.step(2, x, t, aim, 1 / 3), solver.step(3, x, t, aim)
        tolerance = torch.maximum(torch.tensor(atol), rtol * torch.maximum(low.abs(), before.abs()))
        error = float(torch.linalg.norm((low - high) / tolerance)) / sqrt(x.numel())
        factor = 1 + atan((1 / (error + 1e-8)) ** (1 / (1.5 if eta else 3)) - 1)
        if factor >= 0.81:
            before, x, t = low, high, after
            x = x + noise_scale * up * noise(0, 0) if up > 1e-9 else x
        h *= factor
    return denoise(x, exp(-end))


def ddim(
    denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float = 0.0, noise_scale: float = 1.0
) -> Tensor:
    """Equation 12 of arXiv:2010.02502 as it stands, with alpha = 1 / (1 + sigma²) and x scaled by its root."""
    y = x / sqrt(1 + sigmas[0] ** 2)
    for i in range(len(sigmas) - 1):
        a, b = (1 / (1 + sigma**2) for sigma in sigmas[i : i + 2])
        x0 = denoise(y / sqrt(a), sigmas[i])
        eps = (y - sqrt(a) * x0) / sqrt(1 - a)
        spread = eta * sqrt((1 - b) / (1 - a)) * sqrt(max(0.0, 1 - a / b))
        y = sqrt(b) * x0 + sqrt(1 - b - spread**2) * eps
        y = y + spread * noise_scale * noise(sigmas[i], sigmas[i + 1]) if spread else y
    return y


def ddpm(denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise, noise_scale: float = 1.0) -> Tensor:
    """Equation 7 of arXiv:2006.11239 as it stands."""
    y = x / sqrt(1 + sigmas[0] ** 2)
    for i in range(len(sigmas) - 1):
        a, b = (1 / (1 + sigma**2) for sigma in sigmas[i : i + 2])
        beta = 1 - a / b
        x0 = denoise(y / sqrt(a), sigmas[i])
        y = sqrt(b) * beta / (1 - a) * x0 + sqrt(1 - beta) * (1 - b) / (1 - a) * y
        y = y + sqrt((1 - b) / (1 - a) * beta) * noise_scale * noise(sigmas[i], sigmas[i + 1]) if b < 1 else y
    return y


def restart(denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise, **options: Any) -> Tensor:
    """Algorithm 1 of arXiv:2306.14878 on a Karras schedule, as A1111's users know it."""
    steps, high, low = len(sigmas) - 1, sigmas[0], sigmas[-2]
    again, times = (9, 1) if steps < 36 else (steps // 4, 2)
    levels = [*karras_levels(steps - again * times, high, low), 0.0] if steps >= 20 else list(sigmas)
    turn = min(levels, key=lambda sigma: abs(sigma - 0.1))
    top = min(levels, key=lambda sigma: abs(sigma - 2))
    for sigma, below in itertools.pairwise(levels):
        x = slope_step("heun", denoise, x, sigma, below)
        for _ in range(times if steps >= 20 and below == turn else 0):
            x = x + noise(0, 0) * sqrt(top**2 - turn**2)
            repeat = karras_levels(again + 1, top, turn)
            for upper, lower in itertools.pairwise(repeat):
                x = slope_step("heun", denoise, x, upper, lower)
    return x


#: The oracle of each sampler that has one.
ORACLES: dict[str, Callable[..., Tensor]] = {
    "euler": churning("euler"),
    "heun": churning("heun"),
    "dpm2": churning("dpm2"),
    "euler_a": ancestral("euler"),
    "dpm2_a": ancestral("dpm2"),
    "dpmpp_2s_a": ancestral("2s"),
    "lms": lms,
    "deis": deis,
    "dpmpp_2m": dpmpp_2m,
    "dpmpp_sde": dpmpp_sde,
    "dpmpp_2m_sde": sde_2m("midpoint"),
    "dpmpp_2m_sde_heun": sde_2m("heun"),
    "dpmpp_3m_sde": dpmpp_3m_sde,
    "dpm_fast": dpm_fast,
    "dpm_adaptive": dpm_adaptive,
    "ddim": ddim,
    "ddpm": ddpm,
    "restart": restart,
}
