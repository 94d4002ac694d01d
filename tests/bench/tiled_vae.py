"""An autoencoder's work whole, in Limner's exact and fast bands, and in diffusers' tiles, on the same network.

``python tests/bench/tiled_vae.py`` decodes 512 × 512 pixels with Stable Diffusion 1.5's autoencoder of random weights,
in float32 on one thread, and prints a Markdown table. ``--size 1024``, ``--encode``, ``--pocket`` do others.

- CPU time: the process' own, the median of some rounds in alternating order, over that of the whole work. Nothing else
  is measured then.
- Compute and parked memory: the peaks of live tensors above the start, in runs of their own (`live_memory`). Weights
  and input do not count, the result does; each share is of the whole work's compute memory.
- Allocated memory: the peak of all that PyTorch's allocator handed out in the same runs, with kernels' workspaces.
- Resident memory: the growth of a fresh process that has done a small picture before, looked at every 5 ms.
- Errors against the whole work: the largest, that over the standard deviation of its values, and
  PSNR = 20 log10((its largest value - its least) / root of the mean squared error).
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import inf, log10
from pathlib import Path

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.allocated_memory import allocated_by
from tests.bench.live_memory import Bytes, LiveMemory
from tests.bench.resident_memory import grown_by, in_a_fresh_process
from tests.bench.vae_contenders import NAMES, Contender, Task, contender, network, subject

ROUNDS = 3
HEAD = ("", "CPU time", "compute", "parked", "allocated", "resident", "max error", "/ std", "PSNR")


@dataclass(frozen=True)
class Errors:
    """How far a result is from the whole work's."""

    largest: float
    of_spread: float
    psnr: float


def errors(result: Tensor, whole: Tensor) -> Errors:
    """See the first lines of this file."""
    off = result.double() - whole.double()
    largest, square = float(off.abs().max()), float(off.square().mean())
    span = float(whole.max() - whole.min())
    return Errors(largest, largest / float(whole.std()), 20 * log10(span / square**0.5) if square else inf)


@dataclass(frozen=True)
class Measured:
    """What the runs without a clock show: live tensors, all that was allocated, in bytes, and the errors."""

    live: Bytes
    allocated: int
    errors: Errors


def memory_and_errors(ways: Mapping[str, Contender]) -> dict[str, Measured]:
    """Run each way once; the first is the whole work. This is everyone's first run, too."""
    found: dict[str, Measured] = {}
    whole = None
    for name, way in ways.items():
        gc.collect()
        memory = LiveMemory(way.is_parked)
        result, allocated = allocated_by(partial(watched, memory, way))
        whole = result if whole is None else whole
        found[name] = Measured(memory.peak, allocated, errors(result, whole))
    return found


def watched(memory: LiveMemory, way: Contender) -> Tensor:
    """A run under the eyes of `memory`."""
    with memory:
        return way.run()


def cpu_times(ways: Mapping[str, Contender], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each run, in alternating order."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in list(ways) if number % 2 == 0 else reversed(list(ways)):
            times[name].append(cpu_seconds(ways[name].run))
    return times


def cpu_seconds(run: Callable[[], object]) -> float:
    """CPU seconds of this process for one run."""
    begun = time.process_time()
    run()
    return time.process_time() - begun


def resident(name: str, task: Task, threads: int) -> int:
    """How much a process grows that does nothing else."""
    torch.set_num_threads(threads)
    codec, small = network(task), dataclasses.replace(task, side=128, tile=8)
    contender(name, codec, subject(codec, small), small).run()
    return grown_by(contender(name, codec, subject(codec, task), task).run)


def rows(
    measured: Mapping[str, Measured], times: Mapping[str, list[float]], grown: Mapping[str, int]
) -> Iterator[tuple[str, ...]]:
    """The table, row by row."""
    whole = measured["full"]
    for name, found in measured.items():
        yield (
            name,
            speed(times[name], times["full"]),
            size(found.live.compute, whole.live.compute),
            size(found.live.parked, whole.live.compute),
            size(found.allocated, whole.allocated),
            size(grown[name], grown["full"]) if grown else "",
            *(("", "", "") if name == "full" else told(found.errors)),
        )


def speed(ours: list[float], whole: list[float]) -> str:
    """The median of ratios and their range; seconds for the whole work itself."""
    if ours is whole:
        return f"1 ({statistics.median(whole):.1f} s)"
    ratios = [one / other for one, other in zip(ours, whole, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def size(count: int, whole: int) -> str:
    """Millions of bytes, and the share of the whole work's."""
    return f"{count / 1e6:.0f} MB ({count / whole:.3f})" if count else "0"


def told(found: Errors) -> tuple[str, str, str]:
    """The errors in three cells."""
    return f"{found.largest:.1e}", f"{found.of_spread:.1e}", f"{found.psnr:.1f} dB"


def table(lines: Iterator[tuple[str, ...]]) -> str:
    """Markdown."""
    return "\n".join("| " + " | ".join(line) + " |" for line in (HEAD, ("---",) * len(HEAD), *lines))


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, help="side in pixels; 512, or 1024 with --pocket")
    parser.add_argument("--tile", type=int, help="side of diffusers' tiles and of fast's copy in cells; half of all")
    parser.add_argument("--band", type=int, help="rows of Limner's bands in cells; its own choice")
    parser.add_argument("--free", type=float, default=1.0, help="free memory in GiB that Limner is told of")
    parser.add_argument("--encode", action="store_true", help="encode instead of decoding")
    parser.add_argument("--pocket", action="store_true", help="Pocket's trained autoencoder")
    parser.add_argument("--harsh", action="store_true", help="random affines, and a latent with a trend")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES), help="besides full")
    parser.add_argument("--no-resident", action="store_true", help="without fresh processes")
    return parser.parse_args()


def task_of(asked: argparse.Namespace) -> Task:
    """The task that was asked for."""
    side = asked.size or (1024 if asked.pocket else 512)
    return Task(
        side=side,
        tile=asked.tile or side // 16,
        band=asked.band,
        free=int(asked.free * 2**30),
        encode=asked.encode,
        pocket=asked.pocket,
        harsh=asked.harsh,
        seed=asked.seed,
    )


def main() -> None:
    """Measure errors and memory, then times, then resident memory, and print the table."""
    asked = options()
    torch.set_num_threads(asked.threads)
    task = task_of(asked)
    print(task, f"{asked.rounds} rounds", sep="\n", file=sys.stderr)
    codec = network(task)
    given = subject(codec, task)
    ways = {name: contender(name, codec, given, task) for name in NAMES if name in ("full", *asked.only)}
    measured, times = memory_and_errors(ways), cpu_times(ways, asked.rounds)
    names = [] if asked.no_resident else ways
    grown = {name: in_a_fresh_process(resident, name, task, asked.threads) for name in names}
    print(table(rows(measured, times, grown)))


if __name__ == "__main__":
    main()
