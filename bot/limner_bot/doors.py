"""The ways into Discord, for one job's message: the answer's token, its message, its channel, the person."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, cast

import aiohttp
import discord

from .harmless import LONGEST_MESSAGE, clipped
from .posts import Post
from .records import Job
from .texts import too_large
from .words import Dictionary

log = logging.getLogger(__name__)

#: Discord documents this name, not the id, for the first answer to an interaction.
ORIGINAL: Final = cast(int, "@original")
NOBODY: Final = discord.AllowedMentions.none()
LOOK_BACK: Final = 50
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
#: What may pass by itself.
PASSING: Final = (discord.DiscordServerError, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError)


class Closed(Exception):
    """This door will not open again."""


class Nowhere(Exception):
    """All doors are closed."""


@dataclass(frozen=True)
class Posted:
    """Where a message ended up."""

    message_id: int
    channel_id: int
    direct: bool = False


Door: TypeAlias = Callable[[Job, Post], Awaitable[Posted]]


class Arrivals:
    """Jobs whose interaction is not acknowledged yet: until it is, their token opens nothing."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    @contextmanager
    def expecting(self, job: str) -> Iterator[None]:
        """Hold everything that wants to use the token of `job`."""
        event = self._events[job] = asyncio.Event()
        try:
            yield
        finally:
            event.set()
            del self._events[job]

    async def settled(self, job: str) -> None:
        """Wait until the token of `job` may be used."""
        if (event := self._events.get(job)) is not None:
            await event.wait()


class Doors:
    """Sends posts."""

    def __init__(self, client: discord.Client, dictionary: Dictionary, now: Callable[[], float] = time.time) -> None:
        self._client, self._dictionary, self._now = client, dictionary, now
        self.arrivals = Arrivals()

    async def refresh(self, job: Job, post: Post) -> None:
        """Change the job's message if that is easy. Raises whatever goes wrong."""
        await self.arrivals.settled(job.id)
        await (self._answer(job, post) if self._young(job) else self._edit(job, post))

    async def deliver(self, job: Job, post: Post) -> Posted:
        """Post an outcome exactly once, by the first door that opens. Raises `Nowhere`.

        A door is left only when Discord says that it is closed. While an answer is unclear the same one is tried again:
        editing twice shows one message, and a new message carries a nonce.
        """
        await self.arrivals.settled(job.id)
        for door in self._ladder(job, post):
            try:
                return await self._insist(door, job, post)
            except Closed as reason:
                log.info("job %s: %s is closed: %s", job.id, door.__name__.lstrip("_"), reason)
        raise Nowhere(job.id)

    def _ladder(self, job: Job, post: Post) -> tuple[Door, ...]:
        """What only one person may see is never put into a channel."""
        if job.private:
            return (self._answer, self._direct)
        first = (self._private,) if post.private else ()
        return (*first, self._answer, self._edit, self._channel, self._direct)

    async def _insist(self, door: Door, job: Job, post: Post) -> Posted:
        pause = FIRST_PAUSE
        while True:
            try:
                return await door(job, post)
            except discord.HTTPException as error:
                if error.status == 413 and post.files:
                    size = max(len(file.data) for file in post.files)
                    post = post.without_files(too_large(self._dictionary.of(job.locale), size, job.size_limit))
                    continue
                if not isinstance(error, PASSING) and not _passing(error, door in (self._answer, self._private)):
                    raise Closed(str(error)) from error
                reason: Exception = error
            except PASSING as error:
                reason = error
            log.warning("job %s: %s; another try in %.0f s", job.id, reason, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _young(self, job: Job) -> bool:
        return bool(job.token) and self._now() < job.token_expires

    def _webhook(self, job: Job) -> discord.Webhook:
        if not self._young(job):
            raise Closed("the interaction is too old")
        webhook = discord.Webhook.partial(self._client.application_id or 0, job.token, client=self._client)
        # What a token of an interaction stands for; only such a webhook may send what one person alone sees.
        webhook.type = discord.WebhookType.application
        return webhook

    async def _private(self, job: Job, post: Post) -> Posted:
        """The public placeholder goes first: the first follow-up to a waiting one would fill it for everybody."""
        webhook = self._webhook(job)
        with suppress(discord.NotFound):
            await webhook.delete_message(_own_message(job))
        message = await webhook.send(post.content, ephemeral=True, wait=True, allowed_mentions=NOBODY)
        return Posted(message.id, message.channel.id)

    async def _answer(self, job: Job, post: Post) -> Posted:
        webhook = self._webhook(job)
        view, files = post.view(), post.attachments()
        message = await webhook.edit_message(
            _own_message(job), content=post.content, attachments=files, view=view, allowed_mentions=NOBODY
        )
        return Posted(message.id, message.channel.id)

    async def _edit(self, job: Job, post: Post) -> Posted:
        if job.message_id is None:
            raise Closed("its message is unknown")
        message = self._client.get_partial_messageable(job.channel_id).get_partial_message(job.message_id)
        await message.edit(
            content=post.content, attachments=post.attachments(), view=post.view(), allowed_mentions=NOBODY
        )
        return Posted(job.message_id, job.channel_id)

    async def _channel(self, job: Job, post: Post) -> Posted:
        return await self._send(self._client.get_partial_messageable(job.channel_id), job, post)

    async def _direct(self, job: Job, post: Post) -> Posted:
        person = discord.Object(job.user_id)
        channel = await self._client.create_dm(cast(discord.User, person))
        return replace(await self._send(channel, job, post), direct=True)

    async def _send(self, channel: discord.abc.Messageable, job: Job, post: Post) -> Posted:
        """A new message pings: nobody watches the place where the answer should have been."""
        if (found := await self._own(channel, job)) is not None:
            if not _shows(found, post):
                await found.edit(
                    content=post.content, attachments=post.attachments(), view=post.view(), allowed_mentions=NOBODY
                )
            return Posted(found.id, found.channel.id)
        content = post.content if f"<@{job.user_id}>" in post.content else f"<@{job.user_id}> {post.content}"
        sent = await channel.send(
            clipped(content, LONGEST_MESSAGE),
            files=post.attachments(),
            nonce=_nonce(job),
            allowed_mentions=discord.AllowedMentions(users=[discord.Object(job.user_id)], everyone=False, roles=False),
            view=cast(discord.ui.View, post.view()),
        )
        return Posted(sent.id, sent.channel.id)

    async def open(self, job: Job, post: Post) -> Posted:
        """A message of its own for a job that waits, which will become its result. Raises whatever goes wrong.

        In the channel it carries the job's nonce, so that it is found again if the bot dies before it is remembered.
        """
        if job.private:
            return await self._follow_up(job, post)
        try:
            sent = await self._client.get_partial_messageable(job.channel_id).send(
                post.content, nonce=_nonce(job), allowed_mentions=NOBODY, view=cast(discord.ui.View, post.view())
            )
        except (discord.Forbidden, discord.NotFound):
            return await self._follow_up(job, post)
        return Posted(sent.id, sent.channel.id)

    async def _follow_up(self, job: Job, post: Post) -> Posted:
        view = cast(discord.ui.View, post.view())
        sent = await self._webhook(job).send(
            post.content, ephemeral=job.private, wait=True, allowed_mentions=NOBODY, view=view
        )
        return Posted(sent.id, sent.channel.id)

    async def _own(self, channel: discord.abc.Messageable, job: Job) -> discord.Message | None:
        async for message in _recent(channel):
            if message.author == self._client.user and _carries(message, job):
                return message
        return None


def _own_message(job: Job) -> int:
    """The message that an interaction's token reaches for this job. Raises `Closed` if it is unknown."""
    if job.part == 0:
        return ORIGINAL
    if job.message_id is None:
        raise Closed("its message is unknown")
    return job.message_id


def _passing(error: discord.HTTPException, by_token: bool) -> bool:
    # 401 by the bot's own token means that the operator has to act, not that the message cannot be sent.
    return error.status == 429 or error.status >= 500 or (error.status == 401 and not by_token)


async def _recent(channel: discord.abc.Messageable) -> AsyncIterator[discord.Message]:
    """The last messages of a channel; Discord remembers a nonce for minutes only, an outage may be longer."""
    try:
        async for message in channel.history(limit=LOOK_BACK):
            yield message
    except (discord.Forbidden, discord.NotFound) as error:
        log.info("earlier messages cannot be read: %s", error)


def _nonce(job: Job) -> str:
    return f"limner{job.id}"


def _carries(message: discord.Message, job: Job) -> bool:
    named = any(job.id in attachment.filename for attachment in message.attachments)
    return named or str(message.nonce) == _nonce(job) or f":{job.id}" in str(_custom_ids(message))


def _custom_ids(message: discord.Message) -> list[str]:
    rows = [row.children for row in message.components if isinstance(row, discord.ActionRow)]
    return [str(getattr(child, "custom_id", "")) for row in rows for child in row]


def _shows(message: discord.Message, post: Post) -> bool:
    """Whether a message shows this post already, and is not the placeholder of one that waited."""
    files = {attachment.filename for attachment in message.attachments}
    return post.content in message.content and {file.name for file in post.files} <= files
