"""Where somebody asks, and who they are there: what decisions depend on, read from an interaction at the click."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import discord

Interaction = discord.Interaction[Any]


@dataclass(frozen=True)
class Place:
    """A person in a channel. `channels` holds a thread, the channel that it hangs on, and its category.

    No server is None; `roles` are ids of roles without everybody's own.
    """

    user_id: int
    guild_id: int | None = None
    channels: tuple[int, ...] = ()
    roles: frozenset[int] = frozenset()
    age_restricted: bool = False

    @classmethod
    def of(cls, interaction: Interaction) -> Self:
        """The place of an interaction; the roles are those that the person has now."""
        channel, guild = interaction.channel, interaction.guild_id
        above = getattr(channel, "parent", None) or channel
        ids = (interaction.channel_id, getattr(channel, "parent_id", None), getattr(above, "category_id", None))
        return cls(
            user_id=interaction.user.id,
            guild_id=guild,
            channels=tuple(each for each in ids if each is not None),
            roles=frozenset(role.id for role in _roles(interaction) if role.id != guild),
            age_restricted=is_age_restricted(channel),
        )


def is_age_restricted(channel: Any) -> bool:
    """Whether only adults may see a channel; what is not known to be so is not."""
    asks = getattr(channel, "is_nsfw", None)
    return bool(asks()) if asks is not None else False


def _roles(interaction: Interaction) -> list[discord.Role]:
    """In a server that the bot is not in, nothing is known of roles."""
    known: list[discord.Role | None] = list(getattr(interaction.user, "roles", ()))
    return [role for role in known if role is not None]
