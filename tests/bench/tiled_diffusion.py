"""Tiled diffusion: what it costs beside its network calls, and diffusers' panorama pipeline on the same network.

``python tests/bench/tiled_diffusion.py`` prints three tables, one thread, everything in alternating order:

- the time outside the network on a latent of 64 x 160 cells in tiles of 64, with a random-weight UNet of Stable
  Diffusion 1.5's structure and an eighth of its channels (``--channels 320`` for all of them, which needs 5 GB
  of memory), and the whole walk over the bare calls of the network, call for call;
- seconds a step for 512 x 256 pixels of Pocket, with the same tiles as diffusers' pipeline, and each by its own
  default;
- the variance that averaging noisy latents loses where tiles overlap (Euler a), and averaging predictions keeps.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from diffusers import UNet2DConditionModel
from tests.bench.averaging import injected, truth
from tests.bench.contenders import Ready, Timed, limner_ready, timed
from tests.bench.panorama import panorama_pipeline, panorama_run

from limner_host.guidance import guided
from limner_plugins.pocket import WEIGHTS
from limner_sdk.folders import DataFolder

TILERS = "multidiffusion", "mixture", "cosine", "jittered"
#: Of the latent and its tiles, in cells, as in the measurements of others.
CANVAS, TILE, OVERLAPS = (160, 64), 64, (16, 48)
#: Of Pocket's picture in pixels, and diffusers' proportion of stride to window, 8 of 64 cells.
PICTURE, WINDOW, STRIDE = (512, 256), 16, 2

Contenders = Mapping[str, tuple[Any, Callable[[], object]]]


def slim_unet(channels: int) -> Any:
    """Stable Diffusion 1.5's UNet, whose first block has 320 channels, with fewer and random weights.

    It reads Pocket's words. Its heads are 40 channels wide, as there.
    """
    width = UNet2DConditionModel.load_config(WEIGHTS / "unet")["cross_attention_dim"]
    torch.manual_seed(0)
    network: Any = UNet2DConditionModel(
        sample_size=TILE,
        block_out_channels=tuple(channels * factor for factor in (1, 2, 4, 4)),
        cross_attention_dim=width,
        attention_head_dim=channels // 40,
        norm_num_groups=8,
    )
    return network.eval()


def tiled_request(tiler: str, tile: int, overlap: int | None, size: tuple[int, int]) -> dict[str, Any]:
    """Fields of a request for a size in pixels, in tiles of so many cells."""
    params = {"tile_width": tile, "tile_height": tile} | ({} if overlap is None else {"overlap": overlap})
    return {"width": size[0], "height": size[1], "tiler": {"name": tiler, "params": params}}


def bare(ready: Ready, calls: int, tile: int) -> Callable[[], object]:
    """So many guided predictions of one tile, with nothing around them."""
    predict, x, guidance = guided(ready.model), ready.start[..., :tile, :tile].clone(), ready.timeline.at(0)

    @torch.inference_mode()
    def run() -> None:
        for _ in range(calls):
            predict(x, ready.sigmas[0], guidance)

    return run


def measured(contenders: Contenders, rounds: int) -> dict[str, list[Timed]]:
    """Everybody's times, in alternating order, after a first run that is not counted."""
    times: dict[str, list[Timed]] = {name: [] for name in contenders}
    for unet, run in contenders.values():
        timed(unet, run)
    for number in range(rounds):
        order = list(contenders.items())
        for name, (unet, run) in order if number % 2 == 0 else reversed(order):
            times[name].append(timed(unet, run))
    return times


def row(*cells: object) -> None:
    """One row of a Markdown table."""
    print("|", " | ".join(map(str, cells)), "|")


def head(*cells: str) -> None:
    """The first two rows of a Markdown table."""
    row(*cells)
    row(*["---"] * len(cells))


def cost(data: DataFolder, channels: int, steps: int, rounds: int) -> None:
    """The first table."""
    unet, size = slim_unet(channels), (CANVAS[0] * 8, CANVAS[1] * 8)
    head("tiler", "overlap", "tiles a step", "outside the network, ms a step", "of the network's time", "whole / bare")
    for overlap in OVERLAPS:
        ready = {
            name: limner_ready(steps, "euler", data, unet, **tiled_request(name, TILE, overlap, size))
            for name in TILERS
        }
        contenders = {name: (unet, each.walk) for name, each in ready.items()}
        least = min(timed(unet, run).calls for unet, run in contenders.values())
        times = measured({"bare": (unet, bare(ready[TILERS[0]], least, TILE)), **contenders}, rounds)
        for name in TILERS:
            _told(name, overlap, times[name], times["bare"], steps)


def _told(name: str, overlap: int, times: list[Timed], bare_times: list[Timed], steps: int) -> None:
    apart = [each.outside / steps * 1000 for each in times]
    share = statistics.median(each.outside / each.inside for each in times)
    whole = [
        (ours.seconds / ours.calls) / (plain.seconds / plain.calls)
        for ours, plain in zip(times, bare_times, strict=True)
    ]
    row(
        name,
        overlap,
        f"{times[0].calls / steps:g}",
        f"{statistics.median(apart):.2f} ({min(apart):.2f} to {max(apart):.2f})",
        f"{share:.2%}",
        f"{statistics.median(whole):.3f} ({min(whole):.3f} to {max(whole):.3f})",
    )


def pictures(data: DataFolder, rounds: int) -> None:
    """The second table. Few steps of the many tiles by default."""
    head("", "tiles a step", "seconds a step", "of them outside the network, ms", "Limner / diffusers")
    pair(data, "same tiles", tiled_request("multidiffusion", WINDOW, WINDOW // 2, PICTURE), WINDOW // 2, 10, rounds)
    pair(data, "defaults", tiled_request("cosine", WINDOW, None, PICTURE), STRIDE, 2, rounds)


def pair(data: DataFolder, label: str, asked: Mapping[str, Any], stride: int, steps: int, rounds: int) -> None:
    """Limner and diffusers on the same network."""
    ready, pipeline = limner_ready(steps, "euler_a", data, **asked), panorama_pipeline(WINDOW, stride)
    theirs = panorama_run(pipeline, *PICTURE, steps)
    times = measured({"Limner": (ready.model.unet, ready.walk), "diffusers": (pipeline.unet, theirs)}, rounds)
    for name, each in times.items():
        _picture_told(f"{name}, {label}", each, times["diffusers"], steps)


def _picture_told(name: str, times: list[Timed], others: list[Timed], steps: int) -> None:
    ratios = [ours.seconds / theirs.seconds for ours, theirs in zip(times, others, strict=True)]
    row(
        name,
        f"{times[0].calls / steps:g}",
        f"{statistics.median(each.seconds for each in times) / steps:.2f}",
        f"{statistics.median(each.outside for each in times) / steps * 1000:.1f}",
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
    )


def variances(data: DataFolder) -> None:
    """The third table: variances in cells that 1, 2 and 4 tiles cover, 1 being those of one tile."""
    head("", "", "1 tile", "2 tiles", "4 tiles")
    measures = {
        "noise that a step of Euler a adds, Pocket": injected,
        "clean latent of independent normal cells, Euler a, 20 steps": truth,
    }
    for (label, measure), theirs in product(measures.items(), (False, True)):
        found = measure(data, theirs=theirs)
        row(label, "diffusers" if theirs else "Limner", *(f"{share:.3f}" for share in found))


def main() -> None:
    """Print what was asked for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--steps", type=int, default=4, help="of the first table")
    options.add_argument("--channels", type=int, default=40, help="of the first table's network, a multiple of 40")
    options.add_argument("--only", choices=("cost", "pictures", "variances"))
    asked = options.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        data = DataFolder(Path(folder)).create()
        if asked.only in (None, "cost"):
            cost(data, asked.channels, asked.steps, asked.rounds)
        if asked.only in (None, "pictures"):
            pictures(data, asked.rounds)
        if asked.only in (None, "variances"):
            variances(data)


if __name__ == "__main__":
    main()
