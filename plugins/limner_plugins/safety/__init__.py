"""The safety filter: a guard that withholds what a picture classifier in the data folder calls unsafe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from limner_sdk import PostprocessDef, hookimpl

from .filtering import SafetyFilter, SafetyParams


@hookimpl
def limner_postprocessors() -> Iterator[PostprocessDef[Any]]:
    yield PostprocessDef(
        "safety_filter",
        "Withhold what a picture classifier calls unsafe.",
        SafetyParams,
        SafetyFilter(),
        guard=True,
        label="Safety filter",
    )
