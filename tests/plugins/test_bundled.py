"""What every bundled definition keeps: its contract, and a label."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from limner_host.discovery import discover
from limner_sdk import NoiseDef, PostprocessDef, SamplerDef, ScheduleDef
from limner_sdk.testing import check_noise, check_postprocessor, check_sampler, check_schedule

CHECKS: dict[type[Any], Callable[[Any], None]] = {
    NoiseDef: check_noise,
    SamplerDef: check_sampler,
    ScheduleDef: check_schedule,
    PostprocessDef: check_postprocessor,
}


def bundled() -> Iterator[Any]:
    for plugin in discover().found:
        if plugin.origin == "bundled":
            yield from plugin.definitions


@pytest.mark.parametrize("definition", list(bundled()), ids=lambda definition: f"{definition.kind}-{definition.name}")
def test_every_bundled_definition_keeps_its_contract(definition: Any) -> None:
    if type(definition) in CHECKS:
        CHECKS[type(definition)](definition)
    assert definition.label


def test_every_kind_that_can_be_checked_is_bundled() -> None:
    kinds = {type(definition) for definition in bundled()}
    assert {NoiseDef, SamplerDef, ScheduleDef} <= kinds
