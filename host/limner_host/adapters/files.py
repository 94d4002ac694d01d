"""LoRA files by name: found by listing their folder, never by making a path of what somebody typed."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal

from limner_host.digests import DigestCache
from limner_sdk import FileEntry, FileReference, UnknownName, UnusableModel
from limner_sdk.catalogue import named

from .header import Header, read_header

log = logging.getLogger(__name__)

ENDING: Final = ".safetensors"
_SAFE_HASH: Final = re.compile(r"[0-9a-f]{12,64}")


@dataclass(frozen=True)
class Adapter:
    """A LoRA file to be applied: how strongly to the network that denoises, and to the text encoders."""

    file: Path
    name: str
    weight: float = 1.0
    text_weight: float = 1.0


@dataclass(frozen=True)
class NamedFile:
    """A file and what it goes by: its path in the folder without the ending, and its stem alone."""

    kind: str
    path: Path
    name: str

    @property
    def id(self) -> str:
        """The full id, ``loras:folder/stem``."""
        return f"{self.kind}s:{self.name}"

    @property
    def label(self) -> str:
        """The stem, which suffices if no other folder has it too."""
        return self.name.rpartition("/")[2]

    @property
    def aliases(self) -> tuple[str, ...]:
        """It has no other name."""
        return ()


class NamedFiles:
    """The `.safetensors` files of a folder and the folders in it, which is looked through again for each name."""

    kind: ClassVar[Literal["lora", "embedding", "vae"]] = "lora"

    def __init__(self, folder: Path, digests: DigestCache) -> None:
        self._folder = folder
        self._digests = digests

    def names(self) -> tuple[str, ...]:
        """All names, in their order: ``stem``, or ``folder/stem`` with a slash on every system."""
        return tuple(file.name for file in self._files())

    def find(self, name: str) -> Path:
        """The file that `name` means. Raises `UnknownName` or `AmbiguousName`."""
        return self._file(name).path

    def reference(self, name: str) -> FileReference:
        """What a recipe notes of a file: its full name, its SHA-256, and the hash that other tools know it by.

        Raises `UnknownName`, `AmbiguousName` or `UnusableModel`.
        """
        file = self._file(name)
        header = read_header(file.path, self.kind)
        digest = self._digests.of([file.path])
        return FileReference(name=file.name, digest=digest, hash=self._hash(file.path, header, digest))

    def family(self, name: str) -> str:
        """The family of models that a file is for, as far as it tells; empty if it does not."""
        return self._family(read_header(self.find(name), self.kind))

    def summary(self, name: str) -> str:
        """What a file tells about itself, in one line; no tensor is read."""
        return self._summary(read_header(self.find(name), self.kind))

    def entries(self) -> tuple[FileEntry, ...]:
        """All files as the catalogue shows them; the summary of one that cannot be used says why."""
        return tuple(self._entry(file) for file in self._files())

    def _entry(self, file: NamedFile) -> FileEntry:
        try:
            header = read_header(file.path, self.kind)
        except UnusableModel as error:
            log.warning("%s", error)
            return FileEntry(kind=self.kind, name=file.name, summary=str(error))
        return FileEntry(kind=self.kind, name=file.name, summary=self._summary(header), family=self._family(header))

    def _file(self, name: str) -> NamedFile:
        files, name = list(self._files()), name.removesuffix(ENDING)
        if exact := next((file for file in files if file.name == name), None):
            return exact
        if not files:
            place = f"put {ENDING} files into the folder {self.kind}s of the data"
            raise UnknownName(self.kind, name, f"is unknown, and there is no {self.kind} at all; {place}")
        return named(self.kind, name, files)

    def _files(self) -> Iterator[NamedFile]:
        for path in sorted(self._folder.rglob(f"*{ENDING}")):
            name = path.relative_to(self._folder).as_posix().removesuffix(ENDING)
            hidden = any(part.startswith(".") for part in name.split("/"))
            if not name.isprintable() or hidden or not path.is_file():
                log.info("%r in the %ss folder is not listed", name, self.kind)
                continue
            yield NamedFile(self.kind, path, name)

    def _hash(self, file: Path, header: Header, digest: str) -> str:
        raise NotImplementedError

    def _family(self, header: Header) -> str:
        raise NotImplementedError

    def _summary(self, header: Header) -> str:
        raise NotImplementedError


class AdapterFiles(NamedFiles):
    """The LoRA and LyCORIS files of a folder."""

    def adapter(self, name: str, weight: float, text_weight: float) -> Adapter:
        """The file called `name`, to be applied with these weights. Raises `UnknownName` or `AmbiguousName`."""
        file = self._file(name)
        return Adapter(file.path, file.name, weight, text_weight)

    def _hash(self, file: Path, header: Header, digest: str) -> str:
        """AutoV3: what the trainer noted, else the digest of the file without its header; 12 digits."""
        noted = header.metadata.get("sshs_model_hash", "").strip().lower()
        return (noted if _SAFE_HASH.fullmatch(noted) else self._digests.of_tensors(file))[:12]

    def _family(self, header: Header) -> str:
        return header.family

    def _summary(self, header: Header) -> str:
        return header.summary
