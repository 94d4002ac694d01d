"""Parameter models: what is refused when a class is made, and how loose values are read."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from limner_sdk import DefinitionError, InvalidRequest, Params, param


class Mode(enum.Enum):
    SOFT = "soft"
    HARD = "hard"


class Every(Params):
    on: bool = param(False, "A switch.")
    count: int = param(3, "A number.", ge=1, le=9)
    eta: float = param(0.5, "A share.", ge=0, le=1)
    text: str = param("x", "A text.", max_length=5)
    choice: Literal["a", "b"] = param("a", "A choice.")
    mode: Mode = param(Mode.SOFT, "A choice of an enumeration.")
    least: float | None = param(None, "Perhaps a number.", ge=0, le=1)


def fields(annotation: Any, default: Any, **options: Any) -> Callable[[], type[Params]]:
    """Makes a class `Made` with one field `it` when it is called."""
    namespace = {"__annotations__": {"it": annotation}, "it": param(default, options.pop("help", "Help."), **options)}
    return lambda: type("Made", (Params,), namespace)


def many(count: int) -> type[Params]:
    names = [f"f{k}" for k in range(count)]
    namespace: dict[str, Any] = {name: param(False, "Help.") for name in names}
    return type("Made", (Params,), namespace | {"__annotations__": dict.fromkeys(names, bool)})


def missing_default() -> type[Params]:
    from pydantic import Field

    return type("Made", (Params,), {"__annotations__": {"it": int}, "it": Field(description="Help.", ge=0, le=1)})


def named(name: str) -> Callable[[], type[Params]]:
    return lambda: type("Made", (Params,), {"__annotations__": {name: bool}, name: param(False, "Help.")})


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (missing_default, "plugin Made.it: has no default; write `= param(default, help)`"),
        (fields(bool, False, help=""), "plugin Made.it: lacks a usable help"),
        (fields(bool, False, help="two\nlines"), "plugin Made.it: lacks a usable help"),
        (fields(bool, False, help="x" * 101), "plugin Made.it: lacks a usable help"),
        (fields(int, 1), "plugin Made.it: is a number without bounds; write `ge=` and `le=`"),
        (fields(float, 1.0, ge=0), "plugin Made.it: is a number without bounds"),
        (fields(float | None, None, le=1), "plugin Made.it: is a number without bounds"),
        (fields(int, 5, ge=9, le=1), "plugin Made.it: has the bounds 9 … 1"),
        (fields(int, 5, ge=0, le=2**60), "plugin Made.it: has the bounds 0 … 1152921504606846976"),
        (fields(float, 5.0, ge=0, le=float("inf")), "plugin Made.it: has the bounds"),
        (fields(float, 5.0, ge=float("nan"), le=float("nan")), "plugin Made.it: has"),
        (fields(list[int], [1]), "plugin Made.it: is a list[int]; use bool, int, float, str"),
        (fields(dict[str, int], {}), "plugin Made.it: is a dict[str, int]"),
        (fields(int | str, 1), "plugin Made.it: is a int | str"),
        (fields(Any, 1), "plugin Made.it: is a typing.Any"),
        (fields(bytes, b""), "plugin Made.it: is a <class 'bytes'>"),
        (fields(Every, Every()), "plugin Made.it: is a "),
        (fields(Literal[1, 2], 1), "plugin Made.it: has choices that are not short texts"),
        (fields(Literal["", "b"], "b"), "plugin Made.it: has choices that are not short texts"),
        (fields(Literal[tuple(map(str, range(26)))], "1"), "plugin Made.it: has 26 choices; offer at most 25"),
        (fields(Literal["a"], "b"), "plugin Made.it: has the default 'b', which is not one of 'a'"),
        (fields(int, 5, ge=0, le=1), "plugin Made.it: has the default 5, which is too large; the most is 1"),
        (fields(float, float("nan"), ge=0, le=1), "plugin Made.it: has the default nan, which is"),
        (fields(int, None, ge=0, le=1), "plugin Made.it: has the default None"),
        (lambda: many(51), "plugin Made: has 51 fields; keep it to 50, two Discord menus"),
        (named("Eta"), "plugin Made.Eta: is not a usable name"),
        (named("a" * 33), "is not a usable name"),
        (named("größe"), "plugin Made.größe: is not a usable name"),
    ],
)
def test_what_discord_or_the_command_line_cannot_express_is_refused(
    make: Callable[[], type[Params]], sentence: str
) -> None:
    with pytest.raises(DefinitionError) as caught:
        make()
    assert str(caught.value).startswith(sentence) or sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_greatest_allowed_model_is_allowed() -> None:
    assert len(many(50).model_fields) == 50
    assert fields(Literal[tuple(map(str, range(25)))], "1")()().it == "1"  # type: ignore[attr-defined]


def test_texts_are_understood() -> None:
    values = {"on": "true", "count": "7", "eta": "0.25", "text": "hi", "choice": "b", "mode": "hard", "least": "1"}
    assert Every.parse(values).model_dump() == {
        "on": True,
        "count": 7,
        "eta": 0.25,
        "text": "hi",
        "choice": "b",
        "mode": "hard",
        "least": 1.0,
    }


def test_what_is_left_out_takes_its_default() -> None:
    assert Every.parse({}) == Every()
    assert Every().mode == "soft"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"eta": "1.5"}, "sampler.eta: '1.5' is too large; the most is 1.0"),
        ({"eta": -1}, "sampler.eta: -1 is too small; the least is 0.0"),
        ({"eta": "nan"}, "sampler.eta: 'nan' is not a finite number; give an ordinary one"),
        ({"eta": "inf"}, "sampler.eta: 'inf' is not a finite number; give an ordinary one"),
        ({"eta": ""}, "sampler.eta: '' is no number; write one"),
        ({"count": "2.5"}, "sampler.count: '2.5' is no whole number; write one"),
        ({"count": None}, "sampler.count: None is no whole number; write one"),
        ({"on": "perhaps"}, "sampler.on: 'perhaps' is neither true nor false; write one"),
        ({"text": "abcdef"}, "sampler.text: 'abcdef' is too long; the most is 5 characters"),
        ({"choice": "c"}, "sampler.choice: 'c' is not one of 'a' or 'b'"),
        ({"mode": "c"}, "sampler.mode: 'c' is not one of 'soft' or 'hard'"),
        ({"eat": 1}, "sampler.eat: 1 belongs to no known field; leave it out"),
    ],
)
def test_a_wrong_value_is_refused_with_field_value_and_remedy(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Every.parse(values, prefix="sampler.")
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_parameters_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Every().eta = 1.0


def test_parameters_have_a_schema_with_help_and_bounds() -> None:
    eta = Every.model_json_schema()["properties"]["eta"]
    assert (eta["description"], eta["minimum"], eta["maximum"], eta["default"]) == ("A share.", 0, 1, 0.5)
