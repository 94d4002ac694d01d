"""The groups of settings that every picture has, whatever plugins are there: guidance, start, mask, second pass, hints.

They are `Params` like a plugin's own, so that flags, menus, axes of grids and checks come from them in the same way.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import ValidationInfo, field_validator

from .params import Params, param

#: What `Hires.upscaler` may be beside a plugin's: interpolations of the latent, then filters of the picture.
LATENT_UPSCALERS: Final = ("latent", "latent_bicubic", "latent_nearest")
PICTURE_UPSCALERS: Final = ("lanczos", "nearest")


def _later(end: float, info: ValidationInfo) -> float:
    start = info.data.get("start", 0.0)
    if end < start:
        raise ValueError(f"is before the start, which is {start}; make it larger")
    return end


class Steering(Params):
    """How strictly, and during which part of the steps, a prompt is followed."""

    rescale: float = param(0.0, "Pulls overdriven contrast back; 0 is off (arXiv:2305.08891).", ge=0, le=1)
    start: float = param(0.0, "Share of the steps before which guidance is off.", ge=0, le=1)
    end: float = param(1.0, "Share of the steps after which guidance is off.", ge=0, le=1)
    clip_skip: int = param(1, "Which layer of the text encoder is read, counted from the last.", ge=1, le=12)
    weighting: Literal["a1111", "no_norm", "comfy"] = param("a1111", "How (words:1.3) are weighted.")

    @field_validator("end")
    @classmethod
    def _after_start(cls, end: float, info: ValidationInfo) -> float:
        return _later(end, info)


class PictureStart(Params):
    """How a picture is begun from another one (image to image)."""

    denoise: float = param(0.75, "How much is drawn anew; 0 keeps the picture, 1 ignores it.", ge=0, le=1)
    scale: float = param(1.0, "How many times as large as the picture, where no size is asked for.", ge=0.1, le=8)
    upscaler: str = param("lanczos", "What enlarges a small picture: lanczos, nearest or a plugin's.", max_length=100)
    resize: Literal["stretch", "crop", "fill", "latent"] = param("stretch", "How the picture is made to fit the size.")
    noise_multiplier: float = param(1.0, "Scale of the starting noise.", ge=0, le=1.5)
    extra_noise: float = param(0.0, "Noise added to the picture itself.", ge=0, le=1)
    exact_steps: bool = param(False, "Run exactly as many steps as asked, however little is drawn anew.")


class Inpaint(Params):
    """What happens inside and around a mask."""

    area: Literal["whole", "masked"] = param("whole", "Draw the whole picture, or the masked part enlarged.")
    padding: int = param(32, "Pixels around the masked part that are shown to the model.", ge=0, le=512)
    blur: int = param(4, "Softness of the mask's edge in pixels.", ge=0, le=64)
    content: Literal["original", "fill", "noise", "nothing"] = param("original", "What lies under the mask at first.")
    invert: bool = param(False, "Draw outside the mask instead.")
    round_mask: bool = param(True, "Each latent cell is either kept or drawn; off blends them.")


class Outpaint(Params):
    """How many pixels a picture grows at each side."""

    left: int = param(0, "Pixels added at the left.", ge=0, le=2048)
    right: int = param(0, "Pixels added at the right.", ge=0, le=2048)
    top: int = param(0, "Pixels added at the top.", ge=0, le=2048)
    bottom: int = param(0, "Pixels added at the bottom.", ge=0, le=2048)
    overlap: int = param(16, "Pixels of the old picture's edge that are drawn anew.", ge=0, le=256)


class Hires(Params):
    """A second pass at a larger size (hires fix)."""

    scale: float = param(2.0, "How many times as wide and high.", ge=1, le=8)
    width: int | None = param(None, "Pixels, instead of the scale; empty keeps the shape.", ge=64, le=16384)
    height: int | None = param(None, "Pixels, instead of the scale; empty keeps the shape.", ge=64, le=16384)
    upscaler: str = param("latent", "latent, latent_nearest, latent_bicubic, lanczos or a plugin's.", max_length=100)
    steps: int | None = param(None, "Steps of the second pass; empty takes the first one's.", ge=1, le=150)
    denoise: float = param(0.7, "How much the second pass draws anew.", ge=0, le=1)
    cfg: float | None = param(None, "Guidance scale of the second pass; empty takes the first one's.", ge=0, le=30)
    sampler: str | None = param(None, "Sampler of the second pass; empty takes the first one's.", max_length=100)
    schedule: str | None = param(None, "Schedule of the second pass; empty takes the first one's.", max_length=100)
    prompt: str | None = param(None, "Prompt of the second pass; empty takes the first one's.", max_length=6000)
    negative: str | None = param(None, "Its negative prompt; empty takes the first one's.", max_length=6000)


class Control(Params):
    """How strongly, and during which part of the steps, a control network is heard."""

    weight: float = param(1.0, "How strongly the hint is followed.", ge=0, le=2)
    start: float = param(0.0, "Share of the steps before which it is silent.", ge=0, le=1)
    end: float = param(1.0, "Share of the steps after which it is silent.", ge=0, le=1)

    @field_validator("end")
    @classmethod
    def _after_start(cls, end: float, info: ValidationInfo) -> float:
        return _later(end, info)
