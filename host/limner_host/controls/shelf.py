"""The shelf of control networks keeps those in use loaded, and lets the others go."""

from __future__ import annotations

import gc
from collections.abc import Collection
from pathlib import Path

import torch

from limner_host.digests import DigestCache
from limner_host.weight_files import check_safetensors
from limner_sdk import FileEntry, FileReference

from .files import ControlFile, control_called, controls_in
from .hints import ControlNetwork
from .loading import load_control


class ControlShelf:
    """Control networks by name, out of one folder, which is looked through again for each name."""

    def __init__(self, folder: Path, device: torch.device, dtype: torch.dtype, digests: DigestCache) -> None:
        self._folder = folder
        self.device = device
        self.dtype = dtype
        self._digests = digests
        self._loaded: dict[str, ControlNetwork] = {}

    @property
    def loaded(self) -> tuple[str, ...]:
        """The names of the networks that are in memory."""
        return tuple(self._loaded)

    def entries(self) -> tuple[FileEntry, ...]:
        """All control networks as the catalogue shows them."""
        return tuple(file.entry for file in controls_in(self._folder))

    def reference(self, name: str) -> FileReference:
        """What a recipe notes of the network, which is not loaded. Raises `UnknownName` or `UnusableModel`."""
        file, digest = self._found(name)
        return FileReference(name=file.name, digest=digest)

    def load(self, name: str) -> ControlNetwork:
        """The network, loaded if need be. Raises `UnknownName`, `AmbiguousName` or `UnusableModel`."""
        file, digest = self._found(name)
        known = self._loaded.get(file.name)
        if known is None or known.digest != digest:
            network = load_control(file, self.device, self.dtype)
            self._loaded[file.name] = known = ControlNetwork(file.name, digest, network)
        return known

    def keep(self, names: Collection[str]) -> None:
        """Let go of every network that is not among `names`, and of its memory."""
        wanted = {name.strip().casefold() for name in names}
        kept = {name: network for name, network in self._loaded.items() if name.casefold() in wanted}
        if len(kept) < len(self._loaded):
            self._loaded = kept
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _found(self, name: str) -> tuple[ControlFile, str]:
        file = control_called(name, controls_in(self._folder))
        check_safetensors(file.weights, f"control network {file.name}: its file")
        return file, self._digests.of([file.weights])
