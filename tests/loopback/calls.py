"""One HTTP call of the bot: reading it, answering it, remembering it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from .errors import DiscordError, Json
from .files import Upload
from .world import World

FILE_FIELD = re.compile(r"files\[(\d+)\]")


@dataclass(frozen=True)
class Call:
    """A request, decoded."""

    world: World
    method: str
    path: str
    params: dict[str, str]
    query: dict[str, str]
    body: Any
    uploads: dict[str, Upload]
    authorization: str

    @property
    def form(self) -> Json:
        """The body where it is a JSON object."""
        return self.body if isinstance(self.body, dict) else {}


@dataclass(frozen=True)
class Reply:
    """What the bot gets."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    page: str = ""  # instead of JSON, where a proxy answers

    def response(self) -> web.Response:
        """Return it for aiohttp."""
        content = self.content() or None
        return web.Response(status=self.status, body=content, headers=self.all_headers())

    def content(self) -> bytes:
        """Return the bytes of the body."""
        return self.page.encode() if self.body is None else json.dumps(self.body).encode()

    def all_headers(self) -> dict[str, str]:
        """Return all headers; discord.py wants the bare content type of JSON, without a charset."""
        if self.body is None:
            return {**self.headers, "Content-Type": "text/html"} if self.page else self.headers
        return {**self.headers, "Content-Type": "application/json"}


@dataclass(frozen=True)
class Route:
    """A route of the API and the function that answers it."""

    method: str
    template: str
    answer: Callable[[Call], Reply]
    by_token: bool = True  # needs the bot's token
    has_body: bool = False


@dataclass(frozen=True)
class RequestRecord:
    """A call as the log keeps it; `error` is what the bot did wrong, if anything."""

    at: float
    method: str
    path: str
    template: str
    status: int
    body: Any
    filenames: tuple[str, ...]
    error: DiscordError | None = None
    fault_injected: bool = False


async def read_call(world: World, request: web.Request, prefix: str) -> Call:
    """Decode a request, JSON or multipart."""
    body, uploads = await _read_body(request)
    return Call(
        world=world,
        method=request.method,
        path=request.path.removeprefix(prefix),
        params=dict(request.match_info),
        query=dict(request.query),
        body=body,
        uploads=uploads,
        authorization=request.headers.get("Authorization", ""),
    )


async def _read_body(request: web.Request) -> tuple[Any, dict[str, Upload]]:
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request)
    raw = await request.read()
    return (_parsed(raw) if raw else None), {}


async def _read_multipart(request: web.Request) -> tuple[Any, dict[str, Upload]]:
    body: Any = None
    uploads: dict[str, Upload] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read())
        if part.name == "payload_json":
            body = _parsed(data)
        elif found := FILE_FIELD.fullmatch(part.name or ""):
            content_type = part.headers.get("Content-Type")
            uploads[found[1]] = Upload(part.filename or "unknown", data, _specific(content_type))
    return body, uploads


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        message = "The request body contains invalid JSON."
        raise DiscordError(400, 50109, message) from None


def _specific(content_type: str | None) -> str | None:
    """Let the file name decide where the bot only says "some bytes"."""
    return None if content_type in (None, "application/octet-stream") else content_type
