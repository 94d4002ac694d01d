"""The weights that come with Limner: Pocket's own upscaler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from torch import Tensor

from limner_sdk import UnusableModel


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
        """Nothing."""
        return {}

    def tensors(self) -> dict[str, Tensor]:
        """All tensors by name. Raises `UnusableModel` for a file that is missing or damaged."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(self.path)
        except (OSError, SafetensorError) as error:
            raise UnusableModel(f"upscaler {self.file} is damaged ({error}); install limner again") from error


#: Times 4, trained on Pocket's world by `limner_plugins.pocket.training.upscaler`.
POCKET: Final = BundledFile(Path(__file__).parents[1] / "pocket" / "upscaler_x4.safetensors", "pocket_x4", "Pocket x4")
