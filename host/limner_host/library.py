"""The library: the files of the data folder that prompts and requests name, found anew whenever they are asked for."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property

import torch

from limner_sdk import ConfigurationError, FileEntry
from limner_sdk.folders import DataFolder

from .adapters.embeddings import EmbeddingFiles
from .adapters.files import AdapterFiles
from .controls.shelf import ControlShelf
from .digests import DigestCache
from .inputs import Inputs
from .prompting import Styles, Wildcards
from .vaes import VaeFiles

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Library:
    """Everything by name; a file that is put there counts at once."""

    data: DataFolder
    digests: DigestCache
    device: torch.device
    dtype: torch.dtype

    @cached_property
    def inputs(self) -> Inputs:
        """The pictures and masks that recipes start from."""
        return Inputs(self.data.inputs)

    @cached_property
    def loras(self) -> AdapterFiles:
        """LoRA and LyCORIS files."""
        return AdapterFiles(self.data.loras, self.digests)

    @cached_property
    def embeddings(self) -> EmbeddingFiles:
        """Textual inversions."""
        return EmbeddingFiles(self.data.embeddings, self.digests)

    @cached_property
    def controls(self) -> ControlShelf:
        """Control networks."""
        return ControlShelf(self.data.controls, self.device, self.dtype, self.digests)

    @cached_property
    def vaes(self) -> VaeFiles:
        """Autoencoders that take the place of a model's own."""
        return VaeFiles(self.data.vaes, self.digests)

    @cached_property
    def wildcards(self) -> Wildcards:
        """Lists of random choices."""
        return Wildcards(self.data.wildcards)

    def entries(self) -> tuple[FileEntry, ...]:
        """Every named file as the catalogue shows it; a damaged file of styles shows none."""
        weights = *self.loras.entries(), *self.embeddings.entries(), *self.vaes.entries()
        named = *weights, *self.controls.entries()
        wildcards = (FileEntry(kind="wildcard", name=name) for name in self.wildcards.names())
        try:
            styles = tuple(FileEntry(kind="style", name=style) for style in self.styles().names)
        except ConfigurationError as error:
            log.warning("%s", error)
            styles = ()
        return (*named, *styles, *wildcards)

    def styles(self) -> Styles:
        """The named styles. Raises `ConfigurationError` for a damaged file."""
        return Styles.read(self.data.styles)
