"""The REST side: every call passes faults, token, rate limits and schema, then is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from . import errors, routes_channels, routes_commands, routes_interactions, schema
from .bans import InvalidRequests
from .calls import Call, Reply, RequestRecord, Route, read_call
from .errors import DiscordError, Json
from .faults import Fault, Faults
from .gateway import Gateway
from .limits import RateLimiter, Verdict
from .replies import send
from .world import World

PREFIX = "/api/v10"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Rest:
    """Answers the HTTP API."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self.faults = Faults()
        self.limiter = RateLimiter(world.clock)
        self.invalid = InvalidRequests(world.clock)
        self.requests: list[RequestRecord] = []
        self.crashes: list[Exception] = []
        self.check_bodies = True
        self._world = world
        self._gateway = gateway

    def attach(self, app: web.Application) -> None:
        """Add all routes, and a catch-all that notes calls to anything else."""
        for route in self._routes():
            app.router.add_route(route.method, PREFIX + route.template, self._handler(route))
        lost = Route("*", "/{path}", _not_found, by_token=False)
        app.router.add_route("*", PREFIX + "/{path:.*}", self._handler(lost))

    def _routes(self) -> list[Route]:
        own = [
            Route("GET", "/gateway", self._address, by_token=False),
            Route("GET", "/gateway/bot", self._address),
        ]
        rooms = (routes_channels, routes_commands, routes_interactions)
        return [*own, *(route for room in rooms for route in room.routes())]

    def _address(self, call: Call) -> Reply:
        starts = self._gateway.budget.payload()
        return Reply(body={"url": self._gateway.url, "shards": 1, "session_start_limit": starts})

    def _handler(self, route: Route) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            path = request.path.removeprefix(PREFIX)
            if self.invalid.banned_for:
                return self._shut_out(request, route).response()
            fault = self.faults.take(request.method, path)
            reply = await self._passed(request, route, fault)
            self._count(reply, fault)
            return await send(request, reply, fault)

        return handle

    def _shut_out(self, request: web.Request, route: Route) -> Reply:
        """Answer as the proxy does to an address that made too many invalid requests."""
        headers = {"Retry-After": str(int(self.invalid.banned_for))}
        reply = Reply(429, None, headers, "<html><title>Error 1015: You are being rate limited</title></html>")
        self._log(request, route, None, reply, None, injected=False)
        return reply

    def _count(self, reply: Reply, fault: Fault | None) -> None:
        scope = reply.headers.get("X-RateLimit-Scope", "user")
        if self.invalid.note(reply.status, fault.scope if fault else scope):
            words = f"{self.invalid.limit} invalid requests in 10 minutes: banned"
            self._world.break_rule("rest", DiscordError(429, 1015, words))

    async def _passed(self, request: web.Request, route: Route, fault: Fault | None) -> Reply:
        """Answer a call, with its fault before or after the effect."""
        early = fault is not None and not fault.after_effect
        if fault is not None and early:
            await asyncio.sleep(fault.delay)
        spoiled = fault is not None and fault.replaces_reply
        reply = Reply() if early and spoiled else await self._answered(request, route, spoiled)
        if fault is not None and not early:
            await asyncio.sleep(fault.delay)
        if fault is None or not spoiled:
            return reply
        false = Reply(*fault.reply())
        if early:
            self._log(request, route, await self._read(request), false, None, injected=True)
        return false

    async def _answered(self, request: web.Request, route: Route, injected: bool) -> Reply:
        """Answer a call as Discord would, and log it."""
        call, error = None, None
        try:
            call = await read_call(self._world, request, PREFIX)
            reply = self._checked(call, route)
        except DiscordError as broken:
            error, reply = broken, Reply(broken.status, broken.body())
            self._world.break_rule(f"{request.method} {request.path}", broken)
        except ConnectionError:  # the bot was killed while it spoke; nobody reads this
            reply = Reply(400)
        except Exception as crash:  # a bug of the fake: reported when it closes
            self.crashes.append(crash)
            reply = Reply(500, {"message": repr(crash), "code": 0})
        self._log(request, route, call, reply, error, injected=injected)
        return reply

    async def _read(self, request: web.Request) -> Call | None:
        """Read a call that fails anyway, so that the log says what was lost."""
        try:
            return await read_call(self._world, request, PREFIX)
        except DiscordError:
            return None

    def _checked(self, call: Call, route: Route) -> Reply:
        if route.by_token and call.authorization != f"Bot {self._world.token}":
            raise errors.unauthorized()
        verdicts = self._verdicts(call, route)
        refused = next((verdict for verdict in verdicts if not verdict.allowed), None)
        if refused is not None:
            return _too_many(refused)
        if route.has_body and self.check_bodies:
            errors.require(schema.problems(call.method, route.template, call.body))
            self._note_unknown(call, route)
        reply = route.answer(call)
        headers = verdicts[0].headers if verdicts else {}
        return Reply(reply.status, reply.body, {**headers, **reply.headers})

    def _note_unknown(self, call: Call, route: Route) -> None:
        """Note keys that Discord ignores; it answers as if they were not there."""
        unknown = list(schema.unknown(call.method, route.template, call.body))
        if unknown:
            error = DiscordError(200, 0, "Unknown keys", unknown)
            self._world.break_rule(f"{call.method} {call.path}", error)

    def _verdicts(self, call: Call, route: Route) -> list[Verdict]:
        bucket = _bucket(call, route)
        verdicts = [self.limiter.take(bucket)] if bucket is not None else []
        return [*verdicts, self.limiter.take_global()] if route.by_token else verdicts

    def _log(
        self,
        request: web.Request,
        route: Route,
        call: Call | None,
        reply: Reply,
        error: DiscordError | None,
        *,
        injected: bool,
    ) -> None:
        record = RequestRecord(
            at=self._world.clock.now(),
            method=request.method,
            path=request.path.removeprefix(PREFIX),
            template=route.template,
            status=reply.status,
            body=call.body if call else None,
            filenames=tuple(upload.filename for upload in call.uploads.values()) if call else (),
            error=error,
            fault_injected=injected,
        )
        self.requests.append(record)
        self._world.changes.beat()


def _bucket(call: Call, route: Route) -> str | None:
    """Name the bucket of a call: per method and channel, or per interaction token."""
    if "webhook_token" in call.params:
        return f"webhook:{call.params['webhook_token']}"
    if route.template.startswith("/channels/{channel_id}/messages"):
        return f"{call.method} messages:{call.params['channel_id']}"
    return None


def _too_many(verdict: Verdict) -> Reply:
    retry_after = round(verdict.retry_after + 0.001, 3)
    scope = "global" if verdict.is_global else "user"
    headers = {**verdict.headers, "Via": "1.1 loopback", "Retry-After": str(retry_after)}
    body: Json = {"message": "You are being rate limited.", "retry_after": retry_after}
    body["global"] = verdict.is_global
    return Reply(429, body, {**headers, "X-RateLimit-Scope": scope})


def _not_found(call: Call) -> Reply:
    raise DiscordError(404, 0, f"404: Not Found; the loopback has no {call.method} {call.path}")
