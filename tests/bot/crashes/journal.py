"""What the fake Discord saw, line by line in a file that is only ever appended to: all that the oracle may know."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from tests.loopback import Interaction, Message


class Journal:
    """Writes while the bot lives and dies; the oracle reads when all is quiet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def asked(self, interaction: Interaction, jobs: int = 1) -> Interaction:
        """Somebody did something that shall become so many jobs."""
        self._write("ASKED", interaction=interaction.id, what=str(interaction), jobs=jobs)
        return interaction

    def watch(self, event: str, message: Message) -> None:
        """A message was created, changed or deleted."""
        if message.author.bot:
            self._write(event, **_seen(message))

    def close(self) -> None:
        """Write no more."""
        self._file.close()

    def _write(self, event: str, **facts: Any) -> None:
        self._file.write(json.dumps({"at": time.time(), "event": event} | facts) + "\n")


def _seen(message: Message) -> dict[str, Any]:
    return {
        "message": message.id,
        "interaction": message.interaction.id if message.interaction else None,
        "thinking": message.thinking,
        "private": message.ephemeral,
        "content": message.content,
        "files": [[file.filename, hashlib.sha256(file.data).hexdigest()] for file in message.files],
        "cancellable": any(button.label == "Cancel" for button in message.buttons()),
    }
