"""How well Pocket draws what a caption says: 240 captions of kinds and colours that it has never seen together.

One combination in eight is kept away from training. Each of those is asked for once in plain words, and then again in
other words, until there are enough captions.

``python tests/bench/pocket_quality.py`` prints the shares for the model card; ``--sheet FILE`` keeps a contact sheet.
The measure is checked first on drawn pictures of the same scenes: that row is the most that a model could reach.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from limner_host.house import open_studio
from limner_host.studio import Studio
from limner_plugins.pocket.judging import Judge, verdict
from limner_plugins.pocket.scenes import LIGHTS, MOODS, Scene, draw, phrase, random_scene
from limner_sdk import Request
from limner_sdk.folders import DataFolder

CAPTIONS = 240
SEED = 7


def held_out_captions(count: int) -> dict[str, Scene]:
    """`count` different captions that name both colours, and the scenes they tell of, none of them trained on."""
    rng, captions = random.Random(SEED), dict[str, Scene]()
    while len(captions) < count:
        scene = random_scene(rng, held_out=True)
        words = scene.caption if scene.caption not in captions else phrase(scene, rng)
        if scene.background in words:
            captions.setdefault(words, scene)
    return captions


def picture_of(studio: Studio, caption: str, seed: int, folder: Path) -> Image.Image:
    """What Pocket draws for a caption, with its own defaults."""
    result = studio.make(Request(prompt=caption, model="pocket", seed=seed), folder)
    with Image.open(folder / result.grid) as image:
        return image.convert("RGB")


def tally(scenes: list[Scene], images: list[Image.Image], judge: Judge) -> Counter[str]:
    """How often kind, colour and background agree with the caption, in all and by family."""
    agreed: Counter[str] = Counter()
    for scene, image in zip(scenes, images, strict=True):
        found = verdict(image, judge, scene.kind)
        agreed[f"kind of {_family(scene)}"] += found.kind == scene.kind
        agreed[f"total of {_family(scene)}"] += 1
        agreed["kind"] += found.kind == scene.kind
        agreed["colour"] += found.colour == scene.colour
        agreed["background"] += found.background == scene.background
        agreed["both colours"] += (found.colour, found.background) == (scene.colour, scene.background)
    return agreed


def _family(scene: Scene) -> str:
    return "faces" if scene.kind in MOODS else "houses" if scene.kind in LIGHTS else "shapes"


def report(name: str, agreed: Counter[str], count: int) -> None:
    """One line of shares, and the kinds by family."""
    shares = ", ".join(f"{key} {agreed[key] / count:.1%}" for key in ("colour", "background", "both colours", "kind"))
    families = ", ".join(
        f"{family} {agreed[f'kind of {family}']}/{agreed[f'total of {family}']}"
        for family in ("shapes", "faces", "houses")
    )
    print(f"{name}: {shares} (kind by family: {families})")


def sheet_of(images: list[Image.Image], columns: int = 16) -> Image.Image:
    """All pictures side by side."""
    side = images[0].width
    sheet = Image.new("RGB", (columns * side, -(-len(images) // columns) * side))
    for place, image in enumerate(images):
        sheet.paste(image, (place % columns * side, place // columns * side))
    return sheet


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--captions", type=int, default=CAPTIONS)
    options.add_argument("--sheet", type=Path)
    chosen = options.parse_args()
    captions, judge = held_out_captions(chosen.captions), Judge.trained()
    scenes = list(captions.values())
    print(f"{len(captions)} captions of {len({scene.caption for scene in scenes})} combinations")
    report("drawn ", tally(scenes, [draw(scene) for scene in scenes], judge), len(scenes))
    studio = open_studio(DataFolder.from_environment())
    with tempfile.TemporaryDirectory() as folder:
        images = [picture_of(studio, words, seed, Path(folder)) for seed, words in enumerate(tqdm(captions))]
    report("Pocket", tally(scenes, images, judge), len(scenes))
    if chosen.sheet:
        sheet_of(images).save(chosen.sheet)


if __name__ == "__main__":
    main()
