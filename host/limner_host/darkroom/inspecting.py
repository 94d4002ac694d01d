"""Strangers' pictures and masks: looked at, and copied without anything but their pixels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageOps

from limner_host.metadata.containers import fitting, texts_of
from limner_host.pictures import eight_bits, on_ground
from limner_sdk.darkroom import Inspect, Inspected, Mask, Masked

from .encoding import PNG, Encoding, encoded, lossy, write
from .known import Knowledge
from .opening import Opened, Source, damage_told, open_picture, upright
from .saying import words_of

#: Hardly a visible loss, and full colour, for what has lost something before.
JPEG: Final = Encoding("JPEG", 95, {"quality": 95, "subsampling": 0})
#: A host keeps no file above 64 MiB; what would be larger as PNG has lost nothing anybody sees at this quality.
LARGEST_CLEAN: Final = 48 * 2**20
#: How far the proportions of a mask may be off: rounding when somebody has scaled it.
_ASKEW: Final = 0.02
#: Of 255: a saturation that no grey level has; and how much of a picture has more of it.
_COLOURFUL: Final = 24
_MANY_COLOURS: Final = 0.05


def inspect(task: Inspect, knowledge: Knowledge, decoded: Callable[[], None]) -> Inspected:
    """What a picture is and says, and a clean copy of it. Raises `InvalidRequest` and `DiskFull`."""
    source = Source(Path(task.file), task.largest_pixels, task.field, task.called)
    opened = open_picture(source)
    with damage_told(source):
        texts = texts_of(opened.image)
        image = upright(opened.image)
        digest = hashlib.sha256(source.path.read_bytes()).hexdigest()
    decoded()
    words = words_of(texts, task.called or source.path.name, knowledge)
    content, encoding = _clean(image, opened, words.texts if task.carry else {})
    return Inspected(
        number=task.number,
        file=str(write(content, Path(task.clean_to), encoding.kind)),
        kind=opened.kind,
        width=image.width,
        height=image.height,
        bytes=len(content),
        digest=digest,
        animated=opened.animated,
        says=words.says,
    )


def _clean(image: Image.Image, opened: Opened, texts: Mapping[str, str]) -> tuple[bytes, Encoding]:
    """The copy's bytes: a JPEG of a JPEG, unless it would lose texts, else a PNG if that is not too large."""
    if opened.kind == "JPEG" and fitting(texts, ".jpg") == texts:
        return encoded(image, JPEG, texts), JPEG
    content = encoded(image, PNG, texts)
    if len(content) <= LARGEST_CLEAN:
        return content, PNG
    smaller = lossy(image, 95)
    return encoded(image, smaller, texts), smaller


def mask(task: Mask, decoded: Callable[[], None]) -> Masked:
    """A clean mask at the size of its picture. Raises `InvalidRequest` and `DiskFull`."""
    source = Source(Path(task.file), task.largest_pixels, task.field, task.called)
    opened = open_picture(source)
    with damage_told(source):
        grey = _grey(eight_bits(ImageOps.exif_transpose(opened.image)))
        grey.info.clear()
    decoded()
    fitted = _fitted(grey, task, source)
    painted = sum(level * count for level, count in enumerate(fitted.histogram())) / (255 * task.width * task.height)
    if not painted:
        raise source.refusal("is black everywhere, which leaves nothing to draw; paint that part white")
    file = write(encoded(fitted, PNG, {}), Path(task.clean_to), "PNG")
    return Masked(number=task.number, file=str(file), scaled=grey.size != fitted.size, painted=min(1.0, painted))


def _grey(image: Image.Image) -> Image.Image:
    """What a mask says, in grey levels. In a picture with holes the holes are white."""
    if image.has_transparency_data and _is_colourful(layer := image.convert("RGBA")):
        return ImageChops.invert(layer.getchannel("A"))
    return on_ground(image, "black").convert("L")


def _is_colourful(layer: Image.Image) -> bool:
    """Whether what is opaque shows colours, as pictures do, and not the grey levels of a mask."""
    saturation = on_ground(layer, "black").resize((64, 64), Image.Resampling.BOX).convert("HSV").getchannel("S")
    colourful = sum(saturation.histogram()[_COLOURFUL:])
    return colourful > _MANY_COLOURS * 64 * 64


def _fitted(grey: Image.Image, task: Mask, source: Source) -> Image.Image:
    """The mask at its picture's size, if it has about the same proportions."""
    size = task.width, task.height
    if grey.size == size:
        return grey
    if abs(grey.width * task.height / (grey.height * task.width) - 1) > _ASKEW:
        theirs, ours = f"{grey.width}x{grey.height}", f"{task.width}x{task.height}"
        raise source.refusal(f"is {theirs}, which is no shape for a picture of {ours}; make it {ours}")
    return grey.resize(size, Image.Resampling.BILINEAR)
