"""What the tests and the bench of Ultimate upscale share: scenes enlarged by Pocket, and measures of what came out."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from limner_host.pictures import read_rgb
from limner_host.studio import Studio
from limner_plugins.pocket.judging import Judge, verdict
from limner_plugins.pocket.scenes import Scene, draw, random_scene
from limner_plugins.ultimate_upscale.params import UltimateParams
from limner_plugins.ultimate_upscale.passes import grid_of
from limner_plugins.ultimate_upscale.sizing import measures
from limner_sdk import Request, Size

Pixels: TypeAlias = NDArray[np.float64]
NATIVE, SIDE = Size(128, 128), 512
#: As large as the drawings, and all else as it is by itself.
FOURFOLD: dict[str, Any] = {"scale": 4}
#: What people ask for, with its seed: things that tiles show only a part of.
ASKED: tuple[tuple[str, int], ...] = (
    ("a happy face with purple hair on a yellow background", 7),
    ("a blue house on a pink background", 4),
)


class Case(NamedTuple):
    """A scene, its drawing at the size it is enlarged to, and what a filter and the plugin make of the small one."""

    scene: Scene
    truth: Image.Image
    filtered: Image.Image
    enlarged: Image.Image


def upscaled(studio: Studio, scene: Scene, folder: Path, **params: Any) -> Image.Image:
    """A drawn scene enlarged by the plugin."""
    folder.mkdir(parents=True, exist_ok=True)
    draw(scene, NATIVE.width).save(folder / "small.png")
    choice = {"name": "ultimate_upscale", "params": params}
    values = {"prompt": scene.caption, "seed": 3, "steps": 10, "finished": str(folder / "small.png")}
    result = studio.make(Request.parse(values | {"postprocess": [choice]}), folder / "made")
    return read_rgb(folder / "made" / result.pictures[0].file)


def cases_of(studio: Studio, folder: Path, count: int) -> list[Case]:
    """Some scenes that Pocket was not trained on."""
    rng, found = random.Random(4), []
    for number in range(count):
        scene = random_scene(rng, held_out=True)
        enlarged = upscaled(studio, scene, folder / str(number), **FOURFOLD)
        filtered = draw(scene, NATIVE.width).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        found.append(Case(scene, draw(scene, SIDE), filtered, enlarged))
    return found


def imagined(studio: Studio, folder: Path, prompt: str, seed: int, **params: Any) -> tuple[Image.Image, Image.Image]:
    """A picture that Pocket draws by itself, enlarged by a filter, and by the plugin as people would have it."""
    (small,) = studio.make(Request.parse({"prompt": prompt, "seed": seed}), folder / "small").pictures
    values = {"prompt": prompt, "seed": seed, "finished": str(folder / "small" / small.file)}
    choice = {"name": "ultimate_upscale", "params": FOURFOLD | params}
    (large,) = studio.make(Request.parse(values | {"postprocess": [choice]}), folder / "large").pictures
    filtered = read_rgb(folder / "small" / small.file).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return filtered, read_rgb(folder / "large" / large.file)


def pixels(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB"), dtype=np.float64)


def steps(image: Image.Image) -> Pixels:
    """The larger of the differences to the pixels at the left and above, (H, W)."""
    levels, found = pixels(image), np.zeros((2, image.height, image.width))
    found[0, :, 1:] = np.abs(np.diff(levels, axis=1)).mean(2)
    found[1, 1:] = np.abs(np.diff(levels, axis=0)).mean(2)
    return np.asarray(found.max(0))


def grown(values: Pixels, reach: int) -> Pixels:
    """The greatest value within so many pixels of each."""
    grey = Image.fromarray(values.clip(0, 255).astype(np.uint8))
    return np.asarray(grey.filter(ImageFilter.MaxFilter(2 * reach + 1)), dtype=np.float64)


def sharpness(image: Image.Image, truth: Image.Image, least: float = 15) -> float:
    """How steep the edges of the drawing are in `image`, 1 for as steep as drawn; `least` makes an edge."""
    edges = steps(truth) > least
    return float(grown(steps(image), 2)[edges].mean() / grown(steps(truth), 2)[edges].mean())


def error_at_edges(image: Image.Image, truth: Image.Image) -> float:
    """The mean difference to the drawing near its edges, in 8-bit levels."""
    near = grown(steps(truth), 6) > 15
    return float(np.abs(pixels(image) - pixels(truth)).mean(2)[near].mean())


def seam(image: Image.Image, truth: Image.Image, **params: Any) -> float:
    """How much larger the steps between pixels are across the borders of tiles than elsewhere, in 8-bit levels.

    Only what is drawn in one colour counts: edges of the scene are no seams.
    """
    chosen = UltimateParams(**params)
    grid, flat = grid_of(measures(NATIVE, NATIVE, chosen), chosen.blur), grown(steps(truth), 8) < 5
    found = []
    for stretches, levels, plain in (
        (grid.columns, pixels(image), flat[:, 1:]),
        (grid.rows, pixels(image).transpose(1, 0, 2), flat.T[:, 1:]),
    ):
        across = np.abs(np.diff(levels, axis=1)).mean(2)
        edges = {edge for each in stretches for edge in (each.start, each.stop, int(sum(each.rise) / 2))}
        at_border = np.isin(np.arange(1, SIDE), sorted(edges))
        found.append(across[plain & at_border].mean() - across[plain & ~at_border].mean())
    return float(np.mean(found))


def damage(image: Image.Image, filtered: Image.Image, levels: float = 24) -> float:
    """Which share of the plain places of what a filter made has a colour that is off by more than so many levels."""
    plain = grown(steps(filtered), 5) < 5
    off = pixels(image.filter(ImageFilter.BoxBlur(4))) - pixels(filtered.filter(ImageFilter.BoxBlur(4)))
    return float((np.abs(off).max(2)[plain] > levels).mean())


def kept_of(case: Case, judge: Judge) -> int:
    """How many of kind, colour and background a judge of pictures sees in it as the caption says them."""
    seen, scene = verdict(case.enlarged, judge, case.scene.kind), case.scene
    return (seen.kind == scene.kind) + (seen.colour == scene.colour) + (seen.background == scene.background)
