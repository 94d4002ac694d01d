"""What a post-processor gives to be drawn anew, and how; and what it says beforehand about its work."""

from __future__ import annotations

from dataclasses import dataclass

from .request import ControlChoice
from .types import Box, Image, Size


@dataclass(frozen=True)
class Part:
    """One RGB picture, whole or cut out of another, that is to be drawn anew by itself.

    `mask` is a grey picture of the same size, white where new pixels are wanted; all of it if there is none. `box` is
    where it lies on the canvas, in pixels. Prompts and seed default to the picture's own; the prompt may use the
    whole language of prompts.
    """

    image: Image
    mask: Image | None = None
    box: Box | None = None
    prompt: str | None = None
    negative: str | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Redrawing:
    """How parts are drawn anew. What is None is as it was for the picture.

    `strength` (0 … 1) is the share of the schedule that is run again. `canvas` is the size in pixels of what the
    parts' boxes lie on: parts that have a box, and are no larger or smaller than it, take their noise from the noise
    of the whole canvas, so that the same place has the same noise in every part. Boxes then begin at multiples of
    8 pixels. `keeps_controls` lets the picture's own control hints be heard, cut to each part's box; `controls` are
    further ones, which hint with the part itself where they have no picture. `sampler`, `schedule`, `model` and `vae`
    are names.
    """

    strength: float
    canvas: Size | None = None
    steps: int | None = None
    cfg: float | None = None
    sampler: str | None = None
    schedule: str | None = None
    model: str | None = None
    vae: str | None = None
    clip_skip: int | None = None
    noise_multiplier: float = 1.0
    keeps_controls: bool = False
    controls: tuple[ControlChoice, ...] = ()


@dataclass(frozen=True)
class Estimate:
    """What a post-processor will make of one picture: its size in pixels, and how often the network is called for it.

    `what` says it in a few words, such as ``64 tiles of 512x512``.
    """

    size: Size
    evaluations: int = 0
    what: str = ""
