"""/me: limits and what there is of somebody's; all of it as files for them alone, or gone for good."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from tests.bot.bench import Bench, labels
from tests.bot.features.clicking import click, image
from tests.loopback import Message, ScriptedUser


async def _me(bench: Bench, user: ScriptedUser) -> Message:
    return await (await user.slash(bench.channel, "me")).final_response()


def _files(message: Message) -> dict[str, bytes]:
    """What lies in the ZIP file of a message."""
    with zipfile.ZipFile(io.BytesIO(message.files[0].data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_somebody_learns_what_they_may_and_have_and_gets_all_of_it(bench: Bench) -> None:
    await bench.admin.slash(bench.channel, "limits set", seconds_per_day=5000)
    grid = await bench.imagine("a red circle", count=2)
    await bench.imagine("a secret of bob", bench.bob)
    await (await click(bench, bench.alice, grid, f"f:{image(bench)}")).final_response()
    me = await _me(bench, bench.alice)
    assert me.ephemeral
    assert "5000 s of the GPU a day" in me.content
    assert "s are left" in me.content
    assert "Pictures: 2" in me.content
    export = await bench.alice.press(me, "Export my data")
    await bench.until(lambda: export.followups, "the end of the export")
    assert "everything" in export.followups[0].content
    part = await export.response()
    assert part.ephemeral
    found = _files(part)
    about: dict[str, Any] = json.loads(found["about.json"])
    assert [job["request"]["prompt"] for job in about["jobs"]] == ["a red circle"]
    assert "token" not in about["jobs"][0]
    assert len(json.loads(found["pictures-1.json"])) == 2
    assert sum(name.startswith("pictures/") for name in found) == 2
    assert b"secret" not in b"".join(found.values())


async def test_everything_goes_but_only_after_two_questions(bench: Bench) -> None:
    mine = await bench.imagine("a red circle", count=2)
    theirs = await bench.press(mine, "V1", bench.bob)
    copy = await bench.press(mine, "U1", bench.bob)
    await bench.imagine("of bob", bench.bob, count=1)
    waiting = await (await bench.alice.slash(bench.channel, "imagine", prompt="a slower circle")).response()
    await bench.progressing(waiting)
    me = await _me(bench, bench.alice)
    asked = await bench.alice.press(me, "Delete my data")
    wrong = await bench.alice.submit_modal(asked, {"word": "please"})
    await bench.says(wrong, "Nothing was deleted")
    asked = await bench.alice.press(me, "Delete my data")
    question = await (await bench.alice.submit_modal(asked, {"word": "delete"})).final_response()
    assert "Delete your 2 pictures" in question.content
    draft = bench.query("SELECT id FROM drafts ORDER BY created DESC LIMIT 1")[0][0]
    await bench.says(await click(bench, bench.bob, theirs, f"mzy:{draft}"), "Only the person who asked")
    assert labels(question) == ["Delete my data", "Keep everything"]
    await bench.alice.press(question, "Delete my data")
    await bench.until(lambda: "being deleted" in question.content, "that it begins")
    await bench.kill()
    await bench.start()
    await bench.found(f"SELECT count(*) FROM jobs WHERE user_id = {bench.alice.id}", [(0,)])
    await bench.found("SELECT count(*) FROM settings WHERE name LIKE 'erase %'", [(0,)])
    assert mine.deleted
    assert copy.deleted
    assert waiting.deleted
    assert not theirs.deleted
    assert bench.query("SELECT count(*) FROM images JOIN jobs ON jobs.id = job_id") == [(5,)]
    assert bench.query("SELECT user_id, action FROM audit") == [(int(bench.alice.id), "act-data-erased")]
    folders = {path.name for path in (bench.data / "limner" / "pictures").iterdir()}
    assert folders <= {row[0] for row in bench.query("SELECT id FROM jobs")}
