"""Flags: settings that members type into a prompt, such as ``--ar 3:2``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from limner_bot.asking import reading
from limner_bot.words import Mistake
from limner_sdk.request import MOST_STEPS
from limner_sdk.seeds import LARGEST_SEED

from .reading import Read
from .scanning import Take, next_flag, nothing, one, rest, said_by, several, unescaped, word_of

#: Of one job, as many as a message shows.
MOST_PICTURES: Final = 4
LARGEST_CFG: Final = 30.0
#: Nobody waits for more; what a member may really ask for at once is said elsewhere.
MOST_REPEATS: Final = 10_000


@dataclass(frozen=True)
class Flag:
    """A flag: the name of what it sets, the words for it, and how it is read."""

    name: str
    words: tuple[str, ...]
    example: str
    read: Read
    take: Take = one

    def value(self, word: str, items: list[str]) -> Any:
        """The value of what is written behind it. Raises `InvalidRequest`."""
        if not items and self.take is not nothing:
            raise Mistake("prompt", f"--{word}", "mistake-flag-says-nothing", flag=f"--{word} {self.example}")
        return self.read(f"--{word}", items)


FLAGS: Final = (
    Flag("ratio", ("ar", "aspect"), "3:2", reading.ratio),
    Flag("size", ("size",), "512x768", reading.size),
    Flag("seed", ("seed",), "7", reading.whole(0, LARGEST_SEED)),
    Flag("negative", ("no", "negative"), "text, watermark", reading.words, rest),
    Flag("steps", ("steps",), "30", reading.whole(1, MOST_STEPS)),
    Flag("cfg", ("cfg", "scale"), "7", reading.number(0, LARGEST_CFG)),
    Flag("sampler", ("sampler",), '"dpmpp 2m"', reading.name),
    Flag("schedule", ("schedule",), "karras", reading.name),
    Flag("model", ("model", "m"), "pocket", reading.name),
    Flag("count", ("count", "n"), "2", reading.whole(1, MOST_PICTURES)),
    Flag("denoise", ("denoise",), "0.6", reading.number(0, 1)),
    Flag("styles", ("style", "styles"), "ink, night", reading.names, several),
    Flag("finish", ("finish",), '"detailer(denoise=0.3)"', reading.joined, several),
    Flag("lora", ("lora",), "ink:0.8", reading.lora),
    Flag("vary", ("vary",), "0.2", reading.number(0, 1)),
    Flag("private", ("private",), "", reading.yes, nothing),
    Flag("repeat", ("repeat", "r"), "3", reading.whole(1, MOST_REPEATS)),
)
_BY_WORD: Final = {word: flag for flag in FLAGS for word in flag.words}
#: What may be said more than once.
_MANY: Final = "lora"


@dataclass(frozen=True)
class Asked:
    """A prompt without its flags, what they say by the names of the command's options, and how often it is wanted."""

    prompt: str
    values: dict[str, Any]
    repeat: int = 1


def parse(text: str) -> Asked:
    r"""The prompt and the flags of a text.

    A flag stands at the beginning or behind a space, and says the next word, or what is in double quotes; ``--no``
    everything up to the next flag. ``\--`` is no flag. Raises `InvalidRequest` with one clear sentence.
    """
    prompt, values = said(text)
    return Asked(prompt, {name: value for name, value in values.items() if name != "repeat"}, values.get("repeat", 1))


def said(text: str) -> tuple[str, dict[str, Any]]:
    """The prompt and what its flags say, ``repeat`` among it. Raises `InvalidRequest`."""
    kept, values, tags = list[str](), dict[str, Any](), list[str]()
    at = 0
    for found, flag, items, end in _flags(text):
        kept.append(text[at : found.start()])
        value, at = flag.value(word_of(found), items), end
        if flag.name == _MANY:
            tags.append(value)
        elif flag.name in values:
            raise Mistake("prompt", found[0], "mistake-said-twice")
        else:
            values[flag.name] = value
    prompt = _pieced([*kept, text[at:]]) if at else text
    return " ".join([*filter(None, [unescaped(prompt)]), *tags]), values


def _flags(text: str) -> Iterator[tuple[re.Match[str], Flag, list[str], int]]:
    """Each flag: where it stands, which it is, what is said, and where that ends."""
    at = 0
    while found := next_flag(text, at, _BY_WORD):
        flag = _known(word_of(found))
        items, at = said_by(text, found, flag.take, _BY_WORD)
        yield found, flag, items, at


def _known(word: str) -> Flag:
    if word in _BY_WORD:
        return _BY_WORD[word]
    close = difflib.get_close_matches(word[:20], _BY_WORD, 1)
    there = ", ".join(f"--{flag.words[0]}" for flag in FLAGS)
    hint = f"--{close[0]}" if close else ""
    raise Mistake("prompt", f"--{word}", "mistake-no-flag", names=there, close=hint, hinted=len(close))


def _pieced(pieces: list[str]) -> str:
    """What is left of a text without its flags: words stay apart, and commas do not meet."""
    whole = ""
    for piece in pieces:
        is_joined = bool(whole) and piece[:1].isalnum()
        kept = piece[1:] if piece[:1] == whole[-1:] == "," else piece
        whole += (" " if is_joined else "") + kept.rstrip()
    return whole.strip()


def agreed(values: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """What flags and the command's options say together; options that are None say nothing.

    Raises `InvalidRequest` where they contradict each other.
    """
    given = {name: value for name, value in options.items() if value is not None}
    for name in given.keys() & values.keys():
        if not _alike(name, values[name], given[name]):
            raise Mistake(name, values[name], "mistake-flag-and-option", option=str(given[name]))
    both = {**given, **values}
    if "ratio" in both and "size" in both:
        raise Mistake("ratio", both["ratio"], "mistake-ratio-and-size", size=str(both["size"]))
    return both


def _alike(name: str, value: Any, option: Any) -> bool:
    flag = next(flag for flag in FLAGS if flag.name == name)
    read = flag.read(name, _items(flag, option)) if isinstance(option, str) else option
    return bool(_folded(value) == _folded(read))


def _items(flag: Flag, option: str) -> list[str]:
    return option.split(",") if flag.take is several else [option]


def _folded(value: Any) -> Any:
    return value.casefold().strip() if isinstance(value, str) else value


def words() -> Collection[str]:
    """All words of flags, for those who suggest or document them."""
    return _BY_WORD.keys()
