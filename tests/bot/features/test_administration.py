"""Every command of administrators, for everybody who may and may not use it, wherever they say it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.bot.policy.government import Government, governed
from tests.loopback import Channel, ScriptedUser


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Government]:
    async with governed(tmp_path) as bench:
        yield bench


NO_SERVER, NO_ADMIN, NO_OPERATOR = "in a server only", "Manage Server", "who run this bot"


def commands(victim: ScriptedUser) -> list[tuple[str, dict[str, Any]]]:
    """All of them, with what they need."""
    return [
        ("limits show", {}),
        ("limits set", {"steps": 99}),
        ("limits clear", {}),
        ("ban add", {"user": victim, "until": "3h"}),
        ("ban remove", {"user": victim}),
        ("ban list", {}),
        ("rules show", {}),
        ("rules block", {"words": "gore"}),
        ("rules unblock", {"word": "gore"}),
        ("rules spoiler", {"policy": "always"}),
        ("rules metadata", {"on": False}),
        ("rules uploads", {"on": False}),
        ("rules adults", {"on": False}),
        ("models list", {}),
        ("models deny", {"model": "flat"}),
        ("models allow", {"model": "flat"}),
        ("models default", {"model": "flat"}),
        ("models reset", {}),
        ("audit", {}),
    ]


def people(bench: Government) -> list[tuple[str, ScriptedUser, Channel, bool, str]]:
    """Who says it, where, whether for everywhere, and what is said to those who may not."""
    here, abroad = bench.channel, bench.embassy
    return [
        ("member", bench.alice, here, False, NO_ADMIN),
        ("member", bench.alice, here, True, NO_OPERATOR),
        ("member", bench.alice, bench.alice.direct_messages(), False, NO_SERVER),
        ("member", bench.alice, bench.alice.direct_messages(), True, NO_OPERATOR),
        ("moderator", bench.admin, here, True, NO_OPERATOR),
        ("moderator", bench.admin, bench.admin.direct_messages(), False, NO_SERVER),
        ("moderator", bench.admin, bench.admin.direct_messages(), True, NO_OPERATOR),
        ("operator", bench.operator, bench.operator.direct_messages(), False, NO_SERVER),
        ("stranger", bench.foreigner, abroad, True, NO_OPERATOR),
        ("stranger", bench.foreigner, bench.foreigner.direct_messages(), False, NO_SERVER),
        ("stranger", bench.foreigner, bench.foreigner.direct_messages(), True, NO_OPERATOR),
        ("moderator", bench.admin, here, False, ""),
        ("operator", bench.operator, here, False, ""),
        ("operator", bench.operator, here, True, ""),
        ("operator", bench.operator, bench.operator.direct_messages(), True, ""),
        ("stranger", bench.foreigner, abroad, False, ""),
    ]


async def test_whoever_may_not_decide_decides_nothing(bench: Government) -> None:
    for name, user, where, everywhere, words in people(bench):
        before = bench.book()
        for command, options in commands(bench.bob):
            scope = {"everywhere": True} if everywhere else {}
            answer = await bench.order(user, command, where, **options, **scope)
            who = f"{name}, /{command}, {where}, {scope}: {answer.content}"
            assert words in answer.content if words else not _refuses(answer.content), who
        after = bench.book()
        assert (after == before) is bool(words), name
        assert {int(row[0]) for row in after[len(before) :]} <= {int(user.id)}
    scopes = {str(row[0]) for row in bench.query("SELECT DISTINCT guild_id FROM audit")}
    assert scopes == {"0", bench.guild.id, bench.abroad.id}


def _refuses(content: str) -> bool:
    return any(words in content for words in (NO_SERVER, NO_ADMIN, NO_OPERATOR))


async def test_rights_that_are_gone_are_gone_at_the_next_click(bench: Government) -> None:
    for number in range(11):
        await bench.order(bench.admin, "rules block", words=f"word{number}")
    page = await bench.order(bench.admin, "audit")
    assert "word10" in page.content
    assert "word0" not in page.content
    bench.guild.set_roles(bench.admin, [])
    refused = await bench.admin.press(page, "Next")
    assert NO_ADMIN in (await refused.final_response()).content
    assert "word0" not in page.content
    choices = await bench.admin.autocomplete(bench.channel, "rules unblock", option="word", value="word")
    assert choices == []
