"""Every sentence the bot says, and what makes other people's text harmless inside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final

from limner_sdk import Recipe, Request, Size, Stage

from .records import Image, Job

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
UNDELIVERABLE: Final = "the result could not be posted anywhere"
PAUSED: Final = "The queue of this server is paused. Nothing is lost; the running job finishes."
ALREADY_PAUSED: Final = "The queue of this server is paused already."
RESUMED: Final = "The queue of this server goes on."
NOT_PAUSED: Final = "The queue of this server was not paused."
DISK_FULL: Final = "The disk of the host is full, so nothing was queued. Please tell whoever runs this bot."
OUT_OF_DISK_NOW: Final = "The disk of the host is full. Please tell whoever runs this bot, and try again later."

_UNSEEN: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
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
    """`plain`, with a capital and a full stop."""
    safe = plain(text)
    return safe[:1].upper() + safe[1:] + ("" if safe.endswith((".", "!", "?", "…")) else ".")


def clipped(text: str, most: int) -> str:
    """`text` in at most `most` UTF-16 units, which is how Discord's clients count."""
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * most:
        return text
    return units[: 2 * (most - 1)].decode("utf-16-le", "ignore").rstrip("\\") + "…"


def _defused(text: str) -> str:
    return _TAG.sub("<\u200b", text).replace("@", "@\u200b").replace("://", ":\u200b//")


def waiting(job: Job, ahead: int | None, *, ready: bool, paused: bool) -> str:
    """Where a job stands in the queue."""
    if paused:
        place = "The queue is paused; it waits for a moderator."
    elif ahead:
        place = f"Place {ahead + 1} in the queue."
    else:
        place = "Next in the queue." if ready else "Next in the queue; the host is getting ready."
    return f"{title(job.request)}\n{place}"


def title(request: Request, most: int = LONGEST_PROMPT_SHOWN) -> str:
    """What a job is called: its prompt, or what is done to a picture whose prompt nobody has said."""
    if request.prompt.strip():
        return quoted(request.prompt, most)
    return f"A picture, {finishing(request)}"


def finishing(request: Request) -> str:
    """What is done to a finished picture."""
    return f"finished by {_list(short(choice.name) for choice in request.postprocess) or 'nothing'}"


def _list(names: Iterable[str]) -> str:
    return clipped(", ".join(names), 200)


def progress(job: Job, stage: str, done: float) -> str:
    """How far a job is."""
    filled = max(0, min(20, round(20 * done)))
    return f"{title(job.request)}\n{'▰' * filled}{'▱' * (20 - filled)} {done:.0%} ({plain(stage, 40)})"


def finished(job: Job, images: Sequence[Image], origin: str | None) -> str:
    """What stands over the pictures of a job."""
    lines = [f"{headline(job, images[0].recipe)} for <@{job.user_id}>", details(images)]
    lines += [origin] if origin else []
    lines += [sentence(notice) for notice in job.notices[:5]]
    return clipped("\n".join(lines), LONGEST_MESSAGE)


def headline(job: Job, recipe: Recipe) -> str:
    """What the pictures of a job show, and what was done if they were not drawn."""
    if job.kind != "finish":
        return quoted(recipe.prompt) if recipe.prompt.strip() else "A picture"
    done = finishing(job.request)
    return f"{quoted(recipe.prompt)}, {done}" if recipe.prompt.strip() else f"A picture, {done}"


def details(images: Sequence[Image]) -> str:
    """The settings that made these pictures, on one line."""
    recipe = images[0].recipe
    parts = [
        _seeds([image.recipe for image in images]),
        f"model {short(recipe.model.id)}",
        _size(images[0]),
        f"{recipe.steps} steps",
        f"cfg {recipe.cfg:g}",
        f"{short(recipe.sampler.id)}, {short(recipe.schedule.id)}",
        *_around(recipe),
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


def _around(recipe: Recipe) -> Iterator[str]:
    """What else had a say in a picture."""
    if recipe.tiler is not None:
        yield f"tiled by {short(recipe.tiler.id)}"
    if recipe.denoisers:
        yield f"with {', '.join(short(stage.id) for stage in recipe.denoisers)}"
    if recipe.codec is not None:
        yield f"decoded by {short(recipe.codec.id)}"
    if done := _finishers(recipe):
        yield f"finished by {', '.join(short(stage.id) for stage in done)}"


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
    return plain(name.rpartition(":")[2], 60)


def derived(kind: str, image: Image, link: str | None) -> str:
    """What a message derives from."""
    where = f"picture {image.position}" + (f" of {link}" if link else "")
    return {"variations": f"Variations of {where}", "reroll": f"Re-roll of {where}"}.get(kind, f"From {where}")


def failed(job: Job) -> str:
    """Why there are no pictures."""
    return f"{title(job.request)}\nThis did not work: {sentence(job.sentence or 'nobody knows why')}"


def gave_up(reason: str, attempts: int) -> str:
    """Why a job that was tried several times is over."""
    return f"{reason} ({attempts} attempts were made)"


def cancelled(job: Job) -> str:
    """Who did not want a job any more."""
    return f"{title(job.request)}\nCancelled by <@{job.cancelled_by or job.user_id}>."


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


def history_line(number: int, job: Job, image: Image, note: str) -> str:
    """One picture in somebody's history."""
    link = f" · {job.link}" if job.link and job.state == "delivered" else ""
    words = quoted(image.recipe.prompt, 150) if image.recipe.prompt.strip() else "A picture"
    return f"{number}. {words}\n{details([image])}{link}{note}"


def queue(
    running: Job | None,
    line: Sequence[Job],
    waiting_in_all: int,
    readable: Collection[str],
    cost: Callable[[Request], int | None],
    *,
    paused: bool,
    ready: bool,
) -> str:
    """The queue as one server sees it, with costs; the prompts of jobs that are not `readable` stay unsaid."""
    lines = ["**Queue**" + (" (paused)" if paused else "") + ("" if ready else ": the host is getting ready")]
    lines += [f"Running: {_entry(running, readable, cost)}"] if running else []
    lines += [f"{place}. {_entry(job, readable, cost)}" for place, job in enumerate(line[:10], start=1)]
    lines += [f"… and {len(line) - 10} more"] if len(line) > 10 else []
    elsewhere = waiting_in_all - len(line)
    lines += [f"{elsewhere} waiting elsewhere"] if elsewhere > 0 else []
    if len(lines) == 1:
        lines.append("Nobody waits.")
    return clipped("\n".join(lines), LONGEST_MESSAGE)


def _entry(job: Job, readable: Collection[str], cost: Callable[[Request], int | None]) -> str:
    prompt = title(job.request, 60) if job.id in readable else "in another channel"
    calls = cost(job.request)
    return f"<@{job.user_id}> {prompt} ({job.id}{f', {calls} evaluations' if calls else ''})"
