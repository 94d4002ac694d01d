"""What a test needs at hand: a loopback Discord, the small bot, a guild, a channel, a user."""

from __future__ import annotations

from dataclasses import dataclass

from tests.loopback import Channel, Guild, LoopbackDiscord, ScriptedUser
from tests.loopback_tests.studio_bot import StudioBot


@dataclass
class Studio:
    """One bot in one guild."""

    discord: LoopbackDiscord
    bot: StudioBot
    guild: Guild
    channel: Channel
    alice: ScriptedUser
