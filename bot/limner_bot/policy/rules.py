"""What a server allows: words, models, channels, uploads, and how pictures are shown there."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from limner_bot.words import Mistake
from limner_sdk import Choice, Recipe, Request
from limner_sdk.errors import explain

from .blocked_words import LONGEST, blocked
from .place import Place

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_BLOCKED: Final = 500
MOST_LISTED: Final = 200
Spoiler: TypeAlias = Literal["never", "outside", "always"]
#: From the mildest to the strictest: no spoilers, outside of age-restricted channels, everywhere.
SPOILERS: Final[tuple[Spoiler, ...]] = ("never", "outside", "always")
Model: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
Word: TypeAlias = Annotated[str, Field(min_length=1, max_length=LONGEST)]


class Rules(BaseModel):
    """A server's rules, or those that hold everywhere.

    `blocked` are words and patterns, see `blocked_words`. Models are full ids; `allowed_models` None allows all
    that are not in `denied_models`. An empty list of `channels` allows all. With `metadata` off, posted files lose what
    they say about their making.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="ignore")

    blocked: tuple[Word, ...] = Field((), max_length=MOST_BLOCKED)
    allowed_models: tuple[Model, ...] | None = Field(None, max_length=MOST_LISTED)
    denied_models: tuple[Model, ...] = Field((), max_length=MOST_LISTED)
    spoiler: Spoiler = "never"
    age_restricted_only: bool = False
    metadata: bool = True
    uploads: bool = True
    channels: tuple[int, ...] = Field((), max_length=MOST_LISTED)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The rules that stand in JSON; those that this version does not understand are as if nothing was said."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            log.error("rules are left aside: %s", explain(error))
            return cls()

    def changed(self, **changes: Any) -> Self:
        """The same with some of them changed. Raises `InvalidRequest`."""
        try:
            return type(self).model_validate(self.model_dump() | changes)
        except ValidationError as error:
            raise explain(error) from None

    def allows_model(self, model: str) -> bool:
        """Whether a model of this full id may be used."""
        return model not in self.denied_models and (self.allowed_models is None or model in self.allowed_models)

    def allows_channel(self, place: Place) -> bool:
        """Whether anything may be asked for at a place; a thread is where the channel is that it hangs on."""
        return not self.channels or any(channel in self.channels for channel in place.channels)

    def blocked_in(self, texts: Iterable[str]) -> str | None:
        """The first blocked entry that stands in one of `texts`."""
        return blocked(self.blocked).find(*texts) if self.blocked else None

    def hides(self, *, age_restricted: bool) -> bool:
        """Whether pictures are spoilers in a channel."""
        return self.spoiler == "always" or (self.spoiler == "outside" and not age_restricted)


def together(*each: Rules) -> Rules:
    """Rules that all hold: what one of them forbids is forbidden."""
    listed = [set(rules.allowed_models) for rules in each if rules.allowed_models is not None]
    return Rules.model_construct(
        blocked=tuple(dict.fromkeys(word for rules in each for word in rules.blocked)),
        allowed_models=tuple(sorted(set.intersection(*listed))) if listed else None,
        denied_models=tuple(dict.fromkeys(model for rules in each for model in rules.denied_models)),
        spoiler=max((rules.spoiler for rules in each), key=SPOILERS.index),
        age_restricted_only=any(rules.age_restricted_only for rules in each),
        metadata=all(rules.metadata for rules in each),
        uploads=all(rules.uploads for rules in each),
        channels=tuple(channel for rules in each for channel in rules.channels),
    )


def texts_of(request: Request) -> Iterator[str]:
    """All that somebody has written into a request: prompts, names of styles, texts for post-processors."""
    yield from (request.prompt, request.negative or "", *request.styles)
    choices: list[Choice | None] = [*request.postprocess, *request.denoisers, request.sampler, request.schedule]
    choices += [request.noise, request.tiler, request.codec, request.inversion]
    for choice in choices:
        yield from (value for value in (choice.params.values() if choice else ()) if isinstance(value, str))


def texts_in(recipe: Recipe) -> Iterator[str]:
    """The prompts of a picture as they were drawn, with what styles, wildcards and choices have put into them."""
    yield from (recipe.prompt, recipe.negative)
    for stage in (*recipe.postprocess, *recipe.denoisers):
        # Others are names of files and ways, which nobody has written.
        prompts = (value for name, value in stage.params.items() if "prompt" in name or "negative" in name)
        yield from (value for value in prompts if isinstance(value, str))


def checked(values: Iterable[T], most: int, field: str) -> tuple[T, ...]:
    """A list without doubles. Raises `InvalidRequest` if there are too many."""
    kept = tuple(dict.fromkeys(values))
    if len(kept) > most:
        raise Mistake(field, len(kept), "mistake-too-many", most=str(most))
    return kept
