"""The weights that come with Limner: Pocket's own face detector."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from limner_sdk import BundledWeights

#: Trained on Pocket's world by `limner_plugins.pocket.training.face_detector`.
POCKET_FACES: Final = BundledWeights(
    Path(__file__).parents[1] / "pocket" / "faces.safetensors", "pocket_faces", "Pocket faces"
)
