"""Pictures as bytes of one kind, and files of them that are whole or not there."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from PIL import Image

from limner_host.metadata.containers import exif_of, fitting, png_chunks, xmp_of
from limner_host.pictures import COMPRESSION, on_ground, write_durably
from limner_sdk.darkroom import PictureKind

ENDINGS: Final[Mapping[PictureKind, str]] = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}
#: A WebP's longest side in pixels.
WIDEST_WEBP: Final = 16_383
#: Pixels beyond which a WebP takes longer than anybody waits; a JPEG takes a tenth of it.
LARGEST_WEBP: Final = 24_000_000
LOSSLESS: Final = 100


@dataclass(frozen=True)
class Encoding:
    """A way to write a picture; `quality` is 100 if it keeps every pixel."""

    kind: PictureKind
    quality: int
    options: Mapping[str, Any] = field(default_factory=dict)


PNG: Final = Encoding("PNG", LOSSLESS, {"compress_level": COMPRESSION})
#: More effort takes five times as long and saves two per cent.
WEBP: Final = Encoding("WEBP", LOSSLESS, {"lossless": True, "quality": 20, "method": 1})


def suits_webp(image: Image.Image) -> bool:
    """Whether a picture can be a WebP in reasonable time."""
    return max(image.size) <= WIDEST_WEBP and image.width * image.height <= LARGEST_WEBP


def lossy(image: Image.Image, quality: int) -> Encoding:
    """WebP for what suits it, which is smaller, else JPEG; full colour as long as the quality is high."""
    if suits_webp(image):
        return Encoding("WEBP", quality, {"quality": quality, "method": 2})
    return Encoding("JPEG", quality, {"quality": quality, "subsampling": 0 if quality >= 90 else 2})


def encoded(image: Image.Image, encoding: Encoding, texts: Mapping[str, str]) -> bytes:
    """The bytes of a picture's file, with those of `texts` that it has room for and nothing else."""
    buffer, kind = io.BytesIO(), encoding.kind
    carried = fitting(texts, ENDINGS[kind])
    beside = {"pnginfo": png_chunks(carried)} if kind == "PNG" else {"exif": exif_of(carried), "xmp": xmp_of(carried)}
    plain = on_ground(image, "white") if kind == "JPEG" and image.mode != "L" else image
    plain.save(buffer, kind, **encoding.options, **{key: value for key, value in beside.items() if value})
    return buffer.getvalue()


def write(content: bytes, place: Path, kind: PictureKind) -> Path:
    """Write a file whose ending suits its kind; where it lies. Raises `DiskFull`."""
    file = place.with_name(f"{place.name}{ENDINGS[kind]}")
    write_durably(file, content)
    return file
