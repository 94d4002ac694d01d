"""Asked: what one command asks for, read once, and made into a proposal again when more is known of its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from .menu import Menu
from .proposals import Proposal
from .wanted import Begun, Wanted, requests_of


@dataclass(frozen=True)
class Asked:
    """The jobs, whose seeds are drawn, and whether only the person shall see the answer."""

    wanted: Wanted
    jobs: list[dict[str, Any]]
    private: bool

    @classmethod
    def of(cls, text: str, options: Mapping[str, Any], defaults: Mapping[str, Any], most: int) -> Self:
        """What a text and options ask for. Raises `InvalidRequest`, also for more than `most` jobs."""
        wanted = Wanted(text, {name: value for name, value in options.items() if value is not None}, defaults)
        jobs = wanted.jobs(most)
        return cls(wanted, jobs, wanted.private(jobs))

    def proposal(self, menu: Menu, begun: Begun | None = None) -> Proposal:
        """The requests, checked. Raises `InvalidRequest`."""
        return Proposal(
            requests=tuple(requests_of(self.wanted, self.jobs, menu, begun)),
            text=self.wanted.text,
            options=dict(self.wanted.options),
            private=self.private,
            begun=begun,
        )
