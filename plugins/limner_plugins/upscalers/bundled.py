"""The weights that come with Limner: Pocket's own upscaler."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from limner_sdk import BundledWeights

#: Times 4, trained on Pocket's world by `limner_plugins.pocket.training.upscaler`.
POCKET: Final = BundledWeights(
    Path(__file__).parents[1] / "pocket" / "upscaler_x4.safetensors", "pocket_x4", "Pocket x4"
)
