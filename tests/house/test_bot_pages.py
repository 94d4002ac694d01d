"""The pages for members, administrators and newcomers name every command, and only what there is."""

from __future__ import annotations

import re
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from discord import app_commands
from PIL import Image
from tests.house.test_docs import ROOT, blocks

from limner_bot.cli.invite import PERMISSIONS
from limner_bot.features import every_feature
from limner_bot.features.help import TOPICS
from limner_bot.features.settings_panel import NAMES
from limner_bot.house import House
from limner_bot.operating.settings import Settings
from limner_bot.talking.client import add_commands
from limner_bot.words.language import words_in

DOCS = ROOT / "docs"
PAGES = ("members.md", "bot.md", "first_run.md")
MOST_BYTES = 150_000


@cache
def tree() -> app_commands.CommandTree[Any]:
    """All commands, which nobody serves."""
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    add_commands(tree, every_feature(cast(House, SimpleNamespace())))
    return tree


def text() -> str:
    """All pages together."""
    return "\n".join((DOCS / page).read_text() for page in PAGES)


def slash() -> set[str]:
    """The whole names of all slash commands, and of their groups."""
    return {command.qualified_name for command in tree().walk_commands()}


def test_every_command_is_on_a_page() -> None:
    page = text()
    single = {command.qualified_name for command in tree().walk_commands() if isinstance(command, app_commands.Command)}
    assert len(single) > 40
    assert [name for name in sorted(single) if f"`/{name}`" not in page] == []


def test_every_entry_of_a_messages_menu_is_on_a_page() -> None:
    menus = {menu.name for menu in tree().get_commands(type=discord.AppCommandType.message)}
    assert len(menus) == 5
    assert [name for name in sorted(menus) if f"**{name}**" not in text()] == []


@pytest.mark.parametrize("page", [*PAGES, "asking.md", "operating.md", "safety.md"])
def test_only_commands_that_there_are_stand_on_the_pages(page: str) -> None:
    found = re.findall(r"`/([a-z]+(?: [a-z]+)?)`", (DOCS / page).read_text())
    assert [name for name in found if name not in slash() | {"metrics", "healthz"}] == []


def test_options_that_the_pages_name_are_those_of_their_commands() -> None:
    limits = tree().get_command("limits")
    assert isinstance(limits, app_commands.Group)
    change = limits.get_command("set")
    assert isinstance(change, app_commands.Command)
    rows = re.findall(r"^\| `([a-z_]+)` \|", (DOCS / "bot.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted({each.name for each in change.parameters} - {"role", "everywhere"})


def test_the_buttons_in_bold_are_called_so_by_the_bot() -> None:
    words = words_in("en")
    said = {words(key) for key in _keys()}
    for label in ("Re-roll", "Remix", "Strong variations", "Favourite", "Post here", "Reuse settings", "Original"):
        assert f"**{label}**" in text()
        assert label in said
    for label in ("Export my data", "Delete my data", "Make it square", "Original file", "Image info", "Make it again"):
        assert f"**{label}**" in text()
        assert label in said


def _keys() -> list[str]:
    folder = ROOT / "bot" / "limner_bot" / "words" / "en"
    return re.findall(r"^([a-z][\w-]*) =", "\n".join(path.read_text() for path in folder.glob("*.ftl")), re.MULTILINE)


def test_every_setting_is_named_and_every_topic_of_help_is_a_sentence() -> None:
    page = " ".join((DOCS / "members.md").read_text().casefold().split())
    told = [words_in("en")(key).casefold() for name, key in NAMES.items() if name not in ("remix", "ping")]
    assert [name for name in told if name not in page] == []
    assert all(words_in("en").has(key) for keys in TOPICS.values() for key in keys)


def test_the_permissions_are_those_of_the_invitation() -> None:
    page = (DOCS / "bot.md").read_text()
    named = [name.replace("_", " ").title().replace(" In ", " in ") for name in PERMISSIONS]
    assert [name for name in named if name not in " ".join(page.split())] == []


def test_the_limner_toml_of_the_first_run_is_understood(tmp_path: Any) -> None:
    (config,) = blocks(DOCS / "first_run.md", "toml")
    token = tmp_path / "token"
    token.write_text("secret")
    token.chmod(0o600)
    file = tmp_path / "limner.toml"
    file.write_text(config.replace("~/limner-token", str(token)))
    settings = Settings.from_environment({"LIMNER_DATA_DIR": str(tmp_path)}, file=file)
    assert (settings.token, len(settings.operators)) == ("secret", 1)


def test_every_picture_is_shown_somewhere_and_small_enough() -> None:
    shown = set(re.findall(r"\((?:docs/)?pictures/([\w-]+\.png)\)", text() + (ROOT / "README.md").read_text()))
    assert shown == {path.name for path in (DOCS / "pictures").iterdir()}
    for name in shown:
        file = DOCS / "pictures" / name
        assert file.stat().st_size <= MOST_BYTES
        with Image.open(file) as picture:
            assert picture.width <= 1100


def test_every_picture_is_described() -> None:
    assert re.findall(r"!\[\]\(", text()) == []
