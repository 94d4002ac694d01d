"""The oracle can turn red: each precaution of the bot is taken out once, and is missed."""

from __future__ import annotations

import pytest
from tests.bot.crashes.broken_bot import BREAKS
from tests.bot.crashes.scenarios import SCENARIOS, Scenario, killed_after_posting
from tests.bot.crashes.scene import Scene

#: Seconds after which a broken bot counts as stuck.
SHORT = 3.0
#: A normal run shows one of them, and another one in test_every_line.py.
SHORTLY = [
    scenario if scenario.without == "no_unique" else pytest.param(scenario, marks=pytest.mark.long)
    for scenario in SCENARIOS
]


def by_name(scenario: Scenario) -> str:
    return scenario.play.__name__


@pytest.mark.parametrize("scenario", SCENARIOS, ids=by_name)
async def test_a_sound_bot_comes_through(scene: Scene, scenario: Scenario) -> None:
    await scene.bench.start()
    await scenario.play(scene)
    await scene.holds()


@pytest.mark.parametrize("scenario", SHORTLY, ids=by_name)
async def test_a_bot_without_its_precaution_turns_the_oracle_red(scene: Scene, scenario: Scenario) -> None:
    scene.run("broken_bot.py", scenario.without)
    await scene.bench.start()
    await scenario.play(scene)
    await scene.quiet(SHORT)
    verdict = await scene.verdict()
    assert scenario.breaks in verdict.broken, verdict.text


@pytest.mark.long
async def test_a_bot_killed_after_posting_posts_once(scene: Scene) -> None:
    await scene.bench.start()
    await killed_after_posting(scene)
    await scene.holds()


def test_every_break_has_its_story() -> None:
    assert {scenario.without for scenario in SCENARIOS} == set(BREAKS)
