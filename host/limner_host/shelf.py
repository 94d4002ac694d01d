"""The shelf keeps the one model that is loaded."""

from __future__ import annotations

import gc

import torch

from limner_sdk import Model, ModelLoader

from .offers import ModelOffer


class Shelf:
    """Keeps one model loaded: asking for another one first lets the old one go."""

    def __init__(self, loader: ModelLoader) -> None:
        self._loader = loader
        self._loaded: tuple[str, Model] | None = None

    def get(self, offer: ModelOffer) -> Model:
        """The model, loaded if need be. Raises `UnusableModel`."""
        if self._loaded is None or self._loaded[0] != offer.id:
            self.clear()
            self._loaded = (offer.id, offer.definition.load(self._loader))
        return self._loaded[1]

    def holds(self, offer: ModelOffer) -> bool:
        """Whether this is the model that is loaded."""
        return self._loaded is not None and self._loaded[0] == offer.id

    def digest_of(self, offer: ModelOffer) -> str:
        """The digest of the model if it is loaded; empty if it is not."""
        return self._loaded[1].digest if self._loaded and self.holds(offer) else ""

    def clear(self) -> None:
        """Let the loaded model go, and its memory with it."""
        self._loaded = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
