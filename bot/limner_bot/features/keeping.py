"""What can be decided about pictures that are there: favourite, original file, make private, delete."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import discord

from limner_bot.delivering.parcels import Packer, Unfit
from limner_bot.delivering.posts import Press, view_of
from limner_bot.desk import origin_of
from limner_bot.house import AnyCommand, House
from limner_bot.pictures.shelf import DamagedResult
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.fading import FadingList
from limner_bot.queue.identity import ID
from limner_bot.queue.keepsakes import Keepsakes, remove_files
from limner_bot.queue.records import Image, Job
from limner_bot.talking.access import require_owner
from limner_bot.talking.actions import Action, custom_id
from limner_bot.talking.forms import form
from limner_bot.talking.guard import Refusal, words_for, words_here

from .vanishing import cut_links, is_out_of_reach, remove, remove_clicked

log = logging.getLogger(__name__)
Interaction = discord.Interaction[Any]

DELETING: Final = "delete"
_NOBODY: Final = discord.AllowedMentions.none()


@dataclass(frozen=True)
class Keeping:
    """Decides about pictures."""

    house: House
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def commands(self) -> Sequence[AnyCommand]:
        """None."""
        return ()

    def actions(self) -> Sequence[Action]:
        """Favourite, original, private and delete, and the answers to its question."""
        return (
            Action("f", self.favour, f"({ID})"),
            Action("o", self.original, f"({ID})"),
            Action("k", self.make_private, f"({ID})"),
            Action("d", self.ask, f"({ID})"),
            Action("dy", self.delete, f"({ID})"),
            Action("df", self.delete_here, f"({ID})"),
            Action("dn", self.leave, f"({ID})"),
        )

    @property
    def _keepsakes(self) -> Keepsakes:
        return Keepsakes(self.house.database)

    @property
    def _later(self) -> FadingList:
        return FadingList(self.house.database)

    @property
    def _drafts(self) -> Drafts:
        return Drafts(self.house.database)

    async def favour(self, interaction: Interaction, image: str) -> None:
        """Make a picture a favourite, or no longer."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self.house.desk.reached(interaction, image)
        is_one = await self._keepsakes.favour(interaction.user.id, image)
        await _say(interaction, words_for(interaction)("favourite-added" if is_one else "favourite-removed"))

    async def original(self, interaction: Interaction, image: str) -> None:
        """The file as it was made, with the recipe in it if the rules let others see that, for the person alone."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self.house.desk.reached(interaction, image)
        job = await self.house.ledger.job(found.job_id)
        is_own = job is not None and job.user_id == interaction.user.id
        try:
            if job is not None and not is_own and not self.house.policies.rules.holding(job.guild_id).metadata:
                await self._bare(interaction, found)
                return
            data = await asyncio.to_thread(self.house.shelf.read, found.job_id, found.file)
        except (OSError, DamagedResult) as error:
            log.info("picture %s: %s", image, error)
            raise Refusal.of("file-gone" if found.gone else "file-missing") from None
        if len(data) > interaction.filesize_limit:
            raise _too_large(len(data), interaction.filesize_limit)
        file = discord.File(io.BytesIO(data), f"limner-{image}.png")
        await interaction.edit_original_response(content=words_for(interaction)("original-here"), attachments=[file])

    async def _bare(self, interaction: Interaction, image: Image) -> None:
        """Its pixels alone, all of them. Raises `Refusal`, or as `Packer.pack` does for a file that is not there."""
        packer, name = Packer(self.house.shelf, self.house.darkroom), f"limner-{image.id}"
        try:
            parcel = await packer.pack(image.job_id, image.file, name, interaction.filesize_limit, metadata=False)
        except Unfit:
            raise Refusal.of("original-not-now") from None
        if not parcel.lossless:
            raise _too_large(parcel.bytes, interaction.filesize_limit)
        file = discord.File(io.BytesIO(parcel.upload.data), parcel.upload.name)
        said = words_for(interaction)("original-without-settings")
        await interaction.edit_original_response(content=said, attachments=[file])

    async def make_private(self, interaction: Interaction, job: str) -> None:
        """Take a result out of the channel: its owner gets it once more, and nobody else can use it."""
        found = await self._meant(interaction, job)
        if interaction.user.id != found.user_id:
            raise Refusal.of("keep-only-owner")
        if found.private or found.state != "delivered":
            raise Refusal.of("keep-already-private" if found.private else "keep-not-yet")
        try:
            with self.house.doors.arrivals.expecting(found.id):
                await self._hand_over(interaction, found)
        finally:
            self.house.outbox.wake()

    async def _hand_over(self, interaction: Interaction, job: Job) -> None:
        """The wish is written down first; then the public messages go, and the pictures are posted again by this
        interaction's token."""
        who, is_here = f"<@{job.user_id}>", _is_clicked(interaction, job)
        # By its first answer an interaction reaches the message that was clicked, so the pictures need another one.
        is_news = await self._keepsakes.make_private(
            job,
            origin_of(interaction, private=True),
            int(is_here),
            lambda locale: self.house.dictionary.of(locale)("keep-made-private", who=who),
        )
        if not is_news:
            raise Refusal.of("keep-already-private")
        if not is_here:
            await interaction.response.defer(ephemeral=True, thinking=True)
            return
        content = words_here(interaction)("keep-made-private", who=who)
        await interaction.response.edit_message(content=content, attachments=[], view=None, allowed_mentions=_NOBODY)
        sent = await interaction.followup.send(words_for(interaction)("keep-yours-now"), ephemeral=True, wait=True)
        await self.house.store.place(job.id, sent.id)
        if job.message_id is not None:
            await self._later.done(job.message_id)

    async def ask(self, interaction: Interaction, job: str) -> None:
        """Ask once more before anything is deleted."""
        found = await self._meant(interaction, job)
        require_owner(interaction, found)
        if found.state not in ("delivered", "failed"):
            raise Refusal.of("keep-not-yet")
        draft = await self._drafts.make(interaction, DELETING, {"job": found.id})
        words = words_for(interaction)
        question = words("delete-question-copy" if found.kind == "single" else "delete-question")
        if is_out_of_reach(found) and _is_clicked(interaction, found):
            # Only what answers this very message reaches it, and of all questions a form alone does.
            await interaction.response.send_modal(form(custom_id("df", draft), words("button-delete"), (), question))
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        presses = (
            Press(words("button-delete"), "dy", (draft,), style=discord.ButtonStyle.danger),
            Press(words("button-keep"), "dn", (draft,)),
        )
        await interaction.edit_original_response(content=question, view=view_of(presses))

    async def delete(self, interaction: Interaction, draft: str) -> None:
        """Delete: the messages first, as they are what others see; killed in between, it can be asked for again."""
        await interaction.response.defer()
        job = await self._confirmed(interaction, draft)
        is_there = not await remove(interaction, job, self._later)
        await self._delete(interaction, job, draft)
        await _say(interaction, words_for(interaction)("deleted-but-message" if is_there else "deleted"))

    async def delete_here(self, interaction: Interaction, draft: str) -> None:
        """The same, confirmed in a form that the message itself has opened."""
        await interaction.response.defer()
        job = await self._confirmed(interaction, draft)
        if not _is_clicked(interaction, job):
            raise Refusal.of("old-button")
        await remove_clicked(interaction)
        await self._delete(interaction, job, draft)
        await interaction.followup.send(words_for(interaction)("deleted"), ephemeral=True)

    async def _confirmed(self, interaction: Interaction, draft: str) -> Job:
        """What shall be deleted. Raises `Refusal`."""
        payload = (await self._drafts.own(interaction, draft, DELETING)).payload
        job = await self.house.ledger.job(str(payload["job"]))
        if job is None:
            raise Refusal.of("unknown-picture")
        require_owner(interaction, job)
        return job

    async def _delete(self, interaction: Interaction, job: Job, draft: str) -> None:
        """What a message has shown, once that is gone."""
        await self._vanish(interaction, job)
        if await self._drafts.use(draft) and interaction.user.id != job.user_id and interaction.guild_id is not None:
            who = f"<@{job.user_id}>"
            await self.house.policies.audit.note(
                interaction.guild_id, interaction.user.id, "act-picture-deleted", who, f" ({job.id})"
            )

    async def leave(self, interaction: Interaction, draft: str) -> None:
        """Delete nothing."""
        await interaction.response.defer()
        await self._drafts.own(interaction, draft, DELETING)
        await self._drafts.use(draft)
        await _say(interaction, words_for(interaction)("delete-not"))

    async def _vanish(self, interaction: Interaction, job: Job) -> None:
        """Remove rows' promises, with other messages, and files."""
        children = [] if job.kind == "single" else await self._keepsakes.children(job.id)
        files = await self._keepsakes.give_up(job)
        await asyncio.to_thread(remove_files, self.house.shelf, files)
        if job.kind != "single":
            task = asyncio.create_task(self._remove_the_rest(job.id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await cut_links(interaction, job, children, self.house)

    async def _remove_the_rest(self, job: str) -> None:
        """Files that others' jobs are made from right now go once those are done; a restart looks after them too."""
        while True:
            files, has_more = await self._keepsakes.leftovers(job)
            await asyncio.to_thread(remove_files, self.house.shelf, files)
            if not has_more:
                return
            await asyncio.sleep(20)

    async def _meant(self, interaction: Interaction, job: str) -> Job:
        message = interaction.message
        found = await self.house.ledger.job(await self._keepsakes.meant(job, message.id if message else None))
        if found is None:
            raise Refusal.of("unknown-picture")
        return found


def _is_clicked(interaction: Interaction, job: Job) -> bool:
    """Whether it was the message of the job itself that was clicked."""
    return interaction.message is not None and interaction.message.id == job.message_id


def _too_large(size: int, limit: int) -> Refusal:
    return Refusal.of("original-too-large", size=f"{size / 2**20:.1f}", limit=f"{limit / 2**20:.0f}")


async def _say(interaction: Interaction, content: str) -> None:
    await interaction.edit_original_response(content=content, view=None, allowed_mentions=_NOBODY)
