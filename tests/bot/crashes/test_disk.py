"""C5, C6: the disk is full or cannot be written to. Nothing is lost, everybody is told, and work goes on afterwards."""

from __future__ import annotations

import asyncio
import itertools
import signal
import sqlite3
from pathlib import Path

from tests.bot.bench import finished
from tests.bot.crashes.disks import small_disk
from tests.bot.crashes.scene import Scene
from tests.bot.orders import order, result

from limner_bot.queue.database import open_database
from limner_bot.queue.store import Store
from limner_sdk import DiskFull

#: How many megabytes must be free; nothing here, so that the last page is written too.
LEAST = "LIMNER_KEEP_FREE_MEGABYTES"


async def test_a_full_disk_below_the_database_is_said_and_the_bot_goes_on(scene: Scene) -> None:
    bench = scene.bench
    bench.extra[LEAST] = "0"
    with small_disk(bench.data / "limner", 8) as disk:
        await bench.start()
        disk.fill()
        refused = await _until_refused(scene)
        assert "disk of the host is full" in refused
        disk.free()
        assert finished(await bench.result(await (await scene.imagine("a circle")).response()))
        await scene.holds()


async def _until_refused(scene: Scene) -> str:
    """Ask until the last free page of the database is used up; what the person is told then."""
    for _ in range(40):
        interaction = await scene.imagine("a circle " + "of many words " * 100)
        await interaction.acknowledged()
        await asyncio.sleep(0.05)
        if told := [message.content for message in interaction.messages if message.ephemeral and message.content]:
            return told[0]
    raise AssertionError(f"the disk never became full\n{scene.bench.log[-3000:]}")


async def test_a_result_waits_until_the_disk_has_room_for_it(scene: Scene) -> None:
    bench = scene.bench
    bench.extra[LEAST] = "0"
    with small_disk(bench.data / "limner", 8) as disk:
        (bench.data / "pictures").mkdir()
        await bench.start()
        (disk.root / "pictures").rmdir()
        (disk.root / "pictures").symlink_to(bench.data / "pictures")
        message = await scene.waiting("a slow circle")
        disk.fill()
        await asyncio.sleep(3)
        assert not finished(message)
        disk.free()
        await bench.result(message)
        await scene.holds()


async def test_a_full_disk_below_the_pictures_is_told_to_the_person_alone(scene: Scene) -> None:
    bench = scene.bench
    (bench.data / "limner").mkdir(mode=0o700)
    with small_disk(bench.data / "limner" / "pictures", 1) as disk:
        await bench.start()
        disk.fill()
        interaction = await scene.imagine("a circle")
        assert (await bench.says(interaction, "disk of the host is full")).ephemeral
        disk.free()
        assert finished(await bench.result(await (await scene.imagine("a circle")).response()))
        await scene.holds()


async def test_whichever_write_is_one_too_many_nothing_that_was_said_is_lost(tmp_path: Path) -> None:
    """The k-th write fails, for every k until none does."""
    with small_disk(tmp_path / "disk", 4) as disk:
        for spare in itertools.count():
            path = disk.root / f"{spare}.sqlite3"
            async with open_database(path) as database:
                disk.fill(spare)
                said, complete = await _life(Store(database))
                disk.free()
            connection = sqlite3.connect(path)
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert [row[0] for row in connection.execute("SELECT state FROM jobs")] == said
            connection.close()
            path.unlink()
            if complete:
                assert spare > 3
                return


async def _life(store: Store) -> tuple[list[str], bool]:
    """Lead a job on until the disk is full: the last state that was said, and whether it was the end."""
    said: list[str] = []
    try:
        await store.add(order())
        said = ["queued"]
        job = await store.start_next()
        assert job is not None
        said = ["running"]
        await store.rendered(job, result(4))
        said = ["rendered"]
        await store.delivered(job, 7, job.channel_id)
    except DiskFull:
        return said, False
    return ["delivered"], True


async def test_a_disk_that_becomes_read_only_accepts_nothing_and_kills_nobody(scene: Scene) -> None:
    bench = scene.bench
    scene.run("troubled_bot.py")
    await bench.start()
    message = await scene.waiting("a slow circle")
    assert bench.bot is not None
    bench.bot.send_signal(signal.SIGUSR1)
    await asyncio.sleep(3)
    refused = await bench.says(await scene.imagine("another"), "disk of the host is full")
    assert refused.ephemeral
    assert not finished(message)
    bench.bot.send_signal(signal.SIGUSR2)
    await bench.result(message)
    await scene.holds()


async def test_a_data_folder_that_cannot_be_written_to_ends_with_one_sentence(scene: Scene) -> None:
    with small_disk(scene.bench.data / "limner", 8) as disk:
        disk.lock()
        code = await asyncio.to_thread(scene.bench.launch().wait, 30)
        assert code in (1, 2)
        lines = scene.bench.log.strip().splitlines()
        assert lines[-1].startswith("limner: ")
        assert "Traceback" not in scene.bench.log
