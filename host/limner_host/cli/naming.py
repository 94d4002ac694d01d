"""Where pictures go that the command line makes, and what their files are called."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

#: Endings that mean a picture and no folder, but of a kind that is not written.
_OTHER_FORMATS: Final = (".avif", ".bmp", ".gif", ".heic", ".jxl", ".tif", ".tiff")


def slug_of(text: str) -> str:
    """`text` as a part of a file's name; "" if nothing of it is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:48].strip("-")


def naming(stem: str, count: int, output: Path | None, home: Path = Path()) -> tuple[Path, Callable[[str], str]]:
    """The folder to write to, and the file's name for ``1``, ``2`` … and ``grid``. Raises `InvalidRequest`.

    `output` is a file or a folder; without one, files called after `stem` go to the folder `home`, and so they do to
    a folder that was named. They never take the name of a picture that is there.
    """
    from limner_host.pictures import FORMATS, format_of

    ending = output.suffix.lower() if output is not None else ""
    if output is not None and ending in (*FORMATS, *_OTHER_FORMATS):
        format_of(output)
        folder, stem = output.parent, output.stem
    else:
        folder, ending = output or home, ".png"
        stem = _free_stem(folder, stem)
    return folder.absolute(), lambda part: f"{stem}{ending}" if count == 1 else f"{stem}-{part}{ending}"


def _free_stem(folder: Path, stem: str) -> str:
    """`stem`, counted up until no picture of that name is there: nobody's picture is overwritten unasked."""
    free, number = stem, 1
    while any((folder / f"{free}{end}").exists() for end in (".png", "-1.png")):
        number += 1
        free = f"{stem}-{number}"
    return free
