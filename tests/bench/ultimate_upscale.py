"""Ultimate upscale: what it costs beside its network calls, and tiles drawn together against one by one.

``python tests/bench/ultimate_upscale.py`` prints three tables, one thread, what is timed in alternating order:

- milliseconds of the processor for each tile of 512 x 512 pixels outside of the network, by the size of the canvas;
  with each tile kept as the host keeps it, so that work can go on where it was cut short; and a tile composited by
  way of a blurred mask of the whole canvas;
- seconds for 128 to 512 pixels with Pocket, both colours of the board handed over together, and one by one;
- what docs/upscaling.md says about twelve scenes.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from PIL import Image, ImageDraw, ImageFilter

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.plugins.enlarging import FOURFOLD, cases_of, error_at_edges, kept_of, seam, sharpness, upscaled

from limner_host.house import open_studio
from limner_host.scratch import Scratch
from limner_host.studio import Studio
from limner_plugins.pocket.judging import Judge
from limner_plugins.pocket.scenes import Scene, draw
from limner_plugins.ultimate_upscale import turns
from limner_plugins.ultimate_upscale.canvas import Canvas
from limner_plugins.ultimate_upscale.params import UltimateParams
from limner_plugins.ultimate_upscale.passes import passes_of
from limner_plugins.ultimate_upscale.sizing import measures
from limner_sdk import Part, Redrawing, Request, Size, Tensor, to_pixels
from limner_sdk.folders import DataFolder
from limner_sdk.testing import FakePostprocessContext

TILE, SIDES = Size(512, 512), (1024, 2048, 4096)
SCENES = 12
CARELESS: dict[str, Any] = {"scale": 4, "denoise": 0.25, "padding": 0, "blur": 0, "colour_fix": "none"}
BLUR = 8


class Free(FakePostprocessContext):
    """A model that draws every part as it was, at once; `scratch` is the host's place for what is finished."""

    def __init__(self, scratch: Scratch | None) -> None:
        super().__init__()
        self.scratch = scratch

    def redraw_parts(self, parts: Sequence[Part], how: Redrawing) -> list[Tensor]:
        """The parts' own pixels."""
        return [to_pixels(part.image) for part in parts]

    def keep(self, key: str, image: Image.Image) -> None:
        """As the host does, if there is a place."""
        if self.scratch:
            self.scratch.keep(key, image)


def local(side: int, scratch: Scratch | None = None, **params: Any) -> Callable[[], float]:
    """Seconds a tile on a canvas of `side` pixels, everything but the network; files if there is a place for them."""
    size, chosen = Size(side, side), UltimateParams(scale=1, **params)
    measured = measures(size, TILE, chosen)
    passes = passes_of(measured, chosen)
    image = Image.effect_noise(size, 50).convert("RGB")

    def run() -> float:
        canvas = Canvas.around(image, measured.canvas)
        begun = time.process_time()
        turns.Turns(Free(scratch), chosen, passes).drawn(canvas)
        return (time.process_time() - begun) / len(passes[0].patches)

    return run


def whole(side: int) -> Callable[[], float]:
    """Seconds for compositing one tile by way of a mask of the whole canvas."""
    image, tile = Image.new("RGB", (side, side)), Image.new("RGB", TILE, "red")

    def run() -> float:
        begun = time.process_time()
        mask, layer = Image.new("L", image.size), image.copy()
        ImageDraw.Draw(mask).rectangle((256, 256, 767, 767), 255)
        layer.paste(tile, (256, 256))
        Image.composite(layer, image, mask.filter(ImageFilter.GaussianBlur(BLUR)))
        return time.process_time() - begun

    return run


def measured_in_turn(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Everybody's median, after a first run that is not counted."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for run in contenders.values():
        run()
    for number in range(rounds):
        order = list(contenders.items())
        for name, run in order if number % 2 == 0 else reversed(order):
            times[name].append(run())
    return {name: statistics.median(each) for name, each in times.items()}


def row(*cells: object) -> None:
    """One row of a Markdown table."""
    print("|", " | ".join(map(str, cells)), "|")


def head(*cells: str) -> None:
    """The first two rows of a Markdown table."""
    row(*cells)
    row(*["---"] * len(cells))


def compositing(rounds: int) -> None:
    """The first table."""
    head("canvas", "ms a tile, no colour fix", "with wavelet", "and kept", "mask of the whole", "whole / local")
    for side in SIDES:
        with tempfile.TemporaryDirectory() as folder:
            plain, fixed = (local(side, colour_fix=way) for way in ("none", "wavelet"))
            kept = local(side, Scratch(Path(folder), lambda: "bench"), colour_fix="wavelet")
            contenders = {"plain": plain, "fixed": fixed, "kept": kept, "whole": whole(side)}
            found = measured_in_turn(contenders, rounds)
        times = [f"{1000 * each:.1f}" for each in found.values()]
        row(f"{side} x {side}", *times, f"{found['whole'] / found['plain']:.1f}")


def enlarging(studio: Studio, folder: Path, together: int) -> Callable[[], float]:
    """Seconds for Pocket's picture, so many tiles handed over at once."""
    draw(Scene("star", "yellow", "blue"), 128).save(folder / "small.png")
    values = {"prompt": "a yellow star on a blue background", "seed": 1, "finished": str(folder / "small.png")}
    choice = {"name": "ultimate_upscale", "params": {"scale": 4}}
    request = Request.parse(values | {"postprocess": [choice]})

    def run() -> float:
        begun = time.perf_counter()
        with patch.object(turns, "_TOGETHER", together):
            studio.make(request, folder)
        return time.perf_counter() - begun

    return run


@contextmanager
def a_studio(device: str) -> Iterator[tuple[Studio, Path]]:
    """A studio and its folder, for a while."""
    with tempfile.TemporaryDirectory() as folder:
        yield open_studio(DataFolder(Path(folder)).create(), device), Path(folder)


def batches(rounds: int, device: str) -> None:
    """The second table."""
    with a_studio(device) as (studio, folder):
        contenders = {f"{count} at once": enlarging(studio, folder, count) for count in (1, 16)}
        found = measured_in_turn(contenders, rounds)
    head("tiles handed over", "seconds")
    for name, seconds in found.items():
        row(name, f"{seconds:.2f}")


def figures(device: str) -> None:
    """The third table, and the careless way's seams."""
    with a_studio(device) as (studio, folder):
        cases, judge = cases_of(studio, folder, SCENES), Judge.trained()
        careless = [upscaled(studio, case.scene, folder / "careless", **CARELESS) for case in cases[:3]]
    both = [(case.filtered, case.truth) for case in cases], [(case.enlarged, case.truth) for case in cases]
    head("", "Lanczos", "Ultimate upscale over Lanczos")
    row("edges", *(f"{statistics.mean(sharpness(*pair) for pair in pairs):.2f}" for pairs in both))
    row("error", *(f"{statistics.mean(error_at_edges(*pair) for pair in pairs):.1f}" for pairs in both))
    row("as in the caption", "", f"{sum(kept_of(case, judge) for case in cases)} of {3 * len(cases)}")
    row("seams", "", f"{statistics.mean(seam(*pair, **FOURFOLD) for pair in both[1]):.2f}")
    naive = [seam(image, case.truth, **CARELESS) for image, case in zip(careless, cases, strict=False)]
    row("seams, careless", "", f"{statistics.mean(naive):.1f}")


def main() -> None:
    """Print what was asked for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--device", default="cpu")
    options.add_argument("--only", choices=("compositing", "batches", "figures"))
    asked = options.parse_args()
    torch.set_num_threads(1)
    if asked.only in (None, "compositing"):
        compositing(asked.rounds)
    if asked.only in (None, "batches"):
        batches(asked.rounds, asked.device)
    if asked.only in (None, "figures"):
        figures(asked.device)


if __name__ == "__main__":
    main()
