"""What the panel of the queue shows: what runs, who waits, what has failed, and the menus and buttons for all that."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from discord import ButtonStyle

from limner_bot.delivering import texts
from limner_bot.delivering.posts import Option, Pick, Press
from limner_bot.house import House
from limner_bot.policy.audit import EVERYWHERE
from limner_bot.queue.records import Job
from limner_bot.talking.harmless import LONGEST_MESSAGE, clipped, label, plain, quoted, short
from limner_bot.words import Words
from limner_bot.working.attempt import Run
from limner_bot.working.outlook import View
from limner_bot.working.plugin_care import Known

from .steering import covers, in_scope

PER_PAGE: Final = 10
_FAILED: Final = 20
_NO_JOB: Final = "-"
_PROMPT: Final = 50


@dataclass(frozen=True)
class Spot:
    """Where somebody is in the panel: the scope (a server's id, or `EVERYWHERE`), the page from 0, the job chosen."""

    scope: int
    page: int = 0
    job: str = ""

    @property
    def place(self) -> tuple[object, ...]:
        """What stands for the scope and the page in buttons."""
        return ("a" if self.scope == EVERYWHERE else "h", self.page)


@dataclass(frozen=True)
class Sight:
    """What there is to see from a spot. `here` has all waiting jobs of the scope, `waiting` those of the page."""

    spot: Spot
    view: View
    run: Run | None
    here: int
    elsewhere: int
    waiting: Sequence[Job]
    failed: Sequence[Job]
    ready: bool
    draining: bool
    left_out: Sequence[Known]

    @property
    def paused(self) -> bool:
        """Whether the jobs of the scope are paused by the scope itself."""
        return self.spot.scope in self.view.paused and not (self.spot.scope == EVERYWHERE and self.draining)

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.here // PER_PAGE))

    @property
    def chosen(self) -> Job | None:
        """The job that is chosen, if it is there still."""
        running = (self.run.job,) if self.run and covers(self.spot.scope, self.run.job) else ()
        return next((job for job in (*running, *self.waiting) if job.id == self.spot.job), None)


async def look(house: House, spot: Spot, *, operator: bool) -> Sight:
    """See what there is; a page that is no longer there is the last one."""
    view = await house.outlook.view()
    rows = await house.database.rows("SELECT id, guild_id FROM jobs WHERE state = 'queued' ORDER BY number")
    ids = [row["id"] for row in rows if spot.scope in (EVERYWHERE, row["guild_id"])]
    order = {job: place for place, job in enumerate(view.places)}
    ids.sort(key=lambda job: order.get(job, len(order)))
    page = min(spot.page, max(0, len(ids) - 1) // PER_PAGE)
    shown = [await house.ledger.job(job) for job in ids[page * PER_PAGE : (page + 1) * PER_PAGE]]
    run = house.dispatcher.at_work
    return Sight(
        spot=Spot(spot.scope, page, spot.job),
        view=view,
        run=run,
        here=len(ids),
        elsewhere=len(rows) - len(ids),
        # One of them may have begun while we looked.
        waiting=[job for job in shown if job and job.state == "queued" and not (run and run.job.id == job.id)],
        failed=await _failed(house, spot.scope),
        ready=house.dispatcher.ready(),
        draining=house.gate.draining,
        left_out=await house.plugins.troubled() if operator else (),
    )


async def _failed(house: House, scope: int) -> list[Job]:
    which, values = in_scope(scope)
    sql = f"SELECT * FROM jobs WHERE state = 'failed' AND attempt > 0 AND {which} ORDER BY finished DESC LIMIT ?"
    return [Job.of(row) for row in await house.database.rows(sql, (*values, _FAILED))]


def content(words: Words, sight: Sight, labels: texts.Labels) -> str:
    """The whole text."""
    lines = [_title(words, sight)]
    lines += [_running(words, sight, labels)] if sight.run else []
    first = sight.spot.page * PER_PAGE + 1
    lines += [f"{place}. {_waiting(words, sight, job, labels)}" for place, job in enumerate(sight.waiting, first)]
    lines += [] if sight.waiting else [words("queue-empty")]
    lines += [words("panel-page", page=sight.spot.page + 1, pages=sight.pages)] if sight.pages > 1 else []
    lines += [words("queue-elsewhere", count=sight.elsewhere)] if sight.elsewhere else []
    lines += [_left_out(words, plugin) for plugin in sight.left_out[:5]]
    if (job := sight.chosen) is not None:
        lines += [words("panel-chosen", job=f"{_name(words, job, labels)} ({job.id})")]
    return clipped("\n".join(lines), LONGEST_MESSAGE)


def _title(words: Words, sight: Sight) -> str:
    title = words("panel-title-everywhere" if sight.spot.scope == EVERYWHERE else "panel-title", count=sight.here)
    notes = []
    if sight.draining:
        notes.append(words("panel-draining"))
    elif sight.view.is_paused(sight.spot.scope):
        notes.append(words("panel-paused"))
    if not sight.ready:
        notes.append(words("panel-not-ready"))
    return " · ".join((title, *notes))


def _running(words: Words, sight: Sight, labels: texts.Labels) -> str:
    run = sight.run
    assert run is not None
    if not covers(sight.spot.scope, run.job):
        return words("panel-runs-elsewhere")
    left = run.left
    told = (
        f"{run.done:.0%}",
        plain(texts.at_work(words, run.job.request, run.stage, labels), 40),
        words("panel-since", time=texts.lasted(words, run.seconds)),
        words("panel-left", time=texts.duration(words, left)) if left is not None else "",
        short(run.job.model) if run.job.model else "",
    )
    name = f"<@{run.job.user_id}> {_name(words, run.job, labels)}"
    return words("queue-running", job=" · ".join((name, *filter(None, told))))


def _waiting(words: Words, sight: Sight, job: Job, labels: texts.Labels) -> str:
    told = (
        words("panel-cost", time=texts.lasted(words, job.cost)),
        f"<t:{job.created:.0f}:R>",
        short(job.model) if job.model else "",
        words("panel-moved") if job.moved > 0 else words("panel-moved-back") if job.moved < 0 else "",
        words("panel-paused") if sight.view.is_paused(job.guild_id) else "",
    )
    return " · ".join((f"<@{job.user_id}> {_name(words, job, labels)}", *filter(None, told)))


def _name(words: Words, job: Job, labels: texts.Labels) -> str:
    return words("queue-private") if job.private else texts.title(words, job.request, labels, _PROMPT)


def _left_out(words: Words, plugin: Known) -> str:
    key = "panel-quarantined" if plugin.state == "quarantined" else "panel-broken"
    return words(key, name=quoted(plugin.name, 60), reason=plain(plugin.reason, 150))


def items(words: Words, sight: Sight, labels: texts.Labels, *, operator: bool) -> tuple[Press | Pick, ...]:
    """All menus and buttons, from the top: jobs, what to do with one, the server, failures, and what operators do."""
    return (*_jobs(words, sight, labels), *_steering(words, sight), *_failures(words, sight, labels)) + (
        tuple(_operating(words, sight)) if operator else ()
    )


def _jobs(words: Words, sight: Sight, labels: texts.Labels) -> Iterator[Press | Pick]:
    running = [sight.run.job] if sight.run and covers(sight.spot.scope, sight.run.job) else []
    jobs, place = [*running, *sight.waiting], sight.spot.place
    if not jobs:
        return
    options = [
        Option(_said(words, job, labels), job.id, f"{job.id} {job.model}", chosen=job.id == sight.spot.job)
        for job in jobs
    ]
    yield Pick(words("panel-choose"), "qj", place, options)
    if (chosen := sight.chosen) is None:
        return
    waits = chosen.state == "queued"
    yield Press(words("button-cancel"), "qa", ("cancel", *place, chosen.id), 1, ButtonStyle.danger)
    yield Press(words("panel-front"), "qa", ("front", *place, chosen.id), 1, disabled=not waits)
    yield Press(words("panel-back"), "qa", ("back", *place, chosen.id), 1, disabled=not waits)
    yield Press(words("panel-member"), "qa", ("member", *place, chosen.id), 1, ButtonStyle.danger)


def _steering(words: Words, sight: Sight) -> Iterator[Press]:
    spot = sight.spot
    scope, page = spot.place
    stop = ("resume", "panel-resume") if sight.paused else ("pause", "panel-pause")
    yield Press(words(stop[1]), "qs", (stop[0], scope, page), 2)
    yield Press(words("panel-clear"), "qs", ("clear", scope, page), 2, ButtonStyle.danger, disabled=not sight.here)
    yield Press(words("panel-refresh"), "qp", (scope, page, spot.job or _NO_JOB), 2, ButtonStyle.primary)
    if sight.pages > 1:
        # Two buttons of one message must not be called the same, whatever page they lead to.
        before, after = max(0, spot.page - 1), min(sight.pages - 1, spot.page + 1)
        yield Press(words("button-newer"), "qp", (scope, before, _NO_JOB, "p"), 2, disabled=spot.page == 0)
        yield Press(words("button-older"), "qp", (scope, after, _NO_JOB, "n"), 2, disabled=spot.page == sight.pages - 1)


def _failures(words: Words, sight: Sight, labels: texts.Labels) -> Iterator[Pick]:
    if sight.failed:
        options = [Option(_said(words, job, labels), job.id, _why(words, job)) for job in sight.failed]
        yield Pick(words("panel-retry"), "qf", sight.spot.place, options, 3)


def _operating(words: Words, sight: Sight) -> Iterator[Press]:
    scope, page = sight.spot.place
    gate = ("undrain", "panel-undrain") if sight.draining else ("drain", "panel-drain")
    yield Press(words(gate[1]), "qs", (gate[0], scope, page), 4)
    other = ("h", "panel-here") if scope == "a" else ("a", "panel-everywhere")
    yield Press(words(other[1]), "qp", (other[0], 0, _NO_JOB, "s"), 4)


def _said(words: Words, job: Job, labels: texts.Labels) -> str:
    """A job where nothing is formatted."""
    prompt = job.request.prompt.strip() or words("job-a-picture")
    return label(words("queue-private") if job.private else prompt, 90)


def _why(words: Words, job: Job) -> str:
    """Why a job has failed, and when."""
    known = job.sentence or "job-failed-unknown"
    said = words(known) if words.has(known) else known
    minutes = max(0.0, time.time() - (job.finished or job.created))
    return label(f"{texts.duration(words, minutes)}: {said}", 100)
