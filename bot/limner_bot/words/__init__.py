"""What the bot says, in every language that it speaks: one folder of Fluent files for each."""

from __future__ import annotations

from .language import LANGUAGES, Dictionary, Said, Words

__all__ = ["LANGUAGES", "Dictionary", "Said", "Words"]
