"""What is not done twice: a repeated prompt, a second picture with the same model; and four pictures in one batch.

``python tests/bench/repeated_work.py`` prints ratios of times in one process, in alternating order. Pocket, 20 steps.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from limner_host.house import open_studio
from limner_host.prompt_cache import PromptCache
from limner_host.studio import Studio
from limner_sdk import Request
from limner_sdk.folders import DataFolder

ROUNDS = 7


def asked(**changes: Any) -> Request:
    """Twenty steps of the same red circle."""
    return Request.parse({"prompt": "a red circle on a blue background", "steps": 20, "seed": 1} | changes)


def seconds(run: Callable[[], object]) -> float:
    """The time on the clock."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def ratio(one: Callable[[], float], other: Callable[[], float], rounds: int) -> tuple[float, float, float]:
    """Median, least and most of one over other, taking turns in going first."""
    found = []
    for number in range(rounds):
        first, second = (one, other) if number % 2 == 0 else (other, one)
        times = first(), second()
        found.append(times[0] / times[1] if number % 2 == 0 else times[1] / times[0])
    return statistics.median(found), min(found), max(found)


def encoding(studio: Studio, folder: Path, *, known: bool) -> float:
    """Seconds of the encode stage for a prompt that is known or new."""
    fresh = studio if known else dataclasses.replace(studio, prompts=PromptCache())
    return fresh.make(asked(steps=1), folder).seconds["encode"]


def whole(studio: Studio, folder: Path, *, loaded: bool) -> float:
    """Seconds of one picture with the model loaded or not."""
    if not loaded:
        studio.shelf.clear()
    return seconds(lambda: studio.make(asked(), folder))


def four(studio: Studio, folder: Path, *, together: bool) -> float:
    """Seconds of four pictures in one request or in four."""
    if together:
        return seconds(lambda: studio.make(asked(count=4), folder))
    return seconds(lambda: [studio.make(asked(seed=1 + k), folder) for k in range(4)])


def main() -> None:
    """Measure each pair, and print a line per pair."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = options.parse_args().rounds
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        studio = open_studio(DataFolder(folder / "data").create())
        studio.make(asked(), folder)
        pairs: dict[str, tuple[Callable[..., float], str]] = {
            "prompt known / new (encode stage)": (encoding, "known"),
            "model loaded / not (whole picture)": (whole, "loaded"),
            "four in a batch / four alone": (four, "together"),
        }
        for label, (measure, flag) in pairs.items():
            better = lambda m=measure, f=flag: m(studio, folder, **{f: True})  # noqa: E731
            worse = lambda m=measure, f=flag: m(studio, folder, **{f: False})  # noqa: E731
            middle, least, most = ratio(better, worse, rounds)
            print(f"{label:<36} median {middle:.2f} ({least:.2f} to {most:.2f})")


if __name__ == "__main__":
    main()
