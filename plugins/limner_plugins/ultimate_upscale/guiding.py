"""How strongly a tile is guided by its words: hardly where little of it is drawn anew."""

from __future__ import annotations

from typing import Final

from .params import UltimateParams
from .passes import Pass

#: Up to this share a tile is drawn unguided, and from this one on as strongly as the picture was.
_LITTLE: Final = 0.2
_MUCH: Final = 0.35


def guidance(params: UltimateParams, turn: Pass, own: float) -> float:
    """The guidance scale of a pass over a picture that was drawn with `own`.

    A prompt is about the whole picture. In the last few steps guidance pulls each tile to that, with no step left to
    mend what comes of it: blots in plain places.
    """
    if params.cfg is not None:
        return params.cfg
    share = min(max((turn.strength - _LITTLE) / (_MUCH - _LITTLE), 0.0), 1.0)
    return own if own <= 1 else 1 + share * (own - 1)


def is_deaf(params: UltimateParams, turn: Pass, own: float) -> bool:
    """Whether tiles have a negative prompt of their own that a pass does not hear, unlike the picture."""
    return bool(params.negative) and own != 1 and guidance(params, turn, own) == 1 and params.cfg is None
