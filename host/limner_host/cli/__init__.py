"""The command line; each module is one command or one family of them."""

from __future__ import annotations

from .main import main

__all__ = ["main"]
