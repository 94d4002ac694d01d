"""Whether an answer is for one person alone where no command has said so."""

from __future__ import annotations

from typing import Any

import discord

from limner_bot.house import House
from limner_bot.queue.records import Job
from limner_bot.talking.access import is_between_us

Interaction = discord.Interaction[Any]


def wants_privacy(house: House, interaction: Interaction, job: Job | None = None) -> bool:
    """They like it so, or what it comes from is private."""
    likes = bool(house.policies.defaults(interaction).get("private", False))
    return likes or (job is not None and job.private and not is_between_us(interaction))
