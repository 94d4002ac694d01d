"""What a post-processor gives to be drawn anew, and how; and what it says beforehand about its work."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from .params import Params
from .request import MOST_STEPS, Choice, ControlChoice
from .settings import Control
from .types import Box, Image, Size

if TYPE_CHECKING:
    from .context import EstimateContext

_PARAMETERS: Final = ("steps", "cfg", "sampler", "schedule", "model", "vae", "clip_skip", "noise_multiplier")
_KEY: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")


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

    def problem(self, canvas: Size | None) -> str | None:
        """What makes this no part of a `canvas`, as a sentence about "it"; None if it is one."""
        if min(self.image.size) < 1:
            return f"it gives a part of {_times(self.image.size)} pixels"
        if self.mask is not None and self.mask.size != self.image.size:
            return f"it gives a mask of {_times(self.mask.size)} for a part of {_times(self.image.size)}"
        if self.box is None or canvas is None:
            return None
        if min(self.box) < 0 or self.box.right > canvas.width or self.box.bottom > canvas.height:
            return f"it puts a part at {tuple(self.box)}, which is not on the canvas of {canvas}"
        return None


@dataclass(frozen=True)
class Redrawing:
    """How parts are drawn anew. What is None is as it was for the picture.

    `strength` (0 … 1) is the share of the schedule that is run again. `canvas` is the size in pixels of what the
    parts' boxes lie on: parts that have a box, and are no larger or smaller than it, take their noise from the noise
    of the whole canvas, so that the same place has the same noise in every part. That takes boxes which begin at whole
    latent cells, multiples of 8 pixels; others have noise of their own. `keeps_controls` lets the picture's own control
    hints be heard, cut to each part's box; parts without one hear none of them. `controls` are further ones, which
    hint with the part itself where they have no picture. `sampler`, `schedule`, `model` and `vae` are names.
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

    @classmethod
    def by(cls, params: Params, strength: float, canvas: Size | None = None) -> Redrawing:
        """A way to draw with every parameter that is called as a field here.

        `control`, and with it `control_preprocessor`, `control_weight`, `control_start` and `control_end`, is a control
        network as in `hinted`.
        """
        said = {name: getattr(params, name) for name in _PARAMETERS if hasattr(params, name)}
        how, control = cls(strength, canvas, **said), getattr(params, "control", "")
        found = {name: getattr(params, f"control_{name}", None) for name in Control.model_fields}
        settings = Control(**{name: value for name, value in found.items() if value is not None})
        return how.hinted(control, getattr(params, "control_preprocessor", ""), settings)

    def require(self, ctx: EstimateContext) -> None:
        """Raises `UnknownName` for a name that nothing answers to, before anything is drawn."""
        for kind in ("sampler", "schedule", "model", "vae"):
            ctx.require(kind, getattr(self, kind))
        for control in self.controls:
            ctx.require("control", control.name)
            ctx.require("preprocessor", control.preprocessor.name if control.preprocessor else None)

    def problem(self) -> str | None:
        """What makes this no way to draw, as a sentence about "it"; None if it is one. Names are not looked at."""
        bounds = {"strength": (0, 1), "steps": (1, MOST_STEPS), "cfg": (0, 30), "clip_skip": (1, 12)}
        for name, (least, most) in {**bounds, "noise_multiplier": (0, 1.5)}.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                return f"it wants parts drawn with {name} {value}; it must be {least} to {most}"
        return None

    def hinted(self, control: str, preprocessor: str = "", settings: Control | None = None) -> Redrawing:
        """The same with one more control network of that name, which is shown each part.

        `preprocessor` names what makes the hint of the part; the part is the hint if it is empty. ``passthrough`` in
        the place of a network lets the picture's own hints be heard; an empty name changes nothing.
        """
        if control == "passthrough":
            return replace(self, keeps_controls=True)
        if not control:
            return self
        maker = Choice(name=preprocessor) if preprocessor else None
        choice = ControlChoice(name=control, preprocessor=maker, settings=settings or Control())
        return replace(self, controls=(*self.controls, choice))


@dataclass(frozen=True)
class Estimate:
    """What a post-processor will make of one picture: its size in pixels, and how often the network is called for it.

    `what` says it in a few words, such as ``64 tiles of 512x512``. `pixels` is the area of what the network sees in
    one call, on average; 0 stands for that of the model's own size.
    """

    size: Size
    evaluations: int = 0
    what: str = ""
    pixels: int = 0


def _times(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def checked_key(key: str) -> str:
    """A key that something may be kept under. Raises `ValueError` for one that a file could not be called."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key; use letters, digits, _ . and -, 100 at most")
    return key
