"""Every number of a request at every senseless value: accepted, or refused by name in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from limner_sdk import Control, Hires, Inpaint, InvalidRequest, Outpaint, Params, PictureStart, Request, Steering

GROUPS: dict[str, type[Params]] = {
    "steering": Steering,
    "start": PictureStart,
    "inpaint": Inpaint,
    "outpaint": Outpaint,
    "hires": Hires,
}
NUMBERS = [
    *("width", "height", "steps", "cfg", "seed", "count"),
    *(
        f"{group}.{name}"
        for group, params in GROUPS.items()
        for name, field in params.model_fields.items()
        if any(kind in str(field.annotation) for kind in ("int", "float"))
    ),
]
SENSELESS: list[Any] = [
    float("nan"),
    float("inf"),
    float("-inf"),
    -1,
    0,
    -(10**9),
    10**9,
    10**400,
    1e308,
    "",
    "many",
    "1e999",
    "٣",
    True,
    [],
    {},
]


def asked(path: str, value: Any) -> dict[str, Any]:
    group, _, name = path.rpartition(".")
    return {"prompt": "a cat"} | ({group: {name: value}} if group else {name: value})


def refusals() -> Iterator[Any]:
    for path in NUMBERS:
        for number, value in enumerate(SENSELESS):
            yield pytest.param(path, value, id=f"{path}-{number}")


@pytest.mark.parametrize(("path", "value"), list(refusals()))
def test_a_senseless_number_is_refused_by_name_in_one_line(path: str, value: Any) -> None:
    outcome = said(path, value)
    if isinstance(outcome, Request):
        group, _, name = path.rpartition(".")
        kept = getattr(getattr(outcome, group) if group else outcome, name)
        assert kept is None or abs(kept) <= 2**32
    else:
        assert outcome.startswith(f"{path}: ")
        assert "\n" not in outcome
        assert len(outcome) < 300


def said(path: str, value: Any) -> Request | str:
    """The request, or the sentence that refuses it."""
    try:
        return Request.parse(asked(path, value))
    except InvalidRequest as error:
        return str(error)


@pytest.mark.parametrize("path", NUMBERS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -(10**9), 10**400, "many"])
def test_what_is_no_number_in_range_is_never_accepted(path: str, value: Any) -> None:
    with pytest.raises(InvalidRequest):
        Request.parse(asked(path, value))


@pytest.mark.parametrize("field", ["prompt", "negative"])
def test_a_prompt_of_a_hundred_thousand_characters_is_refused_with_the_limit(field: str) -> None:
    with pytest.raises(InvalidRequest, match=rf"{field}: .* is too long; the most is 6000 characters") as refused:
        Request.parse({"prompt": "a"} | {field: "x" * 100_000})
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("prompt", ["🦊🔥", "قطة حمراء", "((((((", "]])){{", "a\u202eb", "\x00a", "a\nb"])
def test_any_language_and_any_bracket_is_a_prompt(prompt: str) -> None:
    assert Request.parse({"prompt": prompt}).prompt == prompt


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"steering": {"weighting": "loud"}}, "steering.weighting: 'loud' is not one of"),
        ({"hires": {"zoom": 2}}, "hires.zoom: 2 belongs to no known field"),
        ({"inpaint": {"area": ""}}, "inpaint.area: '' is not one of"),
        ({"image": ""}, "image: '' is empty"),
        ({"controls": [{"name": ""}]}, "controls.0.name: '' is empty"),
        ({"controls": [{"name": "a", "settings": {"weight": 9}}]}, "controls.0.settings.weight: 9 is too large"),
        ({"controls": [{"name": "a"}] * 9}, "controls: "),
        ({"variations": [{"seed": 1, "strength": 1.5}]}, "variations.0.strength: 1.5 is too large"),
        ({"styles": ["a"] * 99}, "styles: "),
        ({"start": 5}, "start: 5"),
    ],
)
def test_a_wrong_setting_is_named_with_its_path(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Request.parse({"prompt": "a"} | values)
    assert str(refused.value).startswith(sentence)


def test_a_controls_settings_have_bounds() -> None:
    with pytest.raises(InvalidRequest, match=r"control\.weight: -1"):
        Control.parse({"weight": -1}, "control.")
