"""What stays on the disk of a job that was given up."""

from __future__ import annotations

from tests.bot.bench import Bench
from tests.bot.stub_host import png
from tests.loopback import Upload


async def test_of_a_job_that_is_given_up_only_what_was_uploaded_for_it_stays(bench: Bench) -> None:
    picture = Upload("a.png", png(64, 64, b"abc"))
    for options, files in (({"image": picture}, {"upload.png"}), ({}, set[str]())):
        interaction = await bench.alice.slash(bench.channel, "imagine", prompt="crash", count=1, **options)
        await bench.says(interaction, "3 attempts")
        (job,) = bench.query("SELECT id FROM jobs WHERE state = 'failed' ORDER BY number DESC LIMIT 1")[0]
        folder = bench.data / "limner" / "pictures" / job
        await bench.until(lambda folder=folder, files=files: {path.name for path in folder.glob("*")} == files, "it")
        assert folder.exists() == bool(files)
