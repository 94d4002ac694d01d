"""/rules: blocked words, channels, uploads, and how pictures are shown."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from tests.bot.bench import finished
from tests.bot.policy.government import Government, governed
from tests.loopback import Upload


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Government]:
    async with governed(tmp_path) as bench:
        yield bench


async def test_blocked_words_are_refused_until_they_are_not(bench: Government) -> None:
    grid = await bench.imagine("a scene of war")
    said = await bench.order(bench.admin, "rules block", words="war, big bang, gore*")
    assert said.content == "Blocked words: `war`, `big bang`, `gore*`"
    for prompt in ("WAR", "w\u200bar", "the big bang", "goreish"):
        await bench.refused(bench.alice, "must not contain", prompt=prompt)
    await bench.refused(bench.alice, "must not contain `war`", negative="war")
    await bench.refused(bench.alice, "must not contain `war`", finish="enlarge(prompt=war)")
    await bench.says(await bench.alice.press(grid, "Re-roll"), "must not contain `war`")
    choices = await bench.admin.autocomplete(bench.channel, "rules unblock", option="word", value="BA")
    assert [choice.value for choice in choices] == ["big bang"]
    await bench.order(bench.admin, "rules unblock", word=" War ")
    assert finished(await bench.press(grid, "Re-roll"))
    for wrong, words in (("(a+)+$", "is no word"), ("*", "no letters"), (" , ", "at least one word")):
        assert words in (await bench.order(bench.admin, "rules block", words=wrong)).content
    assert "`gore*`" in (await bench.order(bench.admin, "rules show")).content


async def test_what_only_the_host_fills_in_is_blocked_as_well_and_its_files_go(bench: Government) -> None:
    await bench.order(bench.admin, "rules block", words="war")
    for asked in ({"prompt": "__weather__"}, {"negative": "__weather__"}, {"finish": "enlarge(prompt=__weather__)"}):
        said = await bench.refused(bench.alice, "the prompt contains “war”, which prompts here", **asked)
        assert not said.attachments
    await bench.found("SELECT state, told FROM jobs GROUP BY 1, 2", [("failed", 1)])
    assert list((bench.data / "limner" / "pictures").iterdir()) == []
    await bench.order(bench.admin, "rules unblock", word="war")
    assert finished(await bench.imagine("__weather__"))


async def test_channels_ages_and_uploads_are_bounded(bench: Government) -> None:
    await _uploads_are_refused(bench)
    lab, adults = bench.guild.add_channel("lab"), bench.guild.add_channel("adults", nsfw=True)
    await bench.order(bench.admin, "rules channel", channel=lab)
    await bench.refused(bench.alice, f"in these channels only: <#{lab.id}>")
    bench.channel, here = lab, bench.channel
    assert finished(await bench.imagine("a circle"))
    said = await bench.order(bench.admin, "rules channel", channel=lab, listed=False)
    assert said.content == "Pictures are made in all channels."
    await bench.order(bench.admin, "rules adults", on=True)
    await bench.refused(bench.alice, "age-restricted channels only")
    bench.channel = adults
    assert finished(await bench.imagine("a circle"))
    bench.channel = here


async def test_pictures_are_hidden_and_bare_where_the_rules_say_so(bench: Government) -> None:
    open_grid = await bench.imagine("a slow circle")
    assert open_grid.files[0].filename.startswith("limner-")
    await bench.order(bench.admin, "rules spoiler", policy="outside of age-restricted channels")
    await bench.order(bench.operator, "rules metadata", on=False, everywhere=True)
    hidden = await bench.imagine("a slow circle")
    names = {file.filename for version in hidden.history for file in version.files}
    assert len(names) == 2
    assert all(name.startswith("SPOILER_") for name in names)
    shown = (await bench.order(bench.admin, "rules show")).content
    assert "hidden as spoilers outside of age-restricted channels" in shown
    assert "Posted files say how they were made." in shown


async def _uploads_are_refused(bench: Government) -> None:
    await bench.order(bench.admin, "rules uploads", on=False)
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "PNG")
    upload = Upload("mine.png", file.getvalue())
    interaction = await bench.alice.slash(bench.channel, "finish", picture=upload, **{"with": "enlarge"})
    assert (await bench.says(interaction, "Pictures of your own")).ephemeral
    assert bench.query("SELECT count(*) FROM jobs") == [(0,)]
    assert hashlib.sha256(upload.data).hexdigest() not in bench.log
