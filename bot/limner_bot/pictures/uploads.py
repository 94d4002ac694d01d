"""Pictures that people attach to a command: fetched from Discord alone, limited in size, known by their content."""

from __future__ import annotations

from typing import Final, Protocol

import aiohttp
import discord
import yarl

from limner_bot.words import Mistake

OPTION: Final = "picture"
LARGEST_UPLOAD: Final = 10 * 2**20
#: Where Discord keeps files. Nobody else is asked for any, whatever a link says.
DISCORDS: Final = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
_PATIENCE: Final = aiohttp.ClientTimeout(total=60, sock_read=15)
_CHUNK: Final = 2**16
_KINDS: Final = ((b"\x89PNG\r\n\x1a\n", b"", ".png"), (b"\xff\xd8\xff", b"", ".jpg"), (b"RIFF", b"WEBP", ".webp"))


class Attached(Protocol):
    """A file that somebody has attached to a command or a form; `size` is bytes."""

    @property
    def filename(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def size(self) -> int: ...


def check_upload(picture: Attached, option: str = OPTION) -> None:
    """Refuse what Discord itself says is too large, before it is fetched. Raises `InvalidRequest`."""
    if picture.size > LARGEST_UPLOAD:
        raise _too_large(picture, option)
    if not _is_discords(picture.url):
        raise Mistake(option, picture.filename, "mistake-not-on-discord")


async def fetch(picture: Attached, option: str = OPTION) -> tuple[bytes, str]:
    """A PNG, JPEG or WebP file's bytes and the ending that suits them. Raises `InvalidRequest`."""
    check_upload(picture, option)
    try:
        data = await _download(picture.url)
    except (aiohttp.ClientError, OSError, TimeoutError):
        raise Mistake(option, picture.filename, "mistake-not-fetched") from None
    if len(data) > LARGEST_UPLOAD:
        raise _too_large(picture, option)
    ending = ending_of(data)
    if ending is None:
        raise Mistake(option, picture.filename, "mistake-no-picture")
    return data, ending


def ending_of(data: bytes) -> str | None:
    """The ending of a picture's file by its first bytes; None if it is of no kind that is read here."""
    return next((ending for start, kind, ending in _KINDS if data.startswith(start) and kind in data[8:12]), None)


async def _download(url: str) -> bytes:
    """At most one chunk more than is allowed; a redirect is a failure, since it could lead anywhere."""
    data = bytearray()
    async with (
        # What is packed small and unpacks large is no matter for this process.
        aiohttp.ClientSession(timeout=_PATIENCE, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.get(yarl.URL(url, encoded=True), allow_redirects=False) as answer,
    ):
        if answer.status != 200:
            raise aiohttp.ClientPayloadError(f"status {answer.status}")
        async for chunk in answer.content.iter_chunked(_CHUNK):
            data += chunk
            if len(data) > LARGEST_UPLOAD:
                break
    return bytes(data)


def _is_discords(link: str) -> bool:
    """Whether a link leads to Discord, or to the other address that the operator has put in its place."""
    api = yarl.URL(discord.http.Route.BASE)
    places = {("https", host, 443) for host in DISCORDS} | {(api.scheme, api.host, api.port)}
    try:
        url = yarl.URL(link, encoded=True)
        return (url.scheme, url.host, url.port) in places and url.user is None and url.password is None
    except ValueError:
        return False


def _too_large(picture: Attached, option: str) -> Mistake:
    return Mistake(option, picture.filename, "mistake-file-too-large", most=str(LARGEST_UPLOAD // 2**20))
