"""Every sentence the bot says, and what makes other people's text harmless inside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from limner_sdk import Recipe, Request, Size, Stage

from .records import Image, Job

#: What people call a post-processor of a full id.
Labels: TypeAlias = Callable[[str], str]

LONGEST_MESSAGE: Final = 2000
LONGEST_PROMPT_SHOWN: Final = 900
LONGEST_SENTENCE: Final = 500

UNKNOWN_PICTURE: Final = "This picture is not known here any more; make a new one with /imagine."
ELSEWHERE: Final = "This picture belongs to another channel."
NOT_YOURS: Final = "Only the person who asked, or a moderator of this server, may cancel this."
ONLY_ADMINS: Final = "Only people with the permission Manage Server may do that."
ONLY_SERVERS: Final = "This works in a server only."
TOO_LATE: Final = "It is too late to cancel this: it is done."
CANCELLING: Final = "It stops after the current step."
CANCELLED: Final = "It is cancelled."
UNKNOWN_JOB: Final = "No waiting or running job of this server is called that; /queue show lists them."
NO_PICTURES: Final = "You have no pictures yet; make one with /imagine."
FILE_MISSING: Final = "The picture's file is missing on the host; Re-roll makes a new one."
UPLOADED: Final = "From a picture that was uploaded"
NOT_SHOWN: Final = " · (file missing or too large to show)"
UNDELIVERABLE: Final = "the result could not be posted anywhere"
PAUSED: Final = "The queue of this server is paused. Nothing is lost; the running job finishes."
ALREADY_PAUSED: Final = "The queue of this server is paused already."
RESUMED: Final = "The queue of this server goes on."
NOT_PAUSED: Final = "The queue of this server was not paused."
DISK_FULL: Final = "The disk of the host is full, so nothing was queued. Please tell whoever runs this bot."
OUT_OF_DISK_NOW: Final = "The disk of the host is full. Please tell whoever runs this bot, and try again later."

_UNSEEN: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_NAME: Final = re.compile(r"_|:.")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_TAG: Final = re.compile(r"<(?=[@#:/]|a:|t:|id:)")
_MARKDOWN: Final = re.compile(r"[*~|`\[\]<>\\]|(?<![^\W_])_|_(?![^\W_])|^(?:#|-#|-)", re.MULTILINE)


def clean(text: str) -> str:
    """`text` without control characters, without marks that turn its direction, and without broken halves."""
    return _UNSEEN.sub(" ", _SURROGATES.sub("\ufffd", text))


def quoted(text: str, most: int = LONGEST_PROMPT_SHOWN) -> str:
    """Somebody's text as one line of code: nothing in it pings, links or formats."""
    line = " ".join(clean(text).replace("`", "ˋ").split()) or "…"
    return f"`{clipped(_defused(line), most)}`"


def plain(text: str, most: int = LONGEST_SENTENCE) -> str:
    """A sentence that may quote anybody: it reads as it stands, and nothing in it pings, links or formats."""
    line = " ".join(clean(text).split())
    return clipped(_defused(_MARKDOWN.sub(lambda found: f"\\{found.group()}", line)), most)


def sentence(text: str) -> str:
    """`plain`, with a capital and a full stop; a name such as pocket_faces or a:b stays as it is."""
    safe, first = plain(text), text.strip().partition(" ")[0]
    begun = safe[:1] if _NAME.search(first) else safe[:1].upper()
    return begun + safe[1:] + ("" if safe.endswith((".", "!", "?", "…")) else ".")


def clipped(text: str, most: int) -> str:
    """`text` in at most `most` UTF-16 units, which is how Discord's clients count."""
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * most:
        return text
    return units[: 2 * (most - 1)].decode("utf-16-le", "ignore").rstrip("\\") + "…"


def _defused(text: str) -> str:
    return _TAG.sub("<\u200b", text).replace("@", "@\u200b").replace("://", ":\u200b//")


def bare(name: str) -> str:
    """The short name in a full id, as it stands there."""
    return name.rpartition(":")[2]


def waiting(job: Job, ahead: int | None, label: Labels = bare, *, ready: bool, paused: bool) -> str:
    """Where a job stands in the queue."""
    if paused:
        place = "The queue is paused; it waits for a moderator."
    elif ahead:
        place = f"Place {ahead + 1} in the queue."
    else:
        place = "Next in the queue." if ready else "Next in the queue; the host is getting ready."
    return f"{title(job.request, label)}\n{place}"


def title(request: Request, label: Labels, most: int = LONGEST_PROMPT_SHOWN) -> str:
    """What a job is called: its prompt, or what is done to a picture whose prompt nobody has said."""
    if request.prompt.strip():
        return quoted(request.prompt, most)
    return f"A picture, {finishing((choice.name for choice in request.postprocess), label)}"


def finishing(names: Iterable[str], label: Labels) -> str:
    """What is done to a finished picture, by full ids."""
    return f"finished by {clipped(', '.join(plain(label(name), 60) for name in names), 200) or 'nothing'}"


def progress(job: Job, stage: str, done: float, label: Labels = bare) -> str:
    """How far a job is."""
    filled = max(0, min(20, round(20 * done)))
    at = plain(_at_work(job.request, stage, label), 40)
    return f"{title(job.request, label)}\n{'▰' * filled}{'▱' * (20 - filled)} {done:.0%} ({at})"


def _at_work(request: Request, stage: str, label: Labels) -> str:
    """What the host says it is at, by the label of the post-processor at work."""
    where, _, what = stage.partition(": ")
    kind, _, name = where.partition(" ")
    if kind != "post-process":
        return stage
    names = [choice.name for choice in request.postprocess if name in ("", bare(choice.name))]
    who = label(names[0]) if len(set(names)) == 1 else where
    return f"{who}: {what}" if what else who


def finished(job: Job, images: Sequence[Image], origin: str | None, label: Labels = bare) -> str:
    """What stands over the pictures of a job."""
    is_told = job.kind == "finish"
    told = headline(job, images[0].recipe, label)
    lines = [f"{told} for <@{job.user_id}>", details(images, None if is_told else label)]
    lines += [origin] if origin else []
    lines += [sentence(notice) for notice in job.notices[:5]]
    return clipped("\n".join(lines), LONGEST_MESSAGE)


def headline(job: Job, recipe: Recipe, label: Labels) -> str:
    """What the pictures of a job show, and all that was done to one that was only finished."""
    what = quoted(recipe.prompt) if recipe.prompt.strip() else "A picture"
    if job.kind != "finish":
        return what
    return f"{what}, {finishing((stage.id for stage in _finishers(recipe)), label)}"


def details(images: Sequence[Image], label: Labels | None = bare) -> str:
    """The settings that made these pictures, on one line; without a `label`, what finished them is left out."""
    recipe = images[0].recipe
    parts = [
        _seeds([image.recipe for image in images]),
        f"model {short(recipe.model.id)}",
        _size(images[0]),
        f"{recipe.steps} steps",
        f"cfg {recipe.cfg:g}",
        f"{short(recipe.sampler.id)}, {short(recipe.schedule.id)}",
        *_around(recipe, label),
    ]
    return clipped(" · ".join(parts), 400)


def _size(image: Image) -> str:
    """The size of a picture, and how it came to it."""
    recipe, size = image.recipe, Size(image.width, image.height)
    if recipe.finished is not None:
        return f"{size}"
    told = f"{recipe.size}"
    if recipe.hires is not None:
        told = f"drawn at {recipe.size}, then enlarged to {recipe.last_size}{' in parts' if recipe.tiler else ''}"
    if size == recipe.last_size:
        return told
    return f"{told}, finished at {size}" if recipe.hires else f"drawn at {told}, finished at {size}"


def _around(recipe: Recipe, label: Labels | None) -> Iterator[str]:
    """What else had a say in a picture."""
    if recipe.tiler is not None:
        yield f"tiled by {short(recipe.tiler.id)}"
    if recipe.denoisers:
        yield f"with {', '.join(short(stage.id) for stage in recipe.denoisers)}"
    if recipe.codec is not None:
        yield f"decoded by {short(recipe.codec.id)}"
    if label is not None and (done := _finishers(recipe)):
        yield finishing((stage.id for stage in done), label)


def _finishers(recipe: Recipe) -> list[Stage]:
    """All that was done to a finished picture, from the first time on."""
    earlier = recipe.finished.recipe if recipe.finished else None
    return [*(_finishers(earlier) if earlier else ()), *recipe.postprocess]


def _seeds(recipes: Sequence[Recipe]) -> str:
    first, last = recipes[0].seed, recipes[-1].seed
    if first.variations:
        return f"seed {first.seed} with {len(first.variations)} variation(s)"
    return f"seed {first.seed}" if first.seed == last.seed else f"seeds {first.seed} to {last.seed}"


def short(name: str) -> str:
    """The short name in a full id."""
    return plain(bare(name), 60)


def derived(kind: str, image: Image, link: str | None) -> str:
    """What a message derives from."""
    where = f"picture {image.position}" + (f" of {link}" if link else "")
    return {"variations": f"Variations of {where}", "reroll": f"Re-roll of {where}"}.get(kind, f"From {where}")


def failed(job: Job, label: Labels = bare) -> str:
    """Why there are no pictures."""
    return f"{title(job.request, label)}\nThis did not work: {sentence(job.sentence or 'nobody knows why')}"


def gave_up(reason: str, attempts: int) -> str:
    """Why a job that was tried several times is over."""
    return f"{reason} ({attempts} attempts were made)"


def cancelled(job: Job, label: Labels = bare) -> str:
    """Who did not want a job any more."""
    return f"{title(job.request, label)}\nCancelled by <@{job.cancelled_by or job.user_id}>."


def too_large(size: int, limit: int) -> str:
    """Why the file is not there."""
    return f"The picture's file has {size / 2**20:.1f} MiB and this place takes {limit / 2**20:.0f} MiB; it is kept."


def not_offered(name: str) -> str:
    """Why a button of a post-processor does nothing any more."""
    return f"{quoted(name, 100)} is not on this host any more; the option finish of /imagine lists what is."


def missing_permissions(names: Iterable[str]) -> str:
    """What the bot may not do here."""
    return f"I may not work here: I lack {', '.join(names)} in this channel. A moderator can allow it."


def accident(code: str) -> str:
    """What is said when nobody has thought of what has happened."""
    return f"Something went wrong inside; nothing of yours is lost. The log has it under {code}."


def cleared(count: int) -> str:
    """How many waiting jobs an administrator has cancelled."""
    return f"{count} waiting job{'' if count == 1 else 's'} cancelled."


def history_line(number: int, job: Job, image: Image, note: str, label: Labels = bare) -> str:
    """One picture in somebody's history."""
    link = f" · {job.link}" if job.link and job.state == "delivered" else ""
    words = quoted(image.recipe.prompt, 150) if image.recipe.prompt.strip() else "A picture"
    return f"{number}. {words}\n{details([image], label)}{link}{note}"


def queue(
    running: Job | None,
    line: Sequence[Job],
    waiting_in_all: int,
    readable: Collection[str],
    cost: Callable[[Request], int | None],
    label: Labels = bare,
    *,
    paused: bool,
    ready: bool,
) -> str:
    """The queue as one server sees it, with costs; the prompts of jobs that are not `readable` stay unsaid."""
    lines = ["**Queue**" + (" (paused)" if paused else "") + ("" if ready else ": the host is getting ready")]
    lines += [f"Running: {_entry(running, readable, cost, label)}"] if running else []
    lines += [f"{place}. {_entry(job, readable, cost, label)}" for place, job in enumerate(line[:10], start=1)]
    lines += [f"… and {len(line) - 10} more"] if len(line) > 10 else []
    elsewhere = waiting_in_all - len(line)
    lines += [f"{elsewhere} waiting elsewhere"] if elsewhere > 0 else []
    if len(lines) == 1:
        lines.append("Nobody waits.")
    return clipped("\n".join(lines), LONGEST_MESSAGE)


def _entry(job: Job, readable: Collection[str], cost: Callable[[Request], int | None], label: Labels) -> str:
    prompt = title(job.request, label, 60) if job.id in readable else "in another channel"
    calls = cost(job.request)
    return f"<@{job.user_id}> {prompt} ({job.id}{f', {calls} evaluations' if calls else ''})"
