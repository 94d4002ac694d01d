"""The detailer: what a face costs beside the network, faces drawn together or one by one, and how much it mends.

``python tests/bench/detailer.py`` prints four tables, with one thread and contenders in alternating order:

- milliseconds of the processor for each face of 100 pixels, drawn at 512, beside the network, by the canvas' size;
- seconds for a picture with N faces, all handed over together, and one by one (Pocket);
- faces of 24 pixels on canvases of 128 and 256: as spoilt by Pocket, and after the detailer. The detector's confidence,
  the correlation with the face as it was drawn, and how often an independent judge sees the right mood;
- five faces of 24 to 44 pixels in each picture of 256, as drawn and with a green cast, by `colour_fix`: how far the
  skin's colour has moved, how far it is off the one that was drawn (CIE 1976, 100 from black to white), and how often
  it is nearer to Pocket's other skin.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image, ImageCms

from limner_host.house import open_studio
from limner_host.stages.postprocess import PostprocessRun
from limner_host.studio import Studio
from limner_plugins.detailer.detailing import detailed
from limner_plugins.detailer.params import DetailerParams
from limner_plugins.pocket.judging import Judge
from limner_plugins.pocket.scenes import COLOURS, MOODS, Scene, draw, draw_together
from limner_sdk import Box, Choice, Detection, Part, Redrawing, Request, Size, Tensor
from limner_sdk.folders import DataFolder
from limner_sdk.testing import FakeContext, FakePostprocessContext

FACE = 24


class Free(FakePostprocessContext):
    """A model of 512 pixels that draws everything grey, at once."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.native = Size(512, 512)

    def redraw_parts(self, parts: Sequence[Part], how: Redrawing) -> list[Tensor]:
        """Grey pixels."""
        return [torch.full((3, part.image.height, part.image.width), 0.5) for part in parts]


def row(*cells: object) -> None:
    """One row of a Markdown table."""
    print("|", " | ".join(map(str, cells)), "|")


def overhead(rounds: int) -> None:
    """The first table."""
    row("canvas", "ms for 1 face", "ms each of 8", "ms each of 32")
    row(*["---"] * 4)
    for side in (1024, 2048, 4096):
        image = Image.effect_noise((side, side), 50).convert("RGB")
        times = [statistics.median(_beside(image, count) for _ in range(rounds)) for count in (1, 8, 32)]
        row(f"{side} x {side}", *(f"{1000 * each:.1f}" for each in times))


def _beside(image: Image.Image, count: int) -> float:
    corners = np.random.default_rng(1).integers(0, image.width - 100, (count, 2))
    found = tuple(Detection(Box(int(x), int(y), 100, 100), 0.9, "face") for x, y in corners)
    begun = time.process_time()
    detailed(image, Free(found=found), DetailerParams())
    return (time.process_time() - begun) / count


def together(studio: Studio, folder: Path, rounds: int) -> None:
    """The second table."""
    row("faces", "together, s", "one by one, s", "one by one / together")
    row(*["---"] * 4)
    at_once = PostprocessRun.redraw_parts

    def one_by_one(run: PostprocessRun, parts: Sequence[Part], how: Redrawing) -> list[Tensor]:
        return [drawn for part in parts for drawn in at_once(run, [part], how)]

    for count in (1, 4, 9, 16):
        file = _crowd(count, folder)
        times: dict[bool, list[float]] = {True: [], False: []}
        for number in range(rounds + 1):
            for single in (True, False) if number % 2 else (False, True):
                with patch.object(PostprocessRun, "redraw_parts", one_by_one if single else at_once):
                    seconds = _seconds(partial(finished, studio, file, folder, "a happy face"))
                times[single] += [seconds] if number else []
        alone, all_at_once = (statistics.median(times[single]) for single in (True, False))
        row(count, f"{all_at_once:.2f}", f"{alone:.2f}", f"{alone / all_at_once:.2f}")


def _seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def _crowd(count: int, folder: Path) -> Path:
    """A picture of 256 pixels with so many faces of 32 pixels."""
    across = int(np.ceil(np.sqrt(count)))
    places = [((k % across + 0.5) / across, (k // across + 0.5) / across) for k in range(count)]
    scenes = [Scene("happy", "yellow", "blue", x, y, 1 / 16) for x, y in places]
    draw_together(scenes, 256).save(folder / f"crowd{count}.png")
    return folder / f"crowd{count}.png"


def finished(
    studio: Studio, file: Path, folder: Path, prompt: str, params: Mapping[str, Any] | None = None, **asked: Any
) -> Image.Image:
    """The picture after the detailer, ten steps of a whole schedule if no other number is asked for."""
    choice = Choice(name="detailer", params=params or {})
    whole = {"finished": str(file), "prompt": prompt, "steps": 10, "seed": 3, "postprocess": (choice,)} | asked
    studio.make(Request.parse(whole), folder, name=lambda _: "finished.png")
    with Image.open(folder / "finished.png") as image:
        return image.convert("RGB")


@dataclass(frozen=True)
class Judges:
    """What tells how good a face is."""

    studio: Studio
    judge: Judge

    def told(self, image: Image.Image, scene: Scene) -> tuple[float, float, float]:
        """The detector's confidence, the correlation with what was drawn, and whether the mood is right."""
        middle = [round(place * image.width) for place in (scene.x, scene.y)]
        pieces = [_around(each, middle, FACE // 2) for each in (image, draw(scene, image.width))]
        made, drawn = (np.asarray(piece, float).ravel() for piece in pieces)
        alike = np.corrcoef(made, drawn)[0, 1]
        mood = self.judge.kind_of(_around(image, middle, 3 * FACE // 4).resize((128, 128), Image.Resampling.LANCZOS))
        return self._sure(image, middle), float(alike), float(mood == scene.kind)

    def _sure(self, image: Image.Image, middle: Sequence[int]) -> float:
        definition = self.studio.registry.detector("pocket_faces").definition
        seen = definition.run(image, FakeContext(), definition.params(confidence=0.01))
        return max((each.confidence for each in seen if _holds(each.box, middle)), default=0.0)


def _around(image: Image.Image, middle: Sequence[int], reach: int) -> Image.Image:
    return image.crop((middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach))


def _holds(box: Box, middle: Sequence[int]) -> bool:
    return box.left <= middle[0] < box.right and box.top <= middle[1] < box.bottom


def mending(studio: Studio, folder: Path, count: int) -> None:
    """The third table."""
    row("canvas", "", "confidence", "correlation", "mood")
    row(*["---"] * 5)
    judges = Judges(studio, Judge.trained())
    for side in (128, 256):
        told = [_told(judges, folder, side, seed) for seed in range(count)]
        for number, name in enumerate(("drawn", "spoilt", "detailed")):
            sure, alike, mood = np.mean([each[number] for each in told], axis=0)
            row(f"{side} x {side}", name, f"{sure:.2f}", f"{alike:.2f}", f"{mood:.0%}")


def _told(judges: Judges, folder: Path, side: int, seed: int) -> list[tuple[float, float, float]]:
    """What is told of one face as drawn, as spoilt, and after the detailer."""
    rng = random.Random(seed)
    hair, back = rng.sample(tuple(COLOURS), 2)
    x, y = (rng.uniform(0.25, 0.75) for _ in range(2))
    scene = Scene(rng.choice(MOODS), hair, back, x, y, FACE / 2 / side, skin=rng.randrange(2))
    draw(scene, side).save(folder / "drawn.png")
    asked: dict[str, Any] = {
        "image": str(folder / "drawn.png"),
        "start": {"denoise": 0.1},
        "width": side,
        "height": side,
    }
    asked |= {"prompt": scene.caption, "steps": 10, "seed": seed}
    judges.studio.make(Request.parse(asked), folder, name=lambda _: "spoilt.png")
    with Image.open(folder / "spoilt.png") as image:
        spoilt = image.convert("RGB")
    after = finished(judges.studio, folder / "spoilt.png", folder, scene.caption)
    return [judges.told(each, scene) for each in (draw(scene, side), spoilt, after)]


def colours(studio: Studio, folder: Path, count: int) -> None:
    """The fourth table."""
    row("", "colour_fix", "moved", "off", "the other skin")
    row(*["---"] * 5)
    unsaid: dict[str, Any] = {"prompt": "five faces", "sampler": "euler_a", "steps": 20, "cfg": 7.0}
    for name, asked, cast in (("as drawn, words that do not fit", unsaid, 0.0), ("green cast", {}, 0.3)):
        for way in ("none", "wavelet", "adain", "lab"):
            told = [each for seed in range(count // 5) for each in _skins(studio, folder, seed, way, asked, cast)]
            moved, off, other = np.mean(told, axis=0)
            row(name, way, f"{moved:.1f}", f"{off:.1f}", f"{other:.0%}")


def _skins(
    studio: Studio, folder: Path, seed: int, way: str, asked: dict[str, Any], cast: float
) -> list[tuple[float, float, bool]]:
    """How far the skin of five faces has moved, is off, and whether it has become the other one."""
    scenes = _five(random.Random(seed))
    other = draw_together([replace(scene, skin=1 - scene.skin) for scene in scenes], 256)
    drawn = draw_together(scenes, 256)
    before = Image.blend(drawn, Image.new("RGB", drawn.size, COLOURS["green"]), cast)
    before.save(folder / "before.png")
    words: dict[str, Any] = {"prompt": scenes[0].caption, "seed": seed} | asked
    after = finished(studio, folder / "before.png", folder, params={"colour_fix": way}, **words)
    told = [[_skin_of(image, scene) for image in (before, after, drawn, other)] for scene in scenes]
    return [(_far(now, was), _far(now, true), _far(now, not_so) < _far(now, true)) for was, now, true, not_so in told]


def _five(rng: random.Random) -> list[Scene]:
    """Five faces alike."""
    back, hair = rng.sample(tuple(COLOURS), 2)
    mood, skin, size = rng.choice(MOODS), rng.randrange(2), rng.uniform(24, 44) / 2 / 256
    places = ((0.2, 0.2), (0.8, 0.25), (0.5, 0.5), (0.22, 0.8), (0.78, 0.78))
    return [Scene(mood, hair, back, x, y, size, skin=skin) for x, y in places]


def _skin_of(image: Image.Image, scene: Scene) -> Tensor:
    """A face's skin in CIELAB, from any zero: the median of both cheeks and the nose."""
    spots = ((-0.58, 0.42), (0.58, 0.42), (0.0, 0.22))
    places = [(int((scene.x + dx * scene.size) * 256), int((scene.y + dy * scene.size) * 256)) for dx, dy in spots]
    lab = ImageCms.profileToProfile(image, *_PROFILES, outputMode="LAB")
    assert lab is not None
    levels = torch.tensor([lab.getpixel(place) for place in places], dtype=torch.float32)
    return levels.median(0).values * torch.tensor([100 / 255, 1, 1])


_PROFILES = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")


def _far(one: Tensor, other: Tensor) -> float:
    return float((one - other).norm())


def main() -> None:
    """Print what was asked for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--faces", type=int, default=60)
    options.add_argument("--device", default="cpu")
    options.add_argument("--only", choices=("overhead", "together", "mending", "colours"))
    asked = options.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        studio = open_studio(DataFolder(folder / "data").create(), asked.device)
        if asked.only in (None, "overhead"):
            overhead(asked.rounds)
        if asked.only in (None, "together"):
            together(studio, folder, asked.rounds)
        if asked.only in (None, "mending"):
            mending(studio, folder, asked.faces)
        if asked.only in (None, "colours"):
            colours(studio, folder, asked.faces)


if __name__ == "__main__":
    main()
