"""The weight files of upscalers and detectors that lie in their folders, told apart by content and read when needed."""

from __future__ import annotations

import logging
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from limner_sdk import UnusableModel
from limner_sdk.folders import DataFolder

from .digests import DigestCache
from .pickles.trust import trusted
from .weight_files import check_safetensors, check_weights, shown_name

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)

Form = Literal["safetensors", "pickle", "mediapipe", "unknown"]

ENDINGS: Final = frozenset({".safetensors", ".pth", ".pt", ".ckpt", ".bin", ".task", ".tflite"})
#: Of files with the same stem, the one whose form comes first here is taken.
PREFERRED: Final[tuple[Form, ...]] = ("safetensors", "pickle", "mediapipe", "unknown")
_TAR = slice(257, 262)


@dataclass(frozen=True)
class PickleShelf:
    """The pickles that the admin allows, and what has been read of them."""

    listing: Path
    folder: Path
    digests: DigestCache

    @classmethod
    def of(cls, data: DataFolder) -> PickleShelf:
        """The shelf of a data folder."""
        digests = DigestCache(data.root / "digests.json" if data.root.is_dir() else None)
        return cls(data.trusted, data.converted, digests)

    def converted(self, file: Path, kind: str) -> Path:
        """The safetensors file made of an allowed pickle, which is made now if it has not been yet.

        Raises `UnusableModel` for one that is not allowed or cannot be read, or could not the last time.
        """
        digest = self.allowed(file, kind)
        made = self.folder / f"{digest}.safetensors"
        if not made.is_file():
            self.convert(file, kind, digest)
        return made

    def convert(self, file: Path, kind: str, digest: str) -> None:
        """Read a pickle, allowed or not, and keep what it holds, or why it cannot be read. Raises `UnusableModel`."""
        from .pickles.reading import Unreadable, safetensors_of

        try:
            safetensors_of(file, self.folder / f"{digest}.safetensors", kind, digest)
        except Unreadable as error:
            self._refusal(digest).write_text(error.reason, encoding="utf-8")
            raise
        self._refusal(digest).unlink(missing_ok=True)

    def _refusal(self, digest: str) -> Path:
        """Where it stands why a pickle could not be read."""
        return self.folder / f"{digest}.refused"

    def allowed(self, file: Path, kind: str) -> str:
        """The file's SHA-256. Raises `UnusableModel` if it is not on the list or could not be read, with a remedy."""
        digest = self.digest(file, kind)
        if (refusal := self._refusal(digest)).is_file():
            raise UnusableModel(f"{kind} {shown_name(file)} {refusal.read_text(encoding='utf-8')}")
        if digest not in trusted(self.listing):
            name = shown_name(file)
            shown = shlex.quote(name)
            raise UnusableModel(
                f"{kind} {name} is a pickle, which can run programs, and its SHA-256 {digest[:12]}… is not "
                f"allowed here; allow it with `limner trust {shown}`, or make a safetensors file of it with "
                f"`limner {kind}s convert {shown}`"
            )
        return digest

    def digest(self, file: Path, kind: str) -> str:
        """The file's SHA-256. Raises `UnusableModel` if it cannot be read."""
        try:
            return self.digests.of([file])
        except OSError as error:
            raise UnusableModel(f"{kind} {shown_name(file)} cannot be read ({error.strerror}); put it back") from None


@dataclass(frozen=True)
class PartFile:
    """A `limner_sdk.WeightFile` of the admin's."""

    kind: str
    name: str
    path: Path
    form: Form
    shelf: PickleShelf

    @property
    def label(self) -> str:
        """The file's name without its ending."""
        return _label(self.path.stem)

    @property
    def file(self) -> str:
        """The file's name, as it can be shown."""
        return shown_name(self.path)

    def metadata(self) -> Mapping[str, str]:
        """What its header says beside the tensors. Of an allowed pickle, what was found in it, which is read once.

        Raises `UnusableModel`.
        """
        from safetensors import safe_open

        if self.form == "mediapipe":
            return {"format": "mediapipe"}
        with safe_open(self.safetensors(), framework="numpy") as header:
            return header.metadata() or {}

    def tensors(self) -> dict[str, Tensor]:
        """All tensors by name, on the CPU. Raises `UnusableModel`, also for weights that are no numbers."""
        from safetensors.torch import load_file

        if self.form == "mediapipe":
            raise UnusableModel(
                f"{self.kind} {self.file} is a file of MediaPipe's and has no tensors; choose another one"
            )
        tensors = load_file(self.safetensors())
        check_weights(tensors, f"{self.kind} {self.file}")
        return tensors

    def safetensors(self) -> Path:
        """A sound safetensors file with its contents. Raises `UnusableModel`."""
        if self.form == "unknown":
            raise UnusableModel(
                f"{self.kind} {self.file} is neither a safetensors file nor a checkpoint; fetch it again"
            )
        path = self.shelf.converted(self.path, self.kind) if self.form == "pickle" else self.path
        check_safetensors(path, self.kind)
        return path

    def problem(self) -> str | None:
        """Why it cannot be used, in one sentence, without reading what it holds; None if nothing speaks against it."""
        try:
            if self.form == "pickle":
                self.shelf.allowed(self.path, self.kind)
            elif self.form != "mediapipe":
                self.safetensors()
            elif self.kind != "detector":
                return f"{self.kind} {self.file} is a file of MediaPipe's, which only detects; move it to detectors"
        except UnusableModel as error:
            return str(error)
        return None


def files_in(data: DataFolder, kind: str) -> tuple[PartFile, ...]:
    """The weight files for a kind of part, ``upscaler`` or ``detector``, in the order of their names."""
    folders = {"upscaler": data.upscalers, "detector": data.detectors}
    if kind not in folders or not folders[kind].is_dir():
        return ()
    shelf, taken = PickleShelf.of(data), set[str]()
    found = []
    for path, form in _chosen(folders[kind]):
        name = _name_for(path.stem, taken)
        if not name:
            log.warning("%r in the folder %s is left out: its name has no letter or digit", path.name, path.parent.name)
            continue
        taken.add(name)
        found.append(PartFile(kind, name, path, form, shelf))
    return tuple(found)


def offered_files(data: DataFolder, kind: str) -> tuple[PartFile, ...]:
    """Those of `files_in` that can be chosen: pickles that are not allowed are, as choosing one tells how to."""
    return tuple(file for file in files_in(data, kind) if file.form == "pickle" or file.problem() is None)


def form_of(path: Path) -> Form:
    """What a file is, by its first bytes. Raises `OSError`."""
    with path.open("rb") as stream:
        begin = stream.read(512)
    if begin.startswith(b"PK\x03\x04"):
        # MediaPipe bundles its models in archives as torch does; the latter begin with the pickle.
        bundle = path.suffix.lower() == ".task" and b"data.pkl" not in begin[30:200]
        return "mediapipe" if bundle else "pickle"
    if begin[8:9] == b"{":
        return "safetensors"
    if begin[4:8] == b"TFL3":
        return "mediapipe"
    if begin[:1] == b"\x80" or begin[_TAR] == b"ustar":
        return "pickle"
    return "unknown"


def _chosen(folder: Path) -> Iterator[tuple[Path, Form]]:
    """One file for each stem, in the order of their names."""
    best: dict[str, tuple[Path, Form]] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in ENDINGS or path.name.startswith(".") or not path.is_file():
            continue
        form = _form_or_unknown(path)
        other = best.get(path.stem)
        if other and PREFERRED.index(other[1]) <= PREFERRED.index(form):
            log.info("%r in the folder %s is left out for %r", path.name, folder.name, other[0].name)
            continue
        best[path.stem] = path, form
    yield from best.values()


def _form_or_unknown(path: Path) -> Form:
    try:
        return form_of(path)
    except OSError as error:
        log.warning("%r cannot be read: %s", path.name, error)
        return "unknown"


def _name_for(stem: str, taken: set[str]) -> str:
    """A usable name that nothing else has; empty if the stem has no letter or digit."""
    name = re.sub(r"[^a-z0-9_.-]+", "_", stem.lower()).strip("_.-")[:60]
    return next((each for n in range(1, 100) if (each := name if n == 1 else f"{name}_{n}") not in taken), "")


def _label(stem: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in stem)
    return " ".join(shown.split())[:80]
