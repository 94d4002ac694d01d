"""Cuts the tokens of a prompt into chunks, each as long as a CLIP text encoder reads at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from torch import Tensor

#: How far a full chunk steps back, so as to end with a comma; A1111's default.
BACKTRACK: Final = 20


@dataclass(frozen=True, eq=False)
class Token:
    """One token and how strongly it is meant. A learnt `vector` (D,) stands instead of the one that `id` has."""

    id: int
    weight: float = 1.0
    vector: Tensor | None = None


#: Tokens that stay together; none at all ends the chunk.
Piece: TypeAlias = tuple[Token, ...]
Chunk: TypeAlias = list[Token]

BREAK: Final[Piece] = ()


def chunked(pieces: Iterable[Piece], room: int, comma: int | None) -> list[Chunk]:
    """At least one chunk of at most `room` tokens each. No piece may be longer than `room`.

    As in A1111, a chunk that is full ends after its last comma, if that is among its last 20 tokens.
    """
    chunks: list[Chunk] = [[]]
    for piece in pieces:
        full = len(chunks[-1]) + len(piece) > room
        if full or piece == BREAK:
            chunks.append(_carried_over(chunks[-1], piece, comma) if full else [])
        chunks[-1].extend(piece)
    return chunks if chunks[-1] else chunks[:-1] or chunks


def _carried_over(chunk: Chunk, piece: Piece, comma: int | None) -> Chunk:
    """What moves from a full chunk into the next, because it belongs to the piece that comes after it."""
    if piece[0].vector is not None or piece[0].id == comma:
        return []
    ids = [token.id for token in chunk]
    commas = [at for at in range(max(0, len(ids) - BACKTRACK), len(ids)) if ids[at] == comma]
    if not commas:
        return []
    moved = chunk[commas[-1] + 1 :]
    del chunk[commas[-1] + 1 :]
    return moved
