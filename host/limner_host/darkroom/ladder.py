"""The size ladder: a picture in as few bytes as a message may have, with as little loss as that takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Final

from PIL import Image

from limner_host.metadata.containers import INFOTEXT, RECIPE, texts_of
from limner_sdk.darkroom import Fit, Fitted

from .encoding import LOSSLESS, PNG, WEBP, Encoding, encoded, lossy, suits_webp, write
from .opening import KINDS, Opened, Source, check_size, damage_told, kind_of, open_picture, upright

QUALITIES: Final = (95, 90, 80, 70)
#: What only a smaller size still helps is written with.
LAST_QUALITY: Final = 80
#: A PNG that is so many times too large will not fit without loss.
HOPELESS: Final = 3.0
#: A PNG loses no more than this by leaving its texts out.
_TEXTS: Final = 2**19
_FEWER: Final = 0.9
_MOST_SHRINKS: Final = 12


@dataclass(frozen=True)
class _Rung:
    """An attempt that has fitted."""

    image: Image.Image
    encoding: Encoding
    content: bytes


def fit(task: Fit) -> Fitted:
    """The picture in at most `task.most_bytes`. Raises `InvalidRequest` and `DiskFull`."""
    source = Source(Path(task.file))
    kept = _as_it_is(task, source)
    if kept is not None:
        return kept
    opened = open_picture(source)
    with damage_told(source):
        texts = _ours(opened.image) if task.metadata else {}
        image = upright(opened.image)
    rung = next(_fitting(image, texts, source.path.stat().st_size, task), None)
    if rung is None:
        raise source.refusal(f"does not fit into {_size(task.most_bytes)} at any size; allow more")
    file = write(rung.content, Path(task.into, task.name), rung.encoding.kind)
    return _fitted(task, file, rung, opened)


def _as_it_is(task: Fit, source: Source) -> Fitted | None:
    """The file itself, if nothing has to be changed about it; only its header is read."""
    with damage_told(source):
        size = source.path.stat().st_size
        with Image.open(source.path, formats=KINDS) as image:
            check_size(image, source)
            kind, (width, height) = kind_of(image), image.size
    if not task.metadata or size > task.most_bytes:
        return None
    return Fitted(
        number=task.number, file=task.file, format=kind, bytes=size, width=width, height=height, quality=LOSSLESS
    )


def _ours(image: Image.Image) -> dict[str, str]:
    """What we wrote into a picture, and nothing that others did."""
    return {key: text for key, text in texts_of(image).items() if key in (RECIPE, INFOTEXT)}


def _fitting(image: Image.Image, texts: Mapping[str, str], size: int, task: Fit) -> Iterator[_Rung]:
    """What fits, the best first."""
    content = b""
    for encoding in _rungs(image, size, task):
        content = encoded(image, encoding, texts)
        if len(content) <= task.most_bytes:
            yield _Rung(image, encoding, content)
    yield from _shrunk(image, texts, len(content), task.most_bytes)
    # What it carries is given up last.
    yield from _shrunk(image, {}, len(content), task.most_bytes)


def _rungs(image: Image.Image, size: int, task: Fit) -> Iterator[Encoding]:
    if not task.metadata and size <= task.most_bytes + _TEXTS:
        yield PNG
    if suits_webp(image) and size <= HOPELESS * task.most_bytes:
        yield WEBP
    yield from (lossy(image, quality) for quality in QUALITIES)


def _shrunk(image: Image.Image, texts: Mapping[str, str], size: int, most: int) -> Iterator[_Rung]:
    """Smaller and smaller, from a file of `size` bytes on; bytes go about as the pixels do."""
    smaller = image
    for _ in range(_MOST_SHRINKS):
        factor = _FEWER * min(1.0, sqrt(most / size))
        width, height = (max(1, int(side * factor)) for side in smaller.size)
        smaller = image.resize((width, height), reducing_gap=2.0)
        encoding = lossy(smaller, LAST_QUALITY)
        content = encoded(smaller, encoding, texts)
        size = len(content)
        if size <= most:
            yield _Rung(smaller, encoding, content)


def _fitted(task: Fit, file: Path, rung: _Rung, opened: Opened) -> Fitted:
    # Turning it upright may have swapped its sides.
    scaled = sorted(rung.image.size) != sorted(opened.image.size)
    return Fitted(
        number=task.number,
        file=str(file),
        format=rung.encoding.kind,
        bytes=len(rung.content),
        width=rung.image.width,
        height=rung.image.height,
        quality=rung.encoding.quality,
        note=_note(task, rung, scaled),
    )


def _note(task: Fit, rung: _Rung, scaled: bool) -> str:
    if rung.encoding == PNG:
        return ""
    how = "without loss" if rung.encoding.quality == LOSSLESS else f"at quality {rung.encoding.quality}"
    size = f" and {rung.image.width}x{rung.image.height} pixels" if scaled else ""
    kind = "WebP" if rung.encoding.kind == "WEBP" else "JPEG"
    return f"sent as {kind} {how}{size}, since its file is larger than {_size(task.most_bytes)}"


def _size(count: int) -> str:
    return f"{count / 2**20:.3g} MiB"
