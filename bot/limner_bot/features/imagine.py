"""/imagine: a prompt and whatever else somebody wants to say about the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from limner_bot.admission import UPLOAD
from limner_bot.asking.asked import Asked
from limner_bot.asking.proposals import KIND, offer, present
from limner_bot.asking.wanted import Begun
from limner_bot.desk import acknowledge
from limner_bot.house import AnyCommand, House
from limner_bot.pictures.intake import Intake
from limner_bot.pictures.uploads import check_upload
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.identity import new_id
from limner_bot.queue.records import Order
from limner_bot.talking.access import require_room_to_work
from limner_bot.talking.actions import Action
from limner_bot.talking.guard import guarded
from limner_bot.words import Mistake
from limner_sdk import Size
from limner_sdk.seeds import LARGEST_SEED

from .suggestions import Suggestions

Interaction = discord.Interaction[Any]
#: Shapes that are offered; flags take any.
RATIOS: Final = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9", "2:1", "1:2")
MOST_REPEATS: Final = 10


@dataclass(frozen=True)
class Attached:
    """What somebody has attached."""

    image: discord.Attachment | None = None
    mask: discord.Attachment | None = None

    def check(self) -> Begun | None:
        """What stands for it until it is fetched. Raises `InvalidRequest`."""
        if self.image is None:
            if self.mask is not None:
                raise Mistake("mask", self.mask.filename, "mistake-mask-alone")
            return None
        check_upload(self.image, "image")
        if self.mask is not None:
            check_upload(self.mask, "mask")
        return Begun(UPLOAD, UPLOAD if self.mask else None)


@dataclass(frozen=True)
class Imagine:
    """New pictures from words."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/imagine."""
        return (_command(self, Suggestions(self.house)),)

    def actions(self) -> Sequence[Action]:
        """None."""
        return ()

    @guarded
    async def run(self, interaction: Interaction, text: str, options: dict[str, Any], attached: Attached) -> None:
        """What is checked before the first answer asks nobody and takes no time."""
        require_room_to_work(interaction)
        house, begun = self.house, attached.check()
        most = house.desk.admission.most_jobs(interaction)
        asked = Asked.of(text, options, house.desk.admission.defaults(interaction), most)
        proposal = asked.proposal(house.menu, begun)
        if len(proposal.requests) > 1:
            offer(interaction, house.desk, house.menu, proposal)
            await self._confirm(interaction, asked, attached)
        elif begun is None:
            await house.desk.take(interaction, "imagine", proposal.requests[0], private=asked.private)
        else:
            await self._fetch_and_take(interaction, asked, attached)

    async def _fetch_and_take(self, interaction: Interaction, asked: Asked, attached: Attached) -> None:
        """One job that begins with a picture."""
        desk, menu = self.house.desk, self.house.menu
        request = asked.proposal(menu, attached.check()).requests[0]
        order, room = desk.order(interaction, "imagine", request, private=asked.private)

        async def prepare(order: Order) -> Order:
            begun = await self._taken_in(order.id, attached)
            return replace(order, request=asked.proposal(menu, begun).requests[0])

        await desk.take_arriving(interaction, order, room, prepare)

    async def _confirm(self, interaction: Interaction, asked: Asked, attached: Attached) -> None:
        """Several jobs, which somebody is asked about first."""
        answer, house = await acknowledge(interaction, private=True), self.house
        if not answer.accepted:
            return
        drafts, intake, draft = Drafts(house.database), Intake(house.shelf, house.darkroom), new_id()
        await intake.forget(*await drafts.tidy())
        is_kept = False
        try:
            begun = await self._taken_in(draft, attached) if attached.image else None
            proposal = asked.proposal(house.menu, begun)
            offered = offer(interaction, house.desk, house.menu, proposal)
            is_kept = bool(await drafts.make(interaction, KIND, proposal.payload, id=draft))
        finally:
            if attached.image and not is_kept:
                await intake.forget(draft)
        await present(interaction, proposal, offered, draft)

    async def _taken_in(self, folder: str, attached: Attached) -> Begun:
        """What was attached, clean, in a folder of its own."""
        assert attached.image is not None
        intake = Intake(self.house.shelf, self.house.darkroom)
        picture = await intake.picture(folder, attached.image)
        size = Size(picture.width, picture.height)
        mask = (await intake.mask(folder, attached.mask, size)).file if attached.mask else None
        return Begun(picture.file, mask, size)


def _command(serve: Imagine, suggest: Suggestions) -> app_commands.Command[Any, ..., Any]:

    @app_commands.command(name="imagine", description="Make pictures from a prompt")
    @app_commands.describe(
        prompt="What the pictures should show; flags such as --ar 3:2 and lists such as {red, green} are understood",
        negative="What they should not show",
        model="Which model paints",
        size="Width and height in pixels, such as 512x768",
        ratio="The shape alone; the size follows from the model",
        steps="How many steps each picture takes",
        cfg="How closely the prompt is followed",
        sampler="How the noise is taken away",
        schedule="How the noise levels are spaced",
        seed="The number that the noise grows from; the same one gives the same picture",
        count="How many pictures, from 1 to 4",
        repeat="The same again, as often as that",
        style="Styles by name, such as: ink, night",
        lora="LoRAs and their weights, such as: ink:0.8, night:0.5",
        finish="What is done to the finished pictures, such as: detailer(denoise=0.3), ultimate_upscale",
        image="A picture to begin with: PNG, JPEG or WebP, at most 10 MiB",
        mask="White where that picture is drawn anew, black where it stays",
        denoise="How much of that picture is drawn anew, from 0 to 1",
        private="Whether only you see the answer",
        options="Parameters of the sampler, such as: eta=0.5",
    )
    @app_commands.choices(ratio=[Choice(name=ratio, value=ratio) for ratio in RATIOS])
    async def imagine(
        interaction: discord.Interaction[discord.Client],
        prompt: str,
        negative: str | None = None,
        model: str | None = None,
        size: str | None = None,
        ratio: str | None = None,
        steps: Range[int, 1, 150] | None = None,
        cfg: Range[float, 0, 30] | None = None,
        sampler: str | None = None,
        schedule: str | None = None,
        seed: Range[int, 0, LARGEST_SEED] | None = None,
        count: Range[int, 1, 4] | None = None,
        repeat: Range[int, 1, MOST_REPEATS] | None = None,
        style: str | None = None,
        lora: str | None = None,
        finish: str | None = None,
        image: discord.Attachment | None = None,
        mask: discord.Attachment | None = None,
        denoise: Range[float, 0, 1] | None = None,
        private: bool | None = None,
        options: str | None = None,
    ) -> None:
        said: dict[str, Any] = {"negative": negative, "model": model, "size": size, "ratio": ratio, "steps": steps}
        said |= {"cfg": cfg, "sampler": sampler, "schedule": schedule, "seed": seed, "count": count, "repeat": repeat}
        said |= {"styles": style, "lora": lora, "finish": finish, "denoise": denoise, "private": private}
        await serve.run(interaction, prompt, said | {"options": options}, Attached(image, mask))

    imagine.autocomplete("model")(suggest.models)
    imagine.autocomplete("sampler")(suggest.samplers)
    imagine.autocomplete("schedule")(suggest.schedules)
    imagine.autocomplete("size")(suggest.sizes)
    imagine.autocomplete("style")(suggest.styles)
    imagine.autocomplete("lora")(suggest.loras)
    imagine.autocomplete("finish")(suggest.finishers)
    imagine.autocomplete("options")(suggest.options)
    return imagine
