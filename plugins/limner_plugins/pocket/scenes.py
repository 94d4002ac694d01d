"""Pocket's world: procedural scenes, and captions made by the code that draws them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final, TypeAlias

from PIL import Image, ImageDraw

Colour: TypeAlias = tuple[int, int, int]

#: Every colour a caption can name, as 8-bit sRGB.
COLOURS: Final[dict[str, Colour]] = {
    "red": (215, 40, 40),
    "orange": (250, 140, 25),
    "yellow": (250, 225, 60),
    "green": (40, 160, 65),
    "blue": (40, 80, 215),
    "purple": (135, 50, 175),
    "pink": (250, 150, 195),
    "brown": (115, 70, 35),
    "black": (20, 20, 20),
    "white": (245, 245, 245),
}
SHAPES: Final = ("circle", "square", "triangle", "star", "heart", "ring")
MOODS: Final = ("happy", "sad", "surprised")
LIGHTS: Final = ("sun", "moon")
#: What a scene shows; faces are told apart by mood, houses by the light above them.
KINDS: Final = SHAPES + MOODS + LIGHTS

_SKINS: Final[tuple[Colour, ...]] = ((255, 218, 180), (226, 176, 132))
_INK: Final[Colour] = (40, 30, 35)
_ROOF: Final[Colour] = (70, 72, 84)
_GLASS: Final[Colour] = (255, 240, 170)
_SUN: Final[Colour] = (255, 205, 40)
_SUN_RIM: Final[Colour] = (240, 120, 20)
_MOON: Final[Colour] = (225, 228, 240)
_MOON_RIM: Final[Colour] = (110, 115, 140)
_MOUTH: Final[Colour] = (150, 30, 45)
_OVERSAMPLING: Final = 4


@dataclass(frozen=True)
class Scene:
    """One picture of the world. Lengths are fractions of the picture's side, angles are in degrees."""

    kind: str
    colour: str
    background: str
    x: float = 0.5
    y: float = 0.5
    size: float = 0.33
    tilt: float = 0.0
    skin: int = 0
    light_x: float = 0.15

    @property
    def caption(self) -> str:
        """The plain caption, such as ``a red circle on a blue background``."""
        return f"{self.subject} on a {self.background} background"

    @property
    def subject(self) -> str:
        """The caption without its background."""
        if self.kind in MOODS:
            return f"a {self.kind} face with {self.colour} hair"
        if self.kind in LIGHTS:
            return f"{article(self.colour)} {self.colour} house under the {self.kind}"
        return f"{article(self.colour)} {self.colour} {self.kind}"

    @property
    def held_out(self) -> bool:
        """Whether this combination of kind and colours is kept away from training (one in eight)."""
        key = f"{self.kind}/{self.colour}/{self.background}".encode()
        return hashlib.sha256(key).digest()[0] % 8 == 0


def article(word: str) -> str:
    """The indefinite article before `word`."""
    return "an" if word[0] in "aeiou" else "a"


def random_scene(rng: random.Random, *, held_out: bool = False) -> Scene:
    """Draw a scene at random, from the training combinations or from the held-out ones."""
    while True:
        scene = _any_scene(rng)
        if scene.held_out == held_out:
            return scene


def _any_scene(rng: random.Random) -> Scene:
    # Each family gets a third of the attention that its number of kinds would not give it.
    kind = rng.choice(rng.choice((SHAPES, SHAPES, MOODS, MOODS, LIGHTS)))
    colour, background = rng.sample(tuple(COLOURS), 2)
    size = rng.uniform(0.28, 0.36) if kind in MOODS else rng.uniform(0.22, 0.36)
    room = 0.5 - size - 0.04
    x, y = (0.5 + rng.uniform(-room, room) for _ in range(2))
    if kind in LIGHTS:
        size = rng.uniform(0.24, 0.30)
        x, y = rng.uniform(0.42, 0.58), rng.uniform(0.60, 0.66)
    return Scene(
        kind=kind,
        colour=colour,
        background=background,
        x=x,
        y=y,
        size=size,
        tilt=rng.uniform(-12, 12) if kind in SHAPES else 0.0,
        skin=rng.randrange(len(_SKINS)),
        light_x=rng.choice((rng.uniform(0.13, 0.2), rng.uniform(0.8, 0.87))),
    )


def phrase(scene: Scene, rng: random.Random) -> str:
    """One of the many ways in which people say `scene.caption`."""
    thing, back = scene.subject, scene.background
    if scene.kind in MOODS and scene.colour == "yellow" and rng.random() < 0.5:
        thing = thing.replace("yellow hair", "blond hair")
    if rng.random() < 0.3:
        thing = thing.removeprefix("a ").removeprefix("an ")
    pattern = rng.choice(
        (
            "{thing} on a {back} background",
            "{thing} on a {back} background",
            "{thing} on a {back} background",
            "{thing} on {back}",
            "{thing}, {back} background",
            "{thing} in front of a {back} background",
            "a picture of {thing} on a {back} background",
            "{thing} on a {back} background, high quality",
            "on a {back} background, {thing}",
            "{thing}",
        )
    )
    return pattern.format(thing=thing, back=back)


def draw(scene: Scene, side: int = 128) -> Image.Image:
    """Draw `scene` as an RGB picture of `side` × `side` pixels, smoothed by oversampling."""
    return draw_together((scene,), side)


def draw_together(scenes: Sequence[Scene], side: int = 128) -> Image.Image:
    """Draw several scenes in turn, each over the ones before, on the background of the first."""
    pen = _Pen(side * _OVERSAMPLING, COLOURS[scenes[0].background])
    for scene in scenes:
        _draw_thing(pen, scene)
    return pen.image.reduce(_OVERSAMPLING)


def _draw_thing(pen: _Pen, scene: Scene) -> None:
    if scene.kind in SHAPES:
        _draw_shape(pen, scene)
    elif scene.kind in MOODS:
        _draw_face(pen, scene)
    else:
        _draw_house(pen, scene)


class _Pen:
    """A canvas addressed in fractions of its side."""

    def __init__(self, side: int, background: Colour) -> None:
        self.side = side
        self.image = Image.new("RGB", (side, side), background)
        self._draw = ImageDraw.Draw(self.image)

    def polygon(self, points: list[tuple[float, float]], fill: Colour) -> None:
        self._draw.polygon([(x * self.side, y * self.side) for x, y in points], fill)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        self._draw.ellipse(self._box(x, y, rx, ry), fill)

    def chord(self, x: float, y: float, rx: float, ry: float, start: float, end: float, fill: Colour) -> None:
        self._draw.chord(self._box(x, y, rx, ry), start, end, fill)

    def arc(self, x: float, y: float, rx: float, ry: float, start: float, end: float, width: float) -> None:
        self._draw.arc(self._box(x, y, rx, ry), start, end, _INK, round(width * self.side))

    def box(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        self._draw.rectangle(self._box(x, y, rx, ry), fill)

    def _box(self, x: float, y: float, rx: float, ry: float) -> tuple[float, float, float, float]:
        return (x - rx) * self.side, (y - ry) * self.side, (x + rx) * self.side, (y + ry) * self.side


def _draw_shape(pen: _Pen, scene: Scene) -> None:
    fill, x, y, size = COLOURS[scene.colour], scene.x, scene.y, scene.size
    if scene.kind in ("circle", "ring"):
        pen.ellipse(x, y, size, size, fill)
        if scene.kind == "ring":
            pen.ellipse(x, y, size * 0.55, size * 0.55, COLOURS[scene.background])
        return
    turn = scene.tilt * pi / 180
    corners = [
        (x + size * (px * cos(turn) - py * sin(turn)), y + size * (px * sin(turn) + py * cos(turn)))
        for px, py in _outline(scene.kind)
    ]
    pen.polygon(corners, fill)


def _outline(kind: str) -> list[tuple[float, float]]:
    """The corners of a polygonal shape in a circle of radius one, y downwards."""
    if kind == "square":
        return [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)]
    if kind == "triangle":
        return [(0.0, -0.95), (0.95, 0.8), (-0.95, 0.8)]
    if kind == "star":
        radii = [1.0, 0.42] * 5
        return [(r * sin(i * pi / 5), -r * cos(i * pi / 5)) for i, r in enumerate(radii)]
    return [_heart(i * 2 * pi / 48) for i in range(48)]


def _heart(t: float) -> tuple[float, float]:
    x = 16 * sin(t) ** 3
    y = 13 * cos(t) - 5 * cos(2 * t) - 2 * cos(3 * t) - cos(4 * t)
    return x / 17, -(y + 2.5) / 17


def _draw_face(pen: _Pen, scene: Scene) -> None:
    x, y, r = scene.x, scene.y, scene.size
    hair, skin = COLOURS[scene.colour], _SKINS[scene.skin]
    pen.ellipse(x, y - 0.08 * r, 0.98 * r, 0.92 * r, hair)
    pen.ellipse(x, y + 0.12 * r, 0.82 * r, 0.88 * r, skin)
    pen.chord(x, y + 0.05 * r, 0.9 * r, 0.95 * r, 208, 332, hair)
    for side in (-1, 1):
        _draw_eye(pen, scene.kind, x + side * 0.33 * r, y + 0.08 * r, r, side)
    if scene.kind == "happy":
        pen.chord(x, y + 0.38 * r, 0.42 * r, 0.42 * r, 10, 170, _MOUTH)
    elif scene.kind == "sad":
        pen.arc(x, y + 0.82 * r, 0.38 * r, 0.38 * r, 205, 335, 0.09 * r)
    else:
        pen.ellipse(x, y + 0.6 * r, 0.19 * r, 0.25 * r, _MOUTH)


def _draw_eye(pen: _Pen, mood: str, x: float, y: float, r: float, side: int) -> None:
    if mood == "surprised":
        pen.ellipse(x, y, 0.21 * r, 0.21 * r, (255, 255, 255))
        pen.ellipse(x, y, 0.09 * r, 0.09 * r, _INK)
        return
    pen.ellipse(x, y, 0.1 * r, 0.13 * r, _INK)
    if mood == "sad":
        inner, outer = x - side * 0.16 * r, x + side * 0.2 * r
        pen.polygon([(inner, y - 0.3 * r), (outer, y - 0.12 * r), (outer, y - 0.04 * r), (inner, y - 0.22 * r)], _INK)


def _draw_house(pen: _Pen, scene: Scene) -> None:
    x, y, r = scene.x, scene.y, scene.size
    pen.box(x, y + 0.25 * r, 0.85 * r, 0.75 * r, COLOURS[scene.colour])
    pen.polygon([(x - 1.1 * r, y - 0.48 * r), (x, y - 1.25 * r), (x + 1.1 * r, y - 0.48 * r)], _ROOF)
    pen.box(x, y + 0.7 * r, 0.18 * r, 0.3 * r, _INK)
    for side in (-1, 1):
        pen.box(x + side * 0.5 * r, y + 0.05 * r, 0.17 * r, 0.17 * r, _INK)
        pen.box(x + side * 0.5 * r, y + 0.05 * r, 0.12 * r, 0.12 * r, _GLASS)
    if scene.kind == "sun":
        _draw_sun(pen, scene.light_x, 0.15)
    else:
        _draw_moon(pen, scene.light_x, 0.15, COLOURS[scene.background])


def _draw_sun(pen: _Pen, x: float, y: float) -> None:
    for i in range(8):
        angle, width = i * pi / 4, pi / 12
        tip = (x + 0.13 * cos(angle), y + 0.13 * sin(angle))
        feet = [(x + 0.09 * cos(angle + s * width), y + 0.09 * sin(angle + s * width)) for s in (-1, 1)]
        pen.polygon([tip, *feet], _SUN_RIM)
    pen.ellipse(x, y, 0.085, 0.085, _SUN_RIM)
    pen.ellipse(x, y, 0.07, 0.07, _SUN)


def _draw_moon(pen: _Pen, x: float, y: float, sky: Colour) -> None:
    pen.ellipse(x, y, 0.115, 0.115, _MOON_RIM)
    pen.ellipse(x, y, 0.1, 0.1, _MOON)
    pen.ellipse(x + 0.055, y - 0.02, 0.095, 0.095, _MOON_RIM)
    pen.ellipse(x + 0.07, y - 0.022, 0.095, 0.095, sky)
