"""Completions of options that hold several things."""

from __future__ import annotations

import pytest

from limner_bot.asking.completions import axes, listed, parameters
from limner_sdk import Catalogue, FileEntry, StageEntry
from limner_sdk.catalogue import AxisEntry

FILES = [FileEntry(kind="lora", name=name, family="sdxl") for name in ("ink", "night_sky", "a, b", "x" * 120)]
SAMPLER = StageEntry(
    kind="sampler",
    id="s:euler",
    name="euler",
    label="Euler",
    summary="",
    plugin="s",
    parameters={"properties": {"eta": {"type": "number", "default": 1.0}, "mode": {"enum": ["soft", "hard"]}}},
)
CATALOGUE = Catalogue(
    axes=(
        AxisEntry(name="sampler.eta", label="Eta", form="number", least=0, most=1),
        AxisEntry(name="schedule", label="Schedule type", form="choice", values=("karras", "simple"), optional=True),
        AxisEntry(name="discard", label="Discard", form="switch"),
    )
)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["ink", "night_sky"]),
        ("sky", ["night_sky"]),
        ("ink:0.8, ", ["ink:0.8, night_sky"]),
        ("ink:0.8, night sky:0.", [f"ink:0.8, night_sky:{weight}" for weight in ("0.8", "0.6", "0.4")]),
        ("ink:0.75", ["ink:0.75"]),
        ("nothing:0.", []),
        (", ,ink, n", ["ink, night_sky"]),
    ],
)
def test_the_last_name_is_completed_and_then_its_weight(typed: str, found: list[str]) -> None:
    assert [value for _, value in listed(typed, FILES, weighted=True)] == found


def test_no_completion_is_longer_than_discord_takes() -> None:
    before = ", ".join(f"lora{number}" for number in range(15))
    assert all(len(value) <= 100 for _, value in listed(f"{before}, ", FILES, weighted=True))
    assert listed("ink, " * 3000, FILES, weighted=True) == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [("", ["eta=1.0", "mode="]), ("mode=h", ["mode=hard"]), ("eta=0.3; m", ["eta=0.3; mode="]), ("x", [])],
)
def test_parameters_of_a_sampler_are_completed(typed: str, found: list[str]) -> None:
    assert [value for _, value in parameters(typed, SAMPLER, CATALOGUE)] == found
    assert parameters(typed, None, CATALOGUE) == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["schedule=", "sampler.eta=", "discard="]),
        ("eta", ["sampler.eta="]),
        ("schedule=karras, ", ["schedule=karras, simple", "schedule=karras, none"]),
        ("Schedule type=si", ["schedule=simple"]),
        ("sampler.eta=", ["sampler.eta=0, 0.5"]),
        ("sampler.eta=0.1, 0.9", ["sampler.eta=0.1, 0.9"]),
        ("nothing=1", []),
        ("=" * 500, []),
    ],
)
def test_axes_are_completed_by_name_and_then_by_value(typed: str, found: list[str]) -> None:
    assert [value for _, value in axes(typed, CATALOGUE)] == found
