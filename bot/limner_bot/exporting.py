"""What is known about one person, as ZIP files for them: what they asked for, how their pictures were made, and these.

Everything that packs blocks and belongs into a thread.
"""

from __future__ import annotations

import json
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple

from limner_bot.pictures.shelf import DamagedResult, Shelf
from limner_bot.queue.database import Database

#: Pictures that one file of text tells about.
_PER_TEXT: Final = 2000
#: Bytes of a ZIP file for each of its members, and for itself.
_AROUND: Final = 512
_JOBS: Final = (
    "number, id, kind, state, guild_id, channel_id, message_id, private, source_id, request, wish, model, seconds,"
    " notices, sentence, created, started, finished"
)
_JSON: Final = ("request", "wish", "notices")
_TABLES: Final = {
    "jobs": f"SELECT {_JOBS} FROM jobs WHERE user_id = ? ORDER BY number",
    "favourites": "SELECT image_id, since FROM favourites WHERE user_id = ?",
    "settings": "SELECT name, value FROM preferences WHERE scope = 'member' AND scope_id = ?",
    "spending": "SELECT guild_id, day, seconds FROM spending WHERE user_id = ?",
    "bans": "SELECT guild_id, until, reason, since FROM bans WHERE user_id = ?",
    "decisions": "SELECT moment, guild_id, action, subject, details FROM audit WHERE user_id = ?",
}


class Made(NamedTuple):
    """A picture; `recipe` is JSON, which is read in the thread that packs."""

    number: int
    id: str
    job_id: str
    file: str
    recipe: str


@dataclass(frozen=True)
class Item:
    """A member of a ZIP file: text, or the file at `path`. `size` is the bytes that it takes there."""

    name: str
    size: int
    text: bytes = b""
    path: Path | None = None
    number: int = 0


@dataclass
class Part:
    """Members of one ZIP file."""

    items: list[Item] = field(default_factory=list)

    @property
    def size(self) -> int:
        """About how large it becomes, never less."""
        return _AROUND + sum(item.size + _AROUND for item in self.items)


@dataclass(frozen=True)
class Packed:
    """Parts to send, the number of the last picture in them, how many do not fit into any, and how many are left."""

    parts: Sequence[Part]
    last: int
    too_large: int
    left: int


async def texts_about(database: Database, user: int) -> list[Item]:
    """All that the database knows about somebody, without secrets."""
    known = {name: [_plain(row) for row in await database.rows(sql, (user,))] for name, sql in _TABLES.items()}
    return [_text("about.json", known)]


async def pictures_of(database: Database, user: int, after: int) -> list[Made]:
    """Somebody's pictures behind the one of this number, oldest first."""
    sql = (
        "SELECT images.number, images.id, images.job_id, images.file, images.recipe"
        " FROM jobs CROSS JOIN images ON images.job_id = jobs.id"
        " WHERE jobs.user_id = ? AND images.number > ? ORDER BY images.number"
    )
    return [Made(*row) for row in await database.rows(sql, (user, after))]


def pack(texts: Sequence[Item], images: Sequence[Made], shelf: Shelf, most_bytes: int, most_parts: int) -> Packed:
    """Fill up to `most_parts` parts of at most `most_bytes`; what is no longer on the disk is told, but not there."""
    parts, too_large, last = [Part()], 0, 0
    told = [*texts, *_recipes(images)] if texts else []
    items = [*told, *_files(images, shelf)]
    for place, item in enumerate(items):
        if Part([item]).size > most_bytes:
            too_large += 1
            continue
        if parts[-1].items and parts[-1].size + item.size + _AROUND > most_bytes:
            if len(parts) == most_parts:
                return Packed(parts, last, too_large, len(items) - place)
            parts.append(Part())
        parts[-1].items.append(item)
        last = max(last, item.number)
    return Packed([part for part in parts if part.items], last, too_large, 0)


def zipped(part: Part) -> bytes:
    """The ZIP file. Raises `OSError` for a file that has gone meanwhile."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for item in part.items:
            if item.path is not None:
                archive.write(item.path, item.name, zipfile.ZIP_STORED)
            else:
                archive.writestr(item.name, item.text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _recipes(images: Sequence[Made]) -> Iterator[Item]:
    """How the pictures were made."""
    for start in range(0, len(images), _PER_TEXT):
        told = [
            {"id": image.id, "job": image.job_id, "file": _name(image), "recipe": json.loads(image.recipe)}
            for image in images[start : start + _PER_TEXT]
        ]
        yield _text(f"pictures-{start // _PER_TEXT + 1}.json", told)


def _files(images: Sequence[Made], shelf: Shelf) -> Iterator[Item]:
    for image in images:
        try:
            path = shelf.path(image.job_id, image.file)
            size = path.stat().st_size
        except (DamagedResult, OSError):
            # Its recipe is told; the file was removed to save room, or deleted.
            continue
        yield Item(_name(image), size, path=path, number=image.number)


def _name(image: Made) -> str:
    return f"pictures/{image.number:08d}-{image.id}.png"


def _text(name: str, content: Any) -> Item:
    text = json.dumps(content, ensure_ascii=False, indent=1).encode()
    return Item(name, len(zlib.compress(text)), text)


def _plain(row: sqlite3.Row) -> dict[str, Any]:
    """A row as people read it."""
    values = {name: row[name] for name in row.keys()}
    return {name: json.loads(value) if name in _JSON and value else value for name, value in values.items()}
