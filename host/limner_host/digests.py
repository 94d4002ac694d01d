"""SHA-256 of weight files, computed once and remembered by path, size and time of change."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from pathlib import Path

log = logging.getLogger(__name__)


class DigestCache:
    """Digests of files, kept in a JSON file that may be lost at any time."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known: dict[str, str] = self._read()

    def of(self, files: Iterable[Path]) -> str:
        """One digest for several files: that of a single one, else of their digests in the order of their names."""
        each = [self._of_one(file) for file in sorted(files)]
        return each[0] if len(each) == 1 else hashlib.sha256("".join(each).encode()).hexdigest()

    def of_tensors(self, file: Path) -> str:
        """The digest of a safetensors file without its header, which tools rewrite; its beginning is AutoV3."""
        return self._of_one(file, "tensors")

    def _of_one(self, file: Path, part: str = "") -> str:
        state = file.stat()
        key = f"{file.resolve()}|{state.st_size}|{state.st_mtime_ns}" + (part and f"|{part}")
        if key not in self._known:
            with file.open("rb") as stream:
                if part:
                    stream.seek(8 + int.from_bytes(stream.read(8), "little"))
                self._known[key] = hashlib.file_digest(stream, "sha256").hexdigest()
            self._write()
        return self._known[key]

    def _read(self) -> dict[str, str]:
        if self._file is None or not self._file.exists():
            return {}
        try:
            return {str(key): str(value) for key, value in json.loads(self._file.read_text()).items()}
        except (OSError, ValueError, AttributeError) as error:
            log.warning("the cache of digests is unreadable and starts anew: %s", error)
            return {}

    def _write(self) -> None:
        if self._file is None:
            return
        try:
            part = self._file.with_suffix(".part")
            part.write_text(json.dumps(self._known))
            part.replace(self._file)
        except OSError as error:
            log.info("the cache of digests cannot be kept: %s", error)
