"""Names for jobs and pictures: random, so that nobody can guess one, and short enough for a button."""

from __future__ import annotations

import secrets
from typing import Final

from limner_sdk.seeds import LARGEST_SEED

#: How an id looks, as a regular expression.
ID: Final = "[0-9a-f]{16}"
#: How a full id looks that fits into a button beside an id: Discord takes 100 characters.
NAME: Final = "[A-Za-z0-9_.-]{1,36}:[A-Za-z0-9_.-]{1,36}"


def new_id() -> str:
    """A fresh id."""
    return secrets.token_hex(8)


def new_seed() -> int:
    """A fresh seed for a picture."""
    return secrets.randbelow(LARGEST_SEED + 1)
