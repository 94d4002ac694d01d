"""Words of other programs' prompts, written so that those without a meaning there have none here either.

Here a backslash makes a sign ordinary, and a word written in two pieces is the same word but means nothing.
"""

from __future__ import annotations

import re
from typing import Final

#: Other underscores stay as they are, since files have them in their names.
_WILDCARD: Final = r"__(?=[^\W_]|\.{0,2}/)(?P<name>[\w./-]+?)__"
#: ComfyUI knows only round brackets with a backslash; to it a backslash alone is one.
_COMFY: Final = re.compile(rf"(?P<kept>\\[()])|(?P<sign>[\\{{}}|<\[\]])|{_WILDCARD}")
#: A backslash makes anything ordinary for A1111 too.
_A1111: Final = re.compile(rf"(?P<kept>\\.)|(?P<sign>[{{}}])|{_WILDCARD}", re.DOTALL)
_WORD: Final = re.compile(r"\b(?:AND|BREAK)\b")
_EMBEDDING: Final = re.compile(r"\bembedding:([\w./\\-]+)", re.IGNORECASE)


def from_comfy(text: str) -> str:
    """A text of ComfyUI's, to which only round brackets mean something; embeddings have a prefix there."""
    named = _EMBEDDING.sub(lambda found: found[1].replace("\\", "/"), text)
    return _WORD.sub(lambda found: f"{found[0][0]}({found[0][1:]}:1)", _COMFY.sub(_ordinary, named)).strip()


def from_a1111(text: str) -> str:
    """A prompt of A1111's, whose extension for choices and wildcards has made them before it was written down."""
    return _A1111.sub(_ordinary, text)


def _ordinary(found: re.Match[str]) -> str:
    if found["name"]:
        return rf"\_\_{found['name']}\_\_"
    return found["kept"] or f"\\{found['sign']}"
