"""What makes other people's text harmless inside a sentence of ours: nothing in it pings, links or formats."""

from __future__ import annotations

import re
from typing import Final

LONGEST_MESSAGE: Final = 2000
LONGEST_PROMPT_SHOWN: Final = 900
LONGEST_SENTENCE: Final = 500

_UNSEEN: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_NAME: Final = re.compile(r"_|:.")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_TAG: Final = re.compile(r"<(?=[@#:/]|a:|t:|id:)")
_MARKDOWN: Final = re.compile(r"[*~|`\[\]<>\\]|(?<![^\W_])_|_(?![^\W_])|^(?:#|-#|-)", re.MULTILINE)
_ENDINGS: Final = (".", "!", "?", "…", "。", "！", "？")


def clean(text: str) -> str:
    """`text` without control characters, without marks that turn its direction, and without broken halves."""
    return _UNSEEN.sub(" ", _SURROGATES.sub("\ufffd", text))


def quoted(text: str, most: int = LONGEST_PROMPT_SHOWN) -> str:
    """Somebody's text as one line of code: nothing in it pings, links or formats."""
    line = " ".join(clean(text).replace("`", "ˋ").split()) or "…"
    return f"`{clipped(_defused(line), most)}`"


def plain(text: str, most: int = LONGEST_SENTENCE) -> str:
    """A sentence that may quote anybody: it reads as it stands, and nothing in it pings, links or formats."""
    line = " ".join(clean(text).split())
    return clipped(_defused(_MARKDOWN.sub(lambda found: f"\\{found.group()}", line)), most)


def label(text: str, most: int) -> str:
    """Somebody's text where Discord formats nothing: on buttons, in menus and in titles of forms."""
    return clipped(" ".join(clean(text).split()), most)


def sentence(text: str) -> str:
    """`plain`, with a capital and a full stop; a name such as pocket_faces or a:b stays as it is."""
    safe, first = plain(text), text.strip().partition(" ")[0]
    begun = safe[:1] if _NAME.search(first) else safe[:1].upper()
    return begun + safe[1:] + ("" if safe.endswith(_ENDINGS) else ".")


def clipped(text: str, most: int) -> str:
    """`text` in at most `most` UTF-16 units, which is how Discord's clients count."""
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * most:
        return text
    return units[: 2 * (most - 1)].decode("utf-16-le", "ignore").rstrip("\\") + "…"


def _defused(text: str) -> str:
    return _TAG.sub("<\u200b", text).replace("@", "@\u200b").replace("://", ":\u200b//")


def bare(name: str) -> str:
    """The short name in a full id, as it stands there."""
    return name.rpartition(":")[2]


def short(name: str) -> str:
    """The short name in a full id, harmless."""
    return plain(bare(name), 60)
