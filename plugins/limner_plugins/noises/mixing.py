"""Mixing: the noise of a chain of variations, made of the noise of each of its seeds."""

from __future__ import annotations

from collections.abc import Mapping
from math import acos, hypot, pi, sin
from typing import Final

from limner_sdk import ImageSeed, Tensor

from .params import Mix

#: The mean cosine above which A1111 mixes in a straight line.
ALIKE: Final = 0.9995


def mixed(seed: ImageSeed, noises: Mapping[int, Tensor], mix: Mix) -> Tensor:
    """One variation after another, out of the noise (C, H, W) of each seed."""
    if mix == "preserving":
        return combined(weights(seed, mix), noises)
    turn = slerp if mix == "slerp" else column_slerp
    made = noises[seed.seed]
    for step in seed.variations:
        if step.strength > 0:
            made = turn(made, noises[step.seed], step.strength)
    return made


def combined(shares: Mapping[int, float], noises: Mapping[int, Tensor]) -> Tensor:
    """The sum of the noises, each times its share."""
    made, *rest = (noises[seed] * share for seed, share in shares.items())
    for part in rest:
        made = made + part
    return made


def weights(seed: ImageSeed, mix: Mix) -> dict[int, float]:
    """How much of each seed's noise is in the chain's; the squares sum to one, which keeps the variance.

    One link is ((1 - t) a + t b) / sqrt((1 - t)² + t²), or cos(πt / 2) a + sin(πt / 2) b for the modes that turn, the
    angle between independent noises being right. A seed that comes again adds to its share.
    """
    shares = {seed.seed: 1.0}
    for step in seed.variations:
        keep, take = 1 - step.strength, step.strength
        if mix != "preserving":
            keep, take = sin(keep * pi / 2), sin(take * pi / 2)
        shares = {known: share * keep for known, share in shares.items()}
        shares[step.seed] = shares.get(step.seed, 0.0) + take
        length = hypot(*shares.values())
        shares = {known: share / length for known, share in shares.items() if share > 0}
    return shares


def slerp(first: Tensor, second: Tensor, strength: float) -> Tensor:
    """Turn from one noise to the other as if each were one long vector (Shoemake 1985); alike ones are averaged."""
    a, b = first.double().flatten(), second.double().flatten()
    angle = acos(min(1.0, max(-1.0, float(a @ b / (a.norm() * b.norm())))))
    if sin(angle) < 1e-6:
        return first * (1 - strength) + second * strength
    keep, take = sin((1 - strength) * angle) / sin(angle), sin(strength * angle) / sin(angle)
    return first * keep + second * take


def column_slerp(first: Tensor, second: Tensor, strength: float) -> Tensor:
    """A1111's way: each column of each channel turns by its own angle (dimension 1 of (C, H, W)).

    Noises that are almost alike are averaged, the weights the other way round, which hardly matters for them.
    """
    lengths = first.norm(dim=1, keepdim=True), second.norm(dim=1, keepdim=True)
    cosine: Tensor = ((first / lengths[0]) * (second / lengths[1])).sum(1, keepdim=True)
    if float(cosine.mean()) > ALIKE:
        return first * strength + second * (1 - strength)
    angle = cosine.acos()
    keep, take = (angle * (1 - strength)).sin() / angle.sin(), (angle * strength).sin() / angle.sin()
    return first * keep + second * take
