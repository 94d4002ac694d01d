"""Philox 4x32-10, a random number generator without state: four words out of a counter and a key, on any device.

Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (doi:10.1145/2063384.2063405). torch has no unsigned
words, so that they lie in int64: a product wraps at 64 bits, and its upper half is masked after the shift.
"""

from __future__ import annotations

from math import pi
from typing import Final, TypeAlias

from limner_sdk import Tensor

Words: TypeAlias = tuple[Tensor, Tensor, Tensor, Tensor]

ROUNDS: Final = 10
_WORD: Final = 2**32 - 1
_MULTIPLIERS: Final = (0xD2511F53, 0xCD9E8D57)
_STEPS: Final = (0x9E3779B9, 0xBB67AE85)


def philox(counter: Words, key: int) -> Words:
    """Four random words 0 … 2³² - 1 for each counter, whose words are int64 tensors that broadcast; 64 bits of key."""
    low, high = key & _WORD, key >> 32 & _WORD
    for _ in range(ROUNDS):
        counter = _round(counter, low, high)
        low, high = (low + _STEPS[0]) & _WORD, (high + _STEPS[1]) & _WORD
    return counter


def _round(counter: Words, low: int, high: int) -> Words:
    first, second = counter[0] * _MULTIPLIERS[0], counter[2] * _MULTIPLIERS[1]
    return (
        (second >> 32 & _WORD) ^ counter[1] ^ low,
        second & _WORD,
        (first >> 32 & _WORD) ^ counter[3] ^ high,
        first & _WORD,
    )


def normals(counter: Words, key: int) -> Tensor:
    """One standard normal float32 per counter: Box and Muller's sine branch on the first two words, as CUDA has it.

    Computed in double precision, so that machines agree in every bit that is kept but for the rarest roundings.
    """
    first, second = ((word.double() + 0.5) * 2**-32 for word in philox(counter, key)[:2])
    return (first.log().mul(-2).sqrt() * second.mul(2 * pi).sin()).float()
