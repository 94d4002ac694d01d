"""The gateway: hello, identify, resume, heartbeats and events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable

from aiohttp import WSMsgType, web

from . import sessions as op
from .budget import StartBudget
from .constants import PRIVILEGED, Intent
from .errors import DiscordError, Json
from .sessions import Connection, Session, redacted
from .world import World

FRAME_BYTES, FRAMES_PER_MINUTE = 4096, 120
UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, BAD_TOKEN = 4001, 4002, 4003, 4004
RATE_LIMITED, TIMED_OUT, DISALLOWED_INTENTS = 4008, 4009, 4014
Operation = Callable[[Connection, Json], None]


class Gateway:
    """All sessions and connections of the bot."""

    def __init__(
        self, world: World, heartbeat_interval: float, privileged: bool, identify_pause: float = 0.0
    ) -> None:
        self.url = ""
        self.sessions: dict[str, Session] = {}
        self.presences: list[Json] = []
        self.identifies = 0
        self.resumes = 0
        self.budget = StartBudget(world.clock, identify_pause)
        self.doubled: dict[str, int] = {}
        self.overlap = 0
        self._open: set[Connection] = set()
        self._world = world
        self._interval = heartbeat_interval
        self._forbidden = Intent.NONE if privileged else PRIVILEGED
        self._operations: dict[int, Operation] = {
            op.HEARTBEAT: self._heartbeat,
            op.IDENTIFY: self._identify,
            op.PRESENCE: self._presence,
            op.RESUME: self._resume,
            op.MEMBERS: self._members,
        }
        world.listen(self.dispatch)

    def attach(self, app: web.Application) -> None:
        """Add the websocket route."""
        app.router.add_get("/gateway", self._serve)
        app.router.add_get("/gateway/", self._serve)

    @property
    def connections(self) -> list[Connection]:
        """The connections that are ready for events."""
        found = [session.connection for session in self.sessions.values()]
        return [connection for connection in found if connection is not None]

    def dispatch(self, event: str, data: Json, intent: Intent) -> None:
        """Send an event to every session that wants it; a broken one keeps it for a resume."""
        for session in self.sessions.values():
            if session.wants(intent):
                for _ in range(self._copies(event)):
                    session.send(event, redacted(data, session, self._world.bot.id))

    def _copies(self, event: str) -> int:
        if not self.doubled.get(event):
            return 1
        self.doubled[event] -= 1
        return 2

    async def measure(self, timeout: float) -> float:
        """Ask for a heartbeat; return the seconds until it came."""
        connection = self.connections[0]
        connection.answer = asyncio.get_running_loop().create_future()
        started = time.perf_counter()
        connection.send(op.HEARTBEAT)
        async with asyncio.timeout(timeout):
            return await connection.answer - started

    def shut_down(self) -> None:
        """Break all connections."""
        for connection in self._open:
            connection.cut()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        connection = Connection(request, socket)
        self._open.add(connection)
        writer = asyncio.create_task(connection.write())
        connection.send(op.HELLO, {"heartbeat_interval": int(self._interval * 1000)})
        try:
            await self._listen(connection)
        finally:
            self._detach(connection)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return socket

    async def _listen(self, connection: Connection) -> None:
        while not connection.socket.closed:
            try:
                frame = await connection.socket.receive(timeout=2 * self._interval)
            except TimeoutError:
                self._refuse(connection, TIMED_OUT, "no heartbeat")
                await connection.socket.close(code=TIMED_OUT)
                return
            if frame.type is not WSMsgType.TEXT:
                return
            self._receive(connection, frame.data)

    def _receive(self, connection: Connection, text: str) -> None:
        if connection.frozen:
            return
        if len(text.encode()) > FRAME_BYTES:
            return self._refuse(connection, DECODE_ERROR, "a frame of more than 4096 bytes")
        if _too_many(connection):
            return self._refuse(connection, RATE_LIMITED, "more than 120 frames in 60 s")
        try:
            frame: Json = json.loads(text)
        except ValueError:
            return self._refuse(connection, DECODE_ERROR, "a frame that is no JSON")
        operation = self._operations.get(frame["op"])
        if operation is None:
            return self._refuse(connection, UNKNOWN_OPCODE, f"unknown opcode {frame['op']}")
        if connection.session is None and frame["op"] in (op.PRESENCE, op.MEMBERS):
            return self._refuse(connection, NOT_AUTHENTICATED, "not identified yet")
        operation(connection, frame)

    def _heartbeat(self, connection: Connection, frame: Json) -> None:
        connection.heartbeats.append(time.monotonic())
        if connection.answer is not None and not connection.answer.done():
            connection.answer.set_result(time.perf_counter())
        connection.send(op.HEARTBEAT_ACK)

    def _presence(self, connection: Connection, frame: Json) -> None:
        self.presences.append(frame["d"])

    def _identify(self, connection: Connection, frame: Json) -> None:
        data, intents = frame["d"], Intent(frame["d"]["intents"])
        self.identifies += 1
        if data["token"] != self._world.token:
            return self._refuse(connection, BAD_TOKEN, "wrong token")
        if intents & self._forbidden:
            return self._refuse(connection, DISALLOWED_INTENTS, "privileged intents")
        in_time = self.budget.spend()
        if self.budget.exceeded:
            self._world.reset_token()
            return self._refuse(connection, BAD_TOKEN, "more than 1000 IDENTIFYs in a day")
        if not in_time:
            return connection.send(op.INVALID_SESSION, False)
        self._forget_broken()
        session = Session(intents, data.get("shard") or [0, 1])
        self.sessions[session.id] = session
        self._join(connection, session)
        session.send("READY", self._ready(session))
        for guild in self._installed():
            session.send("GUILD_CREATE", guild)
        self._world.changes.beat()

    def _ready(self, session: Session) -> Json:
        bot = self._world.bot
        guilds = [{"id": guild["id"], "unavailable": True} for guild in self._installed()]
        return {
            "v": 10,
            "user": bot.payload(),
            "guilds": guilds,
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "shard": session.shard,
            "application": {"id": bot.id, "flags": 0},
        }

    def _installed(self) -> list[Json]:
        return [guild.payload() for guild in self._world.guilds.values() if guild.installed]

    def _resume(self, connection: Connection, frame: Json) -> None:
        data = frame["d"]
        session = self.sessions.get(data["session_id"])
        if session is None or data["token"] != self._world.token:
            connection.send(op.INVALID_SESSION, False)
            return
        self.resumes += 1
        self._join(connection, session)
        session.replay(after=data["seq"] - self.overlap)
        session.send("RESUMED", {})
        self._world.changes.beat()

    def _members(self, connection: Connection, frame: Json) -> None:
        wanted = frame["d"]
        guild = self._world.guilds[str(wanted["guild_id"])]
        members = [member.payload() for member in guild.members.values()]
        chunk: Json = {"guild_id": guild.id, "members": members, "chunk_index": 0}
        chunk |= {"chunk_count": 1, "not_found": [], "nonce": wanted.get("nonce")}
        if connection.session is not None:
            connection.session.send("GUILD_MEMBERS_CHUNK", chunk)

    def _join(self, connection: Connection, session: Session) -> None:
        connection.session = session
        session.connection = connection

    def _detach(self, connection: Connection) -> None:
        self._open.discard(connection)
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection = None
        if connection.answer is not None and not connection.answer.done():
            connection.answer.set_exception(ConnectionError("the bot went away"))
        self._world.changes.beat()

    def _forget_broken(self) -> None:
        live = {key: found for key, found in self.sessions.items() if found.connection}
        self.sessions = live

    def _refuse(self, connection: Connection, code: int, reason: str) -> None:
        self._world.break_rule("gateway", DiscordError(400, code, reason))
        connection.close(code)


def _too_many(connection: Connection) -> bool:
    now = time.monotonic()
    connection.received.append(now)
    while connection.received[0] < now - 60:
        connection.received.popleft()
    return len(connection.received) > FRAMES_PER_MINUTE
