"""What can be set about Ultimate upscale. Lengths are pixels of the enlarged picture."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import ValidationInfo, field_validator

from limner_sdk import Params, param

#: In which order tiles are drawn.
Order: TypeAlias = Literal["linear", "chess", "none"]
#: What is drawn once more over the borders of tiles.
Seams: TypeAlias = Literal["none", "band", "half_tile", "half_tile_intersections"]
#: How a tile gets the colours of what it was drawn over.
ColourFix: TypeAlias = Literal["none", "wavelet", "adain", "lab"]


class UltimateParams(Params):
    """The size, the tiles, the seams, and what the tiles are drawn by."""

    scale: float = param(2.0, "How many times as wide and high.", ge=1, le=16)
    width: int | None = param(None, "Pixels, instead of the scale; empty keeps the shape.", ge=8, le=16384)
    height: int | None = param(None, "Pixels, instead of the scale; empty keeps the shape.", ge=8, le=16384)
    upscaler: str = param("lanczos", "What enlarges at first: lanczos, nearest or a plugin's.", max_length=100)
    redraw: Order = param("chess", "Tiles row by row, in two turns as on a chess board, or none.")
    denoise: float = param(0.1, "How much of each tile is drawn anew; 0 keeps it.", ge=0, le=1)
    tile_width: int = param(0, "Of what is drawn at once, with its padding; 0 is the model's own.", ge=0, le=2048)
    tile_height: int = param(0, "Of what is drawn at once, with its padding; 0 is the model's own.", ge=0, le=2048)
    blur: int = param(8, "Softness of the tiles' borders.", ge=0, le=64)
    padding: int | None = param(
        None, "Least room around a tile that its neighbours draw; empty is an eighth, 32 at most.", ge=0, le=512
    )
    seams: Seams = param("none", "What is drawn once more over the borders of tiles.")
    seams_denoise: float | None = param(None, "How much of the seams is drawn anew; empty is as of tiles.", ge=0, le=1)
    seams_width: int = param(64, "Width of a band.", ge=8, le=512)
    seams_blur: int = param(4, "Softness of what is drawn over seams, for half tiles.", ge=0, le=64)
    seams_padding: int = param(16, "Room around what is drawn over seams.", ge=0, le=128)
    colour_fix: ColourFix = param("wavelet", "Gives each tile the colours of what it was drawn over.")
    clean_up: float = param(0.0, "How far the coarse of the whole goes back to what it was.", ge=0, le=1)
    skip_flat: float = param(0.0, "Leave tiles whose 8-bit levels deviate by less; 0 draws all.", ge=0, le=64)
    prompt: str = param("", "Of the tiles, row by row with [SEP] between; [PROMPT] is the picture's.", max_length=6000)
    negative: str = param("", "Instead of the picture's own negative prompt; likewise.", max_length=6000)
    steps: int | None = param(None, "Steps of a whole schedule; empty takes the picture's.", ge=1, le=150)
    cfg: float | None = param(None, "Guidance scale; empty is the picture's, eased at a low denoise.", ge=0, le=30)
    sampler: str | None = param(None, "Empty takes the picture's.", max_length=100)
    schedule: str | None = param(None, "Empty takes the picture's.", max_length=100)
    model: str | None = param(None, "Empty takes the picture's.", max_length=200)
    vae: str | None = param(None, "Empty takes the picture's.", max_length=100)
    clip_skip: int | None = param(None, "Empty takes the picture's.", ge=1, le=12)
    noise_multiplier: float = param(1.0, "Scale of the starting noise.", ge=0.5, le=1.5)
    control: str = param("", "A control network's name, or passthrough for the picture's own hints.", max_length=100)
    control_preprocessor: str = param("", "What makes the hint of the tile; empty is the tile itself.", max_length=100)
    control_weight: float = param(1.0, "How strongly the hint is followed.", ge=0, le=2)
    control_start: float = param(0.0, "Share of the steps before which it is silent.", ge=0, le=1)
    control_end: float = param(1.0, "Share of the steps after which it is silent.", ge=0, le=1)

    @field_validator("control_end")
    @classmethod
    def _after_the_start(cls, end: float, info: ValidationInfo) -> float:
        start = info.data.get("control_start", 0.0)
        if end < start:
            raise ValueError(f"is below control_start, which is {start}; make it larger")
        return end
