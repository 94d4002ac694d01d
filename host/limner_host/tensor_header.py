"""Looks through a safetensors file's header before a library does: too large, too many, twice, or sizes that lie."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any, Final

LARGEST_HEADER: Final = 16 * 2**20
MOST_TENSORS: Final = 50_000
#: Bits of one number.
WIDTHS: Final = (
    {"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16}
    | {"BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64}
    | {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}
)  # fmt: skip


def header_problem(file: Path) -> str | None:
    """Why the file is not to be trusted, as a phrase about it; None if nothing speaks against reading it.

    Raises `OSError`, and `ValueError` for a file that is damaged.
    """
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > LARGEST_HEADER:
            return f"has a header of {length} bytes"
        text = stream.read(length)
    return _problem(_parsed(text), file.stat().st_size - 8 - length)


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError("its header is nested too deeply") from None
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("its header has a name twice")
    return table


def _problem(header: dict[str, Any], space: int) -> str | None:
    tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
    if len(tensors) > MOST_TENSORS:
        return f"holds {len(tensors)} tensors"
    total = 0
    for name, entry in tensors.items():
        begin, end = entry["data_offsets"] if isinstance(entry, dict) and "data_offsets" in entry else (0, -1)
        if end < begin or _bytes(entry) not in (end - begin, None):
            raise ValueError(f"its tensor {name[:60]!r} has another size than its shape says")
        total += end - begin
    if total != space:
        raise ValueError(f"its tensors take {total} of {space} bytes")
    return None


def _bytes(entry: dict[str, Any]) -> int | None:
    """How much room a tensor needs; None for kinds of numbers that are not known here."""
    width = WIDTHS.get(str(entry.get("dtype")))
    return None if width is None else -(-prod(entry["shape"]) * width // 8)
