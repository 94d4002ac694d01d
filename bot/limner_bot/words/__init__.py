"""What the bot says, in every language that it speaks: one folder of Fluent files for each."""

from __future__ import annotations

from .language import LANGUAGES, Dictionary, Said, Words
from .mistakes import Mistake

__all__ = ["LANGUAGES", "Dictionary", "Mistake", "Said", "Words"]
