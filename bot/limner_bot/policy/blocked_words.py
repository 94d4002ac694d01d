"""Finds blocked words in prompts, however they are disguised, in time that grows with the text alone.

A blocked entry is a word, several words in a row, or a pattern in which ``*`` stands for any letters. None of it is a
regular expression: those of strangers can take for ever.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from limner_bot.words import Mistake

LONGEST: Final = 100
#: What marks a pattern.
STAR: Final = "*"

#: Accents and what else is drawn over letters; letters that are drawn as nothing.
_MARKS: Final = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\ufe00-\ufe0f\u115f\u1160\u180b-\u180f]"
)
_UNSEEN: Final = ("Cc", "Cf", "Cn", "Co", "Cs")
_WORD: Final = re.compile(r"[^\W_]+")
#: Scripts that put no spaces between words: there a word is found inside of others.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
#: Letters that look like Latin ones, large or small.
_LIKE_LATIN: Final = str.maketrans(
    "авеѕіјкмнорстухԁԛԝһӏαβγεικνορτυχωϲıøłđħɑɡᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢⱳɓɗƙƥƭʋƴɠɦ",
    "abesijkmhopctyxdqwhlabyeikvoptuxwcioldhagabcdefghijklmnoprstuvwyzwbdkptvygh",
)
#: Whole sentences in one character; thousands of them would take seconds to be written out.
_SENTENCES: Final = re.compile("[\ufdfa\ufdfb]")
#: What people write who think of regular expressions.
_REGULAR: Final = re.compile(r"[()\[\]{}\\|+?^$]")
#: What weights, groups and escapes words in a prompt, and what the tokenizer never sees.
_PUNCTUATION: Final = re.compile(r"[()\[\]{}\\|]|:[0-9.]+(?=[)\]])")
#: Tags vanish, and join what stands around them.
_TAG: Final = re.compile(r"<[^<>]*>")
#: Prompt editing: one half is read first, the other one later.
_EDITED: Final = re.compile(r"\[([^\[\]:|]*):([^\[\]:|]*)(?::[0-9. ]*)?\]")
#: What people put between the letters of a word, and letters that stand alone one after the other.
_BETWEEN: Final = re.compile(r"(?<=[^\W_])[-._·•∙‐‒–—'’*~+=/]+(?=[^\W_])")
_SPELLED: Final = re.compile(r"(?<![^\W_])[^\W_](?:[\W_]{1,3}[^\W_])+(?![^\W_])")
_ASIDE: Final = re.compile(r"[\W_]")
#: Words of the prompt language that no picture shows.
_LANGUAGE: Final = re.compile(r"\b(?:break|and)\b")


@dataclass(frozen=True)
class Blocked:
    """Blocked entries, ready to be searched for."""

    words: dict[str, str]
    phrases: dict[str, str]
    patterns: dict[tuple[str, ...], str]
    inside: dict[str, str]

    @classmethod
    def of(cls, entries: Iterable[str]) -> Self:
        """Entries as `entry` leaves them."""
        found = cls({}, {}, {}, {})
        for text in entries:
            found._take(text)
        return found

    def _take(self, text: str) -> None:
        words = folded(text)
        inner = words.strip(STAR)
        if _UNSPACED.search(inner) and STAR not in inner:
            self.inside[_squeezed(inner)] = text
        elif STAR in words:
            self.patterns[tuple(words.split(STAR))] = text
        elif " " in (spaced := " ".join(_WORD.findall(words))):
            self.phrases[f" {spaced} "] = text
        else:
            self.words[spaced] = text

    def find(self, *texts: str) -> str | None:
        """The first entry that stands in one of `texts`; None if there is none."""
        return next((found for text in texts if text and (found := self._find(text)) is not None), None)

    def _find(self, text: str) -> str | None:
        return next((found for each in readings(text) if (found := self._read(each)) is not None), None)

    def _read(self, text: str) -> str | None:
        words = _WORD.findall(text)
        for word in words:
            if word in self.words:
                return self.words[word]
        return self._in_a_row(words) or self._inside(text) or self._pattern(text, words)

    def _in_a_row(self, words: list[str]) -> str | None:
        line = f" {' '.join(words)} " if self.phrases else ""
        return next((entry for phrase, entry in self.phrases.items() if phrase in line), None)

    def _inside(self, text: str) -> str | None:
        line = _squeezed(text) if self.inside else ""
        return next((entry for word, entry in self.inside.items() if word in line), None)

    def _pattern(self, text: str, words: list[str]) -> str | None:
        for parts, entry in self.patterns.items():
            # Most patterns are ruled out at once by their longest part.
            if max(parts, key=len) in text and any(fits(word, parts) for word in words):
                return entry
        return None


@lru_cache(maxsize=32)
def readings(text: str) -> tuple[str, ...]:
    """The ways in which a prompt can be read, once its language has done its work and disguises are taken off."""
    whole = folded(text)
    found: dict[str, None] = {}
    for tagless in dict.fromkeys((whole, _TAG.sub("", whole))):
        for half in (r"\g<0>", r"\1", r"\2", r"\1\2"):
            edited = _EDITED.sub(half, tagless)
            bare = _PUNCTUATION.sub("", edited)
            # What is joined first decides whether a letter before it goes along: "a g.o.r.e", "g, o.re".
            joined = (_spelled(_BETWEEN.sub("", bare)), _BETWEEN.sub("", bare), _BETWEEN.sub("", _spelled(bare)))
            found |= dict.fromkeys((edited, bare, *joined, _LANGUAGE.sub(" ", bare)))
    return tuple(found)


def _spelled(text: str) -> str:
    """Letters that stand alone one after the other, as words."""
    return _SPELLED.sub(lambda letters: _ASIDE.sub("", letters[0]), text)


def fits(word: str, parts: tuple[str, ...]) -> bool:
    """Whether a word is these parts with anything between them; each part is looked for once, behind the last one."""
    first, *middle, last = parts
    if len(word) < len(first) + len(last) or not word.startswith(first) or not word.endswith(last):
        return False
    place, end = len(first), len(word) - len(last)
    for part in middle:
        place = word.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def folded(text: str) -> str:
    """`text` with all that looks alike made equal: case, width, accents, look-alike letters, what cannot be seen."""
    text = _SENTENCES.sub(" ", text)
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    if text.isascii() and text.isprintable():
        return text
    seen = (
        letter for letter in _MARKS.sub("", text) if letter.isspace() or unicodedata.category(letter) not in _UNSEEN
    )
    # What was taken apart must be whole again in scripts whose marks are letters.
    return unicodedata.normalize("NFC", "".join(seen)).translate(_LIKE_LATIN)


def entry(text: str) -> str:
    """A word, several words or a pattern, as it is kept. Raises `InvalidRequest`."""
    kept = " ".join(re.sub(r"\*+", STAR, unicodedata.normalize("NFKC", text)).split())
    if len(kept) > LONGEST:
        raise Mistake("words", kept, "mistake-too-long", max_length=str(LONGEST))
    if _REGULAR.search(kept):
        raise Mistake("words", text, "mistake-no-word")
    words = _WORD.findall(folded(kept))
    if not words:
        raise Mistake("words", text, "mistake-no-letters")
    if STAR in kept and len(words) != len(_parts(kept)):
        raise Mistake("words", text, "mistake-no-pattern")
    return kept


def _parts(text: str) -> list[str]:
    return [part for part in folded(text).split(STAR) if part]


def _squeezed(text: str) -> str:
    return "".join(_WORD.findall(text))


@lru_cache(maxsize=256)
def blocked(entries: tuple[str, ...]) -> Blocked:
    """These entries, ready to be searched for; servers ask for the same ones again and again."""
    return Blocked.of(entries)
