"""What a job will cost: GPU seconds out of its work, learned from what earlier jobs took, and how long a line lasts."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from heapq import heapify, heapreplace
from typing import Final, NamedTuple, Self

#: Names in `Rates` that are no models: seconds of a job beside its network (prompts, decoding, saving), of a loading.
FIXED, LOAD = "*fixed", "*load"
#: Seconds, as long as nothing was measured.
_USUAL: Final = {FIXED: 1.0, LOAD: 10.0}

#: The weight of a new sample, once there are enough.
_NEWEST: Final = 0.1
#: From this many samples on, a new one counts as `_OUTLIER` times more or less than the mean at most.
_SETTLED, _OUTLIER = 3, 4.0
_LEAST_RATE, _MOST_RATE = 1e-4, 1e4
#: A job that took longer was measured with a broken clock, and none is thought to.
MOST_SECONDS: Final = 86400.0


class Rate(NamedTuple):
    """Seconds per unit of work, as a mean that forgets, and of how many samples."""

    seconds: float
    samples: int


def updated(rate: Rate | None, work: float, seconds: float) -> Rate | None:
    """The rate after a job of `work` units has taken `seconds`: an exponentially weighted mean of logarithms.

    The first ten samples weigh the same. A sample that cannot be is left out, and a rate never leaves 1e-4 to 1e4.
    """
    if not (0 < work < math.inf and 0 < seconds <= MOST_SECONDS):
        return rate
    sample = min(max(_LEAST_RATE, seconds / work), _MOST_RATE)
    if rate is None:
        return Rate(sample, 1)
    if rate.samples >= _SETTLED:
        sample = min(max(rate.seconds / _OUTLIER, sample), rate.seconds * _OUTLIER)
    share = max(1 / (rate.samples + 1), _NEWEST)
    mean = (1 - share) * math.log(rate.seconds) + share * math.log(sample)
    return Rate(min(max(_LEAST_RATE, math.exp(mean)), _MOST_RATE), rate.samples + 1)


@dataclass(frozen=True)
class Rates:
    """What is known of each model by full id, and of the parts of a job that no model decides (`FIXED`, `LOAD`).

    A job's work is its evaluations of the network times the megapixels of a picture.
    """

    known: Mapping[str, Rate]

    def per_work(self, model: str) -> float:
        """Seconds per unit of work: of this model, or else the median of those that are known, or else 1."""
        if rate := self.known.get(model):
            return rate.seconds
        models = [rate.seconds for name, rate in self.known.items() if not name.startswith("*")]
        return statistics.median(models or [1.0])

    @property
    def fixed(self) -> float:
        """Seconds of any job beside its network."""
        return self._part(FIXED)

    @property
    def load(self) -> float:
        """Seconds that another model's loading takes."""
        return self._part(LOAD)

    def predicted(self, work: float, model: str, *, loads: bool = False) -> float:
        """GPU seconds of a job, above 0; `loads` if its model must be loaded first."""
        seconds = self.fixed + (self.load if loads else 0.0) + max(0.0, work) * self.per_work(model)
        return min(seconds, MOST_SECONDS)

    def learned(self, work: float, model: str, seconds: float, *, beside: float | None = None) -> Self:
        """The rates after a job has taken `seconds`, `beside` of them outside of sampling, if that was measured.

        New are those of the model and of `FIXED`, if the measurement makes sense.
        """
        told = beside is not None and 0 < beside < seconds
        outside = beside if beside is not None and told else self.fixed
        # A job that took less than all others beside the network still has used it a little.
        sampling = max(seconds - outside, 0.1 * seconds)
        rates = self._with(model, work, sampling) if model else self
        return rates._with(FIXED, 1.0, outside) if told and seconds <= MOST_SECONDS else rates

    def loaded(self, seconds: float) -> Self:
        """The rates after the loading of a model has taken `seconds`."""
        return self._with(LOAD, 1.0, seconds)

    def _part(self, name: str) -> float:
        rate = self.known.get(name)
        return rate.seconds if rate else _USUAL[name]

    def _with(self, name: str, work: float, seconds: float) -> Self:
        rate = updated(self.known.get(name), work, seconds)
        return replace(self, known={**self.known, name: rate}) if rate else self


class Running(NamedTuple):
    """A job at work: its predicted seconds, the share of it that is done, and the seconds since it began."""

    predicted: float
    done: float
    elapsed: float

    @property
    def left(self) -> float:
        """Seconds until it is done: at first what was predicted, and more and more what its own speed says.

        The longer a job has outlasted its prediction, the less that counts.
        """
        done = min(max(0.0, self.done), 1.0)
        predicted, elapsed = max(0.0, self.predicted), min(max(0.0, self.elapsed), MOST_SECONDS)
        if done == 0:
            return max(predicted, elapsed)
        outlasted = 1 - predicted / elapsed if elapsed > predicted else 0.0
        own = max(done**2, outlasted)
        return (1 - done) * min(MOST_SECONDS, own * elapsed / done + (1 - own) * predicted)


def eta(ahead: Iterable[float], running: Iterable[Running] = (), workers: int = 1) -> float:
    """Seconds until a job begins that has jobs of these predicted seconds before it; each goes to who is free first.

    The job itself begins at once if a worker is free and nobody is `ahead`.
    """
    busy = sorted(job.left for job in running)
    free = [0.0] * max(0, workers - len(busy)) + busy
    heapify(free)
    for seconds in ahead:
        heapreplace(free, free[0] + seconds)
    return free[0] if free else 0.0
