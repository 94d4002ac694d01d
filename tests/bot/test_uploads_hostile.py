"""Links and files that want to do harm: none reaches anybody but Discord, none is decoded here, none leaks (S7-S12)."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import discord
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tests.bot.bench import Bench
from tests.bot.stub_host import png
from tests.loopback import Message, Upload

from limner_bot.pictures import uploads
from limner_bot.pictures.uploads import check_upload, fetch
from limner_sdk import InvalidRequest, Request

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SMALL = png(8, 8, b"abc")


@dataclass
class Canary:
    """A server that nobody may ask; `answer` is what it does to those who do."""

    port: int = 0
    hits: list[bytes] = field(default_factory=list)
    answer: Answer | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note who comes."""
        self.hits.append(await reader.readuntil(b"\r\n\r\n"))
        if self.answer is not None:
            await self.answer(reader, writer)
        writer.close()


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    canary = Canary()
    server = await asyncio.start_server(canary.serve, "127.0.0.1", 0)
    canary.port = server.sockets[0].getsockname()[1]
    yield canary
    server.close()


def attached(url: str, size: int = 100) -> uploads.Attached:
    """An attachment, as far as it matters here."""
    return SimpleNamespace(filename="a.png", size=size, url=url)


#: With the canary's port in the place of {}.
ELSEWHERE = (
    "http://127.0.0.1:{}/a.png",
    "http://localhost:{}/a.png",
    "http://2130706433:{}/a.png",
    "http://0x7f000001:{}/a.png",
    "http://0177.0.0.1:{}/a.png",
    "http://127.1:{}/a.png",
    "http://[::1]:{}/a.png",
    "http://[::ffff:127.0.0.1]:{}/a.png",
    "http://[::ffff:7f00:1]:{}/a.png",
    "http://[::1:{}/a.png",
    "https://cdn.discordapp.com:{}/a.png",
    "https://cdn.discordapp.com@127.0.0.1:{}/a.png",
    "https://somebody:word@cdn.discordapp.com/a.png?{}",
    "https://127.0.0.1:{}\\@cdn.discordapp.com/a.png",
    "https://cdn.discordapp.com.127.0.0.1.nip.io:{}/a.png",
    "https://cdn.discordapp.com%2e127.0.0.1:{}/a.png",
    "https://cdn.discordapp.com%00.localhost:{}/a.png",
    "https://cdn\u3002discordapp\u3002com.evil.example:{}/a.png",
    "https://cdn.disc\u043erdapp.com/a.png?{}",
    "https://media.discordapp.net.evil.example/a.png?{}",
    "https://evil.example/https://cdn.discordapp.com/a.png?{}",
    "https://cdn.discordapp.com:notaport/a.png?{}",
    "http://cdn.discordapp.com/a.png?{}",
    "ftp://cdn.discordapp.com/a.png?{}",
    "file:///etc/passwd?{}",
    "file://cdn.discordapp.com/etc/passwd?{}",
    "data:image/png;base64,{}",
    "//cdn.discordapp.com/a.png?{}",
    "/etc/passwd?{}",
    "gopher://127.0.0.1:{}/_GET",
    "http://169.254.169.254/latest/meta-data?{}",
)


@pytest.mark.parametrize("link", ELSEWHERE)
async def test_a_link_that_leads_elsewhere_reaches_nobody(canary: Canary, link: str) -> None:
    url = link.format(canary.port)
    with pytest.raises(InvalidRequest, match="does not lie on Discord"):
        check_upload(attached(url))
    with pytest.raises(InvalidRequest, match="does not lie on Discord"):
        await fetch(attached(url))
    assert canary.hits == []


@pytest.fixture
def in_its_place(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> str:
    """A link to the canary, which stands in Discord's place for once."""
    address = f"http://127.0.0.1:{canary.port}"
    monkeypatch.setattr(discord.http.Route, "BASE", f"{address}/api/v10")
    return f"{address}/attachments/1/2/a.png"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_wherever_it_leads(canary: Canary, in_its_place: str, status: int) -> None:
    async def away(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        place = f"http://127.0.0.1:{canary.port}/secret"
        writer.write(f"HTTP/1.1 {status} x\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode())

    canary.answer = away
    with pytest.raises(InvalidRequest, match="could not be fetched"):
        await fetch(attached(in_its_place))
    assert len(canary.hits) == 1


async def test_a_body_that_trickles_or_never_comes_is_given_up(
    canary: Canary, in_its_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_PATIENCE", aiohttp.ClientTimeout(total=0.5, sock_read=0.3))

    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n\x89PNG")
        for _ in range(100):
            await asyncio.sleep(0.1)
            writer.write(b"\0")

    async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    for canary.answer in (trickle, silence):
        with pytest.raises(InvalidRequest, match="could not be fetched"):
            await asyncio.wait_for(fetch(attached(in_its_place)), 3)


async def test_what_is_packed_small_is_not_unpacked(canary: Canary, in_its_place: str) -> None:
    packed = zlib.compress(b"\x89PNG\r\n\x1a\n" + bytes(200 * 2**20), 9)

    async def bomb(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: {len(packed)}\r\n\r\n"
        writer.write(head.encode() + packed)
        await writer.drain()

    canary.answer = bomb
    with pytest.raises(InvalidRequest, match="is no PNG, JPEG or WebP"):
        await fetch(attached(in_its_place))


def _bomb(side: int) -> bytes:
    """A small PNG that says it is large, and is."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(side + 1)) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _telling(secret: str) -> bytes:
    """A picture that says where it was taken, and how another program has made it."""
    told = PngInfo()
    told.add_text(
        "parameters", f"a red fox\nNegative prompt: {secret}\nSteps: 5, Seed: 7"
    )
    told.add_text("Comment", secret)
    exif = Image.Exif()
    exif[0x010E] = secret
    file = BytesIO()
    Image.new("RGB", (64, 48), "red").save(file, "PNG", pnginfo=told, exif=exif)
    return file.getvalue()


async def test_bombs_and_broken_files_are_refused_to_the_person_alone_and_leave_nothing(bench: Bench) -> None:
    """S7: looked at before anything is queued."""
    worker = bench.worker_pid()
    for data, words in (
        (_bomb(12_000), "pixels"),
        (SMALL[:50], "damaged"),
        (b"RIFF\x10\0\0\0WEBPVP8 " + bytes(40), "damaged"),
    ):
        interaction = await _finish(bench, Upload("a.png", data))
        said = await interaction.followup()
        assert words in said.content
        assert said.ephemeral
    assert bench.query("SELECT state, told FROM jobs") == [("cancelled", 1)] * 3
    assert list((bench.data / "limner" / "pictures").iterdir()) == []
    assert bench.worker_pid() == worker


async def test_what_a_picture_says_stays_out_of_what_is_kept_and_shown(bench: Bench) -> None:
    """S9, S10."""
    secret = "CANARY-51.5N"
    message = await (await _finish(bench, Upload("a.png", _telling(secret)), prompt="a cat")).response()
    await bench.result(message)
    asked = Request.model_validate_json(bench.query("SELECT request FROM jobs")[0][0])
    kept = Path(asked.finished or "")
    assert kept.name == "upload.png"
    with Image.open(kept) as image:
        assert image.size == (64, 48)
        assert not image.getexif()
        assert "Comment" not in image.info
    assert secret not in _seen(message)
    assert not kept.with_suffix(".raw").exists()


def _seen(message: Message) -> str:
    return message.content + "".join(file.filename for file in message.files)


async def _finish(bench: Bench, picture: Upload, **options: str):  # type: ignore[no-untyped-def]
    return await bench.alice.slash(bench.channel, "finish", picture=picture, **{"with": "enlarge"}, **options)
