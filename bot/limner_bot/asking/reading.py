"""Reading: what is written behind a flag, as a value; or one sentence that says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from limner_bot.words.mistakes import Mistake, about
from limner_sdk import InvalidRequest

from .ratios import parse_ratio
from .scanning import unescaped
from .sizes import parse_size

#: From the flag as it was typed, and what stands behind it, to a value. Raises `InvalidRequest`.
Read: TypeAlias = Callable[[str, Sequence[str]], Any]

LARGEST_LORA_WEIGHT: Final = 10.0
_WHOLE: Final = re.compile(r"\s*(\d{1,10})\s*")
_NUMBER: Final = re.compile(r"\s*([+-]?(?:\d{1,10}(?:\.\d{0,10})?|\.\d{1,10}))\s*")
_TAG_ENDS: Final = frozenset("<>/\\")


def whole(least: int, most: int) -> Read:
    """A whole number from `least` to `most`."""

    def read(flag: str, said: Sequence[str]) -> int:
        found = _WHOLE.fullmatch(said[0])
        if not found or not least <= int(found[1]) <= most:
            raise Mistake(flag, said[0], "mistake-no-whole-from", least=str(least), most=str(most))
        return int(found[1])

    return read


def number(least: float, most: float) -> Read:
    """A number from `least` to `most`."""

    def read(flag: str, said: Sequence[str]) -> float:
        found = _NUMBER.fullmatch(said[0])
        if not found or not least <= float(found[1]) <= most:
            raise Mistake(flag, said[0], "mistake-no-number-from", least=f"{least:g}", most=f"{most:g}")
        return float(found[1])

    return read


def yes(flag: str, said: Sequence[str]) -> bool:
    """That the flag is there."""
    return True


def words(flag: str, said: Sequence[str]) -> str:
    r"""Text of a prompt, with ``\--`` as it is meant; it may be empty."""
    return unescaped(said[0])


def name(flag: str, said: Sequence[str]) -> str:
    """A name, whatever it may be."""
    if not said[0].strip():
        raise Mistake(flag, said[0], "mistake-empty-name")
    return said[0].strip()


def names(flag: str, said: Sequence[str]) -> list[str]:
    """Names, none of them empty."""
    return [name(flag, [each]) for each in said]


def joined(flag: str, said: Sequence[str]) -> str:
    """Names as one text."""
    return ", ".join(names(flag, said))


def size(flag: str, said: Sequence[str]) -> str:
    """A size in pixels, written like 512x768."""
    try:
        return str(parse_size(said[0]))
    except InvalidRequest as error:
        raise about(error, flag, said[0]) from None


def ratio(flag: str, said: Sequence[str]) -> str:
    """A ratio of width to height, written like 3:2."""
    return parse_ratio(said[0], flag)


def lora(flag: str, said: Sequence[str]) -> str:
    """The tag that stands for a LoRA in a prompt, of a name and up to two weights."""
    file, *weights = (part.strip() for part in said[0].split(":"))
    if not file or not file.isprintable() or ".." in file or _TAG_ENDS & set(file):
        raise Mistake(flag, said[0], "mistake-no-lora")
    if len(weights) > 2:
        raise Mistake(flag, said[0], "mistake-lora-weights")
    weigh = number(-LARGEST_LORA_WEIGHT, LARGEST_LORA_WEIGHT)
    return f"<lora:{':'.join([file, *(f'{weigh(flag, [weight]):g}' for weight in weights)])}>"
