"""/models: which models may be used, and which one works where nobody chooses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.bot.bench import finished
from tests.bot.policy.government import Government, governed


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Government]:
    async with governed(tmp_path) as bench:
        yield bench


async def test_a_denied_model_is_refused_until_it_is_allowed(bench: Government) -> None:
    single = await bench.imagine("a circle", count=1)
    choices = await bench.admin.autocomplete(bench.channel, "models deny", option="model", value="fl")
    assert [choice.value for choice in choices] == ["stub:flat"]
    said = await bench.order(bench.admin, "models deny", model=choices[0].value)
    assert "flat may not be used. Where nobody names a model, flat works" in said.content
    await bench.refused(bench.alice, "The model flat, which works where nobody names one, must not be used")
    await bench.says(await bench.alice.press(single, "Variations"), "The model flat must not be used")
    assert "⛔ Flat (stub:flat)" in (await bench.order(bench.admin, "models list")).content
    denied = await bench.order(bench.admin, "models default", model="flat")
    assert "The model flat must not be used" in denied.content
    await bench.order(bench.admin, "models allow", model="flat")
    assert finished(await bench.press(single, "Variations"))


async def test_all_but_the_allowed_are_denied(bench: Government) -> None:
    said = await bench.order(bench.operator, "models deny", model="*", everywhere=True)
    assert "but those that you allow from now on" in said.content
    await bench.refused(bench.alice, "must not be used")
    assert "⛔" in (await bench.order(bench.admin, "models list")).content
    await bench.order(bench.operator, "models allow", model="flat", everywhere=True)
    assert finished(await bench.imagine("a circle"))
    await bench.order(bench.operator, "models reset", everywhere=True)
    assert "is unknown" in (await bench.order(bench.admin, "models allow", model="nonsense")).content


async def test_the_default_of_a_server_is_one_of_its_defaults(bench: Government) -> None:
    await bench.order(bench.admin, "models default", model="flat")
    assert "✅ Flat (stub:flat), the default" in (await bench.order(bench.admin, "models list")).content
    asked = "SELECT json_extract(request, '$.model') FROM jobs"
    assert finished(await bench.imagine("a circle"))
    assert bench.query(asked) == [("stub:flat",)]
    await bench.order(bench.admin, "models default")
    assert "the default" not in (await bench.order(bench.admin, "models list")).content
    assert [action for _, action, _ in bench.book()] == ["act-model-default", "act-model-default"]
