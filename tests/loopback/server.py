"""The loopback Discord itself, which tests start, stop and hold in their hands."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from .calls import RequestRecord
from .cdn import Cdn
from .constants import UPLOAD_BYTES_BY_BOOST_TIER
from .errors import Json
from .gateway import Gateway
from .guilds import Guild
from .messages import Message
from .places import Channel
from .rest import PREFIX, Rest
from .troubles import Troubles
from .user import ScriptedUser
from .world import Violation, World

HOST = "127.0.0.1"
LARGEST_REQUEST = 1 << 30


class LoopbackDiscord(Troubles):
    """Discord on 127.0.0.1: REST, gateway and CDN on one port, and the people who use the bot."""

    def __init__(
        self,
        *,
        rate_limits: bool = True,
        heartbeat_interval: float = 41.25,
        privileged_intents: bool = False,
        refuse_new_media_on_edit: bool = False,
        identify_pause: float = 0.0,
        check_bodies: bool = True,
    ) -> None:
        self.world = World()
        self.world.refuse_new_media_on_edit = refuse_new_media_on_edit
        self.gateway = Gateway(
            self.world, heartbeat_interval, privileged_intents, identify_pause
        )
        self.rest = Rest(self.world, self.gateway)
        self.rest.limiter.enabled = rate_limits
        self.rest.check_bodies = check_bodies
        self._port = 0
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=LARGEST_REQUEST)
        Cdn(self.world).attach(app)
        self.gateway.attach(app)
        self.rest.attach(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        self._port = self._runner.addresses[0][1]
        self.gateway.url, self.world.signer.base = self.gateway_url, self.cdn_url
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.gateway.shut_down()
        if self._runner is not None:
            await self._runner.cleanup()
        if self.rest.crashes and error is None:
            raise self.rest.crashes[0]

    @property
    def token(self) -> str:
        """The bot's token."""
        return self.world.token

    @property
    def api_url(self) -> str:
        """Base of the REST API, without a slash at the end."""
        return f"http://{HOST}:{self._port}{PREFIX}"

    @property
    def gateway_url(self) -> str:
        """Where bots connect."""
        return f"ws://{HOST}:{self._port}/gateway"

    @property
    def cdn_url(self) -> str:
        """Base of all links to files."""
        return f"http://{HOST}:{self._port}"

    def environment(self) -> dict[str, str]:
        """Return the variables that point a bot's process here."""
        return {
            "LIMNER_DISCORD_TOKEN": self.token,
            "LIMNER_DISCORD_API": self.api_url,
            "LIMNER_DISCORD_GATEWAY": self.gateway_url,
        }

    def add_guild(
        self, name: str, *, installed: bool = True, boost_tier: int = 0, locale: str = "en-US"
    ) -> Guild:
        """Found a server; `installed` says whether the bot was added to it."""
        return self.world.add_guild(name, installed=installed, boost_tier=boost_tier, locale=locale)

    def add_user(
        self,
        name: str,
        *,
        has_app: bool = False,
        locale: str = "en-US",
        upload_limit: int = UPLOAD_BYTES_BY_BOOST_TIER[0],
        bot: bool = False,
    ) -> ScriptedUser:
        """Open an account; `has_app` says whether the user installed the bot for it; `bot` makes it another bot."""
        user = ScriptedUser(
            id=self.world.ids.next(),
            name=name,
            locale=locale,
            upload_limit=upload_limit,
            has_app=has_app,
            bot=bot,
            world=self.world,
        )
        self.world.users[user.id] = user
        return user

    def private_channel(self, *people: ScriptedUser) -> Channel:
        """Return a conversation of two people, or a group, that the bot is not part of."""
        return self.world.private_channel(people)

    @property
    def commands(self) -> list[Json]:
        """The globally registered commands."""
        return self.world.commands.listed(None)

    @property
    def requests(self) -> list[RequestRecord]:
        """Every REST call so far."""
        return self.rest.requests

    @property
    def violations(self) -> list[Violation]:
        """Every rule that the bot broke; clear it where a test broke one on purpose."""
        return self.world.violations

    async def wait_until_ready(self, timeout: float = 10.0) -> None:
        """Wait until the bot is connected and receives events."""
        await self.world.changes.until(self._connected, timeout, "the bot to connect")

    async def wait_until_gone(self, timeout: float = 10.0) -> None:
        """Wait until the bot is not connected, as after killing it."""
        await self.world.changes.until(
            lambda: not self._connected(), timeout, "the bot to disconnect"
        )

    async def wait_until(
        self, condition: Callable[[], object], timeout: float = 10.0, what: str = "a condition"
    ) -> None:
        """Wait until a condition on messages, requests or connections holds."""
        await self.world.changes.until(lambda: bool(condition()), timeout, what)

    async def wait_for_message(
        self,
        channel: Channel,
        predicate: Callable[[Message], object] = lambda message: True,
        timeout: float = 10.0,
    ) -> Message:
        """Return the first message, present or future, for which `predicate` holds."""

        def look() -> Message | None:
            return next((message for message in channel.messages if predicate(message)), None)

        return await self.world.changes.until(look, timeout, f"a message in #{channel.name}")

    async def loop_latency(self, timeout: float = 10.0) -> float:
        """Return the seconds that the bot's event loop takes to answer a heartbeat request."""
        return await self.gateway.measure(timeout)

    def _connected(self) -> bool:
        return bool(self.gateway.connections)
