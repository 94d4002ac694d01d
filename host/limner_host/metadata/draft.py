"""A request that grows out of what somebody else wrote: what cannot be used is left out, with a sentence about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from limner_host.offers import Offer
from limner_sdk import InvalidRequest, Request
from limner_sdk.errors import quote

Lookup: TypeAlias = Callable[[str], Offer[Any]]
#: A prompt for checking one field by itself.
_ANY: Final = {"prompt": "x"}
MOST_NOTICES: Final = 40


class Draft:
    """The fields of a `Request` as far as they are known, and notices: one sentence for each thing left out.

    Texts come from strangers; notices quote them, so that nothing in them can steer a terminal.
    """

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._notices: list[str] = []

    def note(self, sentence: str) -> None:
        """Say something once; beyond `MOST_NOTICES` sentences nothing more is said."""
        if sentence not in self._notices and len(self._notices) < MOST_NOTICES:
            self._notices.append(sentence)

    @property
    def notices(self) -> tuple[str, ...]:
        """What was said so far."""
        return tuple(self._notices)

    def get(self, field: str) -> Any:
        """A field's value, None if it is open."""
        return self._values.get(field)

    def put_prompt(self, prompt: str) -> None:
        """Set the prompt, without which there is no request; `request` says what is wrong with it."""
        self._values["prompt"] = prompt

    def put(self, said: str, **fields: Any) -> bool:
        """Set fields together, or leave all of them open with a notice that begins with their name `said`."""
        try:
            Request.parse({**_ANY, **fields})
        except InvalidRequest as error:
            self.note(f"left out {said}: {quote(error.value)} {error.remedy}")
            return False
        self._values |= fields
        return True

    def put_in(self, group: str, said: str, **fields: Any) -> bool:
        """Set fields of a group of settings such as ``hires``; what was set of it before stays."""
        return self.put(said, **{group: {**(self.get(group) or {}), **fields}})

    def choose(self, kind: str, said: str, offer: Offer[Any]) -> None:
        """Take a definition with its default parameters."""
        self.put(said, **{kind: {"name": offer.id, "params": {}}})

    def look_up(self, said: str, name: str, lookup: Callable[[str], Any]) -> Any:
        """What `name` means here, or None with a notice."""
        try:
            return lookup(name)
        except InvalidRequest as error:
            self.note(f"left out {said}: {quote(name)} {error.remedy}")
            return None

    def tune(self, kind: str, said: str, lookup: Lookup, params: Mapping[str, Any]) -> None:
        """Set parameters of the definition chosen for `kind`, or leave all of them out with a notice."""
        choice = self.get(kind)
        if choice is None:
            self.note(f"left out {said}: there is no {kind} that it could belong to")
            return
        wanted = {"name": choice["name"], "params": {**choice["params"], **params}}
        try:
            checked = _settings(kind, lookup, wanted)
        except InvalidRequest as error:
            self.note(f"left out {said} of {choice['name']}: {quote(error.value)} {error.remedy}")
            return
        self._values[kind] = {**wanted, "params": {name: checked[name] for name in wanted["params"]}}

    def settings(self, kind: str, lookup: Lookup) -> Mapping[str, Any]:
        """All parameters of the definition chosen for `kind`, also the usual ones; none if nothing is chosen."""
        choice = self.get(kind)
        return {} if choice is None else _settings(kind, lookup, choice)

    def request(self) -> Request:
        """The request. Raises `InvalidRequest` for a prompt that is missing or too long."""
        return Request.parse({"prompt": "", **self._values})


def _settings(kind: str, lookup: Lookup, choice: Mapping[str, Any]) -> Mapping[str, Any]:
    asked = getattr(Request.parse({**_ANY, kind: choice}), kind)
    return lookup(choice["name"]).params(asked).model_dump(mode="json")
