"""Remembers encoded prompts, since text encoders cost more than a step and prompts are repeated."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

from limner_sdk import Conditioning

MOST: Final = 64


class PromptCache:
    """The conditionings used last, for one state of the text encoders: another state empties it."""

    def __init__(self) -> None:
        self._state: Hashable = None
        self._known: OrderedDict[Hashable, Conditioning] = OrderedDict()

    def enter(self, state: Hashable) -> None:
        """Say which model, LoRAs and embeddings encode from now on."""
        if state != self._state:
            self._known.clear()
            self._state = state

    def get(self, key: Hashable, make: Callable[[], Conditioning]) -> Conditioning:
        """What `make` gives for `key`, made once."""
        if key not in self._known:
            self._known[key] = make()
            if len(self._known) > MOST:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]
