"""Gateway sessions: numbered events, kept for replay, and the connection they flow through."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from .constants import Intent
from .errors import Json

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME, RECONNECT, MEMBERS = 0, 1, 2, 3, 6, 7, 8
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11
REPLAYED = 10_000


class Connection:
    """One websocket; a task of its own writes, so that nobody else has to wait."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self._request = request
        self.session: Session | None = None
        self.heartbeats: list[float] = []
        self.received: deque[float] = deque()
        self.answer: asyncio.Future[float] | None = None
        self.frozen = False  # open, but nothing gets through in either direction
        self._outbox: asyncio.Queue[Json | int] = asyncio.Queue()

    def send(self, op: int, data: Any = None) -> None:
        """Queue a message that is no event."""
        self._outbox.put_nowait({"op": op, "d": data, "s": None, "t": None})

    def send_event(self, event: Json) -> None:
        """Queue an event."""
        self._outbox.put_nowait(event)

    def close(self, code: int) -> None:
        """Queue the end of the connection."""
        self._outbox.put_nowait(code)

    def cut(self) -> None:
        """Break the connection without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def write(self) -> None:
        """Send what was queued until the connection ends."""
        while not self.socket.closed:
            item = await self._outbox.get()
            if self.frozen:
                continue
            if isinstance(item, int):
                await self.socket.close(code=item)
                return
            try:
                await self.socket.send_json(item)
            except ConnectionError:
                return  # the reader sees the same end and cleans up


@dataclass(eq=False)
class Session:
    """What a bot gets by IDENTIFY and may RESUME."""

    intents: Intent
    shard: list[int]
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    connection: Connection | None = None
    sent: deque[Json] = field(default_factory=lambda: deque(maxlen=REPLAYED))

    def send(self, event: str, data: Json) -> None:
        """Number an event, keep it for replay, and send it if somebody listens."""
        self.sequence += 1
        numbered: Json = {"op": DISPATCH, "t": event, "s": self.sequence, "d": data}
        self.sent.append(numbered)
        if self.connection is not None:
            self.connection.send_event(numbered)

    def replay(self, after: int) -> None:
        """Send again what the bot has not seen."""
        for event in self.sent:
            if self.connection is not None and event["s"] > after:
                self.connection.send_event(event)

    def wants(self, intent: Intent) -> bool:
        """Did the bot ask for events of this kind?"""
        return not intent or bool(self.intents & intent)


def redacted(data: Json, session: Session, bot_id: str) -> Json:
    """Hide what others wrote in guilds from a bot without the MESSAGE_CONTENT intent."""
    author = data.get("author")
    if author is None or session.intents & Intent.MESSAGE_CONTENT or "guild_id" not in data:
        return data
    if author["id"] == bot_id or f"<@{bot_id}>" in data["content"]:
        return data
    hidden: Json = {"content": "", "embeds": [], "attachments": [], "components": []}
    return data | hidden
