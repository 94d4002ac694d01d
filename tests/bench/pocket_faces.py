"""How sure Pocket's face detector is of held-out faces, drawn and damaged, at several sizes.

``python tests/bench/pocket_faces.py [COUNT]`` looks at COUNT faces for each line, on canvases of 256 pixels.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import torch

from limner_plugins.detectors import limner_detectors
from limner_plugins.detectors.params import YoloParams
from limner_plugins.pocket.crowds import Crowd, face_box
from limner_plugins.pocket.scenes import COLOURS, MOODS, Scene
from limner_plugins.pocket.training.crowd_pictures import Damage
from limner_sdk import Detection
from limner_sdk.testing import FakeContext

SIDE = 256
#: What is done to the canvas: nothing, or a round trip with so much noise in the latents.
ROUND_TRIPS = (None, 0.0, 0.3)


@dataclass(frozen=True)
class Line:
    """What came out for one size and one kind of damage."""

    pixels: int
    noise: float | None
    confidence: float
    found: float


def lines(count: int) -> Iterator[Line]:
    """Every size with every damage."""
    detector = next(definition for definition in limner_detectors([]) if definition.name == "pocket_faces")
    damage = Damage()
    for pixels in (24, 48):
        faces = list(held_out_faces(count, pixels))
        for noise in ROUND_TRIPS:
            sure = []
            for seed, face in enumerate(faces):
                picture = Crowd(SIDE, face.background, (), (face,)).draw()
                picture = picture if noise is None else damage.round_trip(picture, noise, seed)
                sure.append(confidence(detector.run(picture, FakeContext(), YoloParams(confidence=0.01)), face))
            yield Line(pixels, noise, fmean(sure), fmean(one >= 0.3 for one in sure))


def held_out_faces(count: int, pixels: int) -> Iterator[Scene]:
    """Faces `pixels` high in combinations that no training has seen."""
    rng, size = random.Random(pixels), pixels / (2 * SIDE)
    made = 0
    while made < count:
        colour, background = rng.sample(tuple(COLOURS), 2)
        x, y = rng.uniform(size, 1 - size), rng.uniform(size, 1 - size)
        face = Scene(rng.choice(MOODS), colour, background, x, y, size, skin=rng.randrange(2))
        if face.held_out:
            made += 1
            yield face


def confidence(found: Sequence[Detection], face: Scene) -> float:
    """How sure it is of what covers at least half of the face and of itself; 0 if there is nothing."""
    return max((one.confidence for one in found if _shared(one, face) >= 0.5), default=0.0)


def _shared(found: Detection, face: Scene) -> float:
    left, top, right, bottom = face_box(face, SIDE)
    wide = max(min(found.box.right, right) - max(found.box.left, left), 0.0)
    high = max(min(found.box.bottom, bottom) - max(found.box.top, top), 0.0)
    both = found.box.width * found.box.height + (right - left) * (bottom - top)
    return wide * high / (both - wide * high)


if __name__ == "__main__":
    torch.set_num_threads(1)
    print("pixels  damage            confidence  found at 0.3")
    for line in lines(int(sys.argv[1]) if len(sys.argv) > 1 else 50):
        harm = "drawn" if line.noise is None else f"round trip, {line.noise:.2f}"
        print(f"{line.pixels:6}  {harm:16}  {line.confidence:10.3f}  {line.found:12.1%}")
