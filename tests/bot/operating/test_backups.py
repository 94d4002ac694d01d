"""Copies of the database: while it is used, whole or not at all, without secrets, and readable by nobody else."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from tests.bot.operating.rows import TOKEN, add_job, jobs_in, make_database, settings_of

from limner_bot.cli import backup
from limner_bot.operating.backups import (
    BackupFailed,
    CannotBeRead,
    back_up,
    backups_in,
    damage,
    keep_backups,
    make_backup,
    make_full_backup,
    newest_good,
    rotate,
    seconds_left,
)
from limner_bot.queue.database import Database
from limner_sdk import ConfigurationError


def flip(path: Path) -> None:
    """Overwrite the middle of a database."""
    data = bytearray(path.read_bytes())
    data[4096:8192] = os.urandom(4096)
    path.write_bytes(data)


async def test_a_copy_of_a_database_in_use_has_all_that_was_committed(database: Database, tmp_path: Path) -> None:
    await database.write(lambda db: add_job(db, "first"))
    copy = await asyncio.to_thread(make_backup, tmp_path / "limner.sqlite3", tmp_path / "copy")
    await database.write(lambda db: add_job(db, "second"))
    assert jobs_in(copy) == ["first"]
    assert damage(copy) is None
    assert sorted(path.name for path in tmp_path.iterdir() if "copy" in path.name) == ["copy"]


def test_copies_made_while_somebody_writes_are_whole(tmp_path: Path) -> None:
    source = tmp_path / "limner.sqlite3"
    make_database(source, jobs=200)
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(source, isolation_level=None)) as db:
            while not stop.is_set():
                db.execute("UPDATE jobs SET attempt = attempt + 1")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(5):
            with closing(sqlite3.connect(make_backup(source, tmp_path / f"copy{number}"))) as copy:
                assert len(copy.execute("SELECT DISTINCT attempt FROM jobs").fetchall()) == 1
    finally:
        stop.set()
        thread.join()


def test_a_copy_has_no_secrets_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_database(tmp_path / "limner.sqlite3")
        copy = make_backup(tmp_path / "limner.sqlite3", tmp_path / "new" / "copy")
    finally:
        os.umask(before)
    assert TOKEN.encode() in (tmp_path / "limner.sqlite3").read_bytes()
    assert TOKEN.encode() not in copy.read_bytes()
    assert copy.stat().st_mode & 0o777 == 0o600
    assert copy.parent.stat().st_mode & 0o777 == 0o700


def test_nothing_is_replaced_unless_it_is_wished(tmp_path: Path) -> None:
    make_database(tmp_path / "limner.sqlite3")
    target = tmp_path / "copy"
    make_database(tmp_path / "other.sqlite3", jobs=1)
    make_backup(tmp_path / "other.sqlite3", target)
    with pytest.raises(ConfigurationError, match="exists already; choose another name, or say --force"):
        make_backup(tmp_path / "limner.sqlite3", target)
    assert jobs_in(target) == ["job0"]
    assert jobs_in(make_backup(tmp_path / "limner.sqlite3", target, force=True)) == ["job0", "job1", "job2"]
    with pytest.raises(ConfigurationError, match="is what is to be copied"):
        make_backup(tmp_path / "limner.sqlite3", tmp_path / "limner.sqlite3", force=True)


def test_only_a_backup_is_ever_replaced(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data")
    make_database(settings.folder.database)
    make_database(tmp_path / "used.sqlite3")
    (tmp_path / "notes").write_text("precious")
    full = make_full_backup(settings.folder.database, settings.folder.pictures, tmp_path / "full")
    (full / "letter").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("used.sqlite3", "notes", "full", "link"):
        for make in (make_backup, lambda a, b, force: make_full_backup(a, settings.folder.pictures, b, force=force)):
            with pytest.raises(ConfigurationError, match="is no backup of Limner's"):
                make(settings.folder.database, tmp_path / name, force=True)
    assert (full / "letter").exists()


@pytest.mark.parametrize(
    "name", ["data/pictures", "data/limner.sqlite3-wal", "data/new", "", "data/backups", "link/new"]
)
def test_no_backup_lies_among_the_files_of_the_bot(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIMNER_DATA_DIR", str(tmp_path / "data"))
    make_database(settings_of(tmp_path / "data").folder.database)
    (tmp_path / "link").symlink_to(tmp_path / "data")
    before = sorted(tmp_path.rglob("*"))
    assert backup.command(["--force", "--pictures", str(tmp_path / name)]) == 2
    assert "lies in the data folder" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before
    assert backup.command([str(tmp_path / "data" / "backups" / "by-hand.sqlite3")]) == 0


def test_a_disk_that_fails_is_no_damage_and_no_reason_to_restore(tmp_path: Path) -> None:
    (tmp_path / "limner.sqlite3").mkdir()
    with pytest.raises(CannotBeRead, match="cannot be read now"):
        damage(tmp_path / "limner.sqlite3")
    assert newest_good(tmp_path) is None


def test_a_damaged_database_gives_no_backup_and_leaves_the_old_one(tmp_path: Path) -> None:
    source, target = tmp_path / "limner.sqlite3", tmp_path / "copy"
    make_database(source, jobs=300)
    make_backup(source, target)
    flip(source)
    with pytest.raises(BackupFailed, match=r"no backup was made|damaged"):
        make_backup(source, target, force=True)
    assert len(jobs_in(target)) == 300
    assert sorted(path.name for path in tmp_path.glob("*copy*")) == ["copy"]


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    make_database(tmp_path / "limner.sqlite3", jobs=2000)
    program = (
        "import resource, signal, sys; from pathlib import Path; from limner_bot.operating.backups import make_backup\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "make_backup(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    words = [sys.executable, "-c", program, str(tmp_path / "limner.sqlite3"), str(tmp_path / "copy")]
    ran = subprocess.run(words, capture_output=True, text=True)
    expected = ("limner_sdk.errors.DiskFull", "limner_bot.operating.backups.BackupFailed")
    assert ran.stderr.splitlines()[-1].startswith(expected)
    assert list(tmp_path.glob("*copy*")) == []


def test_pictures_are_linked_and_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data")
    make_database(settings.folder.database)
    picture = settings.folder.pictures / "job0" / "1.png"
    picture.parent.mkdir()
    picture.write_bytes(b"pixels")
    copy = make_full_backup(settings.folder.database, settings.folder.pictures, tmp_path / "copy")
    assert os.path.samefile(copy / "pictures" / "job0" / "1.png", picture)
    assert len(jobs_in(copy / "limner.sqlite3")) == 3
    picture.unlink()
    again = make_full_backup(settings.folder.database, settings.folder.pictures, copy, force=True)
    assert list((again / "pictures").rglob("*.png")) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "data"]


def test_the_command_makes_one_and_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIMNER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("LIMNER_DISCORD_TOKEN", raising=False)
    assert backup.command([str(tmp_path / "copy")]) == 2
    assert "there is no database at" in capsys.readouterr().err
    make_database(settings_of(tmp_path / "data").folder.database)
    assert backup.command([str(tmp_path / "copy")]) == 0
    assert len(jobs_in(tmp_path / "copy")) == 3


def test_automatic_ones_are_made_when_due_and_the_oldest_go(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LIMNER_BACKUP_EVERY_HOURS="2", LIMNER_BACKUP_KEEP="2")
    make_database(settings.folder.database)
    assert seconds_left(settings, 0) == 0
    for number in range(4):
        made = back_up(settings, 1e9 + number)
        os.utime(made, (1e9 + number, 1e9 + number))
    (settings.backups / "before-upgrade-2-x.sqlite3").write_bytes(b"")
    os.utime(settings.backups / "before-upgrade-2-x.sqlite3", (1, 1))
    rotate(settings.backups, 2)
    assert [path.name for path in backups_in(settings.backups)] == [
        "limner-20010909-014643.sqlite3",
        "limner-20010909-014642.sqlite3",
        "before-upgrade-2-x.sqlite3",
    ]
    assert seconds_left(settings, 1e9 + 3 + 3600) == 3600
    assert seconds_left(settings, 1e9 + 3 + 7200) == 0
    assert seconds_left(settings, 0) == 7200


def test_the_newest_good_one_is_found_behind_a_damaged_one(tmp_path: Path) -> None:
    make_database(tmp_path / "limner.sqlite3", jobs=300)
    folder = tmp_path / "backups"
    for number, name in enumerate(("old", "new")):
        made = make_backup(tmp_path / "limner.sqlite3", folder / f"{name}.sqlite3")
        if name == "new":
            flip(made)
        os.utime(made, (number, number))
    assert newest_good(folder) == folder / "old.sqlite3"


async def test_the_bot_makes_the_first_one_at_once(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    make_database(settings.folder.database)
    keeping = asyncio.create_task(keep_backups(settings))
    for _ in range(200):
        await asyncio.sleep(0.02)
        if backups_in(settings.backups):
            break
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    (made,) = backups_in(settings.backups)
    assert damage(made) is None
