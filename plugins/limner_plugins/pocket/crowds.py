"""Crowds: canvases with several things of Pocket's world at any size, and the boxes of the faces among them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from PIL import Image

from .scenes import COLOURS, LIGHTS, MOODS, SHAPES, Scene, draw_together

#: Left, top, right and bottom, in pixels.
Box: TypeAlias = tuple[float, float, float, float]

#: A face's half width and half height, as parts of its `Scene.size`.
_REACH: Final = (0.98, 1.0)
_TRIES: Final = 30


@dataclass(frozen=True)
class Crowd:
    """Things and faces on a square canvas of `side` pixels; the faces lie over the things."""

    side: int
    background: str
    things: tuple[Scene, ...]
    faces: tuple[Scene, ...]

    @property
    def boxes(self) -> list[Box]:
        """Where each face is, cut at the canvas' border."""
        return [face_box(face, self.side) for face in self.faces]

    def draw(self) -> Image.Image:
        """The RGB picture."""
        # A thing of no size in front keeps the background where there is nothing else.
        ground = Scene("circle", self.background, self.background, -1.0, -1.0, 0.0)
        return draw_together((ground, *self.things, *self.faces), self.side)


def face_box(face: Scene, side: int) -> Box:
    """Where `face` is on a canvas of `side` pixels, cut at the border."""
    wide, high = (reach * face.size for reach in _REACH)
    box = (face.x - wide, face.y - high, face.x + wide, face.y + high)
    left, top, right, bottom = (min(max(edge, 0.0), 1.0) * side for edge in box)
    return left, top, right, bottom


def random_crowd(rng: random.Random, *, held_out: bool = False) -> Crowd:
    """Draw a crowd at random: 128 to 512 pixels, up to four faces of 16 to 200 pixels, up to four other things.

    Only combinations of the training are used, or only held-out ones.
    """
    side = rng.choice((128, 160, 192, 256, 256, 320, 384, 512))
    background = rng.choice(tuple(COLOURS))
    things = [thing for _ in range(rng.randrange(5)) if (thing := _thing(rng, background, held_out))]
    faces: list[Scene] = []
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4))):
        _join(faces, rng, background, side, held_out)
    return Crowd(side, background, tuple(things), tuple(faces))


def _join(faces: list[Scene], rng: random.Random, background: str, side: int, held_out: bool) -> None:
    """Add a face where there is room for one."""
    for _ in range(_TRIES):
        face = _face(rng, background, side)
        if face.held_out == held_out and all(_apart(face_box(face, side), face_box(other, side)) for other in faces):
            faces.append(face)
            return


def _face(rng: random.Random, background: str, side: int) -> Scene:
    """A face of any size; one in five is cut by the border."""
    pixels = 16 * (min(200, 0.9 * side) / 16) ** rng.random()
    size = pixels / (2 * side * _REACH[1])
    margin = 0.35 * size if rng.random() < 0.2 else size
    face = _any(rng, rng.choice(MOODS), background, size, margin)
    # Half of these lie right at the border.
    return replace(face, x=rng.choice((margin, 1 - margin))) if margin < size and rng.random() < 0.5 else face


def _thing(rng: random.Random, background: str, held_out: bool) -> Scene | None:
    """A shape of any size, or a house."""
    kind = rng.choice(LIGHTS) if rng.random() < 0.2 else rng.choice(SHAPES)
    size = rng.uniform(0.1, 0.3) if kind in LIGHTS else 0.03 * 20 ** rng.random()
    thing = _any(rng, kind, background, size, 0.0)
    return thing if thing.held_out == held_out else None


def _any(rng: random.Random, kind: str, background: str, size: float, margin: float) -> Scene:
    return Scene(
        kind=kind,
        colour=rng.choice([name for name in COLOURS if name != background]),
        background=background,
        x=rng.uniform(margin, 1 - margin),
        y=rng.uniform(margin, 1 - margin),
        size=size,
        tilt=rng.uniform(-45, 45),
        skin=rng.randrange(2),
        light_x=rng.uniform(0.13, 0.87),
    )


def _apart(box: Box, other: Box) -> bool:
    """Whether two boxes share at most a twentieth of the smaller one's area."""
    wide = min(box[2], other[2]) - max(box[0], other[0])
    high = min(box[3], other[3]) - max(box[1], other[1])
    return max(wide, 0.0) * max(high, 0.0) <= 0.05 * min(_area(box), _area(other))


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
