"""The command line: settings, one clear sentence for each mistake, and logs without secrets."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from limner_bot.bot import only_one
from limner_bot.main import command
from limner_bot.operating.logs import RedactingFormatter
from limner_bot.operating.settings import Settings
from limner_sdk import ConfigurationError


def test_a_missing_token_is_one_sentence_and_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LIMNER_DISCORD_TOKEN", raising=False)
    assert command([]) == 2
    said = capsys.readouterr().err
    assert "LIMNER_DISCORD_TOKEN is not set" in said
    assert said.count("\n") == 1


def test_an_unreachable_discord_is_one_sentence(tmp_path: Path) -> None:
    environment = os.environ | {"LIMNER_DISCORD_TOKEN": "x", "LIMNER_DISCORD_API": "http://127.0.0.1:9/api/v10"}
    environment |= {"LIMNER_DATA_DIR": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-m", "limner_bot"], env=environment, capture_output=True, text=True)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert ran.stderr.splitlines()[-1].startswith("limner: ")


def test_settings_have_defaults_and_names_for_mistakes(tmp_path: Path) -> None:
    given = {"LIMNER_DISCORD_TOKEN": "x", "LIMNER_DATA_DIR": str(tmp_path), "LIMNER_WORKER": "host --cpu 'a b'"}
    settings = Settings.from_environment(given)
    assert settings.worker == ("host", "--cpu", "a b")
    assert settings.api == "https://discord.com/api/v10"
    with pytest.raises(ConfigurationError, match="LIMNER_WORKER_SILENCE is 'soon'"):
        Settings.from_environment(given | {"LIMNER_WORKER_SILENCE": "soon"})


def test_buttons_are_read_at_the_start_and_a_mistake_names_the_variable(tmp_path: Path) -> None:
    given = {"LIMNER_DISCORD_TOKEN": "x", "LIMNER_DATA_DIR": str(tmp_path)}
    (button,) = Settings.from_environment(given | {"LIMNER_BUTTONS": "detailer(denoise=0.3)"}).buttons or ()
    assert button.choice.params == {"denoise": "0.3"}
    assert Settings.from_environment(given).buttons is None
    with pytest.raises(ConfigurationError, match=r"LIMNER_BUTTONS: 'detailer\(' is not understood"):
        Settings.from_environment(given | {"LIMNER_BUTTONS": "detailer("})


def test_the_token_is_not_in_the_settings_text(tmp_path: Path) -> None:
    settings = Settings.from_environment({"LIMNER_DISCORD_TOKEN": "sesame", "LIMNER_DATA_DIR": str(tmp_path)})
    assert "sesame" not in repr(settings)


def test_two_bots_do_not_share_a_folder(tmp_path: Path) -> None:
    settings = Settings.from_environment({"LIMNER_DISCORD_TOKEN": "x", "LIMNER_DATA_DIR": str(tmp_path)})
    with only_one(settings), pytest.raises(ConfigurationError, match="another bot"), only_one(settings):
        raise AssertionError("the second one got in")
    with only_one(settings):
        pass


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "limner_bot"],
        ["-c", "from limner_bot.cli import backup; import sys; sys.exit(backup.command(['restore', 'x']))"],
    ],
)
def test_a_full_disk_is_no_other_bot_and_worth_another_try(tmp_path: Path, arguments: list[str]) -> None:
    settings = Settings.from_environment({"LIMNER_DISCORD_TOKEN": "x", "LIMNER_DATA_DIR": str(tmp_path)})
    settings.folder.create()
    environment = os.environ | {"LIMNER_DISCORD_TOKEN": "x", "LIMNER_DATA_DIR": str(tmp_path)}
    full = "trap '' XFSZ; ulimit -f 0; exec \"$@\""
    words = ["bash", "-c", full, "bash", sys.executable, "-B", *arguments]
    ran = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith(f"limner: {tmp_path} cannot be locked now")


@pytest.mark.parametrize(
    "text",
    [
        "the token is sesame.open.now",
        "PATCH /api/v10/webhooks/123/aW50ZXJhY3Rpb246MTIz/messages/@original",
        "POST https://discord.com/api/v10/interactions/1/aW50ZXJhY3Rpb246MTIz/callback",
        "https://cdn.discordapp.com/attachments/1/2/a.png?ex=66aaW50ZXJhY3Rp&hm=aW50ZXJhY3Rpb246MTIz",
    ],
)
def test_secrets_are_cut_out_of_the_log(text: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, text, (), None)
    shown = RedactingFormatter("sesame.open.now").format(record)
    assert "sesame" not in shown
    assert "aW50ZXJhY3Rp" not in shown
