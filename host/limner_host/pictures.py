"""PNG files that carry their recipe: written so that a crash leaves either the whole file or none, and read back."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import ceil, sqrt
from pathlib import Path
from typing import Final

from PIL import Image, PngImagePlugin, UnidentifiedImageError
from pydantic import ValidationError

from limner_sdk import DiskFull, Recipe, UnreadableImage
from limner_sdk.errors import explain

#: The PNG text chunks: our own JSON, and what A1111 calls its infotext.
RECIPE_CHUNK: Final = "limner"
INFOTEXT_CHUNK: Final = "parameters"
MOST_PIXELS: Final = 32_000_000
LONGEST_RECIPE: Final = 64 * 1024
#: Fast, and no larger than the slowest level for photo-like pictures.
COMPRESSION: Final = 3


def write_png(image: Image.Image, file: Path, texts: Mapping[str, str]) -> str:
    """Write a PNG durably and give the SHA-256 of its bytes. Raises `DiskFull`."""
    chunks = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        chunks.add_itxt(key, text)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=chunks, compress_level=COMPRESSION)
    write_durably(file, buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()


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
    """Open a PNG, JPEG or WebP completely, refusing bombs. Raises `UnreadableImage` with one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=("PNG", "JPEG", "WEBP")) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise UnreadableImage(f"{file.name} is {image.width}x{image.height}; the most is 32 million pixels")
                image.load()
                return image.copy()
    except FileNotFoundError:
        raise UnreadableImage(f"there is no picture {file}") from None
    except UnidentifiedImageError:
        raise UnreadableImage(f"{file.name} is no PNG, JPEG or WebP picture") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadableImage(f"{file.name} is damaged or cut off ({error}); use an intact copy") from None


def read_recipe(file: Path) -> Recipe:
    """The recipe that a picture carries. Raises `UnreadableImage` if it has none, or none that can be trusted."""
    text = read_image(file).info.get(RECIPE_CHUNK)
    if not isinstance(text, str):
        raise UnreadableImage(f"{file.name} carries no recipe of Limner's; another program may have re-saved it")
    if len(text) > LONGEST_RECIPE:
        raise UnreadableImage(f"{file.name} carries a recipe of {len(text)} characters, which cannot be genuine")
    try:
        return Recipe.model_validate_json(text)
    except ValidationError as error:
        raise UnreadableImage(f"{file.name} carries a recipe that cannot be used ({explain(error)})") from None


def grid_of(images: Sequence[Image.Image]) -> Image.Image:
    """All pictures in one, as nearly square as they fit, row by row from the left upper corner."""
    columns = ceil(sqrt(len(images)))
    rows = ceil(len(images) / columns)
    width, height = max(image.width for image in images), max(image.height for image in images)
    sheet = Image.new("RGB", (columns * width, rows * height))
    for place, image in enumerate(images):
        sheet.paste(image, (place % columns * width, place // columns * height))
    return sheet
