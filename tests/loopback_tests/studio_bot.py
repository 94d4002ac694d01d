"""A small, unmodified discord.py bot that uses everything the loopback offers."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x04\x00\x00\x00\x02\x08\x02\x00\x00\x00"
    b"\x00\x00\x00\x00"
)


def picture(name: str = "grid.png") -> discord.File:
    """Return a file that looks like a PNG of 4 x 2 pixels."""
    return discord.File(BytesIO(PNG), name)


class Upscale(ui.DynamicItem[ui.Button[Any]], template=r"upscale:(?P<index>\d)"):
    """A button that survives restarts."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__(ui.Button(label=f"U{index}", custom_id=f"upscale:{index}"))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(int(match["index"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.followup.send(f"upscaled {self.index}", file=picture("large.png"))


class Remix(ui.Modal, title="Remix"):
    """A modal with a text."""

    prompt: ui.TextInput[Any] = ui.TextInput(label="Prompt", max_length=50, default="a star")

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        await interaction.response.send_message(f"remixing {self.prompt.value}")


class Form(ui.Modal, title="Everything"):
    """A modal with every kind of field."""

    note: ui.TextDisplay[Any] = ui.TextDisplay("Fill in")
    mask: ui.Label[Any] = ui.Label(text="Mask", component=ui.FileUpload(max_values=2))
    strength: ui.Label[Any] = ui.Label(
        text="Strength",
        component=ui.RadioGroup(
            options=[
                discord.RadioGroupOption(label="Subtle"),
                discord.RadioGroupOption(label="Strong"),
            ]
        ),
    )
    extras: ui.Label[Any] = ui.Label(
        text="Extras",
        component=ui.CheckboxGroup(
            options=[
                discord.CheckboxGroupOption(label="Seed"),
                discord.CheckboxGroupOption(label="Tile"),
            ]
        ),
    )
    who: ui.Label[Any] = ui.Label(text="Who", component=ui.UserSelect())

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        mask, strength = self.mask.component, self.strength.component
        extras, who = self.extras.component, self.who.component
        assert isinstance(mask, ui.FileUpload)
        assert isinstance(strength, ui.RadioGroup)
        assert isinstance(extras, ui.CheckboxGroup)
        assert isinstance(who, ui.UserSelect)
        size = len(await mask.values[0].read())
        words = [strength.value, *extras.values, str(size), *(found.name for found in who.values)]
        await interaction.response.send_message(" ".join(map(str, words)))


class Menu(ui.View):
    """A select menu that edits its message."""

    @ui.select(options=[discord.SelectOption(label="Oil"), discord.SelectOption(label="Ink")])
    async def style(self, interaction: discord.Interaction[Any], chosen: ui.Select[Any]) -> None:
        await interaction.response.edit_message(content=f"style {chosen.values[0]}", view=None)


class StudioBot(commands.Bot):
    """The bot; `arrived` holds every interaction it saw, for tests that answer by hand."""

    def __init__(self) -> None:
        super().__init__("!", intents=discord.Intents(guilds=True), help_command=None)
        self.arrived: list[discord.Interaction[Any]] = []

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Upscale)
        found: list[app_commands.Command[Any, ..., Any] | app_commands.Group]
        found = [imagine, remix, style, silent, panel, pause, owners, form]
        for command in found:
            self.tree.add_command(command)
        self.tree.add_command(app_commands.ContextMenu(name="Describe", callback=describe))
        await self.tree.sync()

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        self.arrived.append(interaction)


@app_commands.command(description="Make a picture")
async def imagine(
    interaction: discord.Interaction[Any],
    prompt: app_commands.Range[str, 1, 40],
    count: app_commands.Range[int, 1, 4] = 1,
    model: str = "pocket",
    source: discord.Attachment | None = None,
    person: discord.User | None = None,
) -> None:
    await interaction.response.defer(thinking=True)
    view = ui.View(timeout=None)
    for index in range(1, count + 1):
        view.add_item(Upscale(index))
    details = [prompt, model, person.name if person else "", await _read(source)]
    text = "|".join(filter(None, details))
    await interaction.followup.send(text, file=picture(), view=view)


@imagine.autocomplete("model")
async def suggest(
    interaction: discord.Interaction[Any], current: str
) -> list[app_commands.Choice[str]]:
    names = [name for name in ("pocket", "polar", "sky") if name.startswith(current)]
    return [app_commands.Choice(name=name.title(), value=name) for name in names]


@app_commands.command(description="Change a prompt")
async def remix(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_modal(Remix())


@app_commands.command(description="Fill in everything")
async def form(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_modal(Form())


@app_commands.command(description="Choose a style")
async def style(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_message("choose", view=Menu(), ephemeral=True)


@app_commands.command(description="Say nothing; the test answers")
async def silent(interaction: discord.Interaction[Any]) -> None:
    return None


@app_commands.command(description="Show a card")
async def panel(interaction: discord.Interaction[Any]) -> None:
    view = ui.LayoutView(timeout=None)
    gallery: ui.MediaGallery[Any] = ui.MediaGallery(
        discord.MediaGalleryItem("attachment://grid.png")
    )
    row: ui.ActionRow[Any] = ui.ActionRow(Upscale(1))
    text: ui.TextDisplay[Any] = ui.TextDisplay("History")
    view.add_item(ui.Container(text, gallery, row))
    await interaction.response.send_message(view=view, file=picture())


pause = app_commands.Group(name="queue", description="The queue")


@pause.command(name="pause", description="Stop taking jobs")
async def queue_pause(interaction: discord.Interaction[Any], minutes: int = 5) -> None:
    await interaction.response.send_message(f"paused for {minutes}")


@app_commands.command(description="For administrators")
@app_commands.default_permissions(manage_guild=True)
async def owners(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_message("hello owner")


async def describe(interaction: discord.Interaction[Any], message: discord.Message) -> None:
    data = await message.attachments[0].read()
    await interaction.response.send_message(f"{message.content}: {len(data)} bytes", ephemeral=True)


async def _read(source: discord.Attachment | None) -> str:
    return f"{len(await source.read())} bytes" if source else ""
