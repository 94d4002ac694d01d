"""Single settings of somebody else's on their way into a draft: what infotexts and graphs have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from limner_host.offers import ModelOffer
from limner_host.registry import Registry
from limner_sdk import UnknownName
from limner_sdk.catalogue import named, named_sampler
from limner_sdk.errors import quote
from limner_sdk.seeds import LARGEST_SEED

from . import names
from .draft import Draft
from .plain import from_a1111

SWITCH: Final[Mapping[str, bool]] = {"true": True, "false": False}
_SIZE: Final = re.compile(r"(\d{1,6})\s*[x×]\s*(\d{1,6})", re.IGNORECASE)


class Settings:
    """The settings of an infotext; what has been taken out of it has been understood."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._left = dict(values)
        self._ours = values.get("Version", "").casefold().startswith("limner")

    @property
    def is_ours(self) -> bool:
        """Whether Limner wrote them."""
        return self._ours

    def words(self, prompt: str) -> str:
        """A prompt as we read it: only Limner writes down what is read as a choice or a wildcard here."""
        return prompt if self._ours else from_a1111(prompt)

    def take(self, key: str) -> str | None:
        """A value, which is then gone; None if it is not there."""
        return self._left.pop(key, None)

    def take_all(self, table: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """Name and value by A1111's key for those of a table's keys that are there."""
        return {key: (name, self._left.pop(key)) for key, name in table.items() if key in self._left}

    def take_behind(self, prefix: str) -> dict[str, str]:
        """All values whose keys begin with `prefix`, by the rest of their keys."""
        return {key.removeprefix(prefix): self._left.pop(key) for key in [*self._left] if key.startswith(prefix)}

    def has(self, keys: Iterable[str]) -> bool:
        """Whether any of `keys` is there."""
        return any(key in self._left for key in keys)

    def left(self) -> list[str]:
        """The names of what nobody took, without what never matters."""
        return [key for key in self._left if key not in names.SILENT]


def take_size(settings: Settings, key: str, draft: Draft) -> tuple[int, int] | None:
    value = settings.take(key)
    if value is None:
        return None
    match = _SIZE.fullmatch(value.strip())
    if not match:
        draft.note(f"left out {key}: {quote(value)} is no size")
        return None
    return int(match[1]), int(match[2])


def put_model(draft: Draft, said: str, name: str, registry: Registry) -> None:
    """Take a model that is listed here."""
    offer = draft.look_up(said, name, lambda text: listed_model(text, registry))
    if offer is not None:
        draft.put(said, model=offer.id)


def listed_model(name: str, registry: Registry) -> ModelOffer:
    """The model that is listed here under a name. What strangers write is shown to no plugin that might fetch it.

    Raises `UnknownName` or `AmbiguousName`.
    """
    try:
        return named("model", name, registry.models)
    except UnknownName:
        # Models of the models folder are labelled with the names of their files.
        return named("model", f"{name}.safetensors", registry.models)


def sampler_of(draft: Draft, said: str, name: str, registry: Registry) -> tuple[Any, Any]:
    """The sampler and perhaps the schedule that a name holds; None for both, with a notice, if it is unknown."""
    samplers, schedules = list(registry.offers("sampler")), list(registry.offers("schedule"))
    found = draft.look_up(said, name, lambda text: named_sampler(text, samplers, schedules))
    return found or (None, None)


def put_seed(draft: Draft, said: str, seed: object) -> None:
    """Take a seed of anybody's: some hosts count to 2^64, and -1 asks for any."""
    if str(seed).strip().removeprefix("-").isdecimal() and not 0 <= int(str(seed)[:40]) <= LARGEST_SEED:
        draft.note(f"left out {said}: {quote(str(seed))} is no seed from 0 to {LARGEST_SEED}")
        return
    draft.put(said, seed=seed)
