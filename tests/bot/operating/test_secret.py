"""The token: where it may stand, and that nobody else on the machine reads it there."""

from __future__ import annotations

from pathlib import Path

import pytest

from limner_bot.operating.settings import Settings
from limner_sdk import ConfigurationError


def token_of(file: Path | None = None, **environment: str) -> str:
    """The token that is found."""
    return Settings.from_environment(environment, file).token


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    """A file with these rights."""
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_token_comes_by_variable_by_file_or_by_the_file_that_limner_toml_names(tmp_path: Path) -> None:
    kept = written(tmp_path / "token", "from.a.file\n")
    toml = written(tmp_path / "limner.toml", '[discord]\ntoken_file = "token"\n')
    assert token_of(toml, LIMNER_DISCORD_TOKEN="by.variable") == "by.variable"
    assert token_of(LIMNER_DISCORD_TOKEN_FILE=str(kept), LIMNER_DATA_DIR=str(tmp_path / "data")) == "from.a.file"
    assert token_of(toml) == "from.a.file"


def test_a_token_in_limner_toml_needs_a_private_file(tmp_path: Path) -> None:
    toml = written(tmp_path / "limner.toml", '[discord]\ntoken = "sesame.open.now"\n')
    assert token_of(toml) == "sesame.open.now"
    toml.chmod(0o644)
    with pytest.raises(ConfigurationError, match=r"token: everybody on this machine can read .*chmod 600") as caught:
        token_of(toml)
    assert "sesame" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="everybody on this machine can read"):
        token_of(toml, LIMNER_DISCORD_TOKEN="by.variable")


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [
        ("a.b.c", 0o604, "everybody on this machine can read"),
        ("", 0o600, "must hold the bot's token and nothing else"),
        ("two words", 0o600, "must hold the bot's token and nothing else"),
        ("\xff", 0o600, "must hold the bot's token and nothing else"),
    ],
)
def test_a_file_that_is_open_or_holds_something_else_is_refused(
    tmp_path: Path, text: str, mode: int, says: str
) -> None:
    path = tmp_path / "token"
    path.write_bytes(text.encode("latin-1"))
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match=says):
        token_of(LIMNER_DISCORD_TOKEN_FILE=str(path), LIMNER_DATA_DIR=str(tmp_path))


def test_a_missing_file_and_two_places_at_once_are_told(tmp_path: Path) -> None:
    missing = written(tmp_path / "a.toml", '[discord]\ntoken_file = "nowhere"\n')
    with pytest.raises(ConfigurationError, match=r"token_file: .*nowhere cannot be read: No such file"):
        token_of(missing)
    both = written(tmp_path / "b.toml", '[discord]\ntoken_file = "nowhere"\ntoken = "x"\n')
    with pytest.raises(ConfigurationError, match="has both token and token_file; leave one"):
        token_of(both)


def test_a_token_of_a_wrong_type_is_not_shown(tmp_path: Path) -> None:
    toml = written(tmp_path / "limner.toml", "[discord]\ntoken = 123454321\n")
    with pytest.raises(ConfigurationError, match="token is ••••") as caught:
        token_of(toml)
    assert "123454321" not in str(caught.value)
