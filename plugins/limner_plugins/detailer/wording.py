"""What the detailer calls things when it tells a person of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from .params import DetailerParams

#: What detectors are for, as their names tell: those of ADetailer are called such as ``hand_yolov8n``.
_KNOWN: Final = ("face", "hand", "person")


def counted(labels: Iterable[str]) -> str:
    """Such as ``2 faces and 1 hand``, in the order in which they come first."""
    numbers = Counter(label or "thing" for label in labels)
    *some, last = (_several(label, number) for label, number in numbers.items())
    return f"{', '.join(some)} and {last}" if some else last


def _several(label: str, number: int) -> str:
    if number == 1 or not label[-1].isalpha():
        return f"{number} {label}"
    return f"{number} {label}{'es' if label.endswith(('s', 'x', 'ch', 'sh')) else 's'}"


def nothing(params: DetailerParams) -> str:
    """What was looked for and is not there, such as ``No face``."""
    classes = [name.strip() for name in params.classes.split(",") if name.strip()]
    known = [word for word in _KNOWN if word in params.detector.casefold()]
    return f"No {' or '.join(classes or known)}" if classes or known else "Nothing"


def found_by(params: DetailerParams) -> str:
    """Who has looked, without the name of the plugin."""
    return f"found by {params.detector.rpartition(':')[2]}"
