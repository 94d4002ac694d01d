"""What those who run a server, or the bot, do to its queue: each act is carried out and written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from limner_bot.house import House
from limner_bot.policy.audit import EVERYWHERE
from limner_bot.queue.records import Job
from limner_bot.talking.guard import Refusal
from limner_bot.words import Said


@dataclass(frozen=True)
class Steering:
    """Acts on the jobs of a server, or of all (`EVERYWHERE`). Whether somebody may is decided before."""

    house: House

    async def pause(self, scope: int, by: int) -> Said:
        """Start no more of its jobs."""
        news = await self.house.store.pause(scope, by)
        if news:
            await self._note(scope, by, "act-queue-paused")
        everywhere = Said("queue-all-paused" if news else "queue-all-already-paused")
        return everywhere if scope == EVERYWHERE else Said("queue-paused" if news else "queue-already-paused")

    async def resume(self, scope: int, by: int) -> Said:
        """Start its jobs again."""
        news = await self.house.store.unpause(scope)
        if news:
            await self._note(scope, by, "act-queue-resumed")
        everywhere = Said("queue-all-resumed" if news else "queue-all-not-paused")
        return everywhere if scope == EVERYWHERE else Said("queue-resumed" if news else "queue-not-paused")

    async def clear(self, scope: int, by: int) -> Said:
        """Cancel all of its waiting jobs."""
        servers = await self._servers() if scope == EVERYWHERE else [scope]
        count = sum([await self.house.store.clear(server, by) for server in servers])
        if count:
            await self._note(scope, by, "act-queue-cleared", details=str(count))
        return Said.of("queue-cleared", count=count)

    async def clear_member(self, scope: int, user_id: int, by: int) -> Said:
        """Cancel all jobs of one person there, the running one too."""
        servers = await self._servers() if scope == EVERYWHERE else [scope]
        count = sum([await self.house.store.clear_member(server, user_id, by) for server in servers])
        for job in await self.house.ledger.jobs("running"):
            if job.user_id == user_id and covers(scope, job):
                count += await self.house.desk.cancel_job(job.id, by) != "cancel-late"
        if count:
            await self._note(scope, by, "act-member-cleared", f"<@{user_id}>", str(count))
        return Said.of("queue-member-cleared", count=count, who=f"<@{user_id}>")

    async def cancel(self, scope: int, job_id: str, by: int) -> Said:
        """Cancel one job. Raises `Refusal`."""
        job = await self.job(scope, job_id)
        said = await self.house.desk.cancel_job(job.id, by)
        if said != "cancel-late":
            await self._note(scope, by, "act-job-cancelled", f"<@{job.user_id}>", job.id)
        return Said(said)

    async def move(self, scope: int, job_id: str, by: int, *, front: bool) -> Said:
        """Put one waiting job before all others, or behind them. Raises `Refusal`."""
        job = await self.job(scope, job_id)
        if not await self.house.store.move(job.id, front=front):
            return Said("queue-not-waiting")
        act = "act-job-to-front" if front else "act-job-to-back"
        await self._note(scope, by, act, f"<@{job.user_id}>", job.id)
        return Said("queue-moved-front" if front else "queue-moved-back")

    async def retry(self, scope: int, job_id: str, by: int) -> Said:
        """Try a failed job once more. Raises `Refusal`."""
        job = await self.job(scope, job_id)
        self.house.gate.require_open()
        if not await self.house.store.retry(job.id):
            return Said("queue-not-failed")
        await self._note(scope, by, "act-job-retried", f"<@{job.user_id}>", job.id)
        if (waiting := await self.house.ledger.job(job.id)) is not None and waiting.state == "queued":
            await self.house.board.show_place(waiting)
        return Said("queue-retried")

    async def drain(self, by: int) -> Said:
        """Take and start nothing more; the running job finishes."""
        if not await self.house.gate.drain(by):
            return Said("queue-already-draining")
        await self._note(EVERYWHERE, by, "act-drained")
        return Said("queue-drained")

    async def undrain(self, by: int) -> Said:
        """Take and start jobs again."""
        if not await self.house.gate.undrain():
            return Said("queue-not-draining")
        await self._note(EVERYWHERE, by, "act-undrained")
        return Said("queue-undrained")

    async def job(self, scope: int, job_id: str) -> Job:
        """A job of this server. Raises `Refusal`, also for one of another server."""
        found = await self.house.ledger.job(job_id.strip())
        if found is None or not covers(scope, found):
            raise Refusal.of("queue-unknown-job")
        return found

    async def _servers(self) -> list[int | None]:
        rows = await self.house.database.rows("SELECT DISTINCT guild_id FROM jobs WHERE state = 'queued'")
        return [row["guild_id"] for row in rows]

    async def _note(self, scope: int, by: int, action: str, subject: str = "", details: str = "") -> None:
        """Something has changed: write it down, and let everybody else know."""
        await self.house.policies.audit.note(scope, by, action, subject, details)
        self.house.outbox.wake()
        self.house.dispatcher.wake()
        self.house.board.refresh()


def covers(scope: int, job: Job) -> bool:
    """Whether a job belongs to a server, or to any at all."""
    return scope in (EVERYWHERE, job.guild_id)


def in_scope(scope: int) -> tuple[str, tuple[Any, ...]]:
    """The same as a condition in SQL, and its values."""
    return ("1", ()) if scope == EVERYWHERE else ("guild_id = ?", (scope,))
