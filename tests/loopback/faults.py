"""Fault injection: the next calls of a route fail, hang or lose their reply."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import Json


@dataclass
class Fault:
    """What goes wrong with the next `times` matching calls; `hits` counts those that met it."""

    method: str
    pattern: str
    status: int | None = 503
    times: int = 1
    after_effect: bool = False
    cut: bool = False
    delay: float = 0.0
    retry_after: float = 0.05
    code: int = 0
    hits: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Is this call one of those that shall fail?"""
        due = self.hits < self.times and method == self.method.upper()
        return due and re.search(self.pattern, path) is not None

    @property
    def replaces_reply(self) -> bool:
        """Does the bot get something else than the true reply?"""
        return self.cut or self.status is not None

    def reply(self) -> tuple[int, Json, dict[str, str]]:
        """Return status, body and headers of the false reply."""
        status = self.status or 502
        body: Json = {"message": f"{status}: injected fault", "code": self.code}
        if status != 429:
            return status, body, {}
        headers = {"Retry-After": f"{self.retry_after:.3f}", "Via": "1.1 loopback"}
        return status, body | {"retry_after": self.retry_after, "global": False}, headers


class Faults:
    """The faults still to come, in the order they were asked for."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Plan a fault."""
        self._faults.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that this call meets, if any."""
        for fault in self._faults:
            if fault.matches(method, path):
                fault.hits += 1
                return fault
        return None

    def clear(self) -> None:
        """Let everything work again."""
        self._faults.clear()
