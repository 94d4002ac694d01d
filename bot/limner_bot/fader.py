"""Empties and deletes the messages that must go, one after another, until Discord has done it or says it never will."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from dataclasses import dataclass
from typing import Final

import discord

from limner_bot.delivering.verdicts import PASSING
from limner_bot.queue.fading import Fading, FadingList
from limner_sdk import DiskFull

log = logging.getLogger(__name__)

PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 300.0
_NOBODY: Final = discord.AllowedMentions.none()


@dataclass(frozen=True)
class Fader:
    """Works through the list."""

    fading: FadingList
    client: discord.Client

    async def run(self) -> None:
        """Work for ever; a restart goes on with what is left."""
        pause = PAUSE
        while True:
            try:
                is_clean = await self.go_on()
            except (DiskFull, OSError, sqlite3.Error):
                log.exception("messages that must go are still there")
                is_clean = False
            pause = PAUSE if is_clean else min(2 * pause, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def go_on(self) -> bool:
        """Try each message of a round once; whether none needs another try."""
        done = [await self._fade(fading) for fading in await self.fading.next()]
        return all(done)

    async def _fade(self, fading: Fading) -> bool:
        message = self.client.get_partial_messageable(fading.channel_id).get_partial_message(fading.message_id)
        try:
            if fading.content:
                await message.edit(content=fading.content, attachments=[], view=None, allowed_mentions=_NOBODY)
            else:
                await message.delete()
        except PASSING as error:
            log.info("message %d still shows what must go: %s", fading.message_id, error)
            return False
        except discord.HTTPException as error:
            log.warning("message %d is gone, or shows for ever what must go: %s", fading.message_id, error)
        await self.fading.done(fading.message_id)
        return True
