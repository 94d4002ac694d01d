"""/help: in the person's language, made of the commands that there are, and only of those that they can use."""

from __future__ import annotations

from tests.bot.bench import Bench, labels
from tests.bot.features.clicking import click
from tests.loopback import Message, ScriptedUser

from limner_bot.features.help import TOPICS, paged
from limner_bot.words import LANGUAGES
from limner_bot.words.language import words_in


async def _all_commands(bench: Bench, user: ScriptedUser) -> tuple[Message, str]:
    """The last page, and what stands on all pages of commands."""
    page = await (await user.slash(bench.channel, "help")).final_response()
    assert page.ephemeral
    await user.select(page, "commands")
    await bench.until(lambda: "/imagine" in page.content and "First steps" not in page.content, "the commands")
    found = page.content
    while "Next" in labels(page):
        before = page.content
        await user.press(page, "Next")
        await bench.until(lambda before=before: page.content != before, "the next page")
        found += page.content
    return page, found


async def test_everybody_reads_about_what_they_can_use(bench: Bench) -> None:
    page, found = await _all_commands(bench, bench.alice)
    assert "`/history`" in found
    assert "`/queue show`" in found
    assert "`/limits set`" not in found
    refused = await click(bench, bench.alice, page, "ht")
    await bench.says(refused, "no longer here")
    _, all_of_them = await _all_commands(bench, bench.admin)
    assert "`/limits set`" in all_of_them
    bench.alice.locale = "de"
    german = await (await bench.alice.slash(bench.channel, "help")).final_response()
    assert "Erste Schritte" in german.content
    await bench.alice.select(german, "flags")
    await bench.until(lambda: "`--ar 3:2`" in german.content, "the flags")


def test_every_topic_fits_into_a_message_in_every_language() -> None:
    for language in LANGUAGES:
        words = words_in(language)
        for _, text in TOPICS.values():
            assert len(words(text, flags="x" * 600, names="x" * 500)) < 1900


def test_help_calls_what_can_be_pressed_as_it_is_called_in_every_language() -> None:
    for language in LANGUAGES:
        words = words_in(language)
        told = "".join(words(text, flags="", names="") for _, text in TOPICS.values())
        buttons = ("strong", "reroll", "remix", "favourite", "cancel")
        menus = ("Upscale this", "Detail this", "Vary this", "Use as input", "Read image info")
        keys = [(name, f"c-{name.lower().replace(' ', '-')}-name") for name in menus]
        called = [*(words(f"button-{name}") for name in buttons), words("more-more")]
        called += [words(key) if words.has(key) else name for name, key in keys]
        assert [name for name in called if f"**{name}**" not in told] == []


def test_lines_that_do_not_fit_go_to_the_next_page() -> None:
    assert list(paged(["aaaa", "bbbb", "cc"], 9)) == ["aaaa\nbbbb", "cc"]
    assert list(paged(["x" * 20], 9)) == ["x" * 8 + "…"]
