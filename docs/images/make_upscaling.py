"""Makes the picture of docs/upscaling.md anew, with Pocket: ``python docs/images/make_upscaling.py``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from limner_host.house import open_studio
from limner_host.pictures import read_rgb
from limner_host.studio import Studio
from limner_plugins.pocket.scenes import Scene, draw
from limner_sdk import Choice, Request
from limner_sdk.folders import DataFolder

HERE: Final = Path(__file__).parent
SMALL, LARGE, SHOWN, TITLE, GAP = 128, 512, 240, 22, 6
TITLES: Final = ("Lanczos", "Ultimate upscale", "drawn at 512")
#: Scenes, and the middle of what is shown of them.
SCENES: Final = (
    (Scene("star", "yellow", "blue", size=0.34, tilt=8), (0.5, 0.36)),
    (Scene("happy", "brown", "green", size=0.34), (0.5, 0.5)),
    (Scene("sun", "red", "white", 0.55, 0.62, 0.28), (0.32, 0.32)),
)


def enlarged(scene: Scene, studio: Studio, folder: Path) -> Image.Image:
    """The small drawing after Ultimate upscale."""
    draw(scene, SMALL).save(folder / "small.png")
    choice = Choice(name="ultimate_upscale", params={"scale": LARGE / SMALL})
    asked = {"prompt": scene.caption, "steps": 10, "seed": 3, "finished": str(folder / "small.png")}
    studio.make(Request.parse(asked | {"postprocess": (choice,)}), folder, name=lambda _: "large.png")
    return read_rgb(folder / "large.png")


def row_of(scene: Scene, middle: tuple[float, float], studio: Studio, folder: Path) -> list[Image.Image]:
    """A part of the scene, at one pixel for each pixel, in all ways of making it large."""
    filtered = draw(scene, SMALL).resize((LARGE, LARGE), Image.Resampling.LANCZOS)
    left, top = (min(max(round(place * LARGE) - SHOWN // 2, 0), LARGE - SHOWN) for place in middle)
    ways = filtered, enlarged(scene, studio, folder), draw(scene, LARGE)
    return [image.crop((left, top, left + SHOWN, top + SHOWN)) for image in ways]


def main() -> None:
    """Three scenes below each other, in three columns."""
    step = SHOWN + GAP
    made = Image.new("RGB", (len(TITLES) * step - GAP, TITLE + len(SCENES) * step - GAP), "white")
    pen, font = ImageDraw.Draw(made), ImageFont.load_default(15)
    for column, title in enumerate(TITLES):
        pen.text((column * step, 1), title, "black", font)
    with tempfile.TemporaryDirectory() as name:
        studio = open_studio(DataFolder(Path(name) / "data").create(), "cpu")
        for row, (scene, middle) in enumerate(SCENES):
            for column, image in enumerate(row_of(scene, middle, studio, Path(name))):
                made.paste(image, (column * step, TITLE + row * step))
    made.save(HERE / "upscaling.webp", quality=85, method=6)


if __name__ == "__main__":
    main()
