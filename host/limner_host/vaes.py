"""Autoencoders by name, which pictures may ask for instead of their model's own."""

from __future__ import annotations

import tempfile
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, cast

from limner_sdk import FileReference, InvalidRequest, Model, NetworkCodec

from .adapters.files import NamedFiles
from .adapters.header import Header
from .digests import DigestCache
from .loading import check_complete, quiet_libraries
from .weight_files import naming

#: What people write for the model's own.
OWN: Final = ("", "none", "automatic")
CONFIG: Final = "config.json"


class VaeFiles(NamedFiles):
    """Autoencoders in a folder: single files in diffusers' or the original layout, and folders of diffusers'.

    The one that was used last stays loaded.
    """

    kind: ClassVar[Literal["lora", "embedding", "vae"]] = "vae"

    def __init__(self, folder: Path, digests: DigestCache) -> None:
        super().__init__(folder, digests)
        self._fitted: tuple[Model, FileReference, Model] | None = None

    def chosen(self, name: str) -> FileReference | None:
        """The autoencoder that `name` means, None for the model's own. Raises `UnknownName`, `UnusableModel`."""
        return None if name.strip().casefold() in OWN else self.reference(name)

    def _hash(self, file: Path, header: Header, digest: str) -> str:
        """What A1111 knows autoencoders by."""
        return digest[:10]

    def _family(self, header: Header) -> str:
        """Files do not tell."""
        return ""

    def _summary(self, header: Header) -> str:
        """Likewise."""
        return "autoencoder"

    def fitted(self, model: Model, vae: FileReference) -> Model:
        """The model with another autoencoder; the same objects give the same object again.

        Raises `InvalidRequest` for a model or an autoencoder that cannot be used together, `UnusableModel` for a
        damaged file.
        """
        if self._fitted is None or self._fitted[0] is not model or self._fitted[1] != vae:
            # The one before is let go first: both may not fit.
            self._fitted = None
            self._fitted = model, vae, self._with(model, vae)
        return self._fitted[2]

    def forget(self) -> None:
        """Let go of the one that was used last, and of the model that it was used with."""
        self._fitted = None

    def _with(self, model: Model, vae: FileReference) -> Model:
        own = model.codec
        if not isinstance(own, NetworkCodec) or not is_dataclass(model):
            raise InvalidRequest("vae", vae.name, "cannot be used with this model; leave it out")
        codec = self._codec(self.find(vae.name), own)
        if (codec.channels, codec.downscale) != (own.channels, own.downscale):
            shape = f"{codec.channels} channels and {codec.downscale} pixels a cell"
            wanted = f"{own.channels} and {own.downscale}"
            raise InvalidRequest("vae", vae.name, f"has {shape}, this model {wanted}; choose one of its family")
        return cast(Model, replace(cast(Any, model), codec=codec))

    def _codec(self, file: Path, own: NetworkCodec) -> NetworkCodec:
        """The autoencoder in a file, shaped by the config beside it, else like the model's own."""
        from .families.codec import KLCodec

        network = own.autoencoder
        with naming(file, "", "autoencoder"), quiet_libraries(), tempfile.TemporaryDirectory() as folder:
            configs = file.parent
            if not (configs / CONFIG).is_file():
                network.save_config(folder)
                configs = Path(folder)
            loaded = type(network).from_single_file(
                str(file), config=str(configs), local_files_only=True, torch_dtype=network.dtype
            )
        check_complete(file.stem, "autoencoder", loaded)
        return KLCodec(loaded.to(network.device).eval().requires_grad_(False))
