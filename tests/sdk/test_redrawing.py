"""How parts are drawn anew: the control network among it."""

from __future__ import annotations

from limner_sdk import Choice, Control, ControlChoice, Redrawing

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
