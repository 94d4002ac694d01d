"""What the database's rows mean: jobs with their states, pictures, and who asked where."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

from limner_sdk import Recipe, Request

#: What is done: drawn anew, drawn from another picture, shown again (`single`), only finished, or many side by side.
Kind: TypeAlias = Literal["imagine", "variations", "reroll", "single", "finish", "remix", "outpaint", "inpaint", "grid"]
State: TypeAlias = Literal["arriving", "queued", "running", "rendered", "delivered", "failed", "cancelled"]


@dataclass(frozen=True)
class Origin:
    """The interaction that asked: who, where, and how its answer may be reached. Times are Unix seconds.

    `locale` is the language of its answer, `personal` that of what the person alone sees; "" is the same one.
    Where the bot is no member, only the token of an interaction reaches its messages: those are `by_token`.
    """

    user_id: int
    guild_id: int | None
    channel_id: int
    interaction_id: int
    token: str = field(repr=False)
    token_expires: float
    size_limit: int
    locale: str = "en"
    personal: str = ""
    private: bool = False
    by_token: bool = False


@dataclass(frozen=True)
class Price:
    """What a job will cost: `work` is evaluations times megapixels, `seconds` what that takes on the GPU.

    `weight` is how much of the queue the person's roles give them; `model` is the full id of the model that works.
    """

    work: float = 0.0
    seconds: float = 1.0
    weight: float = 1.0
    model: str = ""


@dataclass(frozen=True)
class Order:
    """A job to be: `source_id` is the picture it derives from; a `single` shows that picture again.

    `part` tells the jobs of one interaction apart; only the first is answered by the interaction's own message.
    `wish` is the JSON of the axes of a grid, "" for anything else. `about` is the link of the message whose picture it
    begins with, if that is not ours, and `notices` tell what was left out of what the picture says of itself.
    """

    id: str
    kind: Kind
    origin: Origin
    request: Request
    source_id: str | None = None
    part: int = 0
    wish: str = ""
    price: Price = Price()
    about: str = ""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """One row of the queue. `attempt` is the fence: answers that carry another number are void."""

    number: int
    id: str
    kind: Kind
    state: State
    attempt: int
    failures: int
    user_id: int
    guild_id: int | None
    channel_id: int
    interaction_id: int
    part: int
    token: str = field(repr=False)
    token_expires: float
    message_id: int | None
    size_limit: int
    locale: str
    personal: str
    private: bool
    by_token: bool
    source_id: str | None
    about: str
    request: Request
    wish: str
    model: str
    work: float
    cost: float
    weight: float
    moved: int
    seconds: float | None
    grid: str
    notices: tuple[str, ...]
    sentence: str
    cancelled_by: int | None
    told: bool
    pinged: bool
    created: float
    started: float | None
    finished: float | None

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """The job of a row with all columns of `jobs`."""
        values: dict[str, Any] = {column.name: row[column.name] for column in fields(cls)}
        values["request"] = Request.model_validate_json(values["request"])
        values["notices"] = tuple(json.loads(values["notices"]))
        values |= {name: bool(values[name]) for name in ("told", "private", "by_token", "pinged")}
        return cls(**values)

    @property
    def folder(self) -> str:
        """The name of its folder among the pictures."""
        return self.id

    @property
    def uploads(self) -> frozenset[str]:
        """The names of the files in its folder that somebody has uploaded for it."""
        request = self.request
        named = (request.finished, request.image, request.mask, *(control.image for control in request.controls))
        paths = (Path(name) for name in named if name)
        return frozenset(path.name for path in paths if path.parent.name == self.folder)

    @property
    def is_untold(self) -> bool:
        """Whether it has come to an end that Discord does not show yet."""
        return self.state == "rendered" or (self.state in ("failed", "cancelled") and not self.told)

    @property
    def is_reached(self) -> bool:
        """Whether the bot's own token reaches its message: what one person alone sees, only their interaction does."""
        return not (self.by_token or (self.private and self.guild_id is not None))

    @property
    def link(self) -> str | None:
        """Where its message is, if there is one that a link leads to: no link leads to what one person alone sees."""
        if self.message_id is None or (self.private and not self.is_reached):
            return None
        return f"https://discord.com/channels/{self.guild_id or '@me'}/{self.channel_id}/{self.message_id}"


@dataclass(frozen=True)
class Image:
    """One finished picture, `position` counting from 1 within its job."""

    number: int
    id: str
    job_id: str
    position: int
    file: str
    width: int
    height: int
    digest: str
    recipe: Recipe
    gone: float | None = None
    cell: str = ""

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """The picture of a row with all columns of `images`."""
        values: dict[str, Any] = {column.name: row[column.name] for column in fields(cls)}
        values["recipe"] = Recipe.model_validate_json(values["recipe"])
        return cls(**values)
