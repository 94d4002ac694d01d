"""Who may do what, decided at the moment of the click."""

from __future__ import annotations

from typing import Any, Final

import discord

from limner_bot.operating.settings import Settings
from limner_bot.queue.records import Image, Job

from .guard import Refusal

Interaction = discord.Interaction[Any]

_NEEDED: Final = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
}


def require_room_to_work(interaction: Interaction) -> None:
    """The bot must be able to post here. Raises `Refusal`, which names what is missing."""
    if not interaction.is_guild_integration():
        # In direct messages, and where somebody has brought the bot along, answers need no permission.
        return
    allowed = interaction.app_permissions
    needed = dict(_NEEDED)
    if isinstance(interaction.channel, discord.Thread):
        needed["send_messages_in_threads"] = needed.pop("send_messages")
    missing = [needed.get(name, "Send Messages in Threads") for name in needed if not getattr(allowed, name)]
    if missing and not allowed.administrator:
        raise Refusal.of("missing-permissions", names=", ".join(missing))


def only_by_token(interaction: Interaction) -> bool:
    """Whether somebody has brought the bot to a place where it is no member: it reaches nothing there by itself."""
    if interaction.guild_id is None:
        return interaction.context.private_channel
    return not interaction.is_guild_integration()


def is_between_us(interaction: Interaction) -> bool:
    """Whether nobody but the person and the bot looks: a group, or two people, may have brought it along as well."""
    return interaction.guild_id is None and interaction.context.dm_channel


def is_admin(interaction: Interaction) -> bool:
    """Whether the person runs this server."""
    allowed = interaction.permissions
    return interaction.guild_id is not None and (allowed.manage_guild or allowed.administrator)


def require_admin(interaction: Interaction) -> int:
    """The server that the person runs. Raises `Refusal`."""
    if interaction.guild_id is None:
        raise Refusal.of("only-servers")
    if not is_admin(interaction):
        raise Refusal.of("only-admins")
    return interaction.guild_id


def is_operator(interaction: Interaction, settings: Settings) -> bool:
    """Whether the person runs the machine, by the operator's own list."""
    return interaction.user.id in settings.operators


def require_operator(interaction: Interaction, settings: Settings) -> None:
    """The person runs the machine. Raises `Refusal`."""
    if not is_operator(interaction, settings):
        raise Refusal.of("only-operators")


def require_scope(interaction: Interaction, settings: Settings, *, everywhere: bool) -> int:
    """What somebody decides about: this server, or all of them (0), which is for operators. Raises `Refusal`."""
    if everywhere:
        require_operator(interaction, settings)
        return 0
    if interaction.guild_id is not None and is_operator(interaction, settings):
        return interaction.guild_id
    return require_admin(interaction)


def require_owner(interaction: Interaction, job: Job) -> None:
    """The person asked for this job, or runs the server it belongs to. Raises `Refusal`."""
    runs_it = is_admin(interaction) and interaction.guild_id == job.guild_id
    if interaction.user.id != job.user_id and not runs_it:
        raise Refusal.of("not-yours")


def require_reach(interaction: Interaction, image: Image | None, job: Job | None) -> Image:
    """The picture, if it was made here or by this person. Raises `Refusal`."""
    if image is None or job is None:
        raise Refusal.of("unknown-picture")
    if interaction.user.id == job.user_id:
        return image
    if job.private:
        raise Refusal.of("private-picture")
    if interaction.channel_id != job.channel_id:
        raise Refusal.of("elsewhere")
    return image
