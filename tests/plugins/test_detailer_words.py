"""The prompts of single things, and what the detailer calls them."""

from __future__ import annotations

import pytest

from limner_plugins.detailer.params import DetailerParams
from limner_plugins.detailer.prompts import prompt_of, skips
from limner_plugins.detailer.wording import counted, found_by, nothing


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        ("", [None, None]),
        ("a cat", ["a cat", "a cat"]),
        ("a cat[SEP]a dog", ["a cat", "a dog", "a dog"]),
        (" a cat \n [SEP]  a dog ", ["a cat", "a dog"]),
        ("[SEP]a dog", [None, "a dog"]),
        ("a cat[SEP]", ["a cat", None, None]),
        ("[PROMPT]", ["own"]),
        ("[PROMPT], smiling [SEP] not [PROMPT] [PROMPT]", ["own, smiling", "not own own"]),
        ("a cat [sep] a dog", ["a cat [sep] a dog"]),
        ("[SEP][SEP]", [None, None, None, None]),
        ("[PROMPT] [SEP] [SEP] a dog", ["own", None, "a dog", "a dog"]),
    ],
)
def test_each_thing_has_its_prompt(text: str, prompts: list[str | None]) -> None:
    assert [prompt_of(text, index, "own") for index in range(len(prompts))] == prompts


@pytest.mark.parametrize(
    ("text", "skipped"),
    [
        ("a[SEP][SKIP][SEP]b", [False, True, False]),
        ("[SKIP]", [True, True]),
        ("[skip][SEP]not [SKIP]", [False, False]),
        ("[SEP] [SKIP] ", [False, True, True]),
        ("[SKIP][SEP][SEP]a", [True, False, False]),
    ],
)
def test_a_skipped_thing_takes_its_turn(text: str, skipped: list[bool]) -> None:
    assert [skips(text, index) for index in range(len(skipped))] == skipped


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["face"], "1 face"),
        (["face", "face"], "2 faces"),
        (["box", "bus", "box", "bus", "couch", "couch"], "2 boxes, 2 buses and 2 couches"),
        (["face", "hand", "face"], "2 faces and 1 hand"),
        (["", ""], "2 things"),
        (["class 0", "class 0"], "2 class 0"),
    ],
)
def test_things_are_counted_by_their_labels(labels: list[str], told: str) -> None:
    assert counted(labels) == told


@pytest.mark.parametrize(
    ("detector", "classes", "told"),
    [
        ("detectors:pocket_faces", "", "No face found by pocket_faces"),
        ("hand_yolov8n", "", "No hand found by hand_yolov8n"),
        ("yolov8x-worldv2", "cat, dog", "No cat or dog found by yolov8x-worldv2"),
        ("yolov8x-worldv2", " ", "Nothing found by yolov8x-worldv2"),
    ],
)
def test_what_is_missing_is_called_by_its_name(detector: str, classes: str, told: str) -> None:
    params = DetailerParams(detector=detector, classes=classes)
    assert f"{nothing(params)} {found_by(params)}" == told
