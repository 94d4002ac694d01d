"""What can be set about the detailer. One choice of it is one unit; several are applied one after another."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationInfo, field_validator

from limner_sdk import Params, param


class DetailerParams(Params):
    """ADetailer's parameters with its meanings, and a few more.

    Its defaults hold too, but for `dynamic_denoise`, `match_size` and `sort`, which it leaves off.
    Padding, blur and dilation are pixels for models that like 512 pixels or more; smaller ones take them in
    proportion.
    """

    detector: str = param("pocket_faces", "What finds the things, such as faces or hands.", max_length=100)
    classes: str = param("", "What to look for, a,b,c; for detectors that take words.", max_length=500)
    prompt: str = param("", "Instead of the picture's own; [SEP] [SKIP] [PROMPT], one for each.", max_length=6000)
    negative: str = param("", "Instead of the picture's own negative prompt; likewise.", max_length=6000)
    confidence: float = param(0.3, "How sure the detector must be.", ge=0, le=1)
    top_k_by: Literal["area", "confidence"] = param("area", "Which are kept of more than top_k.")
    top_k: int = param(0, "At most so many are drawn anew; 0 is all.", ge=0, le=100)
    min_ratio: float = param(0.0, "Least share of the picture that a thing's box covers.", ge=0, le=1)
    max_ratio: float = param(1.0, "Largest share of the picture that a thing's box covers.", ge=0, le=1)
    max_side: int = param(0, "Things with a longer side, in pixels, stay; 0 is twice the model's.", ge=0, le=16384)
    sort: Literal["none", "left_to_right", "centre_to_edge", "area"] = param(
        "left_to_right", "The order in which things take the prompts between [SEP]."
    )
    mask_shape: Literal["mask", "box", "ellipse"] = param(
        "mask", "The outline that the detector gives, if it does; the box; an ellipse in it."
    )
    x_offset: int = param(0, "Pixels that masks are moved to the right.", ge=-200, le=200)
    y_offset: int = param(0, "Pixels that masks are moved up.", ge=-200, le=200)
    dilate_erode: int = param(
        4, "Pixels that masks grow in all, half at each side; below 0 they shrink.", ge=-128, le=128
    )
    merge: Literal["none", "merge", "merge_invert"] = param("none", "All masks as one, or all but them.")
    blur: int = param(4, "Softness of the mask's edge in pixels.", ge=0, le=64)
    denoise: float = param(0.4, "How much is drawn anew.", ge=0, le=1)
    dynamic_denoise: float = param(
        2.0, "Draws large things less: denoise times (1 - share of the picture) to this power; 0 is off.", ge=-10, le=10
    )
    only_masked: bool = param(True, "Draw each thing enlarged; off draws the whole picture at its size.")
    padding: int = param(32, "Pixels around the mask that are shown to the model.", ge=0, le=256)
    width: int = param(0, "Pixels that a thing is drawn at; 0 is by match_size.", ge=0, le=2048)
    height: int = param(0, "Pixels that a thing is drawn at; 0 is by match_size.", ge=0, le=2048)
    match_size: Literal["native", "free", "off"] = param(
        "native", "The model's sizes of many shapes, any shape as the thing's, or its own size."
    )
    upscaler: str = param("lanczos", "What enlarges the thing before it is drawn anew.", max_length=100)
    match_colours: bool = param(True, "Mends colours that are off where the mask ends.")
    colour_fix: Literal["none", "wavelet", "adain", "lab"] = param(
        "none", "Gives each thing the colours that it had before."
    )
    steps: int | None = param(None, "Empty takes the picture's.", ge=1, le=150)
    cfg: float | None = param(None, "Guidance scale; empty takes the picture's.", ge=0, le=30)
    sampler: str | None = param(None, "Empty takes the picture's.", max_length=100)
    schedule: str | None = param(None, "Empty takes the picture's.", max_length=100)
    model: str | None = param(None, "Empty takes the picture's.", max_length=200)
    vae: str | None = param(None, "Empty takes the picture's.", max_length=100)
    clip_skip: int | None = param(None, "Empty takes the picture's.", ge=1, le=12)
    noise_multiplier: float = param(1.0, "Scale of the starting noise.", ge=0.5, le=1.5)
    control: str = param("", "A control network's name, or passthrough for the picture's own hints.", max_length=100)
    control_preprocessor: str = param("", "What makes the hint of the part; empty is the part itself.", max_length=100)
    control_weight: float = param(1.0, "How strongly the hint is followed.", ge=0, le=2)
    control_start: float = param(0.0, "Share of the steps before which it is silent.", ge=0, le=1)
    control_end: float = param(1.0, "Share of the steps after which it is silent.", ge=0, le=1)

    @field_validator("max_ratio", "control_end")
    @classmethod
    def _above_the_other(cls, value: float, info: ValidationInfo) -> float:
        other = {"max_ratio": "min_ratio", "control_end": "control_start"}[str(info.field_name)]
        least = info.data.get(other, 0.0)
        if value < least:
            raise ValueError(f"is below {other}, which is {least}; make it larger")
        return value

    @field_validator("width", "height")
    @classmethod
    def _drawable(cls, side: int) -> int:
        if side and side < 64:
            raise ValueError("is too small; the least is 64, or 0 for a size that fits")
        return side
