"""The INTERACTION_CREATE event: one interaction as the bot receives it."""

from __future__ import annotations

from .constants import EVERYONE
from .errors import Json
from .guilds import Guild
from .interactions import Interaction
from .people import User
from .places import Channel
from .world import World

GUILD_CONTEXT, BOT_DM_CONTEXT, PRIVATE_CONTEXT = 0, 1, 2


def interaction_payload(world: World, interaction: Interaction) -> Json:
    """Return the interaction object of the gateway."""
    channel, user = interaction.channel, interaction.user
    payload: Json = {
        "id": interaction.id,
        "application_id": world.bot.id,
        "type": int(interaction.type),
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": channel.id,
        "channel": channel.payload(),
        "app_permissions": str(int(channel.bot_permissions)),
        "attachment_size_limit": max(channel.upload_limit, user.upload_limit),
        "authorizing_integration_owners": interaction.owners,
        "context": context(channel),
        "entitlements": [],
        "locale": user.locale,
    }
    if interaction.message is not None:
        payload["message"] = interaction.message.payload()
    if channel.guild is None:
        return payload | {"user": user.payload()}
    return payload | _in_guild(payload["channel"], channel, channel.guild, user)


def context(channel: Channel) -> int:
    """Return where an interaction happens: guild, the bot's DM, or another private channel."""
    if channel.guild is not None:
        return GUILD_CONTEXT
    return BOT_DM_CONTEXT if channel.recipient is not None else PRIVATE_CONTEXT


def _in_guild(channel: Json, place: Channel, guild: Guild, user: User) -> Json:
    member = guild.members.get(user.id)
    here = member.permissions_in(place) if member else EVERYONE
    allowed = {"permissions": str(int(here))}
    person = (member.payload() if member else {"user": user.payload(), "roles": []}) | allowed
    return {
        "guild_id": guild.id,
        "guild": {"id": guild.id, "locale": guild.locale, "features": []},
        "guild_locale": guild.locale,
        "channel": channel | allowed,
        "member": person,
    }
