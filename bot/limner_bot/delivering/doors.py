"""The ways into Discord, for one job's message: the answer's token, its message, its channel, the person."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias, cast

import discord
from discord.utils import DEFAULT_FILE_SIZE_LIMIT_BYTES

from limner_bot.queue.records import Job
from limner_bot.talking.harmless import LONGEST_MESSAGE, clipped
from limner_sdk import ConfigurationError

from .posts import Post
from .rejections import MANY, TOO_MANY, Rejections
from .verdicts import MOST_WRONG, PASSING, Compose, Versions, is_too_large, is_wrong, lower, passing, simpler

log = logging.getLogger(__name__)

#: Discord documents this name, not the id, for the first answer to an interaction.
ORIGINAL: Final = cast(int, "@original")
NOBODY: Final = discord.AllowedMentions.none()
LOOK_BACK: Final = 50
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0


class Closed(Exception):
    """This door will not open again."""


class Nowhere(Exception):
    """All doors are closed."""


class TokenRevoked(ConfigurationError):
    """Discord does not know the bot's token any more."""


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


@dataclass(frozen=True)
class Habits:
    """What doors know of the rest of the house: which jobs' pictures are `hidden` until somebody clicks, who counts
    the doors that results take, and how much Discord has refused lately."""

    hidden: Callable[[Job], bool] = lambda _: False
    count: Callable[[str], None] = lambda _: None
    rejections: Rejections = field(default_factory=Rejections)


class Doors:
    """Sends posts."""

    def __init__(self, client: discord.Client, habits: Habits, now: Callable[[], float] = time.time) -> None:
        self._client, self._habits, self._now = client, habits, now
        self.arrivals = Arrivals()

    async def refresh(self, job: Job, post: Post) -> None:
        """Change the job's message if that is easy. Raises whatever goes wrong."""
        await self.arrivals.settled(job.id)
        if self._habits.rejections.count >= MANY:
            raise Closed("Discord has refused too much lately")
        post = self._veiled(job, post)
        if not self._young(job) and not job.by_token:
            await self._edit(job, post)
        elif _has_its_own(job):
            try:
                await self._edit(job, post)
            except (discord.Forbidden, discord.NotFound):
                await self._answer(job, post)
        else:
            await self._answer(job, post)

    async def deliver(self, job: Job, compose: Compose) -> Posted:
        """Post an outcome exactly once, by the first door that opens. Raises `Nowhere` or `TokenRevoked`.

        A door is left only when Discord says that it is closed. While an answer is unclear the same one is tried again:
        editing twice shows one message, and a new message carries a nonce.
        """
        await self.arrivals.settled(job.id)
        versions = Versions(compose)
        for door in self._ladder(job, await versions.of(job.size_limit)):
            name = door.__name__.lstrip("_")
            try:
                posted = await self._insist(door, job, versions)
            except Closed as reason:
                log.info("job %s: %s is closed: %s", job.id, name, reason)
            else:
                self._habits.count(name)
                return posted
        self._habits.count("nowhere")
        raise Nowhere(job.id)

    def _ladder(self, job: Job, post: Post) -> tuple[Door, ...]:
        """What only one person may see is never put into a channel; where the bot is no member, it cannot be."""
        if job.private:
            return (self._answer, self._direct)
        first = (self._private,) if post.private else ()
        if job.by_token:
            return (*first, self._answer, self._direct)
        own = (self._edit, self._answer) if _has_its_own(job) else (self._answer, self._edit)
        return (*first, *own, self._channel, self._direct)

    async def _insist(self, door: Door, job: Job, versions: Versions) -> Posted:
        by_token = door in (self._answer, self._private)
        most_bytes, wrong, pause = self._most_bytes(job, door), 0, FIRST_PAUSE
        while True:
            post = self._veiled(job, await simpler(versions, most_bytes, wrong))
            await self._habits.rejections.calm(TOO_MANY if by_token else MANY)
            try:
                return await door(job, post)
            except discord.HTTPException as error:
                reason: Exception = error
            except PASSING as error:
                reason = error
            if is_too_large(reason) and post.files:
                most_bytes = lower(most_bytes)
            elif is_wrong(reason) and wrong < MOST_WRONG - 1:
                wrong += 1
                log.error("job %s: Discord finds the message wrong: %s", job.id, reason)
            elif isinstance(reason, discord.HTTPException) and not passing(reason, by_token):
                raise Closed(str(reason)) from reason
            else:
                await self._require_token(reason, by_token)
                log.warning("job %s: %s; another try in %.0f s", job.id, reason, pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _require_token(self, reason: Exception, by_token: bool) -> None:
        """A 401 may be a mistake; whether it is, Discord says. Raises `TokenRevoked`."""
        if by_token or not isinstance(reason, discord.HTTPException) or reason.status != 401:
            return
        try:
            await self._client.application_info()
        except discord.HTTPException as error:
            if error.status == 401:
                says = "Discord does not accept LIMNER_DISCORD_TOKEN any more; make a new one in its developer portal"
                raise TokenRevoked(says) from None
        except PASSING as error:
            log.info("whether the token is known is unknown: %s", error)

    def _most_bytes(self, job: Job, door: Door) -> int:
        """By the bot's own token a file may not be larger than the server allows, whatever the person may send."""
        if door in (self._answer, self._private):
            return job.size_limit
        guild = self._client.get_guild(job.guild_id) if job.guild_id and door != self._direct else None
        return min(job.size_limit, guild.filesize_limit if guild else DEFAULT_FILE_SIZE_LIMIT_BYTES)

    def _veiled(self, job: Job, post: Post) -> Post:
        """Discord hides files of such names until somebody clicks."""
        if not post.files or not self._habits.hidden(job):
            return post
        return replace(post, files=tuple(replace(file, name=f"SPOILER_{file.name}") for file in post.files))

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
        with suppress(discord.NotFound, discord.Forbidden):
            if _has_its_own(job):
                await self._placeholder(job).delete()
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
        message = self._placeholder(job)
        await message.edit(
            content=post.content, attachments=post.attachments(), view=post.view(), allowed_mentions=NOBODY
        )
        return Posted(message.id, job.channel_id)

    def _placeholder(self, job: Job) -> discord.PartialMessage:
        if job.message_id is None:
            raise Closed("its message is unknown")
        return self._client.get_partial_messageable(job.channel_id).get_partial_message(job.message_id)

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
        if not _shows(sent, post):
            # The nonce has found the placeholder, which somebody was about to make.
            await sent.edit(
                content=post.content, attachments=post.attachments(), view=post.view(), allowed_mentions=NOBODY
            )
        return Posted(sent.id, sent.channel.id)

    async def open(self, job: Job, post: Post) -> Posted:
        """A message of its own for a job that waits, which will become its result. Raises whatever goes wrong.

        In the channel it carries the job's nonce, so that it is found again if the bot dies before it is remembered.
        """
        if job.private or job.by_token:
            return await self._follow_up(job, post)
        try:
            sent = await self._client.get_partial_messageable(job.channel_id).send(
                post.content, nonce=_nonce(job), allowed_mentions=NOBODY, view=cast(discord.ui.View, post.view())
            )
        except (discord.Forbidden, discord.NotFound):
            return await self._follow_up(job, post)
        return Posted(sent.id, sent.channel.id)

    async def _follow_up(self, job: Job, post: Post) -> Posted:
        view = post.view() or discord.utils.MISSING
        sent = await self._webhook(job).send(
            post.content, ephemeral=job.private, wait=True, allowed_mentions=NOBODY, view=view
        )
        return Posted(sent.id, sent.channel.id)

    async def _own(self, channel: discord.abc.Messageable, job: Job) -> discord.Message | None:
        async for message in _recent(channel):
            if message.author == self._client.user and _carries(message, job):
                return message
        return None


def _has_its_own(job: Job) -> bool:
    """Whether its message was sent into the channel, where the token of the interaction does not reach it."""
    return job.part > 0 and not job.private and not job.by_token


def _own_message(job: Job) -> int:
    """The message that an interaction's token reaches for this job. Raises `Closed` if it is unknown."""
    if job.part == 0:
        return ORIGINAL
    if job.message_id is None:
        raise Closed("its message is unknown")
    return job.message_id


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
