"""A bot without a library: says exactly what a test wants to be said, right or wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import aiohttp
from tests.loopback import Channel, Guild, Interaction, LoopbackDiscord, ScriptedUser

Json = dict[str, Any]
COMMANDS: list[Json] = [
    {"name": "imagine", "description": "Make a picture", "type": 1},
    {"name": "Describe", "type": 3},
]


@dataclass
class Wire:
    """The loopback, a channel, a user, and raw calls."""

    discord: LoopbackDiscord
    http: aiohttp.ClientSession
    guild: Guild
    channel: Channel
    alice: ScriptedUser

    async def call(
        self, method: str, path: str, body: Any = None, files: list[tuple[str, bytes]] | None = None
    ) -> tuple[int, Any]:
        """Make a call; return status and JSON."""
        headers = {"Authorization": f"Bot {self.discord.token}"}
        content: Json = {"json": body} if files is None else {"data": _form(body, files)}
        url = self.discord.api_url + path
        async with self.http.request(method, url, headers=headers, **content) as reply:
            return reply.status, await reply.json() if reply.status != 204 else None

    async def refused(self, method: str, path: str, *rest: Any) -> tuple[int, int]:
        """Make a call that must fail; return status and code, and forgive the violation."""
        status, body = await self.call(method, path, *rest)
        assert status >= 400, body
        self.discord.violations.clear()
        return status, body["code"]

    async def register(self, commands: list[Json] | None = None) -> tuple[int, Any]:
        """Overwrite the global commands."""
        path = f"/applications/{self.discord.world.bot.id}/commands"
        return await self.call("PUT", path, COMMANDS if commands is None else commands)

    async def asked(self, command: str = "imagine", **options: Any) -> Interaction:
        """Let alice run a command; nobody has answered yet."""
        return await self.alice.impatient.slash(self.channel, command, **options)

    async def answer(self, interaction: Interaction, kind: int, data: Any = None) -> None:
        """Give a first answer that must succeed."""
        status, body = await self.call("POST", callback(interaction), reply(kind, data))
        assert status == 204, body

    async def post(self, body: Json, *files: tuple[str, bytes]) -> tuple[int, Any]:
        """Create a message in the channel."""
        return await self.call("POST", self.messages, body, [*files] or None)

    @property
    def messages(self) -> str:
        """The path of the channel's messages."""
        return f"/channels/{self.channel.id}/messages"


def callback(interaction: Interaction) -> str:
    """Return the path of the first answer."""
    return f"/interactions/{interaction.id}/{interaction.token}/callback"


def hook(wire: Wire, interaction: Interaction, rest: str = "") -> str:
    """Return the path of follow-ups, or of one message of an interaction."""
    return f"/webhooks/{wire.discord.world.bot.id}/{interaction.token}{rest}"


def reply(kind: int, data: Any = None) -> Json:
    """Return the body of a first answer."""
    return {"type": kind} | ({} if data is None else {"data": data})


def button(label: str, custom_id: str, **more: Any) -> Json:
    """Return a button."""
    return {"type": 2, "style": 2, "label": label, "custom_id": custom_id} | more


def row(*children: Json) -> Json:
    """Return an action row."""
    return {"type": 1, "components": list(children)}


def _form(body: Any, files: list[tuple[str, bytes]]) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("payload_json", json.dumps(body), content_type="application/json")
    for index, (name, data) in enumerate(files):
        form.add_field(f"files[{index}]", BytesIO(data), filename=name)
    return form
