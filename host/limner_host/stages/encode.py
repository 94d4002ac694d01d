"""Encode: prompts become the guidance of a batch, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from limner_host.prompt_cache import PromptCache
from limner_host.prompting import networks_of, spans_of, timeline
from limner_host.prompting.editing import phases_of
from limner_sdk import Conditioning, Encoding, Guidance, Model, Recipe, Span


@dataclass(frozen=True)
class Timeline:
    """The guidance of every step: each entry holds up to and including its step, counted from 0."""

    entries: tuple[tuple[int, Guidance], ...]

    def at(self, step: int) -> Guidance:
        """The guidance of one step; the last entry holds for ever."""
        return next((guidance for last, guidance in self.entries if step <= last), self.entries[-1][1])

    def each(self, change: Callable[[Conditioning], Conditioning]) -> Timeline:
        """The same with every conditioning changed."""
        return Timeline(tuple((last, guidance.each(change)) for last, guidance in self.entries))


def encode(model: Model, cache: PromptCache, recipe: Recipe, steps: int) -> Timeline:
    """The guidance of one picture over `steps` steps; both prompts may change on their way.

    Outside the steering's interval the negative prompt has no say (arXiv:2404.07724). Raises `InvalidRequest` for a
    prompt that cannot be read.
    """
    moments = timeline(networks_of(recipe.prompt)[0], steps)
    negatives = phases_of(networks_of(recipe.negative)[0], steps)
    ends = sorted({*(moment.last_step for moment in moments), *(phase.last_step for phase in negatives)})
    begin, end = _interval(recipe, steps)
    ends = sorted({*ends, *(edge - 1 for edge in (begin, end) if 0 < edge < steps), steps - 1})
    entries = []
    for last in ends:
        moment = _holding(moments, last)
        negative = spans_of(_holding(negatives, last).text)
        guidance = Guidance(
            positives=tuple((_encoded(model, cache, recipe, spans, False), weight) for spans, weight in moment.parts),
            negative=_encoded(model, cache, recipe, negative, True),
            scale=recipe.cfg,
            rescale=recipe.steering.rescale,
        )
        entries.append((last, guidance if begin <= last < end else replace(guidance, scale=1.0, rescale=0.0)))
    return Timeline(tuple(entries))


class _Lasting(Protocol):
    @property
    def last_step(self) -> int: ...


L = TypeVar("L", bound=_Lasting)


def _holding(entries: Sequence[L], step: int) -> L:
    """The entry that holds at `step`; the last one holds for ever."""
    return next((entry for entry in entries if step <= entry.last_step), entries[-1])


def _interval(recipe: Recipe, steps: int) -> tuple[int, int]:
    """The first guided step, and the first one after it that is not."""
    return round(recipe.steering.start * steps), round(recipe.steering.end * steps)


def _encoded(model: Model, cache: PromptCache, recipe: Recipe, spans: Sequence[Span], negative: bool) -> Conditioning:
    steering = recipe.steering
    how = Encoding(recipe.size, steering.clip_skip, steering.weighting, negative)
    return cache.get((tuple(spans), how), lambda: model.encode(spans, how))
