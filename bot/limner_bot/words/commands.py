"""Names and texts of commands in other languages: discord.py asks for each of them when commands are published."""

from __future__ import annotations

import re
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location

from .language import ENGLISH, LANGUAGES, language_of, words_in

_NAMES = (Location.command_name, Location.group_name, Location.parameter_name)
_TEXTS = (Location.command_description, Location.group_description, Location.parameter_description)


class Translator(app_commands.Translator):
    """English stands in the code; every other language has ``c-imagine-name``, ``c-imagine-steps-text`` and so on."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """The name or text in one of Discord's languages; None leaves the English one."""
        known = any(str(locale) in locales for locales in LANGUAGES.values())
        language = language_of(str(locale))
        key = key_of(context.location, context.data)
        if not known or language == ENGLISH or key is None:
            return None
        words = words_in(language)
        return words(key) if words.has(key) else None


def key_of(location: Location, data: Any) -> str | None:
    """What a command's, group's or parameter's name or text is called in our files; None if it has no name there.

    Choices are called by their values, ``c-choice-front-name``.
    """
    if location is Location.choice_name:
        return f"c-choice-{_plain(str(data.value))}-name"
    if location not in (*_NAMES, *_TEXTS):
        return None
    ending = "name" if location in _NAMES else "text"
    if isinstance(data, app_commands.Parameter):
        return f"{_slug(data.command)}-{_plain(data.name)}-{ending}"
    return f"{_slug(data)}-{ending}"


def _slug(command: Any) -> str:
    return f"c-{_plain(getattr(command, 'qualified_name', command.name))}"


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", name.casefold())
