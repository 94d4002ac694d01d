"""What can be set about detecting. Sides are pixels of the square that a network looks at."""

from __future__ import annotations

from limner_sdk import Params, param

#: How many things a detector gives at most, of one picture.
MOST = 300


class YoloParams(Params):
    """How sure, how large, how many, and of which classes."""

    confidence: float = param(0.3, "Things less sure than this are left out.", ge=0, le=1)
    overlap: float = param(0.7, "Boxes of one class that share more than this are one thing.", ge=0, le=1)
    size: int = param(0, "Side of the square the picture is fitted into; 0 takes the network's own.", ge=0, le=2048)
    most: int = param(MOST, "The most things that are given, the surest first.", ge=1, le=MOST)
    classes: str = param("", "Names of classes, with commas between; all of them if empty.", max_length=500)


class FaceParams(Params):
    """How sure MediaPipe has to be."""

    confidence: float = param(0.3, "Faces less sure than this are left out.", ge=0, le=1)
