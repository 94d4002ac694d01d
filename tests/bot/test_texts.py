"""Whatever people write, the bot's sentences neither ping nor link nor break out of their line."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from limner_bot import texts

WILD = st.lists(
    st.one_of(
        st.text(),
        st.text(alphabet=st.characters(categories=["Cs", "Cc", "Cf"])),
        st.sampled_from(
            r"@everyone @here <@1> <@&2> <#3> ``` ` https://x.y [a](http://b.c) || \ discord.gg/x <t:1:R>".split()
        ),
        st.sampled_from(["**", "__", "~~", "\n", "\n# big", "\u202e", "x" * 3000]),
    )
).map("".join)
PING = re.compile(r"@(everyone|here)|<(@[!&]?|#)\d+>")


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(WILD)
def test_a_quoted_prompt_is_one_line_of_closed_code(text: str) -> None:
    shown = texts.quoted(text)
    assert shown.count("`") == 2
    assert shown[0] == shown[-1] == "`"
    assert len(shown.splitlines()) == 1
    assert units(shown) <= texts.LONGEST_PROMPT_SHOWN + 2


@given(WILD)
def test_nothing_pings_or_links(text: str) -> None:
    for shown in (texts.quoted(text), texts.plain(text), texts.sentence(text)):
        assert not PING.search(shown)
        assert "://" not in shown
        assert "```" not in shown
        assert units(shown) <= texts.LONGEST_MESSAGE
        shown.encode()


@given(st.text(), st.integers(1, 50))
def test_clipping_keeps_the_limit_and_whole_characters(text: str, most: int) -> None:
    shown = texts.clipped(text, most)
    assert units(shown) <= most
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


def test_a_sentence_reads_as_it_was_meant() -> None:
    assert texts.sentence("width: 0 is too small; the least is 64") == "Width: 0 is too small; the least is 64."
    assert "dpmpp_2m" in texts.sentence("sampler: 'x' is unknown; there is dpmpp_2m")
