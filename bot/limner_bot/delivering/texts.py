"""The message of a job, from its place in the queue to the settings of its pictures, in one language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from limner_bot.asking.menu import STRONG
from limner_bot.queue.records import Image, Job
from limner_bot.talking.harmless import (
    LONGEST_MESSAGE,
    LONGEST_PROMPT_SHOWN,
    bare,
    clipped,
    plain,
    quoted,
    sentence,
    short,
)
from limner_bot.words import Words
from limner_sdk import Recipe, Request, Size, Stage
from limner_sdk.messages import GridWish

#: What people call a post-processor of a full id.
Labels: TypeAlias = Callable[[str], str]

_DERIVED: Final = {
    "variations": "job-variations-of",
    "strong": "job-strong-variations-of",
    "reroll": "job-reroll-of",
    "remix": "job-remix-of",
    "outpaint": "job-outpaint-of",
    "inpaint": "job-inpaint-of",
}
#: What the host calls what it is at.
_STAGES: Final = {
    "resolve": "stage-resolve",
    "encode": "stage-encode",
    "schedule": "stage-resolve",
    "noise": "stage-resolve",
    "invert": "stage-invert",
    "sample": "stage-sample",
    "enlarge": "stage-enlarge",
    "decode": "stage-decode",
    "check": "stage-check",
    "save": "stage-save",
}
_MOST_NOTICES: Final = 5
_MODEL: Final = re.compile(r"\bModel: ([^,\n]+)")


def waiting(
    words: Words, job: Job, ahead: int | None, label: Labels = bare, *, ready: bool, paused: bool, seconds: float = 0
) -> str:
    """Where a job stands in the queue, and how many seconds it will take until it is done if that is known (not 0)."""
    if paused:
        place = words("job-paused")
    elif ahead:
        place = words("job-place", place=ahead + 1)
    else:
        place = words("job-next" if ready else "job-next-soon")
    return f"{title(words, job.request, label)}\n{place}{_left(words, 0 if paused else seconds)}"


def _left(words: Words, seconds: float) -> str:
    return f" {words('job-eta', time=duration(words, seconds))}" if seconds else ""


def duration(words: Words, seconds: float) -> str:
    """A time that is left, as roughly as people care."""
    if seconds < 55:
        return words("seconds", count=max(5, 5 * round(seconds / 5)))
    return _long(words, seconds)


def lasted(words: Words, seconds: float) -> str:
    """A time that something has taken, or a cost, which may be short."""
    if seconds >= 55:
        return _long(words, seconds)
    return words("seconds", count=round(seconds) if seconds >= 9.95 else max(0.1, round(seconds, 1)))


def _long(words: Words, seconds: float) -> str:
    if seconds < 55 * 60:
        return words("minutes", count=max(1, round(seconds / 60)))
    return words("hours", count=max(1, round(seconds / 3600)))


def title(words: Words, request: Request, label: Labels, most: int = LONGEST_PROMPT_SHOWN) -> str:
    """What a job is called: its prompt, or what is done to a picture whose prompt nobody has said."""
    if request.prompt.strip():
        return quoted(request.prompt, most)
    done = finishing(words, (choice.name for choice in request.postprocess), label)
    return words("job-titled", what=words("job-a-picture"), done=done)


def finishing(words: Words, names: Iterable[str], label: Labels) -> str:
    """What is done to a finished picture, by full ids."""
    listed = clipped(", ".join(plain(label(name), 60) for name in names), 200)
    return words("job-finished-by", names=listed or words("job-nothing"))


def progress(words: Words, job: Job, stage: str, done: float, label: Labels = bare, seconds: float = 0) -> str:
    """How far a job is, and how many seconds are left if that is known (not 0)."""
    filled = max(0, min(20, round(20 * done)))
    at = plain(at_work(words, job.request, stage, label), 40)
    bar = f"{'▰' * filled}{'▱' * (20 - filled)} {done:.0%} ({at})"
    return f"{title(words, job.request, label)}\n{bar}{_left(words, seconds)}"


def at_work(words: Words, request: Request, stage: str, label: Labels) -> str:
    """What the host says it is at, by the label of the post-processor at work."""
    where, _, what = stage.partition(": ")
    kind, _, name = where.partition(" ")
    if kind != "post-process":
        who = words(_STAGES[where]) if where in _STAGES else where
        return f"{who}: {what}" if what else who
    names = [choice.name for choice in request.postprocess if name in ("", bare(choice.name))]
    who = label(names[0]) if len(set(names)) == 1 else where
    return f"{who}: {what}" if what else who


def finished(words: Words, job: Job, images: Sequence[Image], origin: str | None, label: Labels = bare) -> str:
    """What stands over the pictures of a job."""
    is_told = job.kind == "finish"
    told = headline(words, job, images[0].recipe, label)
    about = gridded(words, job, images) if job.wish else details(words, images, None if is_told else label)
    lines = [words("job-for", what=told, who=f"<@{job.user_id}>"), about]
    lines += [origin] if origin else []
    lines += [sentence(notice) for notice in job.notices[:_MOST_NOTICES]]
    return clipped("\n".join(lines), LONGEST_MESSAGE)


def gridded(words: Words, job: Job, images: Sequence[Image]) -> str:
    """What a grid varies."""
    wish = GridWish.model_validate_json(job.wish)
    sides = {"X": wish.x, "Y": wish.y, "Z": wish.z}
    axes = [f"{name}: {quoted(side, 200)}" for name, side in sides.items() if side]
    cells = len({image.cell for image in images})
    return " · ".join([words("job-grid", cells=cells), *axes])


def headline(words: Words, job: Job, recipe: Recipe, label: Labels) -> str:
    """What the pictures of a job show, and all that was done to one that was only finished."""
    what = quoted(recipe.prompt) if recipe.prompt.strip() else words("job-a-picture")
    if job.kind != "finish":
        return what
    done = finishing(words, (stage.id for stage in _finishers(recipe)), label)
    return words("job-titled", what=what, done=done)


def details(words: Words, images: Sequence[Image], label: Labels | None = bare) -> str:
    """The settings that made these pictures, on one line; without a `label`, what finished them is left out."""
    recipe = images[0].recipe
    if not _is_known(recipe):
        # What the host filled in to work on a picture says nothing about how that was made.
        return clipped(" · ".join([_size(words, images[0]), *_done(words, recipe, label)]), 400)
    parts = [
        _seeds(words, [image.recipe for image in images]),
        words("detail-model", name=short(recipe.model.id)),
        _size(words, images[0]),
        words("detail-steps", count=recipe.steps),
        words("detail-cfg", cfg=f"{recipe.cfg:g}"),
        f"{short(recipe.sampler.id)}, {short(recipe.schedule.id)}",
        *_around(words, recipe, label),
    ]
    return clipped(" · ".join(parts), 400)


def _is_known(recipe: Recipe) -> bool:
    """Whether it was drawn here, or says how it was drawn, and was finished by the model that drew it."""
    first = recipe
    while first.finished is not None:
        if first.finished.recipe is None:
            return _follows(recipe, first.finished.text)
        first = first.finished.recipe
    return recipe.model.id == first.model.id


def _follows(recipe: Recipe, infotext: str) -> bool:
    """Whether a recipe follows a text of another program that names no other model."""
    named = _MODEL.search(infotext)
    return bool(infotext) and (named is None or named[1].strip().casefold() == bare(recipe.model.id).casefold())


def _size(words: Words, image: Image) -> str:
    """The size of a picture, and how it came to it."""
    recipe, size = image.recipe, Size(image.width, image.height)
    if recipe.finished is not None:
        return f"{size}"
    told = f"{recipe.size}"
    if recipe.hires is not None:
        key = "detail-enlarged-parts" if recipe.tiler else "detail-enlarged"
        told = words(key, size=told, last=f"{recipe.last_size}")
    if size == recipe.last_size:
        return told
    told = told if recipe.hires else words("detail-drawn-at", size=told)
    return words("detail-finished-at", told=told, size=f"{size}")


def _around(words: Words, recipe: Recipe, label: Labels | None) -> Iterator[str]:
    """What else had a say in a picture."""
    if recipe.tiler is not None:
        yield words("detail-tiled", name=short(recipe.tiler.id))
    if recipe.denoisers:
        yield words("detail-with", names=", ".join(short(stage.id) for stage in recipe.denoisers))
    if recipe.codec is not None:
        yield words("detail-decoded", name=short(recipe.codec.id))
    yield from _done(words, recipe, label)


def _done(words: Words, recipe: Recipe, label: Labels | None) -> Iterator[str]:
    if label is not None and (done := _finishers(recipe)):
        yield finishing(words, (stage.id for stage in done), label)


def _finishers(recipe: Recipe) -> list[Stage]:
    """All that was done to a finished picture, from the first time on."""
    earlier = recipe.finished.recipe if recipe.finished else None
    return [*(_finishers(earlier) if earlier else ()), *recipe.postprocess]


def _seeds(words: Words, recipes: Sequence[Recipe]) -> str:
    first, last = recipes[0].seed, recipes[-1].seed
    if first.variations:
        return words("detail-seed-variations", seed=str(first.seed), count=len(first.variations))
    if first.seed == last.seed:
        return words("detail-seed", seed=str(first.seed))
    return words("detail-seeds", first=str(first.seed), last=str(last.seed))


def derived(words: Words, kind: str, image: Image, link: str | None) -> str:
    """What a message derives from."""
    if link:
        where = words("job-picture-of", number=image.position, link=link)
    else:
        where = words("job-picture-number", number=image.position)
    return words(_DERIVED.get(kind, "job-from"), where=where)


def relation(job: Job) -> str:
    """What `derived` calls what a job does to its picture: its kind, and strong variations apart from subtle ones."""
    mixed = job.request.variations if job.kind == "variations" else ()
    return "strong" if mixed and mixed[-1].strength >= STRONG else job.kind


def begun(words: Words, kind: str, link: str) -> str:
    """The same for a picture that was not made here, in the message at `link`."""
    return words(_DERIVED.get(kind, "job-from"), where=words("job-picture-in", link=link))


def failed(words: Words, job: Job, label: Labels = bare) -> str:
    """Why there are no pictures."""
    known = job.sentence or "job-failed-unknown"
    why = sentence(words(known) if words.has(known) else known)
    return f"{title(words, job.request, label)}\n{words('job-failed', why=why)}"


def cancelled(words: Words, job: Job, label: Labels = bare) -> str:
    """Who did not want a job any more."""
    return f"{title(words, job.request, label)}\n{words('job-cancelled', who=f'<@{job.cancelled_by or job.user_id}>')}"


def too_large(words: Words, size: int, limit: int) -> str:
    """Why the file is not there."""
    return words("job-too-large", size=f"{size / 2**20:.1f}", limit=f"{limit / 2**20:.0f}")
