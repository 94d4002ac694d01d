"""Takes out of picture files what they say about their making; the pixels stay as they are, byte for byte."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_SAYS: Final = (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME")
_JPEG: Final = b"\xff\xd8"
#: APP1 (EXIF, XMP), APP13 (IPTC) and comments; what follows the start of the scan is pixels.
_JPEG_SAYS: Final = (0xE1, 0xED, 0xFE)
_SCAN: Final = 0xDA
_WEBP_SAYS: Final = (b"EXIF", b"XMP ")
#: The bits of a WebP's header that announce EXIF and XMP.
_WEBP_FLAGS: Final = 0b1100


def bare(data: bytes) -> bytes:
    """A PNG, JPEG or WebP file without texts; anything else, and what is damaged, as it is from there on."""
    if data.startswith(_PNG):
        return _PNG + b"".join(_png(data))
    if data.startswith(_JPEG):
        return _JPEG + b"".join(_jpeg(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        body = b"WEBP" + b"".join(_webp(data))
        return b"RIFF" + struct.pack("<I", len(body)) + body
    return data


def _png(data: bytes) -> Iterator[bytes]:
    place = len(_PNG)
    while place + 12 <= len(data):
        end = place + 12 + int(struct.unpack_from(">I", data, place)[0])
        if data[place + 4 : place + 8] not in _PNG_SAYS:
            yield data[place:end]
        place = end
    yield data[place:]


def _jpeg(data: bytes) -> Iterator[bytes]:
    place = len(_JPEG)
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != _SCAN:
        end = place + 2 + int(struct.unpack_from(">H", data, place + 2)[0])
        if data[place + 1] not in _JPEG_SAYS:
            yield data[place:end]
        place = end
    yield data[place:]


def _webp(data: bytes) -> Iterator[bytes]:
    place = 12
    while place + 8 <= len(data):
        name, size = data[place : place + 4], int(struct.unpack_from("<I", data, place + 4)[0])
        end = place + 8 + size + size % 2
        if name == b"VP8X":
            yield data[place : place + 8] + bytes([data[place + 8] & ~_WEBP_FLAGS]) + data[place + 9 : end]
        elif name not in _WEBP_SAYS:
            yield data[place:end]
        place = end
    yield data[place:]
