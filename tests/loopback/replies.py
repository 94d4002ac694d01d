"""Sending a reply: whole, slowly, half, or not at all."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

from .calls import Reply
from .faults import Fault

PIECES = 10


async def send(request: web.Request, reply: Reply, fault: Fault | None) -> web.StreamResponse:
    """Send the reply, with what its fault does to the way."""
    if fault is not None and fault.cut:
        _break(request)
    if fault is None or not (fault.slow or fault.half):
        return reply.response()
    content = reply.content()
    response = web.StreamResponse(status=reply.status, headers=reply.all_headers())
    response.content_length = len(content)
    with contextlib.suppress(ConnectionError):  # a bot that waits no longer than it likes
        await response.prepare(request)
        await _write(response, content[: len(content) // 2] if fault.half else content, fault.slow)
        if fault.half:
            _break(request)
    return response


async def _write(response: web.StreamResponse, content: bytes, seconds: float) -> None:
    size = max(1, -(-len(content) // PIECES))
    for start in range(0, len(content), size):
        await asyncio.sleep(seconds / PIECES)
        await response.write(content[start : start + size])


def _break(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
