"""The pictures of a message, wherever they stand in it: attachments, embeds, components, and what it forwards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
import yarl

from .uploads import DISCORDS

#: The same file as Discord keeps it lies here; the other address makes a smaller one on the way.
_ORIGINALS, _PROXY = "cdn.discordapp.com", "media.discordapp.net"
#: What asks for another size or another kind than the file has.
_RESHAPING: Final = frozenset({"format", "width", "height", "quality", "size", "animated", "passthrough"})
_MEDIA: Final = ("media", "file")
_INNER: Final = ("components", "items", "accessory", "component")
_ENDINGS: Final = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".avif", ".tif", ".tiff")
#: How we call the file of one picture.
_OURS: Final = re.compile(r"(?:SPOILER_)?limner-([0-9a-f]{16})\.")
_DEEPEST: Final = 12
MOST_FOUND: Final = 25
_EPHEMERAL: Final = 1 << 6


@dataclass(frozen=True)
class Found:
    """A picture on Discord's own addresses; `size` is bytes, 0 if nobody has said. `image` is its id if it is ours.

    `message` is the link of the message that shows it, "" if only one person sees that.
    """

    filename: str
    url: str
    size: int = 0
    image: str = ""
    message: str = ""

    @property
    def ours(self) -> str | None:
        """The id in its name if we have named it: of a picture, or of a job."""
        named = _OURS.match(self.filename)
        return named[1] if named else None


def message_of(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The message that somebody has chosen an entry of the menu for, as Discord has sent it."""
    messages = _mapping(_mapping(data.get("resolved")).get("messages"))
    return _mapping(messages.get(str(data.get("target_id", ""))))


def link_of(message: Mapping[str, Any], guild: int | None) -> str:
    """Where a message is, "" if it is one that only one person sees."""
    flags, place = message.get("flags"), (str(message.get(key, "")) for key in ("channel_id", "id"))
    channel, own = place
    if not (channel.isdecimal() and own.isdecimal()) or (isinstance(flags, int) and flags & _EPHEMERAL):
        return ""
    return f"https://discord.com/channels/{guild or '@me'}/{channel}/{own}"


def author_of(message: Mapping[str, Any]) -> int:
    """The account that has written it, 0 if that is not said."""
    text = str(_mapping(message.get("author")).get("id", ""))
    return int(text) if text.isdecimal() else 0


def pictures_in(message: Mapping[str, Any]) -> list[Found]:
    """All pictures of a message that lie on Discord, each once, in the order in which they stand there."""
    found: dict[str, Found] = {}
    for media in _media(message):
        picture = _picture(media)
        if picture is not None:
            found.setdefault(yarl.URL(picture.url).path, picture)
    return list(found.values())[:MOST_FOUND]


def _media(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from map(_mapping, _list(message.get("attachments")))
    for embed in map(_mapping, _list(message.get("embeds"))):
        yield from (_mapping(embed.get(part)) for part in ("image", "thumbnail"))
    yield from _shown(_list(message.get("components")), 0)
    for snapshot in map(_mapping, _list(message.get("message_snapshots"))):
        yield from _media({**_mapping(snapshot.get("message")), "message_snapshots": []})


def _shown(parts: Sequence[Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """What components show: galleries, thumbnails, files, and all that holds them."""
    for part in map(_mapping, parts):
        yield from (_mapping(part[key]) for key in _MEDIA if key in part)
        for inner in (part[key] for key in _INNER if part.get(key) and depth < _DEEPEST):
            yield from _shown(inner if isinstance(inner, list) else [inner], depth + 1)


def _picture(media: Mapping[str, Any]) -> Found | None:
    links = (str(media.get(key) or "") for key in ("url", "proxy_url"))
    url = next((original for link in links if (original := original_of(link))), None)
    if url is None:
        return None
    name = str(media.get("filename") or yarl.URL(url).name)
    kind = str(media.get("content_type") or "")
    is_picture = kind.startswith("image/") if kind else name.casefold().endswith(_ENDINGS)
    size = media.get("size")
    return Found(name, url, size if isinstance(size, int) else 0) if is_picture else None


def original_of(link: str) -> str | None:
    """The link to the file itself for one of Discord's links to a file; None for any other address."""
    try:
        url = yarl.URL(link)
        place = (url.scheme, url.host, url.port)
    except ValueError:
        return None
    if url.user is not None or url.password is not None:
        return None
    if place in {("https", host, 443) for host in DISCORDS}:
        # Both addresses have the same files by the same signed paths.
        url = url.with_host(_ORIGINALS) if url.host == _PROXY and _is_file(url) else url
    elif place != _instead():
        return None
    return str(url.with_query([(key, value) for key, value in url.query.items() if key not in _RESHAPING]))


def _is_file(url: yarl.URL) -> bool:
    return url.path.startswith(("/attachments/", "/ephemeral-attachments/"))


def _instead() -> tuple[str, str | None, int | None]:
    """The address that the operator has put in the place of Discord's."""
    api = yarl.URL(discord.http.Route.BASE)
    return (api.scheme, api.host, api.port)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
