"""For plugins that make networks of weight files: those that were used last, and files that a plugin brings itself."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .errors import UnusableModel

if TYPE_CHECKING:
    from .records import WeightFile
    from .types import Tensor

T = TypeVar("T")


class LastUsed(Generic[T]):
    """What `make` has made of the weight files that were used last, `most` of them.

    A file that has changed on disk is read anew, and one that may not be read any more is not used any more.
    """

    def __init__(self, make: Callable[[WeightFile], T], most: int = 2) -> None:
        self._make, self._most = make, most
        self._made: OrderedDict[tuple[Path, str], tuple[object, T]] = OrderedDict()

    def of(self, file: WeightFile) -> T:
        """What has been made of `file`, made now if it has to be. Raises `UnusableModel` and what `make` raises."""
        # Refuses a file that is gone, and a pickle that has been taken off the list of the allowed.
        file.metadata()
        place, stamp = (file.path, file.name), _stamp(file.path)
        if place in self._made and self._made[place][0] != stamp:
            del self._made[place]
        if place not in self._made:
            self._made[place] = stamp, self._make(file)
            if len(self._made) > self._most:
                self._made.popitem(last=False)
        self._made.move_to_end(place)
        return self._made[place][1]


def _stamp(path: Path) -> object:
    """What changes with the file's content; None for what lies in no folder."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_size, told.st_mtime_ns, told.st_ino


@dataclass(frozen=True)
class BundledWeights:
    """A `WeightFile` that a plugin brings itself, a safetensors file at `path`."""

    path: Path
    name: str
    label: str

    @property
    def file(self) -> str:
        """The file's name."""
        return self.path.name

    def metadata(self) -> Mapping[str, str]:
        """What its header says. Raises `UnusableModel` for a file that is missing or damaged."""
        return self._read(lambda opened: opened.metadata() or {})

    def tensors(self) -> dict[str, Tensor]:
        """All tensors by name, on the CPU. Raises `UnusableModel` for a file that is missing or damaged."""
        return self._read(lambda opened: {key: opened.get_tensor(key) for key in opened.keys()})

    def _read(self, what: Callable[[Any], T]) -> T:
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, "pt") as opened:
                return what(opened)
        except (OSError, SafetensorError) as error:
            said = f"{self.label}: its file {self.file} is missing or damaged; install its plugin again"
            raise UnusableModel(said) from error
