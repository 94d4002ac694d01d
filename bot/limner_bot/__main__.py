"""``python -m limner_bot`` is ``limner bot``."""

from __future__ import annotations

import sys

from .main import command

if __name__ == "__main__":
    sys.exit(command(sys.argv[1:]))
