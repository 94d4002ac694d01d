"""What every bundled definition keeps: its contract, and a label."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from limner_host.discovery import discover
from limner_sdk import (
    CodecDef,
    DenoiserDef,
    InversionDef,
    NoiseDef,
    PostprocessDef,
    PreprocessorDef,
    SamplerDef,
    ScheduleDef,
    TilerDef,
    UpscalerDef,
)
from limner_sdk.testing import (
    check_codec,
    check_denoiser,
    check_inversion,
    check_noise,
    check_postprocessor,
    check_preprocessor,
    check_sampler,
    check_schedule,
    check_tiler,
    check_upscaler,
)

CHECKS: dict[type[Any], Callable[[Any, Any], None]] = {
    NoiseDef: check_noise,
    SamplerDef: check_sampler,
    ScheduleDef: check_schedule,
    TilerDef: check_tiler,
    DenoiserDef: check_denoiser,
    InversionDef: check_inversion,
    PostprocessDef: check_postprocessor,
    PreprocessorDef: check_preprocessor,
    UpscalerDef: check_upscaler,
}

#: What has to be set about definitions that do nothing by themselves.
NEEDED: dict[str, dict[str, Any]] = {
    "regions": {"areas": "mask=left seed=7 | a cat; 25% 0 50% 50% kind=foreground | a dog"}
}


def bundled() -> Iterator[Any]:
    for plugin in discover().found:
        if plugin.origin == "bundled":
            yield from plugin.definitions


@pytest.mark.parametrize("definition", list(bundled()), ids=lambda definition: f"{definition.kind}-{definition.name}")
def test_every_bundled_definition_keeps_its_contract(definition: Any, pocket: Any) -> None:
    if isinstance(definition, CodecDef):
        check_codec(definition, pocket.codec)
    if type(definition) in CHECKS:
        CHECKS[type(definition)](definition, definition.params(**NEEDED.get(definition.name, {})))
    assert definition.label


def test_every_kind_that_can_be_checked_is_bundled() -> None:
    kinds = {type(definition) for definition in bundled()}
    assert {NoiseDef, SamplerDef, ScheduleDef, TilerDef, DenoiserDef, InversionDef, CodecDef} <= kinds
