"""Definitions: what is refused when one is built."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from limner_sdk import DefinitionError, ModelDef, NoParams, PostprocessDef, SamplerDef
from limner_sdk.definitions import Definition


def run(*_: Any) -> Any: ...


async def arun(*_: Any) -> Any: ...


class NotParams(BaseModel): ...


@pytest.mark.parametrize("kind", Definition.__subclasses__())
@pytest.mark.parametrize(
    ("name", "summary", "params", "function", "reason"),
    [
        ("", "Fine.", NoParams, run, "has no usable name"),
        ("Big", "Fine.", NoParams, run, "has no usable name"),
        ("a b", "Fine.", NoParams, run, "has no usable name"),
        ("a" * 65, "Fine.", NoParams, run, "has no usable name"),
        ("a\n", "Fine.", NoParams, run, "has no usable name"),
        ("fine", "", NoParams, run, "lacks a usable summary"),
        ("fine", "two\nlines", NoParams, run, "lacks a usable summary"),
        ("fine", "x" * 101, NoParams, run, "lacks a usable summary"),
        ("fine", "Fine.", NotParams, run, "has params that are no Params class"),
        ("fine", "Fine.", NoParams(), run, "has params that are no Params class"),
        ("fine", "Fine.", None, run, "has params that are no Params class"),
        ("fine", "Fine.", NoParams, arun, "is an async function"),
        ("fine", "Fine.", NoParams, None, "has nothing to call"),
    ],
)
def test_a_definition_that_breaks_the_rules_is_refused(
    kind: Any, name: str, summary: str, params: Any, function: Any, reason: str
) -> None:
    with pytest.raises(DefinitionError) as caught:
        kind(name, summary, params, function)
    assert caught.value.reason == reason
    assert str(caught.value).startswith(f"plugin {kind.kind} {name!r}: {reason}; ")


@pytest.mark.parametrize("kind", Definition.__subclasses__())
@pytest.mark.parametrize("name", ["4x-ultra.sharp", "a" * 33])
def test_only_parts_that_are_files_may_be_called_like_files(kind: Any, name: str) -> None:
    if kind.kind in ("upscaler", "detector"):
        assert kind(name, "Fine.", NoParams, run).name == name
    else:
        with pytest.raises(DefinitionError, match="lower-case letters, digits and _, 32 at most"):
            kind(name, "Fine.", NoParams, run)


@pytest.mark.parametrize("name", ["", "Big", ".hidden", "a/b", "x" * 65])
def test_a_model_needs_a_name_that_fits_on_a_disk(name: str) -> None:
    with pytest.raises(DefinitionError, match="has no usable name"):
        ModelDef(name, "Fine.", "sd1", run)


def test_a_good_definition_is_frozen() -> None:
    definition = SamplerDef("good", "Fine.", NoParams, run)
    assert definition.function is run
    with pytest.raises(AttributeError):
        definition.name = "other"  # type: ignore[misc]


def test_definitions_are_told_apart_by_kind() -> None:
    kinds = [kind.kind for kind in Definition.__subclasses__()]
    assert len(set(kinds)) == len(kinds)
    assert PostprocessDef.kind == "postprocessor"
