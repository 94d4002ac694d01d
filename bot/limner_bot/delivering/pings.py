"""A word to somebody whose pictures took long: at most one for each command, and never about what is private."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import aiohttp
import discord

from limner_bot.policy.place import Place
from limner_bot.policy.preferences import Ping
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Job
from limner_bot.queue.store import Store
from limner_bot.words import Dictionary

log = logging.getLogger(__name__)

#: Seconds from the command to the result that are long: nobody looks at the message any more.
LONG: Final = 60.0


@dataclass(frozen=True)
class Pings:
    """Decides and sends. `wanted` tells when a person wants to be pinged in a server; None is when it took long."""

    client: discord.Client
    store: Store
    ledger: Ledger
    dictionary: Dictionary
    wanted: Callable[[Job], Ping | None]
    now: Callable[[], float] = time.time

    async def after(self, job: Job, message_id: int) -> None:
        """The result of `job`, as it was before, has been posted as `message_id`."""
        # A message of its own has pinged already.
        if job.private or job.by_token or job.kind == "single" or message_id != job.message_id or not self._is_due(job):
            return
        # It is written down first: better no ping than two.
        if await self.store.pinging(job.id) and (done := await self.ledger.job(job.id)) is not None:
            await self._send(done)

    def _is_due(self, job: Job) -> bool:
        wanted = self.wanted(job) or "long"
        return wanted == "always" or (wanted == "long" and self.now() - job.created > LONG)

    async def _send(self, job: Job) -> None:
        words = self.dictionary.of(job.locale)
        content = words("job-ready", who=f"<@{job.user_id}>", link=job.link or "")
        person = discord.AllowedMentions(users=[discord.Object(job.user_id)], everyone=False, roles=False)
        try:
            channel = self.client.get_partial_messageable(job.channel_id)
            await channel.send(content, allowed_mentions=person, suppress_embeds=True)
        except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError) as error:
            # The pictures are there; whoever looks will find them.
            log.info("job %s: nobody was pinged: %s", job.id, error)


def place_of(job: Job) -> Place:
    """Where a job was asked for."""
    return Place(job.user_id, job.guild_id, (job.channel_id,))
