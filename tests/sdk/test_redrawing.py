"""How parts are drawn anew: the control network among it."""

from __future__ import annotations

import pytest

from limner_sdk import Choice, Control, ControlChoice, NoParams, Params, Redrawing, Size, UnknownName, param
from limner_sdk.testing import FakeEstimateContext

HOW = Redrawing(0.4, steps=3)


def test_a_control_network_hints_with_the_part() -> None:
    hinted = HOW.hinted("tile_net", "canny", Control(weight=0.5))
    (control,) = hinted.controls
    assert control == ControlChoice(
        name="tile_net", preprocessor=Choice(name="canny"), settings=Control(weight=0.5), image=None
    )
    assert (hinted.steps, hinted.keeps_controls) == (3, False)


def test_passthrough_is_the_pictures_own_hints_and_no_name_is_none() -> None:
    hinted = HOW.hinted("passthrough", "canny")
    assert (hinted.keeps_controls, hinted.controls) == (True, ())
    assert HOW.hinted("", "canny") == HOW


def test_one_control_network_does_not_take_the_place_of_another() -> None:
    both = HOW.hinted("depth").hinted("tile_net")
    assert [control.name for control in both.controls] == ["depth", "tile_net"]
    assert both.controls[0].preprocessor is None


class Asked(Params):
    steps: int | None = param(7, "Steps.", ge=1, le=150)
    sampler: str | None = param("euler", "Sampler.", max_length=100)
    control: str = param("tile_net", "Network.", max_length=100)
    control_preprocessor: str = param("canny", "Hint.", max_length=100)
    control_weight: float = param(0.5, "Weight.", ge=0, le=2)
    something_else: int = param(3, "Other.", ge=0, le=9)


def test_parameters_that_are_called_like_its_fields_say_how_to_draw() -> None:
    how = Redrawing.by(Asked(), 0.4, Size(8, 8))
    assert how == Redrawing(0.4, Size(8, 8), steps=7, sampler="euler").hinted("tile_net", "canny", Control(weight=0.5))


def test_parameters_that_say_nothing_of_it_leave_it_as_it_was_for_the_picture() -> None:
    assert Redrawing.by(NoParams(), 0.4) == Redrawing(0.4)


@pytest.mark.parametrize("wrong", [{"sampler": "unknown"}, {"model": "unknown"}, {"vae": "unknown"}])
def test_names_that_nothing_answers_to_are_refused_beforehand(wrong: dict[str, str]) -> None:
    Redrawing(0.4, sampler="euler").hinted("tile_net", "canny").require(FakeEstimateContext())
    with pytest.raises(UnknownName, match="'unknown' is unknown"):
        Redrawing(0.4, **wrong).require(FakeEstimateContext())  # type: ignore[arg-type]


@pytest.mark.parametrize("names", [("unknown", ""), ("tile_net", "unknown")])
def test_so_are_those_of_control_networks_and_what_makes_their_hints(names: tuple[str, str]) -> None:
    with pytest.raises(UnknownName):
        Redrawing(0.4).hinted(*names).require(FakeEstimateContext())
