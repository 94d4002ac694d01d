"""What A1111's extensions call the settings of post-processors; read by the writer and the reader alike.

ADetailer's fields are its own ("ADetailer confidence"), from the second unit on with a suffix ("ADetailer confidence
2nd"). Ultimate SD upscale and the tab "Extras" have a few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from limner_sdk import Scalar

DETAILER: Final = "detailer:detailer"
ULTIMATE: Final = "ultimate_upscale:ultimate_upscale"
UPSCALE: Final = "finishing:upscale"

AD: Final = "ADetailer "
#: The version of ADetailer whose names these are.
AD_VERSION: Final = "24.11.1"
USDU: Final = "Ultimate SD upscale "
EXTRAS: Final = "Postprocess "
#: Where there is nothing, it says this.
NOBODY: Final = "None"
PASSTHROUGH: Final = "Passthrough"


@dataclass(frozen=True)
class Said:
    """One field: its `label` behind the prefix, our parameter, and what it is `usual`ly there.

    What is as usual is not written, unless `always`. `switch` is the field that is True while this one counts, and
    `values` are the words for some values.
    """

    label: str
    name: str
    usual: Scalar
    always: bool = False
    switch: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


_METHODS: Final = {"Area": "area", "Confidence": "confidence"}
_MERGES: Final = {NOBODY: "none", "Merge": "merge", "Merge and Invert": "merge_invert"}
_SIZE: Final = "use inpaint width height"
_SAMPLER: Final = "use separate sampler"

#: ADetailer's fields in its order, the detector first.
UNIT: Final = (
    Said("model", "detector", None, always=True),
    Said("model classes", "classes", ""),
    Said("prompt", "prompt", ""),
    Said("negative prompt", "negative", ""),
    Said("confidence", "confidence", 0.3, always=True),
    Said("method to decide top k masks", "top_k_by", "area", always=True, values=_METHODS),
    Said("mask only top k", "top_k", 0),
    Said("mask min ratio", "min_ratio", 0.0),
    Said("mask max ratio", "max_ratio", 1.0),
    Said("x offset", "x_offset", 0),
    Said("y offset", "y_offset", 0),
    Said("dilate erode", "dilate_erode", 4, always=True),
    Said("mask merge invert", "merge", "none", values=_MERGES),
    Said("mask blur", "blur", 4, always=True),
    Said("denoising strength", "denoise", 0.4, always=True),
    Said("inpaint only masked", "only_masked", True, always=True),
    Said("inpaint padding", "padding", 32, always=True),
    Said("inpaint width", "width", 0, switch=_SIZE),
    Said("inpaint height", "height", 0, switch=_SIZE),
    Said("steps", "steps", None, switch="use separate steps"),
    Said("CFG scale", "cfg", None, switch="use separate CFG scale"),
    Said("checkpoint", "model", None, switch="use separate checkpoint"),
    Said("VAE", "vae", None, switch="use separate VAE"),
    Said("sampler", "sampler", None, switch=_SAMPLER),
    Said("scheduler", "schedule", None, switch=_SAMPLER),
    Said("noise multiplier", "noise_multiplier", 1.0, switch="use separate noise multiplier"),
    Said("CLIP skip", "clip_skip", None, switch="use separate CLIP skip"),
    Said("ControlNet model", "control", ""),
    Said("ControlNet module", "control_preprocessor", ""),
    Said("ControlNet weight", "control_weight", 1.0),
    Said("ControlNet guidance start", "control_start", 0.0),
    Said("ControlNet guidance end", "control_end", 1.0),
)
#: What our detailer does by itself and ADetailer does not.
ADETAILERS_WAY: Final[Mapping[str, Scalar]] = {"dynamic_denoise": 0.0, "match_size": "off", "sort": "none"}
#: Labels of its older versions.
OLDER: Final[Mapping[str, str]] = {
    "mask only top k largest": "mask only top k",
    "inpaint full": "inpaint only masked",
}
#: Words for "as the picture has it".
SAME: Final = ("use same sampler", "use same scheduler", "use same checkpoint", "use same vae", "automatic", "none")

#: Ultimate SD upscale's fields.
TILES: Final = (
    Said("upscaler", "upscaler", None, always=True),
    Said("tile_width", "tile_width", None, always=True),
    Said("tile_height", "tile_height", None, always=True),
    Said("mask_blur", "blur", None, always=True),
    Said("padding", "padding", None, always=True),
)
#: Those of the tab "Extras".
ENLARGED: Final = (
    Said("upscale by", "scale", None, always=True),
    Said("upscaler", "upscaler", None, always=True),
)
ENLARGED_TO: Final = "upscale to"


def suffix(number: int) -> str:
    """What stands behind the fields of ADetailer's k-th unit, from 1: " 2nd", " 3rd", " 4th" …"""
    if number == 1:
        return ""
    teens = 10 < number % 100 < 20
    return f" {number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def tiles_there(params: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Our tiles as Ultimate SD upscale counts them: without the padding around them. Open sizes are left out."""
    sides = {name: params.get(name) for name in ("tile_width", "tile_height")}
    tiles = {name: int(side) for name, side in sides.items() if isinstance(side, int) and side}
    said = params.get("padding")
    padding = int(said) if isinstance(said, int) else min([32, *(side // 8 for side in tiles.values())])
    inner = {name: max(8, side - 2 * padding) for name, side in tiles.items()}
    kept = {name: value for name, value in params.items() if name not in sides}
    return kept | inner | ({"padding": padding} if tiles or said is not None else {})


def tiles_drawn(width: int, height: int, padding: int) -> tuple[int, int]:
    """The size at which it draws its tiles, which is that of the picture in its infotext."""
    sides = width or height, height or width
    return -(-(sides[0] + padding) // 64) * 64, -(-(sides[1] + padding) // 64) * 64


def tiles_here(width: int, height: int, padding: int) -> dict[str, Scalar]:
    """Its tiles as ours, with their padding; a side of 0 is as long as the other one there."""
    sides = {"tile_width": width or height, "tile_height": height or width}
    return {name: min(2048, side + 2 * padding) for name, side in sides.items() if side}
