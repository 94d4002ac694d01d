"""The console that listings are printed on."""

from __future__ import annotations

from rich.console import Console


class Terminal(Console):
    """A rich console that leaves a closed pipe (`| head`) to the command line's own handling."""

    def on_broken_pipe(self) -> None:
        """Pass it on instead of leaving with exit code 1."""
        raise BrokenPipeError
