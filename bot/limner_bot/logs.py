"""The log, from which secrets are cut out: the bot's token, interaction tokens, signatures of links."""

from __future__ import annotations

import logging
import re
import sys
from typing import Final

_SECRETS: Final = re.compile(
    r"(?P<keep>/(?:webhooks|interactions)/\d+/|[?&](?:ex|is|hm)=|\"token\": ?\"|'token': ?'|Bot )[\w.\-%]{8,}"
)


class RedactingFormatter(logging.Formatter):
    """Formats records, tracebacks included, without secrets."""

    def __init__(self, token: str) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        """The record as one text."""
        return redact(super().format(record), self._token)


def redact(text: str, token: str) -> str:
    """`text` without `token` and without whatever looks like a secret of Discord's."""
    if token:
        text = text.replace(token, "[token]")
    return _SECRETS.sub(r"\g<keep>[…]", text)


def start_logging(token: str) -> None:
    """Log to the standard error stream."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(token))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # It warns that voice cannot be used, which nobody wants.
    logging.getLogger("discord.client").setLevel(logging.ERROR)
