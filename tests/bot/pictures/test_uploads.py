"""What people attach is fetched from Discord alone, never more of it than is allowed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from aiohttp import web
from tests.bot.stub_host import PREVIEW, png

from limner_bot.pictures.uploads import LARGEST_UPLOAD, check_upload, ending_of, fetch
from limner_sdk import InvalidRequest

SMALL = png(8, 8, b"abc")
Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]]


@pytest.fixture
async def serve(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Serve]:
    """Answers with a handler, from the address that stands in Discord's place."""
    runners: list[web.AppRunner] = []

    async def start(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> str:
        app = web.Application()
        app.router.add_get("/{path:.*}", handler)
        runners.append(runner := web.AppRunner(app))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        monkeypatch.setattr(discord.http.Route, "BASE", f"{address}/api/v10")
        return f"{address}/attachments/1/2/a.png?ex=1&hm=a%2Fb"

    yield start
    for runner in runners:
        await runner.cleanup()


def attached(url: str, size: int = 100) -> Any:
    """An attachment, as far as it matters here."""
    return SimpleNamespace(filename="a.png", size=size, url=url)


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (SMALL, ".png"),
        (PREVIEW, ".jpg"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", ".webp"),
        (b"RIFF\x10\0\0\0WAVEfmt ", None),
        (b"GIF89a", None),
        (b"<svg/>", None),
        (b"", None),
    ],
)
def test_a_picture_is_known_by_its_content(data: bytes, ending: str | None) -> None:
    assert ending_of(data) == ending


async def test_a_picture_is_fetched_by_its_whole_link(serve: Serve) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.raw_path)
        return web.Response(body=SMALL)

    assert await fetch(attached(await serve(answer))) == (SMALL, ".png")
    assert asked == ["/attachments/1/2/a.png?ex=1&hm=a%2Fb"]


async def test_a_body_without_end_is_left(serve: Serve) -> None:
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while request.transport is not None and not request.transport.is_closing():
            await response.write(b"\0" * 2**20)
            sent += 1
        return response

    with pytest.raises(InvalidRequest, match="larger than 10 MiB"):
        await fetch(attached(await serve(answer)))
    assert sent < 100


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_a_redirect_and_an_error_lead_nowhere(serve: Serve, status: int) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return web.Response(status=status, headers={"Location": "/secret"})

    with pytest.raises(InvalidRequest, match="could not be fetched"):
        await fetch(attached(await serve(answer)))
    assert asked == ["/attachments/1/2/a.png"]


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.discordapp.com/a.png",
        "https://cdn.discordapp.com.evil.example/a.png",
        "https://evil.example/cdn.discordapp.com/a.png",
        "https://cdn.discordapp.com@evil.example/a.png",
        "http://169.254.169.254/latest",
        "http://127.0.0.1:1/a.png",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_link_that_leads_elsewhere_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(InvalidRequest, match="does not lie on Discord"):
        check_upload(attached(url))


def test_a_link_to_discord_is_taken_up_to_the_size() -> None:
    for host in ("cdn.discordapp.com", "media.discordapp.net"):
        check_upload(attached(f"https://{host}/ephemeral-attachments/1/2/a.png?ex=1", LARGEST_UPLOAD))
    with pytest.raises(InvalidRequest, match="larger than 10 MiB"):
        check_upload(attached("https://cdn.discordapp.com/a.png", LARGEST_UPLOAD + 1))
