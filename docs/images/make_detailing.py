"""Makes the picture of docs/detailing.md anew, with Pocket: ``python docs/images/make_detailing.py``."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

from limner_host.house import open_studio
from limner_host.studio import Studio
from limner_plugins.pocket.scenes import COLOURS, MOODS, Scene, draw
from limner_sdk import Choice, Request
from limner_sdk.folders import DataFolder

HERE: Final = Path(__file__).parent
SIDE, SHOWN, COUNT, TITLE, GAP = 128, 48, 8, 22, 4


def small_face(rng: random.Random) -> Scene:
    """A face of 24 pixels."""
    hair, back = rng.sample(tuple(COLOURS), 2)
    return Scene(rng.choice(MOODS), hair, back, rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7), 12 / SIDE)


def rows_of(scene: Scene, seed: int, studio: Studio, folder: Path) -> list[Image.Image]:
    """The face as drawn, as an image to image run leaves it, and after the detailer."""
    draw(scene, SIDE).save(folder / "drawn.png")
    asked: dict[str, Any] = {"prompt": scene.caption, "steps": 10, "seed": seed}
    start = {"image": str(folder / "drawn.png"), "start": {"denoise": 0.1}}
    studio.make(Request.parse(asked | start), folder, name=lambda _: "spoilt.png")
    finish = {"finished": str(folder / "spoilt.png"), "postprocess": (Choice(name="detailer"),)}
    studio.make(Request.parse(asked | finish), folder, name=lambda _: "detailed.png")
    return [_around(scene, folder / f"{name}.png") for name in ("drawn", "spoilt", "detailed")]


def _around(scene: Scene, file: Path) -> Image.Image:
    """The face and a little around it, twice as large."""
    left, top = (round(place * SIDE) - SHOWN // 2 for place in (scene.x, scene.y))
    with Image.open(file) as image:
        piece = image.convert("RGB").crop((left, top, left + SHOWN, top + SHOWN))
    return piece.resize((2 * SHOWN, 2 * SHOWN), Image.Resampling.NEAREST)


def main() -> None:
    """Eight faces beside each other, in three rows."""
    rng, step = random.Random(7), 2 * SHOWN + GAP
    made = Image.new("RGB", (COUNT * step - GAP, 3 * (step + TITLE) - GAP), "white")
    pen, font = ImageDraw.Draw(made), ImageFont.load_default(15)
    for row, title in enumerate(("drawn", "spoilt by the model", "after the detailer")):
        pen.text((0, row * (step + TITLE) + 1), title, "black", font)
    with tempfile.TemporaryDirectory() as name:
        studio = open_studio(DataFolder(Path(name) / "data").create(), "cpu")
        for column in range(COUNT):
            for row, image in enumerate(rows_of(small_face(rng), column, studio, Path(name))):
                made.paste(image, (column * step, row * (step + TITLE) + TITLE))
    made.save(HERE / "detailing.webp", quality=85, method=6)


if __name__ == "__main__":
    main()
