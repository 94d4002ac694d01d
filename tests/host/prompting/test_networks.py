"""Networks: LoRA tags in a prompt."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner_host.prompting import LoraTag, networks_of
from limner_sdk import InvalidRequest


@pytest.mark.parametrize(
    ("tag", "read"),
    [
        ("<lora:ink>", LoraTag("ink", 1, 1)),
        ("<lora:ink:0.8>", LoraTag("ink", 0.8, 0.8)),
        ("<lora:ink:-.5>", LoraTag("ink", -0.5, -0.5)),
        ("<lora:ink:0.5:0.8>", LoraTag("ink", weight=0.8, text_weight=0.5)),
        ("<lora:ink:te=0.5:unet=0.8>", LoraTag("ink", weight=0.8, text_weight=0.5)),
        ("<lora:ink:unet=0.8>", LoraTag("ink", weight=0.8, text_weight=1)),
        ("<lora:ink:0.5:unet=0.8>", LoraTag("ink", weight=0.8, text_weight=0.5)),
        ("<lyco:ink v2 (old): 1 >", LoraTag("ink v2 (old)", 1, 1)),
        ("<LORA:墨:1>", LoraTag("墨", 1, 1)),
    ],
)
def test_a_tag_names_a_lora_and_its_weights(tag: str, read: LoraTag) -> None:
    assert networks_of(f"a {tag}cat") == ("a cat", (read,))


def test_tags_come_in_their_order() -> None:
    text, tags = networks_of("<lora:b:1> x <lora:a:1><lora:b:2>")
    assert (text, [tag.name for tag in tags]) == (" x ", ["b", "a", "b"])


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        ("<hypernet:ink:1>", "no known tag"),
        ("<lora:ink:1", "not closed"),
        ("<lora:>", "does not name"),
        ("<lora:../ink:1>", "does not name"),
        ("<lora:styles/ink:1>", "does not name"),
        (r"<lora:C\ink:1>", "does not name"),
        ("<lora:in\nk:1>", "does not name"),
        ("<lora:ink:strong>", "no number from -10 to 10"),
        ("<lora:ink:٣>", "no number from -10 to 10"),
        ("<lora:ink:nan>", "no number from -10 to 10"),
        ("<lora:ink:1e300>", "no number from -10 to 10"),
        ("<lora:ink:11>", "no number from -10 to 10"),
        ("<lora:ink:1:1:1>", "too many weights"),
        ("<lora:ink:dyn=4>", "sets something unknown"),
    ],
)
def test_a_tag_that_cannot_be_is_refused(tag: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=f"^prompt: .*{sentence}"):
        networks_of(f"a {tag}")


@pytest.mark.parametrize(
    "text", ["<3", "a < b:c > d", "<:smile:1234>", "<a:dance:1234>", "<t:1234:R>", r"\<lora:ink:1>"]
)
def test_other_angles_are_text(text: str) -> None:
    assert networks_of(text) == (text, ())


@given(st.text(alphabet=st.sampled_from("<>:lora=te./\\1 ")))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(InvalidRequest):
        left, tags = networks_of(text)
        assert tags or left == text
