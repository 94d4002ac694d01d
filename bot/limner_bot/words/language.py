"""Sentences by name, in the reader's language; what is missing in one is said in English."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from fluent.runtime import FluentBundle, FluentResource

log = logging.getLogger(__name__)

Argument: TypeAlias = str | int | float

ENGLISH: Final = "en"
#: The languages that there are, English first, and Discord's names for those who read them.
LANGUAGES: Final[Mapping[str, tuple[str, ...]]] = {
    ENGLISH: ("en-US", "en-GB"),
    "de": ("de",),
    "zh-CN": ("zh-CN", "zh-TW"),
}
_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True)
class Said:
    """A sentence before it is in any language: its name, and what stands in it, made harmless already."""

    key: str
    args: Mapping[str, Argument] = field(default_factory=dict)

    @classmethod
    def of(cls, key: str, /, **args: Argument) -> Said:
        """The sentence of this name."""
        return cls(key, args)


@dataclass(frozen=True)
class Words:
    """One language: ``words("queue-paused", count=3)`` is a sentence in it."""

    language: str
    bundles: Sequence[FluentBundle] = field(repr=False)

    def __call__(self, key: str, /, **args: Argument) -> str:
        """The sentence called `key`. Raises `KeyError` for a name that not even English has."""
        for bundle in self.bundles:
            if bundle.has_message(key) and (pattern := bundle.get_message(key).value) is not None:
                said, errors = bundle.format_pattern(pattern, args)
                for error in errors:
                    log.error("%s in %s: %s", key, self.language, error)
                return str(said)
        raise KeyError(key)

    def say(self, said: Said) -> str:
        """A sentence in this language."""
        return self(said.key, **said.args)

    def has(self, key: str) -> bool:
        """Whether there is a sentence of this name."""
        return any(bundle.has_message(key) for bundle in self.bundles)


class Dictionary:
    """All languages, by Discord's names for them. `forced` is the only one that is spoken, if there is one."""

    def __init__(self, forced: str = "") -> None:
        self._forced = forced

    def of(self, locale: object) -> Words:
        """The language that suits one of Discord's locales best; English if there is none."""
        return words_in(self._forced or language_of(str(locale)))


def language_of(locale: str) -> str:
    """Our name for the language of one of Discord's locales, or of ours."""
    exact = (language for language, locales in LANGUAGES.items() if locale in (language, *locales))
    alike = (language for language in LANGUAGES if language.partition("-")[0] == locale.partition("-")[0])
    return next(exact, next(alike, ENGLISH))


@cache
def words_in(language: str) -> Words:
    """One of our languages, read from its files."""
    bundles = [_bundle(language)] if language == ENGLISH else [_bundle(language), _bundle(ENGLISH)]
    return Words(language, tuple(bundles))


@cache
def _bundle(language: str) -> FluentBundle:
    # Isolating marks would be drawn as boxes by some of Discord's clients, and our texts have none that they help.
    bundle = FluentBundle([language], use_isolating=False)
    for path in sorted((_FOLDER / language).glob("*.ftl")):
        bundle.add_resource(FluentResource(path.read_text(encoding="utf-8")))
    return bundle
