"""Defaults come from the nearest layer that says something, and outlive the bot."""

from __future__ import annotations

from typing import Any

import pytest
from tests.bot.policy.people import CHANNEL, GUILD, interaction, opened, place

from limner_bot.policy.audit import Act
from limner_bot.policy.preferences import Preferences, Scope, merged, sources
from limner_bot.queue.database import Database
from limner_sdk import InvalidRequest

LAYERS: list[tuple[Scope, int]] = [("member", 1), ("channel", CHANNEL), ("server", GUILD), ("bot", 0)]


async def test_the_nearest_layer_counts(database: Database) -> None:
    kept = (await opened(database)).preferences
    for steps, (scope, scope_id) in enumerate(reversed(LAYERS), start=1):
        await kept.change(scope, scope_id, {"steps": steps})
        assert kept.of(interaction()).steps == steps
    for steps, (scope, scope_id) in enumerate(LAYERS, start=1):
        assert kept.of(interaction()).steps == 5 - steps
        await kept.clear(scope, scope_id)
    assert kept.of(interaction()) == Preferences()


async def test_layers_of_others_do_not_count(database: Database) -> None:
    kept = (await opened(database)).preferences
    for scope, scope_id in LAYERS[:3]:
        await kept.change(scope, scope_id + 100, {"steps": 9})
    assert kept.of(interaction()).steps is None
    await kept.change("server", GUILD, {"steps": 9})
    assert kept.at(place(guild=None)).steps is None


async def test_a_thread_has_the_defaults_of_its_channel(database: Database) -> None:
    kept = (await opened(database)).preferences
    await kept.change("channel", 77, {"steps": 9, "cfg": 3})
    await kept.change("channel", CHANNEL, {"steps": 8})
    assert kept.at(place(parent=77)).said == {"steps": 8, "cfg": 3}


async def test_they_are_there_after_a_restart(database: Database) -> None:
    policies = await opened(database)
    said: dict[str, Any] = {"size": "512", "styles": ["ink"], "private": True, "ping": "never", "language": "de"}
    await policies.preferences.change("member", 1, said)
    await policies.preferences.change("member", 1, {"private": None, "count": 2})
    again = await opened(database)
    assert again.preferences.layer("member", 1).said == {
        **{"size": "512x512", "styles": ("ink",), "count": 2},
        **{"ping": "never", "language": "de"},
    }
    assert again.defaults(interaction()) == {"size": "512x512", "styles": ("ink",), "count": 2}


async def test_what_another_version_has_written_is_left_out(database: Database) -> None:
    row = "INSERT INTO preferences (scope, scope_id, name, value) VALUES ('member', 1, ?, ?)"
    for name, value in (("steps", "20"), ("colour", '"red"'), ("count", "99"), ("cfg", "{")):
        await database.write(lambda db, row=row, name=name, value=value: db.execute(row, (name, value)).rowcount)
    assert (await opened(database)).preferences.layer("member", 1).said == {"steps": 20}


@pytest.mark.parametrize(
    "wrong",
    [
        *({"steps": 0}, {"cfg": float("nan")}, {"size": "big"}, {"size": "8x8"}, {"language": "fr"}, {"ping": "loud"}),
        *({"count": 5}, {"model": ""}, {"colour": "red"}),
    ],
)
async def test_nonsense_is_refused_and_changes_nothing(database: Database, wrong: dict[str, Any]) -> None:
    kept = (await opened(database)).preferences
    with pytest.raises(InvalidRequest, match=f"{next(iter(wrong))}: "):
        await kept.change("member", 1, {"steps": 20} | wrong, Act(0, 1, "act-test"))
    assert kept.layer("member", 1) == Preferences()
    assert await database.rows("SELECT * FROM audit") == []


def test_where_a_value_comes_from_is_known() -> None:
    layers: dict[Scope, Preferences] = {"member": Preferences(steps=1), "server": Preferences(steps=2, cfg=3)}
    assert sources(layers) == {"steps": "member", "cfg": "server"}
    assert merged(layers.values()).said == {"steps": 1, "cfg": 3}
