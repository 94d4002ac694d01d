"""Fault injection: the next calls of a route fail, hang, or lose all or half of their reply."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import Json

MESSAGES = {
    10003: "Unknown Channel",
    10008: "Unknown Message",
    10015: "Unknown Webhook",
    10062: "Unknown interaction",
    30046: "Maximum number of edits to messages older than 1 hour reached. Try again later.",
    50001: "Missing Access",
    50013: "Missing Permissions",
    50027: "Invalid Webhook Token",
}
REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "You are being rate limited.",
    500: "Internal Server Error",
}
CLOUDFLARE = "cloudflare"
BEFORE_DISCORD = {502, 504}  # a proxy answers these, with a page instead of JSON


@dataclass
class Fault:
    """What goes wrong with the next `times` matching calls; `hits` counts those that met it.

    `cut` breaks the connection instead of a reply, `half` in the middle of one; `slow` lets the body take that many
    seconds. `scope` says whose limit a 429 is: user, global, shared, or that of the proxy in front, cloudflare.
    """

    method: str
    pattern: str
    status: int | None = 503
    times: int = 1
    after_effect: bool = False
    cut: bool = False
    delay: float = 0.0
    retry_after: float = 0.05
    code: int = 0
    scope: str = "user"
    slow: float = 0.0
    half: bool = False
    hits: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Is this call one of those that shall fail?"""
        due = self.hits < self.times and method == self.method.upper()
        return due and re.search(self.pattern, path) is not None

    @property
    def replaces_reply(self) -> bool:
        """Does the bot get something else than the true reply?"""
        return self.cut or self.status is not None

    def reply(self) -> tuple[int, Json | None, dict[str, str], str]:
        """Return status, JSON, headers and, where a proxy answers, the page of the false reply."""
        status = self.status or 502
        if status in BEFORE_DISCORD or self.scope == CLOUDFLARE:
            return status, None, {}, f"<html><title>{status}: injected fault</title></html>"
        words = MESSAGES.get(self.code) or f"{status}: {REASONS.get(status, 'injected fault')}"
        body: Json = {"message": words, "code": self.code}
        if status != 429:
            return status, body, {}, ""
        return status, body | self._wait(), self._headers(), ""

    def _wait(self) -> Json:
        return {"message": REASONS[429], "retry_after": self.retry_after, "global": self.scope == "global"}

    def _headers(self) -> dict[str, str]:
        headers = {"Retry-After": f"{self.retry_after:.3f}", "Via": "1.1 loopback"}
        headers["X-RateLimit-Scope"] = self.scope
        return headers | ({"X-RateLimit-Global": "true"} if self.scope == "global" else {})


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
