"""People's histories: their pictures page by page, what somebody looks for in them, and where a picture comes from."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, Self, TypeAlias

from .database import Database
from .records import Image, Job

Direction: TypeAlias = Literal["older", "newer"]

LONGEST_SEARCH: Final = 200
MOST_WORDS: Final = 10
MOST_CHILDREN: Final = 5

#: What somebody may look at: their own pictures, and those of others that they chose as favourites.
_MAY_SEE: Final = "(jobs.user_id = :user OR (favourites.image_id IS NOT NULL AND jobs.private = 0))"
#: What was deleted has neither a file nor a message; what was only removed to save room still has a message.
_NOT_DELETED: Final = "NOT (images.gone IS NOT NULL AND jobs.message_id IS NULL)"
_OWN: Final = "jobs CROSS JOIN images ON images.job_id = jobs.id"
_FAVOURITE: Final = "favourites JOIN images ON images.id = favourites.image_id JOIN jobs ON jobs.id = images.job_id"
_EITHER: Final = (
    "images JOIN jobs ON jobs.id = images.job_id"
    " LEFT JOIN favourites ON favourites.image_id = images.id AND favourites.user_id = :user"
)
#: Results of a time when the model was not written down with the job.
_MODEL: Final = "(jobs.model = :model OR (jobs.model = '' AND json_extract(images.recipe, '$.model.id') = :model))"


@dataclass(frozen=True)
class Search:
    """What somebody looks for: words that stand in the prompt, favourites alone, the full id of a model."""

    words: str = ""
    favourites: bool = False
    model: str = ""

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        """The search that was kept as `payload`."""
        return cls(**{field.name: payload[field.name] for field in fields(cls) if field.name in payload})

    @property
    def payload(self) -> dict[str, Any]:
        """What can be kept of it."""
        return asdict(self)


@dataclass(frozen=True)
class Entry:
    """A picture in somebody's history, with the job that made it, and whether it is a favourite of theirs."""

    image: Image
    job: Job
    favourite: bool = False


@dataclass(frozen=True)
class Page:
    """Some pictures, newest first, and whether there are others beyond."""

    entries: tuple[Entry, ...] = ()
    has_newer: bool = False
    has_older: bool = False


@dataclass(frozen=True)
class Lineage:
    """The picture that one derives from, with its job; and messages with what was made of it, newest first."""

    parent: tuple[Image, Job] | None
    children: tuple[Job, ...]


@dataclass(frozen=True)
class Histories:
    """Reads on the database's own connection for that; nothing here changes anything."""

    database: Database

    async def page(self, user: int, search: Search, direction: Direction, anchor: int, most: int) -> Page:
        """Up to `most` pictures that are older or newer than the one with the number `anchor`.

        Numbers only grow, so a page stays what it is while new pictures arrive.
        """
        found = await self._numbers(user, search, direction, anchor, most)
        if not found:
            return Page()
        entries = await self._entries(user, found)
        newer = await self._numbers(user, search, "newer", max(found), 1)
        older = await self._numbers(user, search, "older", min(found), 1)
        return Page(entries, bool(newer), bool(older))

    async def entry(self, user: int, image: str) -> Entry | None:
        """One picture, if that person may look at it."""
        sql = f"SELECT images.number FROM {_EITHER} WHERE images.id = :image AND {_MAY_SEE} AND {_NOT_DELETED}"
        rows = await self.database.rows(sql, {"user": user, "image": image})
        entries = await self._entries(user, [row["number"] for row in rows])
        return entries[0] if entries else None

    async def lineage(self, user: int, entry: Entry) -> Lineage:
        """Where a picture comes from, and what was made of it, as far as that person may know."""
        parent = None
        if entry.job.source_id is not None:
            rows = await self._joined("images.id = ?", (entry.job.source_id,))
            parent = next(((Image.of(image), job) for image, job in rows if _may_know(user, job)), None)
        sql = (
            "SELECT * FROM jobs WHERE source_id = ? AND state = 'delivered' AND message_id IS NOT NULL"
            " AND (user_id = ? OR private = 0) ORDER BY number DESC LIMIT ?"
        )
        children = await self.database.rows(sql, (entry.image.id, user, MOST_CHILDREN))
        return Lineage(parent, tuple(map(Job.of, children)))

    async def counts(self, user: int) -> tuple[int, int]:
        """How many pictures somebody has, and how many favourites."""
        mine = f"SELECT count(*) FROM {_OWN} WHERE jobs.user_id = ? AND images.gone IS NULL"
        pictures = await self.database.rows(mine, (user,))
        liked = await self.database.rows("SELECT count(*) FROM favourites WHERE user_id = ?", (user,))
        return int(pictures[0][0]), int(liked[0][0])

    async def _numbers(self, user: int, search: Search, direction: Direction, anchor: int, most: int) -> list[int]:
        sign, order = ("<", "DESC") if direction == "older" else (">", "ASC")
        conditions, values = _conditions(search)
        which = " AND ".join([*conditions, _NOT_DELETED, f"images.number {sign} :anchor"])
        tables = _FAVOURITE if search.favourites else _OWN
        rows = await self.database.rows(
            f"SELECT images.number FROM {tables} WHERE {which} ORDER BY images.number {order} LIMIT :most",
            {**values, "user": user, "anchor": anchor, "most": most},
        )
        return [int(row["number"]) for row in rows]

    async def _entries(self, user: int, numbers: Sequence[int]) -> tuple[Entry, ...]:
        marks = ", ".join("?" * len(numbers))
        rows = await self._joined(f"images.number IN ({marks})", tuple(numbers))
        sql = "SELECT image_id FROM favourites WHERE user_id = ? AND image_id IN (SELECT id FROM images WHERE number"
        liked = {row["image_id"] for row in await self.database.rows(f"{sql} IN ({marks}))", (user, *numbers))}
        entries = (Entry(Image.of(image), job, image["id"] in liked) for image, job in rows)
        return tuple(sorted(entries, key=lambda entry: -entry.image.number))

    async def _joined(self, which: str, values: Sequence[Any]) -> list[tuple[sqlite3.Row, Job]]:
        images = await self.database.rows(f"SELECT * FROM images WHERE {which}", values)
        marks = ", ".join("?" * len(images))
        ids = tuple(image["job_id"] for image in images)
        jobs = await self.database.rows(f"SELECT * FROM jobs WHERE id IN ({marks})", ids)
        by_id = {job["id"]: Job.of(job) for job in jobs}
        return [(image, by_id[image["job_id"]]) for image in images if image["job_id"] in by_id]


def _may_know(user: int, job: Job) -> bool:
    return job.user_id == user or not job.private


def _conditions(search: Search) -> tuple[list[str], dict[str, Any]]:
    """What a search asks of a picture, and the values in it."""
    if search.favourites:
        conditions = ["favourites.user_id = :user", "(jobs.user_id = :user OR jobs.private = 0)"]
    else:
        conditions = ["jobs.user_id = :user"]
    values: dict[str, Any] = {}
    for number, word in enumerate(search.words.split()[:MOST_WORDS]):
        conditions.append(f"images.prompt LIKE :word{number} ESCAPE '\\'")
        values[f"word{number}"] = f"%{escaped(word)}%"
    if search.model:
        conditions.append(_MODEL)
        values["model"] = search.model
    return conditions, values


def escaped(word: str) -> str:
    r"""A word for LIKE with ``\`` as its escape: nothing in it is a wildcard."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
