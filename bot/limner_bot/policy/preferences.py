"""Defaults for what a member leaves open, in four layers: their own, the channel's, the server's, the bot's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from limner_bot.asking.sizes import parse_size
from limner_bot.words import LANGUAGES
from limner_bot.words.mistakes import Mistake, Unfit
from limner_sdk import InvalidRequest
from limner_sdk.errors import explain
from limner_sdk.request import LARGEST_SIDE, LONGEST_PROMPT, MOST_STEPS, MOST_STYLES, SMALLEST_SIDE

#: The layers, nearest first: what one says counts for more than what those behind it say.
Scope: TypeAlias = Literal["member", "channel", "server", "bot"]
SCOPES: Final[tuple[Scope, ...]] = ("member", "channel", "server", "bot")
Ping: TypeAlias = Literal["never", "long", "always"]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=100)]

MOST_PICTURES: Final = 4
#: What an option of /imagine or a flag can say too, by its name there.
ASKED: Final = ("model", "sampler", "schedule", "steps", "cfg", "size", "count", "negative", "styles", "private")


class Preferences(BaseModel):
    """One layer, or all of them together; None is left to the next one.

    `size` is width and height in pixels, such as 512x768. `ping` tells when somebody is pinged about a result: ``long``
    if it took long. `remix` opens a form with the settings at every variation and re-roll.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    sampler: Name | None = None
    schedule: Name | None = None
    steps: int | None = Field(None, ge=1, le=MOST_STEPS)
    cfg: float | None = Field(None, ge=0, le=30)
    size: str | None = Field(None, max_length=20)
    count: int | None = Field(None, ge=1, le=MOST_PICTURES)
    negative: str | None = Field(None, max_length=LONGEST_PROMPT)
    styles: tuple[Name, ...] | None = Field(None, max_length=MOST_STYLES)
    private: bool | None = None
    language: str | None = None
    ping: Ping | None = None
    remix: bool | None = None

    @field_validator("size")
    @classmethod
    def _is_a_size(cls, size: str | None) -> str | None:
        if size is None:
            return None
        try:
            width, height = parse_size(size)
        except InvalidRequest as error:
            raise Unfit(error) from None
        if not SMALLEST_SIDE <= min(width, height) <= max(width, height) <= LARGEST_SIDE:
            sides = {"least": str(SMALLEST_SIDE), "most": str(LARGEST_SIDE)}
            raise Unfit(Mistake("size", size, "mistake-size-outside", **sides))
        return f"{width}x{height}"

    @field_validator("language")
    @classmethod
    def _is_spoken(cls, language: str | None) -> str | None:
        if language is not None and language not in LANGUAGES:
            raise ValueError(f"is not one of {', '.join(LANGUAGES)}")
        return language

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Preferences out of loose values. Raises `InvalidRequest` with one clear sentence."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise explain(error) from None

    @property
    def said(self) -> dict[str, Any]:
        """What it says, by name."""
        return {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}

    @property
    def defaults(self) -> dict[str, Any]:
        """What it says of a job, by the names of the options of /imagine."""
        return {name: value for name, value in self.said.items() if name in ASKED}


def merged(layers: Iterable[Preferences]) -> Preferences:
    """All layers together, nearest first."""
    said: dict[str, Any] = {}
    for layer in layers:
        said = layer.said | said
    return Preferences(**said)


def sources(layers: Mapping[Scope, Preferences]) -> dict[str, Scope]:
    """Which layer each value comes from, by name."""
    found: dict[str, Scope] = {}
    for scope in reversed(SCOPES):
        if scope in layers:
            found |= dict.fromkeys(layers[scope].said, scope)
    return found
