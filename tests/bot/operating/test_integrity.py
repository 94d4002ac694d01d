"""At the start: a damaged database, or none where there was one, stops the bot with the way back; C7."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.bot.operating.rows import jobs_in, make_database, settings_of
from tests.bot.operating.test_backups import flip

from limner_bot.cli import backup
from limner_bot.operating.backups import make_backup
from limner_bot.operating.integrity import MARKER, DamagedDatabase, check_at_start, intact, sqlite_warning
from limner_bot.operating.settings import Settings
from limner_bot.queue.database import open_database
from limner_bot.queue.schema import MIGRATIONS
from limner_sdk import ConfigurationError


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder with a database that was closed in order, and a backup of it."""
    settings = settings_of(tmp_path / "data")
    make_database(settings.folder.database, jobs=300)
    make_backup(settings.folder.database, settings.backups / "limner-1.sqlite3")
    return settings


def refusal(settings: Settings) -> str:
    """Why the bot does not start."""
    with pytest.raises(DamagedDatabase) as caught, intact(settings):
        raise AssertionError("it started")
    return str(caught.value)


def killed(settings: Settings) -> None:
    """Leave things as a killed bot does: with its marker, and with changes that are in the -wal alone."""
    program = (
        "import os, signal, sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('PRAGMA journal_mode=WAL'); db.execute(\"UPDATE jobs SET sentence = 'new'\")\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(settings.folder.database)])
    assert ran.returncode == -signal.SIGKILL
    (settings.folder.root / MARKER).write_text("1\n")


def test_a_first_start_makes_a_database_that_has_tables_at_once(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    with intact(settings):
        assert jobs_in(settings.folder.database) == []
        assert (tmp_path / MARKER).exists()
    assert not (tmp_path / MARKER).exists()


def test_a_whole_database_starts_after_a_kill_and_keeps_what_was_in_its_wal(settings: Settings) -> None:
    killed(settings)
    with intact(settings), closing(sqlite3.connect(settings.folder.database)) as db:
        assert db.execute("SELECT DISTINCT sentence FROM jobs").fetchall() == [("new",)]


@pytest.mark.parametrize("was_killed", [False, True])
def test_a_truncated_database_names_the_backup_and_the_command_that_helps(settings: Settings, was_killed: bool) -> None:
    if was_killed:
        killed(settings)
    os.truncate(settings.folder.database, 10_000)
    said = refusal(settings)
    assert "is damaged" in said
    words = shlex.split(said.partition("say: ")[2].partition(", or choose")[0])
    assert words == ["limner", "backup", "restore", str(settings.backups / "limner-1.sqlite3")]


def test_the_command_that_is_named_helps(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    flip(settings.folder.database)
    words = shlex.split(refusal(settings).partition("say: ")[2].partition(", or choose")[0])
    monkeypatch.setenv("LIMNER_DATA_DIR", str(settings.folder.root))
    assert backup.command(words[2:]) == 0
    with intact(settings):
        assert len(jobs_in(settings.folder.database)) == 300
    (aside,) = settings.folder.root.glob("replaced-*")
    assert (aside / "limner.sqlite3").exists()


@pytest.mark.parametrize("size", [None, 0])
@pytest.mark.parametrize("evidence", ["marker", "pictures", "backups"])
def test_an_empty_queue_is_never_taken_for_a_new_one(settings: Settings, size: int | None, evidence: str) -> None:
    if evidence != "backups":
        (settings.backups / "limner-1.sqlite3").unlink()
    if evidence == "marker":
        (settings.folder.root / MARKER).touch()
    if evidence == "pictures":
        (settings.folder.pictures / "job0").mkdir()
    settings.folder.database.unlink() if size is None else os.truncate(settings.folder.database, size)
    said = refusal(settings)
    assert "is empty or gone, but" in said
    assert ("limner-1.sqlite3" in said) == (evidence == "backups")


def test_damage_that_a_quick_look_misses_is_found_after_a_kill(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.folder.database, isolation_level=None)) as db:
        db.execute("PRAGMA writable_schema=ON")
        db.execute("UPDATE sqlite_schema SET sql = replace(sql, '(user_id)', '(guild_id)') WHERE name = 'jobs_by_user'")
    check_at_start(settings)
    (settings.folder.root / MARKER).touch()
    assert "is damaged" in refusal(settings)


def test_a_wal_that_is_gone_is_told_though_nobody_can_know(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    killed(settings)
    for part in ("-wal", "-shm"):
        Path(f"{settings.folder.database}{part}").unlink()
    with caplog.at_level(logging.WARNING), intact(settings):
        assert "the newest changes are lost" in caplog.text
        assert len(jobs_in(settings.folder.database)) == 300


def test_an_old_copy_under_the_wal_of_another_is_refused_or_whole(settings: Settings) -> None:
    killed(settings)
    settings.folder.database.write_bytes((settings.backups / "limner-1.sqlite3").read_bytes())
    said = ""
    try:
        with intact(settings):
            assert len(jobs_in(settings.folder.database)) == 300
    except DamagedDatabase as error:
        said = str(error)
    assert not said or "limner backup restore" in said


def test_an_upgrade_makes_a_copy_first(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    make_database(settings.folder.database, version=1)
    with intact(settings), closing(sqlite3.connect(settings.folder.database)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    (copy,) = settings.backups.glob("before-upgrade-1-*.sqlite3")
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_database_of_a_newer_limner_is_left_alone(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.folder.database)) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(ConfigurationError, match="newer Limner"), intact(settings):
        raise AssertionError("it started")
    assert not (settings.folder.root / MARKER).exists()


async def test_the_bot_opens_what_was_checked(settings: Settings) -> None:
    with intact(settings):
        async with open_database(settings.folder.database) as database:
            assert (await database.rows("SELECT count(*) FROM jobs"))[0][0] == 300


def test_versions_of_sqlite_with_the_bug_are_told() -> None:
    assert sqlite_warning((3, 51, 3)) == []
    assert "open it read-only" in sqlite_warning((3, 40, 1))[0]
    assert sqlite_warning((3, 52, 0))
