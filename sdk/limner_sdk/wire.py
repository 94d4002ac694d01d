"""Messages as frames on a byte stream: four bytes of length, most significant first, then JSON."""

from __future__ import annotations

import asyncio
from typing import BinaryIO, Final, TypeVar

from pydantic import BaseModel, TypeAdapter

from .errors import LimnerError

LARGEST_FRAME: Final = 16 * 2**20
_HEAD: Final = 4

T = TypeVar("T")


class BrokenStream(LimnerError):
    """The other side has sent something that is no frame, or has gone in the middle of one."""


def frame(message: BaseModel) -> bytes:
    """`message` as it goes over the stream."""
    body = message.model_dump_json().encode()
    return len(body).to_bytes(_HEAD, "big") + body


def read_frame(stream: BinaryIO, kind: TypeAdapter[T]) -> T | None:
    """The next message of a blocking stream; None at its end. Raises `BrokenStream`."""
    head = stream.read(_HEAD)
    if not head:
        return None
    length = _length(head)
    body = stream.read(length)
    if len(body) < length:
        raise BrokenStream("the stream ended in the middle of a message")
    return kind.validate_json(body)


async def read_frame_async(stream: asyncio.StreamReader, kind: TypeAdapter[T]) -> T | None:
    """The next message of an asyncio stream; None at its end. Raises `BrokenStream`."""
    try:
        head = await stream.readexactly(_HEAD)
        body = await stream.readexactly(_length(head))
    except asyncio.IncompleteReadError as error:
        if not error.partial and error.expected == _HEAD:
            return None
        raise BrokenStream("the stream ended in the middle of a message") from None
    return kind.validate_json(body)


def _length(head: bytes) -> int:
    length = int.from_bytes(head, "big")
    if len(head) < _HEAD or length > LARGEST_FRAME:
        raise BrokenStream(f"a message of {length} bytes is announced; the most is {LARGEST_FRAME}")
    return length
