"""The panel of the queue: a message for one administrator, who steers the queue of their server by it.

Rights are checked at every click. What destroys something asks once more, in the same message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from discord import ButtonStyle

from limner_bot.delivering.posts import Press
from limner_bot.house import AnyCommand, House
from limner_bot.policy.audit import EVERYWHERE
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.identity import ID
from limner_bot.talking.access import is_operator, require_operator, require_scope
from limner_bot.talking.actions import Action, chosen
from limner_bot.talking.guard import Refusal, words_for
from limner_bot.words import Said

from .deciding import Interaction, answer
from .panel_page import Spot, content, items, look
from .steering import Steering

#: The kind of the drafts that stand for what is still to be confirmed.
_SURE: Final = "queue"
_SPOT: Final = "([ah]):([0-9]{1,5})"


@dataclass(frozen=True)
class Panel:
    """Shows the panel, and does what is clicked there."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """It is opened by /queue panel."""
        return ()

    def actions(self) -> Sequence[Action]:
        """Turning pages, choosing a job, and all acts."""
        return (
            Action("qp", self.show, f"{_SPOT}:({ID}|-)(?::[nps])?"),
            Action("qj", self.choose, _SPOT),
            Action("qa", self.act_on_job, f"(cancel|front|back|member):{_SPOT}:({ID})"),
            Action("qs", self.act_on_all, f"(pause|resume|clear|drain|undrain):{_SPOT}"),
            Action("qf", self.retry, _SPOT),
            Action("qy", self.confirm, f"({ID})"),
            Action("qn", self.leave, f"({ID})"),
        )

    async def open(self, interaction: Interaction) -> None:
        """A panel of this server; in direct messages, one of all servers."""
        spot = self._spot(interaction, "h" if interaction.guild_id is not None else "a")
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._render(interaction, spot)

    async def show(self, interaction: Interaction, scope: str, page: str, job: str) -> None:
        """Another page, or the same one anew."""
        spot = self._spot(interaction, scope, page, job)
        await interaction.response.defer()
        await self._render(interaction, spot)

    async def choose(self, interaction: Interaction, scope: str, page: str) -> None:
        """A job was chosen."""
        spot = self._spot(interaction, scope, page, "".join(chosen(interaction)[:1]))
        await interaction.response.defer()
        await self._render(interaction, spot)

    async def act_on_job(self, interaction: Interaction, act: str, scope: str, page: str, job: str) -> None:
        """Do something with the chosen job, or ask whether it is meant."""
        spot = self._spot(interaction, scope, page, job)
        await interaction.response.defer()
        if act in ("cancel", "member"):
            await self.ask(interaction, act, spot, panel=True)
        else:
            steering = Steering(self.house)
            said = await steering.move(spot.scope, job, interaction.user.id, front=act == "front")
            await self._render(interaction, spot, said)

    async def act_on_all(self, interaction: Interaction, act: str, scope: str, page: str) -> None:
        """Do something with the whole queue, or ask whether it is meant."""
        spot, by = self._spot(interaction, scope, page), interaction.user.id
        if act in ("drain", "undrain"):
            require_operator(interaction, self.house.settings)
        await interaction.response.defer()
        steering = Steering(self.house)
        match act:
            case "pause":
                said = await steering.pause(spot.scope, by)
            case "resume":
                said = await steering.resume(spot.scope, by)
            case "drain":
                said = await steering.drain(by)
            case "undrain":
                said = await steering.undrain(by)
            case _:
                await self.ask(interaction, act, spot, panel=True)
                return
        await self._render(interaction, spot, said)

    async def retry(self, interaction: Interaction, scope: str, page: str) -> None:
        """Try a failed job once more."""
        spot = self._spot(interaction, scope, page)
        await interaction.response.defer()
        job = "".join(chosen(interaction)[:1])
        said = await Steering(self.house).retry(spot.scope, job, interaction.user.id)
        await self._render(interaction, spot, said)

    async def ask(self, interaction: Interaction, act: str, spot: Spot, *, panel: bool) -> None:
        """Ask whether that is meant; after that the `panel` comes back, or one sentence."""
        question = await self._question(act, spot)
        payload = {"act": act, "scope": spot.scope, "page": spot.page, "job": spot.job, "panel": panel}
        draft = await Drafts(self.house.database).make(interaction, _SURE, payload)
        words = words_for(interaction)
        yes = Press(words("panel-yes"), "qy", (draft,), style=ButtonStyle.danger)
        await answer(interaction, words.say(question), (yes, Press(words("panel-no"), "qn", (draft,))))

    async def confirm(self, interaction: Interaction, draft: str) -> None:
        """It is meant."""
        spot, act, panel = await self._used(interaction, draft)
        steering, by = Steering(self.house), interaction.user.id
        match act:
            case "cancel":
                said = await steering.cancel(spot.scope, spot.job, by)
            case "member":
                job = await steering.job(spot.scope, spot.job)
                said = await steering.clear_member(spot.scope, job.user_id, by)
            case _:
                said = await steering.clear(spot.scope, by)
        await self._back(interaction, replace(spot, job=""), said, panel=panel)

    async def leave(self, interaction: Interaction, draft: str) -> None:
        """It is not meant."""
        spot, _, panel = await self._used(interaction, draft)
        await self._back(interaction, spot, Said("panel-nothing-done"), panel=panel)

    async def _used(self, interaction: Interaction, draft: str) -> tuple[Spot, str, bool]:
        """What a draft is about, once, for those who still may. Raises `Refusal`."""
        await interaction.response.defer()
        drafts = Drafts(self.house.database)
        asked = (await drafts.own(interaction, draft, _SURE)).payload
        require_scope(interaction, self.house.settings, everywhere=asked["scope"] == EVERYWHERE)
        if asked["scope"] not in (EVERYWHERE, interaction.guild_id):
            raise Refusal.of("draft-not-yours")
        if not await drafts.use(draft):
            raise Refusal.of("draft-used")
        return Spot(asked["scope"], asked["page"], asked["job"]), asked["act"], asked["panel"]

    async def _question(self, act: str, spot: Spot) -> Said:
        if act == "clear":
            sight = await look(self.house, spot, operator=False)
            key = "panel-sure-clear-everywhere" if spot.scope == EVERYWHERE else "panel-sure-clear"
            return Said(key, {"count": sight.here})
        job = await Steering(self.house).job(spot.scope, spot.job)
        if act == "member":
            return Said.of("panel-sure-member", who=f"<@{job.user_id}>")
        return Said.of("panel-sure-cancel", who=f"<@{job.user_id}>", id=job.id)

    def _spot(self, interaction: Interaction, scope: str, page: str = "0", job: str = "-") -> Spot:
        """Where a click was, if the person may be there. Raises `Refusal`."""
        where = require_scope(interaction, self.house.settings, everywhere=scope == "a")
        return Spot(where, int(page), job.removeprefix("-"))

    async def _back(self, interaction: Interaction, spot: Spot, said: Said, *, panel: bool) -> None:
        if panel:
            await self._render(interaction, spot, said)
        else:
            await answer(interaction, words_for(interaction).say(said))

    async def _render(self, interaction: Interaction, spot: Spot, said: Said | None = None) -> None:
        operator, words = is_operator(interaction, self.house.settings), words_for(interaction)
        sight, labels = await look(self.house, spot, operator=operator), self.house.menu.label
        told = f"{words.say(said)}\n\n" if said else ""
        shown = items(words, sight, labels, operator=operator)
        await answer(interaction, told + content(words, sight, labels), shown)
