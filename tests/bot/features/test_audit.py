"""/audit: every decision on a line, page by page, in the reader's language."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.bot.bench import labels
from tests.bot.policy.government import Government, governed

from limner_bot.features.audit import told
from limner_bot.policy.audit import Act, Entry
from limner_bot.words.language import words_in


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Government]:
    async with governed(tmp_path) as bench:
        yield bench


async def test_every_decision_is_in_the_book_of_its_server(bench: Government) -> None:
    await bench.order(bench.admin, "ban add", user=bench.alice, until="3h", reason="**spam** for @everyone")
    await bench.order(bench.operator, "rules uploads", on=False, everywhere=True)
    page = await bench.order(bench.admin, "audit")
    assert f"<@{bench.admin.id}> banned <@{bench.alice.id}> (<t:" in page.content
    assert "\\*\\*spam\\*\\* for @\u200beveryone" in page.content
    assert "uploads" not in page.content
    everywhere = await bench.order(bench.operator, "audit", everywhere=True)
    assert f"<@{bench.operator.id}> forbade uploads" in everywhere.content
    assert "Nobody has decided" in (await bench.order(bench.foreigner, "audit", bench.embassy)).content


@pytest.mark.parametrize(
    ("act", "line"),
    [
        (Act(9, 7, "act-limits-set", "", "count=2"), "<@7> set the limits of everybody (count=2)"),
        (Act(9, 7, "act-limits-set", "<@&5>", "count=2"), "<@7> set the limits of <@&5> (count=2)"),
        (
            Act(0, 0, "act-plugin-quarantined", "sparkles", "dull"),
            "The bot put the plugin `sparkles` into quarantine (dull)",
        ),
    ],
)
def test_a_line_names_everybody_and_the_bot(act: Act, line: str) -> None:
    assert told(words_in("en"), Entry(1, 5.0, act)) == f"<t:5:f> {line}"


async def test_pages_are_turned_in_the_readers_language_after_a_restart(bench: Government) -> None:
    for number in range(12):
        await bench.order(bench.admin, "rules block", words=f"word{number}")
    bench.admin.locale = "de"
    page = await bench.order(bench.admin, "audit")
    assert page.content.startswith("**Entscheidungen auf diesem Server**\n<t:")
    assert page.content.count("hat `word") == 10
    older, *rest = labels(page)
    assert rest == []
    await bench.restart()
    await bench.admin.press(page, older)
    await bench.until(lambda: "word0" in page.content, "the second page")
    assert page.content.count("hat `word") == 2
    [newer] = labels(page)
    await bench.admin.press(page, newer)
    await bench.until(lambda: "word11" in page.content, "the first page again")
