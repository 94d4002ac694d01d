"""A discord.py bot whose commands, buttons, menus and message commands all open modals."""

from __future__ import annotations

import re
from typing import Any, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

KEPT = re.compile(r"kept:(\d+)")


class Card(ui.Modal, title="Card"):
    """Fields that are filled in before anybody touches them."""

    style: ui.Label[Any]
    role: ui.Label[Any]
    place: ui.Label[Any]
    tile: ui.Label[Any]
    mask: ui.Label[Any]

    def __init__(self, place: discord.abc.Snowflake) -> None:
        super().__init__(custom_id="card")
        options = [discord.SelectOption(label="Oil", default=True), discord.SelectOption(label="Ink")]
        defaults = [discord.SelectDefaultValue.from_channel(discord.Object(place.id, type=discord.TextChannel))]
        self.style = ui.Label(text="Style", component=ui.Select(options=options))
        self.role = ui.Label(text="Role", component=ui.RoleSelect(required=False))
        self.place = ui.Label(text="Place", component=ui.ChannelSelect(default_values=defaults))
        self.tile = ui.Label(text="Tile", component=ui.Checkbox(default=True))
        self.mask = ui.Label(text="Mask", component=ui.FileUpload(required=False, max_values=3))
        for label in (self.style, self.role, self.place, self.tile, self.mask):
            self.add_item(label)

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        fields: list[Any] = [self.style.component, self.role.component, self.place.component, self.mask.component]
        tile: Any = self.tile.component
        words = ["/".join(map(str, field.values)) for field in fields]
        where = "there" if interaction.message else "nowhere"
        await interaction.response.send_message(" ".join([*words, str(tile.value), where]))


class Kept(ui.Modal, title="Kept"):
    """A modal whose custom_id says all that a restarted bot must know."""

    prompt: ui.TextInput[Any] = ui.TextInput(label="Prompt", default="a star")

    def __init__(self, number: int) -> None:
        super().__init__(custom_id=f"kept:{number}")


class Doors(ui.View):
    """A button and a menu that open modals."""

    @ui.button(label="Card", custom_id="door:card")
    async def card(self, interaction: discord.Interaction[Any], button: ui.Button[Any]) -> None:
        await interaction.response.send_modal(Card(_channel(interaction)))

    @ui.button(label="Kept", custom_id="door:kept")
    async def kept(self, interaction: discord.Interaction[Any], button: ui.Button[Any]) -> None:
        await interaction.response.send_modal(Kept(7))

    @ui.select(custom_id="door:menu", options=[discord.SelectOption(label="Card")])
    async def menu(self, interaction: discord.Interaction[Any], chosen: ui.Select[Any]) -> None:
        await interaction.response.send_modal(Card(_channel(interaction)))


class Panel(ui.LayoutView):
    """A panel of components V2 with menus for people, roles and places."""

    def __init__(self, who: discord.abc.Snowflake, picture: str) -> None:
        super().__init__(timeout=None)
        title: ui.TextDisplay[Any] = ui.TextDisplay("## Queue")
        accessory: ui.Thumbnail[Any] = ui.Thumbnail(picture)
        chosen = [discord.SelectDefaultValue(id=who.id, type=discord.SelectDefaultValueType.user)]
        people: ui.UserSelect[Any] = ui.UserSelect(custom_id="panel:who", default_values=chosen)
        pictures: ui.MediaGallery[Any] = ui.MediaGallery(discord.MediaGalleryItem(picture))
        rows: list[ui.ActionRow[Any]] = [ui.ActionRow(people), ui.ActionRow(ui.RoleSelect(custom_id="panel:role"))]
        self.add_item(ui.Container(ui.Section(title, accessory=accessory), ui.Separator(), pictures, *rows))


class Atelier(commands.Bot):
    """The bot; it answers submitted modals and menus that no view of this process knows."""

    def __init__(self, **options: Any) -> None:
        super().__init__("!", intents=discord.Intents(guilds=True), help_command=None, **options)
        self.seen: list[discord.Interaction[Any]] = []

    async def setup_hook(self) -> None:
        found: list[app_commands.Command[Any, ..., Any]] = [card, doors, panel, whisper]
        for command in found:
            self.tree.add_command(command)
        self.tree.add_command(app_commands.ContextMenu(name="Use as input", callback=use_as_input))
        await self.tree.sync()

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        self.seen.append(interaction)
        data: Any = interaction.data or {}
        if interaction.type is discord.InteractionType.modal_submit and (found := KEPT.fullmatch(data["custom_id"])):
            prompt = data["components"][0]["components"][0]["value"]
            assert interaction.message is not None
            await interaction.response.send_message(f"{found[1]}: {prompt}", ephemeral=True)
        elif str(data.get("custom_id")).startswith("panel:"):
            await interaction.response.send_message(f"{data['values']}", ephemeral=True)

    @classmethod
    def impatient(cls) -> Self:
        """A bot that gives a silent gateway up within a second."""
        return cls(heartbeat_timeout=0.5)


def _channel(interaction: discord.Interaction[Any]) -> discord.abc.Snowflake:
    assert interaction.channel is not None
    return interaction.channel


@app_commands.command(description="Open a card")
@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
async def card(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_modal(Card(_channel(interaction)))


@app_commands.command(description="Show doors")
async def doors(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_message("doors", view=Doors(timeout=None))


@app_commands.command(description="Show a panel")
async def panel(interaction: discord.Interaction[Any], picture: discord.Attachment) -> None:
    await interaction.response.defer(ephemeral=True, thinking=True)
    view = Panel(interaction.user, picture.url.split("?")[0])
    await interaction.followup.send(view=view, ephemeral=True, wait=True)


@app_commands.command(description="Say it in private, and twice")
@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
async def whisper(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_message("one")
    await interaction.followup.send("two", ephemeral=True)


async def use_as_input(interaction: discord.Interaction[Any], message: discord.Message) -> None:
    found = [f"a:{file.filename}" for file in message.attachments]
    found += [f"e:{embed.image.url}" for embed in message.embeds if embed.image]
    for component in message.components:
        if isinstance(component, discord.MediaGalleryComponent):
            found += [f"g:{item.media.url.split('?')[0].split('/')[-1]}" for item in component.items]
    await interaction.response.send_message(" ".join(found), ephemeral=True)
