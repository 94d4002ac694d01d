"""`limner config`, `limner invite` and what they print."""

from __future__ import annotations

import base64
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from tests.house.test_docs import ROOT

from limner_bot.cli import config, invite
from limner_bot.cli.config import example
from limner_bot.operating.configuring import check, gather
from limner_bot.operating.keys import KEYS
from limner_bot.operating.sections import Configuration
from limner_bot.talking import access


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but a test's own."""
    for key in KEYS:
        monkeypatch.delenv(key.variable, raising=False)
    monkeypatch.setenv("LIMNER_DATA_DIR", str(tmp_path / "data"))


def test_check_shows_what_holds_where_it_comes_from_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIMNER_DISCORD_TOKEN", "sesame.open.now")
    file = tmp_path / "limner.toml"
    file.write_text("[worker]\nsilence = 11\n")
    assert config.command(["check", "--config", str(file)]) == 0
    shown = {line.split()[1]: line.split()[2:] for line in capsys.readouterr().out.splitlines() if line[:1] == "["}
    assert shown["silence"] == ["11", str(file)]
    assert shown["token"] == ["••••••••", "LIMNER_DISCORD_TOKEN"]
    assert shown["keep"] == ["7", "default"]


def test_check_finds_folders_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIMNER_DISCORD_TOKEN", "sesame.open.now")
    monkeypatch.setenv("LIMNER_DATA_DIR", "/dev/null/limner")
    monkeypatch.setenv("LIMNER_BACKUP_FOLDER", "/dev/null")
    assert config.command(["check"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"limner: {name} cannot be used: /dev/null is no folder; choose another folder"
        for name in ("[bot] data_dir: /dev/null/limner", "[backup] folder: /dev/null")
    ]
    ran = subprocess.run([sys.executable, "-m", "limner_bot"], capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[-1].startswith("limner: the data folder /dev/null/limner cannot be made")


def test_check_tells_all_problems_and_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "limner.toml"
    file.write_text("[worker]\nsilense = 1\n")
    assert config.command(["check", "--config", str(file)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert "did you mean 'silence'" in said[0]
    assert "LIMNER_DISCORD_TOKEN is not set" in said[1]


def test_the_example_has_every_key_and_says_the_defaults(tmp_path: Path) -> None:
    text = example()
    file = tmp_path / "limner.toml"
    file.write_text("\n".join(line.removeprefix("#") if line[:2] != "# " else line for line in text.splitlines()))
    given = gather(file, {})
    assert {section: list(part) for section, part in given.by_file.items()} == {
        section: [key.name for key in KEYS if key.section == section] for section in Configuration.model_fields
    }
    configuration, problems = check(given)
    assert (configuration.model_dump(), problems) == (Configuration().model_dump(), [])
    assert tomllib.loads(text) == {section: {} for section in Configuration.model_fields}


def test_the_link_asks_for_exactly_what_the_bot_checks_and_reads(capsys: pytest.CaptureFixture[str]) -> None:
    token = f"{base64.b64encode(b'123456789012345678').decode().rstrip('=')}.Gabcde.xyz"
    assert invite.application_of(token) == 123456789012345678
    assert invite.command(["--id", "42"]) == 0
    link = capsys.readouterr().out.strip()
    assert "client_id=42&scope=bot+applications.commands&permissions=274878024704" in link
    assert {*access._NEEDED, "send_messages_in_threads", "read_message_history"} == set(invite.PERMISSIONS)


def test_a_token_without_an_id_asks_for_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LIMNER_DISCORD_TOKEN", "sesame.open.now")
    assert invite.command([]) == 2
    said = capsys.readouterr().err
    assert "limner invite --id ID" in said
    assert "sesame" not in said


def test_every_command_that_is_announced_is_there() -> None:
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["limner.commands"]
    assert set(points) == {"backup", "bot", "config", "invite"}
    for place in points.values():
        module, _, name = place.partition(":")
        assert callable(getattr(import_module(module), name))
