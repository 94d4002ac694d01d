"""Putting a backup back: what was there is kept, nothing is half done, and no bot may run meanwhile."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.bot.operating.rows import jobs_in, make_database, settings_of
from tests.bot.operating.test_backups import flip

from limner_bot.cli import backup
from limner_bot.operating.backups import BackupFailed, make_backup, make_full_backup
from limner_bot.operating.integrity import MARKER, intact
from limner_bot.operating.restoring import restore
from limner_sdk import ConfigurationError


def test_what_was_there_lies_aside_with_its_wal(tmp_path: Path) -> None:
    data = settings_of(tmp_path / "data").folder
    make_database(data.database, jobs=2)
    copy = make_backup(data.database, tmp_path / "copy")
    data.database.unlink()
    make_database(data.database, jobs=5)
    Path(f"{data.database}-wal").write_bytes(b"of the other")
    (data.root / MARKER).touch()
    done = restore(copy, data, "replaced-now")
    assert jobs_in(data.database) == ["job0", "job1"]
    assert done.aside == data.root / "replaced-now"
    assert {path.name for path in done.aside.iterdir()} == {"limner.sqlite3", "limner.sqlite3-wal"}
    assert not (data.root / MARKER).exists()
    assert data.database.stat().st_mode & 0o777 == 0o600


def test_a_full_backup_brings_missing_pictures_and_leaves_the_others(tmp_path: Path) -> None:
    data = settings_of(tmp_path / "data").folder
    make_database(data.database)
    for number in (1, 2):
        (data.pictures / "job0").mkdir(exist_ok=True)
        (data.pictures / "job0" / f"{number}.png").write_bytes(b"pixels")
    copy = make_full_backup(data.database, data.pictures, tmp_path / "copy")
    (data.pictures / "job0" / "1.png").unlink()
    assert restore(copy, data, "aside").pictures == 1
    assert (data.pictures / "job0" / "1.png").read_bytes() == b"pixels"
    assert (data.pictures / "job0" / "1.png").stat().st_nlink == 1


def test_a_damaged_or_foreign_copy_changes_nothing(tmp_path: Path) -> None:
    data = settings_of(tmp_path / "data").folder
    make_database(data.database, jobs=300)
    copy = make_backup(data.database, tmp_path / "copy")
    flip(copy)
    foreign = tmp_path / "foreign"
    with closing(sqlite3.connect(foreign)) as db:
        db.execute("CREATE TABLE other (x)")
    with pytest.raises(BackupFailed, match="is damaged"):
        restore(copy, data, "aside")
    with pytest.raises(BackupFailed, match="is no backup of Limner's"):
        restore(foreign, data, "aside")
    with pytest.raises(ConfigurationError, match="there is no backup at"):
        restore(tmp_path / "nowhere", data, "aside")
    assert len(jobs_in(data.database)) == 300
    assert not (data.root / "aside").exists()


def test_a_running_bot_keeps_its_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from limner_bot.bot import only_one

    settings = settings_of(tmp_path / "data")
    make_database(settings.folder.database)
    copy = make_backup(settings.folder.database, tmp_path / "copy")
    monkeypatch.setenv("LIMNER_DATA_DIR", str(tmp_path / "data"))
    with only_one(settings), intact(settings):
        assert backup.command(["restore", str(copy)]) == 2
    assert "another bot uses" in capsys.readouterr().err
    assert backup.command(["restore", str(copy)]) == 0
