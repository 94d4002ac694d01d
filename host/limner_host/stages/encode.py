"""Encode: prompts become the guidance of a batch, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Protocol, runtime_checkable

from limner_host.prompt_cache import PromptCache
from limner_host.prompting import Moment, networks_of, timeline
from limner_sdk import Conditioning, Encoding, Guidance, Model, Recipe, Size, Span


@dataclass(frozen=True)
class Timeline:
    """The guidance of every step: each entry holds up to and including its step, counted from 0."""

    entries: tuple[tuple[int, Guidance], ...]

    def at(self, step: int) -> Guidance:
        """The guidance of one step; the last entry holds for ever."""
        return next((guidance for last, guidance in self.entries if step <= last), self.entries[-1][1])

    def unguided(self, count: int) -> Timeline:
        """The guidance of the first `count` pictures, in which the negative prompts have no say."""
        return Timeline(
            tuple((last, replace(guidance.rows(0, count), scale=1.0, rescale=0.0)) for last, guidance in self.entries)
        )

    def each(self, change: Callable[[Conditioning], Conditioning]) -> Timeline:
        """The same with every conditioning changed."""
        return Timeline(tuple((last, guidance.each(change)) for last, guidance in self.entries))


def joined(rows: Sequence[Timeline]) -> Timeline:
    """One timeline for pictures that each have their own of one row; all must be of one form, see `same_form`."""
    ends = sorted({last for row in rows for last, _ in row.entries})
    return Timeline(tuple((last, reduce(Guidance.join, (row.at(last) for row in rows))) for last in ends))


def same_form(one: Timeline, other: Timeline) -> bool:
    """Whether two pictures' guidance can go through the network together at every step."""
    ends = {last for timeline in (one, other) for last, _ in timeline.entries}
    return all(_alike(one.at(last), other.at(last)) for last in ends)


def _alike(one: Guidance, other: Guidance) -> bool:
    if (one.scale, one.rescale, len(one.positives)) != (other.scale, other.rescale, len(other.positives)):
        return False
    pairs = zip(one.positives, other.positives, strict=True)
    weighted = all(weight == its and cond.alike(theirs) for (cond, weight), (theirs, its) in pairs)
    return weighted and one.negative.alike(other.negative)


@runtime_checkable
class Sized(Protocol):
    """A model that reads the words first, and adds what belongs to the picture's size afterwards."""

    def words(self, prompt: Sequence[Span], how: Encoding, /) -> Any:
        """What the text encoders make of a prompt, whatever size is drawn."""
        ...

    def sized(self, cond: Any, size: Size, /) -> Conditioning:
        """The words with what the network is told of the size in pixels."""
        ...


def encode(model: Model, cache: PromptCache, recipe: Recipe, steps: int, first_pass: int | None = None) -> Timeline:
    """The guidance of one picture over `steps` steps, in a second pass after `first_pass` others.

    Outside the steering's interval the negative prompt has no say (arXiv:2404.07724). Raises `InvalidRequest` for a
    prompt that cannot be read.
    """
    moments = timeline(networks_of(recipe.prompt)[0], steps, first_pass=first_pass)
    negatives = timeline(networks_of(recipe.negative)[0], steps, composed=False, first_pass=first_pass)
    begin, end = _interval(recipe, steps)
    entries = []
    for last in _ends((*moments, *negatives), (begin, end), steps):
        positives, ((negative, _),) = _holding(moments, last).parts, _holding(negatives, last).parts
        guidance = Guidance(
            positives=tuple((_encoded(model, cache, recipe, spans, False), weight) for spans, weight in positives),
            negative=_encoded(model, cache, recipe, negative, True),
            scale=recipe.cfg,
            rescale=recipe.steering.rescale,
        )
        entries.append((last, guidance if begin <= last < end else replace(guidance, scale=1.0, rescale=0.0)))
    return Timeline(tuple(entries))


def _ends(moments: Iterable[Moment], edges: Iterable[int], steps: int) -> list[int]:
    """The steps after which something changes, and the last one."""
    changes = {moment.last_step for moment in moments} | {edge - 1 for edge in edges}
    return sorted({min(change, steps - 1) for change in changes if change >= 0} | {steps - 1})


def _holding(moments: Sequence[Moment], step: int) -> Moment:
    """The moment that holds at `step`; the last one holds for ever."""
    return next((moment for moment in moments if step <= moment.last_step), moments[-1])


def _interval(recipe: Recipe, steps: int) -> tuple[int, int]:
    """The first guided step, and the first one after it that is not."""
    return round(recipe.steering.start * steps), round(recipe.steering.end * steps)


def _encoded(model: Model, cache: PromptCache, recipe: Recipe, spans: Sequence[Span], negative: bool) -> Conditioning:
    steering = recipe.steering
    how = Encoding(recipe.size, steering.clip_skip, steering.weighting, negative)
    if not isinstance(model, Sized):
        return cache.get((tuple(spans), how), lambda: model.encode(spans, how))
    # The text encoders, which cost most of it, do not look at the size.
    words = cache.get((tuple(spans), replace(how, size=Size(0, 0))), lambda: model.words(spans, how))
    return model.sized(words, recipe.size)
