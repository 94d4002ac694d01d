"""Commands as people's Discord shows them: each name and text in each language, and sentences that call them so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from discord import app_commands
from tests.bot.test_words import OTHERS, ROOT

from limner_bot.features import every_feature
from limner_bot.house import House
from limner_bot.talking.client import add_commands
from limner_bot.words.commands import Translator

KINDS = (discord.AppCommandType.chat_input, discord.AppCommandType.message)


@cache
def tree() -> app_commands.CommandTree[Any]:
    """All commands, which nobody serves."""
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    add_commands(tree, every_feature(cast(House, SimpleNamespace())))
    return tree


async def things() -> list[tuple[str, dict[str, Any]]]:
    """Every command, option and choice with its whole name, as they are published."""
    published = [
        await command.get_translated_payload(tree(), Translator())
        for kind in KINDS
        for command in tree().get_commands(type=kind)
    ]
    return [found for payload in published for found in _walk(payload, "")]


def _walk(thing: dict[str, Any], above: str) -> Iterator[tuple[str, dict[str, Any]]]:
    name = f"{above} {thing['name']}".strip()
    yield name, thing
    for inner in (*thing.get("options", ()), *thing.get("choices", ())):
        yield from _walk(inner, name)


@pytest.mark.parametrize("language", OTHERS)
async def test_every_name_text_and_choice_is_translated(language: str) -> None:
    missing = [
        (name, key)
        for name, thing in await things()
        for key in ("name", "description")
        if thing.get(key) and language not in (thing.get(f"{key}_localizations") or {})
    ]
    assert [each for each in missing if not each[0].startswith("imagine ratio ")] == []


@pytest.mark.parametrize("language", OTHERS)
async def test_sentences_call_commands_as_this_languages_clients_show_them(language: str) -> None:
    shown = {
        name: thing["name_localizations"][language]
        for name, thing in await things()
        if " " not in name and thing.get("type", 1) == 1
    }
    foreign = [name for name in shown if shown[name] != name]
    for path in (ROOT / "words" / language).glob("*.ftl"):
        for called in re.findall(r"(?<![\w.{}])/([a-z]+)\b", path.read_text(encoding="utf-8"), re.ASCII):
            assert called not in foreign, f"{path.name} says /{called}, and clients show /{shown[called]}"
