"""Rules of a server and those of all servers hold together, and outlive the bot."""

from __future__ import annotations

import asyncio

import pytest
from tests.bot.policy.people import CHANNEL, GUILD, asked, opened, place

from limner_bot.features.models import ALL, allowing, denying
from limner_bot.policy.audit import Act
from limner_bot.policy.rules import SPOILERS, Rules, texts_of, together
from limner_bot.queue.database import Database
from limner_sdk import InvalidRequest

ACT = Act(GUILD, 7, "act-test")


def test_what_one_forbids_is_forbidden() -> None:
    strict = Rules(
        blocked=("gore",), allowed_models=("a:x",), spoiler="outside", uploads=False, age_restricted_only=True
    )
    other = Rules(blocked=("war",), allowed_models=("a:x", "a:y"), denied_models=("a:z",), metadata=False)
    both = together(strict, other)
    assert both == together(other, strict).model_copy(update={"blocked": both.blocked})
    assert (set(both.blocked), both.allowed_models, both.denied_models) == ({"gore", "war"}, ("a:x",), ("a:z",))
    assert (both.spoiler, both.uploads, both.metadata, both.age_restricted_only) == ("outside", False, False, True)


@pytest.mark.parametrize(
    ("spoiler", "hidden"), [*zip(SPOILERS, [(False, False), (True, False), (True, True)], strict=True)]
)
def test_pictures_are_hidden_where_the_policy_says(spoiler: str, hidden: tuple[bool, bool]) -> None:
    rules = Rules.model_validate({"spoiler": spoiler})
    assert tuple(rules.hides(age_restricted=adults) for adults in (False, True)) == hidden


def test_models_are_allowed_and_denied() -> None:
    rules = denying(Rules(), "a:x")
    assert [rules.allows_model(name) for name in ("a:x", "a:y")] == [False, True]
    rules = allowing(denying(rules, ALL), "a:y")
    assert [rules.allows_model(name) for name in ("a:x", "a:y", "a:z")] == [False, True, False]
    assert not denying(rules, "a:y").allows_model("a:y")
    assert allowing(rules, ALL) == Rules()


def test_a_thread_and_a_category_count_as_their_channel() -> None:
    assert Rules(channels=(77,)).allows_channel(place(parent=77))
    assert not Rules(channels=(77,)).allows_channel(place())
    assert Rules(channels=(CHANNEL,)).allows_channel(place(parent=77))


def test_all_that_somebody_writes_is_read() -> None:
    request = asked(negative="n", styles=["s"], postprocess=[{"name": "d", "params": {"prompt": "p", "scale": 2}}])
    assert list(texts_of(request)) == ["a circle", "n", "s", "p"]


async def test_changes_at_the_same_time_are_all_kept(database: Database) -> None:
    kept = (await opened(database)).rules
    words = [f"word{k}" for k in range(20)]

    async def block(word: str) -> None:
        await kept.change(GUILD, lambda rules: rules.changed(blocked=(*rules.blocked, word)), ACT)

    await asyncio.gather(*map(block, words))
    assert set(kept.own(GUILD).blocked) == set(words)
    again = await opened(database)
    assert set(again.rules.holding(GUILD).blocked) == set(words)
    assert again.rules.holding(8) == again.rules.holding(None) == Rules()


async def test_rules_for_everywhere_hold_at_once_in_every_server(database: Database) -> None:
    kept = (await opened(database)).rules
    await kept.change(GUILD, lambda rules: rules.changed(spoiler="outside"), ACT)
    assert kept.holding(GUILD).uploads
    await kept.change(0, lambda rules: rules.changed(uploads=False), ACT)
    assert not any(kept.holding(guild).uploads for guild in (GUILD, 8, None))
    assert kept.holding(GUILD).spoiler == "outside"


async def test_a_refused_change_changes_nothing(database: Database) -> None:
    kept = (await opened(database)).rules
    with pytest.raises(InvalidRequest):
        await kept.change(GUILD, lambda rules: rules.changed(spoiler="sometimes"), ACT)
    assert kept.own(GUILD) == Rules()
    assert await database.rows("SELECT * FROM audit") == []


def test_damaged_rules_are_left_aside() -> None:
    assert Rules.parse('{"spoiler": "sometimes"}') == Rules()
    assert Rules.parse('{"uploads": false, "of_another_version": 1}') == Rules(uploads=False)
