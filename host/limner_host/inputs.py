"""Keeps the pictures and masks that recipes start from, each under its SHA-256."""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from limner_sdk import InvalidRequest, PictureReference, Recipe, UnreadableImage

from .pictures import read_grey, read_recipe, read_rgb, write_durably

LARGEST_FILE: Final = 64 * 2**20
#: How many recipes back a picture tells what it was made from.
MOST_ANCESTORS: Final = 8
_KEPT: Final = re.compile(r"sha256:([0-9a-f]{64})")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inputs:
    """The folder of kept pictures."""

    folder: Path

    def keep(self, field: str, name: str) -> PictureReference:
        """The picture that `name` means, a path or ``sha256:…``, kept from now on.

        Raises `UnreadableImage` for a file that is no picture, and `InvalidRequest` for one that is not here.
        """
        if kept := _KEPT.fullmatch(name):
            if not self._file(kept[1]).is_file():
                raise InvalidRequest(field, name, "is not kept here; give the picture itself")
            return PictureReference(digest=kept[1])
        content = content_of(field, Path(name))
        digest = hashlib.sha256(content).hexdigest()
        if not self._file(digest).is_file():
            read_rgb(Path(name))
            write_durably(self._file(digest), content)
        return PictureReference(digest=digest)

    def open(self, field: str, picture: PictureReference) -> Image.Image:
        """The kept picture in RGB, see `read_rgb`. Raises `InvalidRequest` if it is gone."""
        return read_rgb(self._kept(field, picture))

    def file(self, picture: PictureReference) -> Path:
        """Where a kept picture lies."""
        return self._file(picture.digest)

    def has(self, picture: PictureReference) -> bool:
        """Whether a picture is kept here."""
        return self._file(picture.digest).is_file()

    def recipe(self, picture: PictureReference) -> Recipe | None:
        """The recipe that a kept picture carries, without its oldest ancestors; None if it has none to be trusted."""
        try:
            return without_oldest(read_recipe(self._file(picture.digest)))
        except UnreadableImage as error:
            log.info("a finished picture comes without a recipe: %s", error)
            return None

    def open_mask(self, field: str, picture: PictureReference) -> Image.Image:
        """The kept mask in grey levels, see `read_grey`. Raises `InvalidRequest` if it is gone."""
        return read_grey(self._kept(field, picture))

    def _kept(self, field: str, picture: PictureReference) -> Path:
        file = self._file(picture.digest)
        if not file.is_file():
            raise InvalidRequest(field, picture.name, "is not kept here any more; give the picture itself")
        return file

    def _file(self, digest: str) -> Path:
        return self.folder / digest


def without_oldest(recipe: Recipe, most: int = MOST_ANCESTORS) -> Recipe:
    """The recipe with at most so many ancestors; of the oldest, only the picture's digest is left."""
    if recipe.finished is None or recipe.finished.recipe is None:
        return recipe
    parent = without_oldest(recipe.finished.recipe, most - 1) if most > 1 else None
    return recipe.model_copy(update={"finished": recipe.finished.model_copy(update={"recipe": parent})})


def content_of(field: str, path: Path) -> bytes:
    """The bytes of a picture's file. Raises `InvalidRequest` if there is none, `UnreadableImage` if it is too large."""
    try:
        if not path.is_file():
            raise InvalidRequest(field, str(path), "is no file; name a PNG, JPEG or WebP picture")
        if path.stat().st_size > LARGEST_FILE:
            raise UnreadableImage(f"{path.name} has {path.stat().st_size} bytes; the most is {LARGEST_FILE}")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise UnreadableImage(f"{path.name} cannot be read ({error})") from None
