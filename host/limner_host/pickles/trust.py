"""The list of pickled weight files that the admin allows: one SHA-256 a line, with the file's name as a comment."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def trusted(listing: Path) -> frozenset[str]:
    """The digests on the list; a line that is none is left out, with a warning."""
    try:
        lines = listing.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read, and no pickle is allowed: %s", listing.name, error)
        return frozenset()
    words = [line.partition("#")[0].strip().lower() for line in lines]
    for number, word in enumerate(words, 1):
        if word and not _DIGEST.fullmatch(word):
            log.warning("line %d of %s is no SHA-256 and counts for nothing", number, listing.name)
    return frozenset(word for word in words if _DIGEST.fullmatch(word))


def trust(listing: Path, digest: str, name: str) -> None:
    """Add a digest to the list, if it is not there yet. Raises `OSError`."""
    if digest in trusted(listing):
        return
    listing.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    descriptor = os.open(listing, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with open(descriptor, "r+b") as stream:
        before = stream.read()
        begin = "" if not before or before.endswith(b"\n") else "\n"
        stream.write(f"{begin}{digest}  # {shown}\n".encode())
