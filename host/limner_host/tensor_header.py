"""Looks through a safetensors file's header before a library does: too large, too many, twice, or sizes that lie."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

LARGEST_HEADER: Final = 16 * 2**20
MOST_TENSORS: Final = 50_000
MOST_DIMENSIONS: Final = 8
#: Bits of one number.
WIDTHS: Final = (
    {"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16}
    | {"BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64}
    | {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}
)  # fmt: skip


def header_problem(file: Path) -> str | None:
    """Why the file is not to be trusted, as a phrase about it; None if nothing speaks against reading it.

    Raises `OSError`, and `ValueError` with a reason in words for a file that is damaged.
    """
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > LARGEST_HEADER:
            return f"has a header of {length} bytes"
        text = stream.read(length)
    return _problem(_parsed(text), file.stat().st_size - 8 - length)


def _parsed(text: bytes) -> dict[str, Any]:
    twice: list[str] = []
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=lambda pairs: _table(pairs, twice))
    except RecursionError:
        raise ValueError("its header is nested too deeply") from None
    except ValueError:
        raise ValueError("its header is no JSON") from None
    if twice:
        raise ValueError("its header has a name twice")
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    return header


def _table(pairs: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        twice.append("")
    return table


def _problem(header: dict[str, Any], space: int) -> str | None:
    tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
    if len(tensors) > MOST_TENSORS:
        return f"holds {len(tensors)} tensors"
    total = sum(_length(name, entry, space) for name, entry in tensors.items())
    if total != space:
        raise ValueError(f"its tensors take {total} of {space} bytes")
    return None


def _length(name: str, entry: Any, space: int) -> int:
    """How many bytes a tensor has. Raises `ValueError`."""
    entry = entry if isinstance(entry, dict) else {}
    shape, place = entry.get("shape"), entry.get("data_offsets")
    if not (_whole(shape) and len(shape) <= MOST_DIMENSIONS and _whole(place) and len(place) == 2):
        raise ValueError(f"its tensor {name[:60]!r} has no shape or no place")
    length = int(place[1] - place[0])
    if length < 0 or _bytes(str(entry.get("dtype")), shape, space) not in (length, None):
        raise ValueError(f"its tensor {name[:60]!r} has another size than its shape says")
    return length


def _whole(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(type(number) is int and number >= 0 for number in numbers)


def _bytes(dtype: str, shape: list[int], space: int) -> int | None:
    """How much room a tensor needs, at least more than `space` if that much; None for numbers of an unknown kind."""
    bits = WIDTHS.get(dtype)
    if bits is None:
        return None
    for length in sorted(shape):
        # A shape of nothing but large lengths would take ages to be multiplied out.
        bits = min(bits, 8 * space + 8) * min(length, 8 * space + 8)
    return -(-bits // 8)
