"""/grid: pictures side by side that differ along up to three axes, and the menu that shows one of them alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import Range

from limner_bot.asking.gridding import asked_grid, planned_grid
from limner_bot.asking.proposals import KIND, offer, present
from limner_bot.delivering.cells import VERB
from limner_bot.desk import acknowledge
from limner_bot.house import AnyCommand, House
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.identity import ID
from limner_bot.talking.access import require_room_to_work
from limner_bot.talking.actions import Action, chosen
from limner_bot.talking.guard import Refusal, guarded
from limner_bot.words import Mistake
from limner_sdk.messages import GridWish
from limner_sdk.seeds import LARGEST_SEED

from .sources import source_of
from .suggestions import Suggestions

Interaction = discord.Interaction[Any]
LONGEST_AXIS: Final = 1000


@dataclass(frozen=True)
class Grid:
    """Comparing settings."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/grid."""
        return (_command(self, Suggestions(self.house)),)

    def actions(self) -> Sequence[Action]:
        """The menu of cells."""
        return (Action(VERB, self.cell, f"{ID}:[0-4]"),)

    @guarded
    async def ask(
        self, interaction: Interaction, text: str, axes: dict[str, str | None], options: dict[str, Any]
    ) -> None:
        """Tell what a grid would be and cost, and ask whether it shall be made."""
        require_room_to_work(interaction)
        wish, house = _wish(axes, bool(options.pop("vary_seeds"))), self.house
        request = asked_grid(interaction, house, text, options).proposal(house.menu).requests[0]
        house.desk.order(interaction, "grid", request, wish=wish.model_dump_json())
        if not (await acknowledge(interaction, private=True)).accepted:
            return
        proposal = await planned_grid(interaction, house, text, options, wish)
        offered = offer(interaction, house.desk, house.menu, proposal)
        draft = await Drafts(house.database).make(interaction, KIND, proposal.payload)
        await present(interaction, proposal, offered, draft)

    async def cell(self, interaction: Interaction) -> None:
        """One cell at full size; its file is there already."""
        image = next(iter(chosen(interaction)), "")
        if not re.fullmatch(ID, image):
            raise Refusal.of("unknown-picture")
        source = await source_of(self.house, interaction, image)
        request = source.image.recipe.as_request()
        await self.house.desk.take(interaction, "single", request, source.image, private=source.private)


def _wish(axes: dict[str, str | None], vary_seeds: bool) -> GridWish:
    """The axes as they were typed. Raises `InvalidRequest`."""
    said = {name: text.strip() for name, text in axes.items() if text and text.strip()}
    for name, text in said.items():
        if len(text) > LONGEST_AXIS:
            raise Mistake(name, text, "mistake-too-long", max_length=str(LONGEST_AXIS))
    return GridWish(**said, vary_seeds=vary_seeds)


def _command(serve: Grid, suggest: Suggestions) -> app_commands.Command[Any, ..., Any]:

    @app_commands.command(
        name="grid", description="Compare settings: a sheet of pictures that differ along up to three axes"
    )
    @app_commands.describe(
        prompt="What the pictures should show; flags such as --ar 3:2 are understood",
        x="What changes from left to right, such as: steps=10, 20, 30",
        y="What changes from top to bottom, such as: sampler=euler, dpmpp_2m",
        z="What changes from sheet to sheet, such as: prompt_sr=red, green",
        negative="What they should not show",
        model="Which model paints",
        size="Width and height in pixels, such as 512x768",
        steps="How many steps each picture takes",
        cfg="How closely the prompt is followed",
        sampler="How the noise is taken away",
        schedule="How the noise levels are spaced",
        seed="The number that the noise grows from; the same one gives the same picture",
        style="Styles by name, such as: ink, night",
        lora="LoRAs and their weights, such as: ink:0.8, night:0.5",
        finish="What is done to the finished pictures, such as: detailer(denoise=0.3), ultimate_upscale",
        vary_seeds="Whether each cell has a seed of its own",
        private="Whether only you see the answer",
    )
    async def grid(
        interaction: discord.Interaction[discord.Client],
        prompt: str,
        x: str,
        y: str | None = None,
        z: str | None = None,
        negative: str | None = None,
        model: str | None = None,
        size: str | None = None,
        steps: Range[int, 1, 150] | None = None,
        cfg: Range[float, 0, 30] | None = None,
        sampler: str | None = None,
        schedule: str | None = None,
        seed: Range[int, 0, LARGEST_SEED] | None = None,
        style: str | None = None,
        lora: str | None = None,
        finish: str | None = None,
        vary_seeds: bool = False,
        private: bool | None = None,
    ) -> None:
        said: dict[str, Any] = {"negative": negative, "model": model, "size": size, "steps": steps, "cfg": cfg}
        said |= {"sampler": sampler, "schedule": schedule, "seed": seed, "styles": style, "lora": lora}
        said |= {"finish": finish, "private": private, "vary_seeds": vary_seeds}
        await serve.ask(interaction, prompt, {"x": x, "y": y, "z": z}, said)

    for name in ("x", "y", "z"):
        grid.autocomplete(name)(suggest.axes)
    grid.autocomplete("model")(suggest.models)
    grid.autocomplete("sampler")(suggest.samplers)
    grid.autocomplete("schedule")(suggest.schedules)
    grid.autocomplete("size")(suggest.sizes)
    grid.autocomplete("style")(suggest.styles)
    grid.autocomplete("lora")(suggest.loras)
    grid.autocomplete("finish")(suggest.finishers)
    return grid
