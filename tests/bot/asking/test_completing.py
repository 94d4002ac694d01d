"""How post-processors are completed while somebody types: their names, their parameters, and the values of these."""

from __future__ import annotations

from typing import Any

import pytest
from tests.bot.stub_host import catalogue, finishers

from limner_bot.asking.completing import completed
from limner_bot.asking.finishing import parse_finish
from limner_bot.asking.menu import Menu
from limner_sdk import Catalogue, ModelEntry, StageEntry

OFFERED = finishers()
MENU = Menu(catalogue())


def test_the_last_name_is_completed() -> None:
    assert MENU.finishers("enlarge(scale=2), sh") == [("enlarge(scale=2), Shine", "enlarge(scale=2), shine")]
    assert [value for _, value in MENU.finishers("")] == ["shine", "enlarge", "find_faces"]
    assert MENU.finishers("nothing of this kind") == []


def test_a_name_that_two_plugins_offer_is_completed_in_full() -> None:
    twin = OFFERED[1].model_copy(update={"id": "other:enlarge"})
    assert [value for _, value in completed("enl", Catalogue(stages=(*OFFERED, twin)))] == [
        "stub:enlarge",
        "other:enlarge",
    ]


def test_parameters_are_completed_with_their_defaults_and_their_help() -> None:
    found = MENU.finishers("shine, enlarge(mode=sharp; sc")
    assert found == [("shine, enlarge(mode=sharp; scale=2) · How much larger", "shine, enlarge(mode=sharp; scale=2)")]
    assert parse_finish(found[0][1], OFFERED)[1].params == {"mode": "sharp", "scale": "2"}
    assert MENU.finishers("nobody(") == []


def text(default: str | None, description: str = "") -> dict[str, Any]:
    """The schema of a parameter that takes text."""
    plain = {"default": default, "description": description}
    return plain | ({"type": "string"} if default is not None else {"anyOf": [{"type": "string"}, {"type": "null"}]})


def rich() -> Catalogue:
    """A catalogue with a post-processor that asks for things of the catalogue's by name."""
    known: dict[str, Any] = {"summary": "", "plugin": "p", "parameters": {}}
    properties = {
        "detector": text("faces"),
        "upscaler": text("lanczos"),
        "hand_detector": text(""),
        "sampler": text(None),
        "schedule": text("fast", "How fast"),
        "model": text(None),
        "tidy": {"type": "boolean", "default": True, "description": "Whether to tidy up"},
        "mode": {"type": "string", "enum": ["soft", "sharp", "sharper"], "default": "soft", "description": "How"},
        "amount": {"type": "number", "default": 0.5, "description": "How much"},
    }
    stages = (
        StageEntry(
            kind="postprocessor",
            id="p:mend",
            name="mend",
            label="Mend",
            **known | {"parameters": {"properties": properties}},
        ),
        StageEntry(kind="detector", id="d:faces", name="faces", label="All faces", **known),
        StageEntry(kind="detector", id="d:hand_yolov8n", name="hand_yolov8n", label="Hands", **known),
        StageEntry(kind="upscaler", id="u:4x-ultrasharp", name="4x-ultrasharp", label="UltraSharp", **known),
        StageEntry(kind="sampler", id="a:euler", name="euler", label="Euler", **known),
        StageEntry(kind="sampler", id="b:euler", name="euler", label="Euler of b", **known),
        StageEntry(kind="schedule", id="s:karras", name="karras", label="Karras", **known),
    )
    (flat,) = catalogue().models
    return Catalogue(stages=stages, models=(ModelEntry.model_validate(flat.model_dump()),))


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("detector=", ["faces", "hand_yolov8n"]),
        ("detector=hands", ["hand_yolov8n"]),
        ("Hand-Detector= hand-yo", ["hand_yolov8n"]),
        ("upscaler=", ["lanczos", "nearest", "4x-ultrasharp"]),
        ("upscaler=ultra", ["4x-ultrasharp"]),
        ("sampler=", ["a:euler", "b:euler"]),
        ("model=", ["flat"]),
        ("tidy=", ["true", "false"]),
        ("mode=shar", ["sharp", "sharper"]),
        ("mode=arper", ["sharper"]),
        ("amount=0.7", ["0.7"]),
        ("amount=", ["0.5"]),
        ("schedule=", ["fast"]),
        ("detector=nobody", []),
        ("mod=", []),
    ],
)
def test_behind_an_equals_sign_the_values_of_that_parameter_are_offered(typed: str, values: list[str]) -> None:
    found = [value for _, value in completed(f"mend(tidy=true; {typed}", rich())]
    key = typed.partition("=")[0].lower().replace("-", "_")
    assert found == [f"mend(tidy=true; {key}={value})" for value in values]


def test_values_stand_with_what_people_call_them() -> None:
    assert list(completed("mend(detector=hand", rich())) == [
        ("mend(detector=hand_yolov8n) · Hands", "mend(detector=hand_yolov8n)")
    ]
    labels = [label for label, _ in completed("mend(mode=", rich())]
    assert labels[0] == "mend(mode=soft) · How"


def test_before_an_equals_sign_all_parameters_that_begin_so_are_offered() -> None:
    assert [value for _, value in completed("mend(mod", rich())] == ["mend(model=)", "mend(mode=soft)"]
