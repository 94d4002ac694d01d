"""Files of pictures that carry their recipe: written so that a crash leaves either the whole file or none, and read
back with distrust.
"""

from __future__ import annotations

import errno
import hashlib
import io
import logging
import os
import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import ceil, sqrt
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageOps, UnidentifiedImageError
from pydantic import ValidationError

from limner_sdk import DiskFull, InvalidRequest, Recipe, UnreadableImage
from limner_sdk.errors import explain

from .metadata.containers import INFOTEXT, RECIPE, exif_of, fitting, png_chunks, texts_of, xmp_of

#: The names of texts: our own JSON, and what A1111 calls its infotext.
RECIPE_CHUNK: Final = RECIPE
INFOTEXT_CHUNK: Final = INFOTEXT
MOST_PIXELS: Final = 32_000_000
MOST_BYTES: Final = 256 * 1024 * 1024
LONGEST_RECIPE: Final = 256 * 1024
#: Fast, and no larger than the slowest level for photo-like pictures.
COMPRESSION: Final = 3
#: How each kind of file is written: hardly a visible loss, and full colour for small coloured details.
FORMATS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    ".png": ("PNG", {"compress_level": COMPRESSION}),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".webp": ("WEBP", {"quality": 95, "method": 4}),
}
#: What Pillow raises for files that are damaged, or were made to do damage.
DAMAGE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    EOFError,
    struct.error,
    zlib.error,
)

log = logging.getLogger(__name__)


def write_picture(image: Image.Image, file: Path, texts: Mapping[str, str]) -> str:
    """Write a picture durably in the kind that its name ends in, and give the SHA-256 of the file's bytes.

    A JPEG has room for 64 KB of each text; one that is longer is left out of it, which the log says. Raises `DiskFull`,
    and `InvalidRequest` for an ending that is unknown and for a picture that is too large for its kind.
    """
    kind, options = format_of(file)
    fitted = fitting(texts, file.suffix)
    for key in texts.keys() - fitted.keys():
        log.warning("%s has no room for %r, a text of %d characters", file.name, key, len(texts[key]))
    buffer = io.BytesIO()
    try:
        image.save(buffer, kind, **options, **_carried(kind, fitted))
    except (OSError, ValueError) as error:
        size = f"{image.width}x{image.height}"
        raise InvalidRequest("output", file.name, f"cannot hold {size} pixels ({error}); take .png") from None
    write_durably(file, buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def write_png(image: Image.Image, file: Path, texts: Mapping[str, str]) -> str:
    """Write a PNG durably, whatever its name, and give the SHA-256 of its bytes. Raises `DiskFull`."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=png_chunks(texts), compress_level=COMPRESSION)
    write_durably(file, buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def format_of(file: Path) -> tuple[str, Mapping[str, Any]]:
    """Pillow's name of the kind that a file's name ends in, and its options. Raises `InvalidRequest`."""
    known = FORMATS.get(file.suffix.lower())
    if known is None:
        raise InvalidRequest("output", file.name, f"has no ending that is known; take {', '.join(FORMATS)}")
    return known


def _carried(kind: str, texts: Mapping[str, str]) -> dict[str, Any]:
    if kind == "PNG":
        return {"pnginfo": png_chunks(texts)}
    return {"exif": exif_of(texts), "xmp": xmp_of(texts)}


def write_durably(file: Path, content: bytes) -> None:
    """Temporary file, fsync, rename, fsync of the folder: a row never points at half a file. Raises `DiskFull`."""
    part = file.with_name(f".{file.name}.part")
    with disk_space_watched(file):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(file)
            _sync_folder(file.parent)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise OSError(error.errno, error.strerror or str(error), str(file)) from error


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def disk_space_watched(file: Path) -> Iterator[None]:
    """Turn the system's ways of saying that there is no space left into `DiskFull`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"the disk is full: no room for {file.name} in {file.parent}; make some") from error
        raise


def read_image(file: Path) -> Image.Image:
    """Open a PNG, JPEG or WebP completely, as it is stored; of an animation the first picture.

    Refuses bombs and files above `MOST_BYTES`. Raises `UnreadableImage` with one sentence.
    """
    with damage_reported(file):
        if file.exists() and not file.is_file():
            raise UnreadableImage(f"{file.name or file} is no file; name a PNG, JPEG or WebP picture")
        if file.stat().st_size > MOST_BYTES:
            raise UnreadableImage(f"{file.name} has {file.stat().st_size} bytes; the most is {MOST_BYTES}")
        with Image.open(file, formats=("PNG", "JPEG", "WEBP")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise UnreadableImage(f"{file.name} is {image.width}x{image.height}; the most is 32 million pixels")
            if not image.width * image.height:
                raise UnreadableImage(f"{file.name} is {image.width}x{image.height} and has no pixels; use another one")
            image.load()
            return image.copy()


@contextmanager
def damage_reported(file: Path) -> Iterator[None]:
    """Turn what Pillow raises for a missing, foreign or damaged file into `UnreadableImage`; its warnings say less."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except FileNotFoundError:
        raise UnreadableImage(f"there is no picture {file}") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadableImage(f"{file.name} is too large; the most is 32 million pixels") from None
    except UnidentifiedImageError:
        raise UnreadableImage(f"{file.name} is no PNG, JPEG or WebP picture") from None
    except DAMAGE as error:
        raise UnreadableImage(f"{file.name} is damaged or cut off ({error}); use an intact copy") from None


def read_rgb(file: Path) -> Image.Image:
    """A picture upright in RGB with 8 bits: 16 bits are scaled, what is transparent lies on white.

    Colour profiles are not applied. Raises `UnreadableImage`.
    """
    image = read_image(file)
    with damage_reported(file):
        return on_ground(eight_bits(ImageOps.exif_transpose(image)), "white")


def read_grey(file: Path) -> Image.Image:
    """A mask upright in mode L: its lightness, 255 where something is drawn; what is transparent is black.

    Raises `UnreadableImage`.
    """
    image = read_image(file)
    with damage_reported(file):
        return on_ground(eight_bits(ImageOps.exif_transpose(image)), "black").convert("L")


def on_ground(image: Image.Image, colour: str) -> Image.Image:
    """The picture in RGB, on a plain ground if any of it is transparent."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, colour), layer).convert("RGB")


def eight_bits(image: Image.Image) -> Image.Image:
    """A grey picture of 16 bits with 8, rounded; Pillow would cut at 255. It gives colours with 8 bits anyway."""
    if not image.mode.startswith("I"):
        return image
    import numpy as np

    levels = np.clip(np.asarray(image).astype(np.int64), 0, 65_535)
    return Image.fromarray(((levels + 128) // 257).astype(np.uint8))


def read_texts(file: Path) -> dict[str, str]:
    """Every text that a picture carries, by the names of `metadata.containers`. Raises `UnreadableImage`."""
    image = read_image(file)
    with damage_reported(file):
        return texts_of(image)


def read_recipe(file: Path) -> Recipe:
    """The recipe that a picture carries. Raises `UnreadableImage` if it has none, or none that can be trusted."""
    text = read_texts(file).get(RECIPE_CHUNK)
    if text is None:
        raise UnreadableImage(f"{file.name} carries no recipe of Limner's; another program may have re-saved it")
    return recipe_in(text, file.name)


def recipe_in(text: str, name: str) -> Recipe:
    """The recipe in a text that the picture `name` carries. Raises `UnreadableImage`."""
    if len(text) > LONGEST_RECIPE:
        raise UnreadableImage(f"{name} carries a recipe of {len(text)} characters, which cannot be genuine")
    try:
        return Recipe.model_validate_json(text)
    except ValidationError as error:
        raise UnreadableImage(f"{name} carries a recipe that cannot be used ({explain(error)})") from None


def grid_of(images: Sequence[Image.Image]) -> Image.Image:
    """All pictures in one, as nearly square as they fit, row by row from the left upper corner."""
    columns = ceil(sqrt(len(images)))
    rows = ceil(len(images) / columns)
    width, height = max(image.width for image in images), max(image.height for image in images)
    sheet = Image.new("RGB", (columns * width, rows * height))
    for place, image in enumerate(images):
        sheet.paste(image, (place % columns * width, place // columns * height))
    return sheet
