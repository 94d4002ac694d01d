"""The weights that come with Limner: Pocket's own face detector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from torch import Tensor

from limner_sdk import UnusableModel

T = TypeVar("T")


@dataclass(frozen=True)
class BundledFile:
    """A `limner_sdk.WeightFile` inside of this package."""

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
        """All tensors by name. Raises `UnusableModel` for a file that is missing or damaged."""
        return self._read(lambda opened: {key: opened.get_tensor(key) for key in opened.keys()})

    def _read(self, what: Callable[[Any], T]) -> T:
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, "pt") as opened:
                return what(opened)
        except (OSError, SafetensorError) as error:
            raise UnusableModel(f"detector {self.file} is damaged ({error}); install limner again") from error


#: Trained on Pocket's world by `limner_plugins.pocket.training.face_detector`.
POCKET_FACES: Final = BundledFile(
    Path(__file__).parents[1] / "pocket" / "faces.safetensors", "pocket_faces", "Pocket faces"
)
