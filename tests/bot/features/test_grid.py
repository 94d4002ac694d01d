"""/grid from the question to one cell at full size."""

from __future__ import annotations

import pytest
from tests.bot.bench import Bench, labels
from tests.loopback import Message, UserCannot

from limner_sdk.messages import GridWish


async def ask(bench: Bench, **options: object) -> Message:
    """Ask for a grid, and get the question."""
    message = await bench.says(await bench.alice.slash(bench.channel, "grid", **options), "This makes a grid")
    assert message.ephemeral
    return message


async def test_a_grid_is_planned_confirmed_drawn_and_each_cell_is_there(bench: Bench) -> None:
    message = await ask(bench, prompt="a cat --steps 3", x="steps=10, 20, 30", y="sampler=euler, heun", seed=7)
    assert "a grid of 6 cells (6 pictures" in message.content
    await bench.alice.press(message, "Run")
    await bench.until(lambda: len(bench.results()) == 1, "the sheet")
    (sheet,) = bench.results()
    assert "a grid of 6 cells · X: `steps=10, 20, 30` · Y: `sampler=euler, heun`" in sheet.content
    assert bench.query("SELECT kind FROM jobs") == [("grid",)]
    assert bench.query("SELECT cell FROM images WHERE position = 4") == [("steps 20, sampler heun",)]
    asked = await bench.bob.select(sheet, "4. steps 20, sampler heun", menu="Cell…")
    single = await bench.result(await asked.response())
    assert "Variations" in labels(single)
    assert f"picture 4 of https://discord.com/channels/{bench.guild.id}" in single.content
    hidden = await bench.alice.select(sheet, "Make it private", menu="More…")
    await bench.until(lambda: hidden.followups and hidden.followups[0].attachments, "the private sheet")
    asked = await bench.alice.select(hidden.followups[0], "4. steps 20, sampler heun", menu="Cell…")
    assert (await bench.result(await asked.response())).ephemeral


async def test_an_impossible_grid_is_one_private_sentence(bench: Bench) -> None:
    for options, words in (
        ({"x": "nonsense=1, 2"}, "'nonsense' is no axis"),
        ({"x": "steps=1, 2", "steps": 150, "size": "4096"}, "is larger than this host allows"),
        ({"x": "steps=1", "y": "x" * 2000}, "is too long"),
    ):
        interaction = await bench.alice.slash(bench.channel, "grid", prompt="a cat", **options)
        assert (await bench.says(interaction, words)).ephemeral
    with pytest.raises(UserCannot):
        await bench.alice.slash(bench.channel, "grid", prompt="a cat")
    assert bench.query("SELECT count(*) FROM jobs") == [(0,)]


async def test_axes_can_be_changed_and_the_bot_killed_in_between(bench: Bench) -> None:
    message = await ask(bench, prompt="a slow cat", x="steps=10, 20")
    opened = await bench.alice.press(message, "Edit")
    await bench.restart()
    await bench.alice.submit_modal(opened, {"x": "steps=10, 20, 30", "y": "sampler=euler, heun"})
    await bench.until(lambda: "6 cells" in message.content, "the new question")
    await bench.alice.press(message, "Run")
    await bench.found("SELECT state FROM jobs", [("running",)])
    await bench.restart()
    await bench.until(lambda: len(bench.results()) == 1, "the sheet")
    (wish,) = bench.query("SELECT wish FROM jobs")[0]
    assert GridWish.model_validate_json(wish).y == "sampler=euler, heun"
    assert bench.query("SELECT count(*) FROM images") == [(6,)]


async def test_axes_are_suggested_with_their_values(bench: Bench) -> None:
    async def typed(value: str) -> list[str]:
        found = await bench.alice.autocomplete(bench.channel, "grid", option="x", value=value, prompt="x")
        return [str(choice.value) for choice in found]

    assert await typed("") == ["steps=", "sampler="]
    assert await typed("samp") == ["sampler="]
    assert await typed("sampler=euler, h") == ["sampler=euler, heun"]
    assert await typed("sampler=" + "euler," * 900) == []
    assert await typed("steps=") == ["steps=10, 20, 30"]
    assert await typed("nonsense=") == []
