"""Each decision is in the book, page by page, in the transaction that carries it out."""

from __future__ import annotations

import sqlite3

import pytest
from tests.bot.policy.people import GUILD, NOON, opened

from limner_bot.features.audit import told
from limner_bot.policy.audit import Act, Entry
from limner_bot.queue.database import Database
from limner_bot.talking.guard import sentence_for
from limner_bot.words.language import words_in
from limner_sdk import DiskFull


async def test_pages_stay_right_while_decisions_arrive(database: Database) -> None:
    audit = (await opened(database)).audit
    for number in range(5):
        await audit.note(GUILD, 7, "act-test", str(number))
    await audit.note(8, 7, "act-test", "of another server")
    newest = await audit.page(GUILD, "older", 10**9, 2)
    await audit.note(GUILD, 7, "act-test", "later")
    older = await audit.page(GUILD, "older", newest.entries[-1].number, 2)
    assert [entry.act.subject for entry in (*newest.entries, *older.entries)] == ["4", "3", "2", "1"]
    assert (newest.has_newer, older.has_newer, older.has_older) == (False, True, True)
    back = await audit.page(GUILD, "newer", older.entries[0].number, 2)
    assert [entry.act.subject for entry in back.entries] == ["4", "3"]


async def test_a_decision_that_fails_is_not_in_the_book(database: Database) -> None:
    audit = (await opened(database)).audit
    with pytest.raises(sqlite3.OperationalError):
        await audit.carry_out(Act(GUILD, 7, "act-test"), ("DELETE FROM nothing", ()))
    assert not (await audit.page(GUILD, "older", 10**9, 2)).entries


async def test_on_a_full_disk_an_admin_hears_that_nothing_is_in_force(database: Database) -> None:
    audit = (await opened(database)).audit
    pages = (await database.write(lambda db: db.execute("PRAGMA page_count").fetchone()))[0]
    await database.write(lambda db: db.execute(f"PRAGMA max_page_count={pages}").fetchone())
    with pytest.raises(DiskFull) as caught:
        await audit.carry_out(Act(GUILD, 7, "act-test"), ("INSERT INTO settings VALUES ('x', ?)", ("x" * 100_000,)))
    assert "this is not in force" in sentence_for(caught.value, words_in("en"))
    assert not (await audit.page(GUILD, "older", 10**9, 2)).entries


async def test_who_decides_what_is_written_down(database: Database) -> None:
    policies = await opened(database)
    await policies.bans.add(GUILD, 1, 3600, "spam", 7)
    await policies.bans.remove(GUILD, 1, 8)
    page = await policies.audit.page(GUILD, "older", 10**9, 9)
    assert [(entry.act.user_id, entry.act.action, entry.act.subject) for entry in page.entries] == [
        (8, "act-unbanned", "<@1>"),
        (7, "act-banned", "<@1>"),
    ]
    assert page.entries[1].act.details == f"<t:{NOON + 3600:.0f}:f> spam"


@pytest.mark.parametrize(
    ("act", "line"),
    [
        (Act(GUILD, 7, "act-banned", "<@1>", "<t:90:f> spam"), "banned <@1> (<t:90:f> spam)"),
        (Act(GUILD, 7, "act-words-blocked", "@everyone `x`"), "blocked `@\u200beveryone ˋxˋ`"),
        (Act(GUILD, 7, "act-banned", "<@1>", "<@&9> **now**"), "banned <@1> (<@&9> \\*\\*now\\*\\*)"),
        (Act(GUILD, 7, "unheard-of", "", "[x](https://a.b)"), "unheard-of (\\[x\\](https:\u200b//a.b))"),
    ],
)
def test_an_entry_reads_as_a_sentence_and_harms_nobody(act: Act, line: str) -> None:
    assert told(words_in("en"), Entry(1, 60.0, act)) == f"<t:60:f> <@7> {line}"
