"""Files that strangers send: bombs, files cut off, other kinds under a false name, canaries in every corner."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image, PngImagePlugin

from limner_host.darkroom.__main__ import answer
from limner_host.darkroom.known import Knowledge
from limner_sdk.darkroom import Inspect, Inspected, Refused, Task

CANARY = "CANARY-48.8584N-2.2945E"
A = TypeVar("A")


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, rows: bytes = b"", *, depth: int = 8, between: bytes = b"") -> bytes:
    """A PNG in shades of grey whose pixels are all black, however many there are; or `rows` of them, compressed."""
    body = rows or compressed_zeros((width + 1) * height)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + between + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def compressed_zeros(count: int) -> bytes:
    """Many zeros in few bytes, made without ever having them all."""
    packer, block = zlib.compressobj(9), bytes(2**20)
    parts = [packer.compress(block[: min(count - place, 2**20)]) for place in range(0, count, 2**20)]
    return b"".join([*parts, packer.flush()])


def exif() -> Image.Exif:
    """EXIF with a place, an owner, and turned by 90 degrees."""
    made = Image.Exif()
    made[0x0112] = 6
    made[0xA430] = made[0x010E] = CANARY
    made.get_ifd(0x8825)[1], made.get_ifd(0x8825)[29] = "N", CANARY
    return made


def telling(image: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture's file with the canary wherever its kind has room for a text."""
    chunks, buffer = PngImagePlugin.PngInfo(), io.BytesIO()
    chunks.add_text("Author", CANARY)
    chunks.add_itxt("XML:com.adobe.xmp", CANARY)
    xmp = f"<x:xmpmeta><owner>{CANARY}</owner></x:xmpmeta>".encode()
    beside = {"pnginfo": chunks} if kind == "PNG" else {"xmp": xmp, "comment": CANARY.encode()}
    image.save(buffer, kind, exif=exif(), **beside, **options)
    return buffer.getvalue()


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture's file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def asked(task: Task, kind: type[A], knowledge: Knowledge | None = None) -> A:
    """The answer to a task, which must be of a kind."""
    given = answer(task, knowledge or Knowledge(), lambda message: None)
    assert isinstance(given, kind), given
    return given


def looked_at(folder: Path, data: bytes, knowledge: Knowledge | None = None, **options: Any) -> Inspected:
    """What the darkroom finds in a stranger's file."""
    return asked(_inspect(folder, data, options), Inspected, knowledge)


def refusal(folder: Path, data: bytes, **options: Any) -> str:
    """The sentence by which a stranger's file is refused, before anything is written."""
    found = asked(_inspect(folder, data, options), Refused)
    assert found.why == "request"
    assert found.sentence.isprintable()
    assert str(folder) not in found.sentence
    assert sorted(path.name for path in folder.iterdir()) == ["upload.png"]
    return found.sentence


def _inspect(folder: Path, data: bytes, options: dict[str, Any]) -> Inspect:
    (folder / "upload.png").write_bytes(data)
    return Inspect(number=1, file=str(folder / "upload.png"), clean_to=str(folder / "clean"), **options)
