"""What the buttons below a picture do: the host's own, and what the admin has set."""

from __future__ import annotations

import pytest
from tests.bot.asking.test_completing import rich
from tests.bot.orders import recipe
from tests.bot.stub_host import catalogue, finishers

from limner_bot.asking.menu import Menu
from limner_bot.asking.shortcuts import check_buttons, parse_buttons
from limner_sdk import Choice, ConfigurationError, InvalidRequest, PluginEntry, Recipe, Stage

OFFERED = finishers()
MENU = Menu(catalogue())
SET = "enlarge(scale=3; mode=sharp), Find them = find-faces"


def ids(menu: Menu) -> list[str]:
    """The full ids behind the buttons."""
    return [shortcut.choice.name for shortcut in menu.buttons()]


def a_recipe() -> Recipe:
    """A recipe of the stub host's."""
    known = {"sampler": Stage(id="stub:euler"), "schedule": Stage(id="stub:karras")}
    return recipe().model_copy(update=known)


def test_buttons_are_those_of_limner_first_and_ten_at_most() -> None:
    assert ids(MENU) == ["stub:enlarge", "sparkles:shine"]
    many = [OFFERED[0].model_copy(update={"id": f"sparkles:{k}"}) for k in range(20)]
    crowded = Menu(catalogue().model_copy(update={"stages": (*many, OFFERED[1])}))
    assert ids(crowded) == ["stub:enlarge", *(f"sparkles:{k}" for k in range(9))]


@pytest.mark.parametrize("name", ["x" * 40 + ":a", "a:" + "x" * 40, "ä:a", "a:b:c", "a b:c"])
def test_an_id_that_fits_into_no_button_gets_none(name: str) -> None:
    odd = OFFERED[0].model_copy(update={"id": name})
    assert Menu(catalogue().model_copy(update={"stages": (odd,), "plugins": ()})).buttons() == ()


def test_a_plugin_from_elsewhere_does_not_pose_as_one_of_limners() -> None:
    posing = PluginEntry(name="sparkles", version="1", source="sparkles.py", kinds=(), status="ok")
    known = catalogue()
    menu = Menu(known.model_copy(update={"plugins": (*known.plugins, posing)}))
    assert ids(menu) == ["stub:enlarge", "sparkles:shine"]


def test_the_admin_decides_what_has_a_button_and_what_it_says() -> None:
    shown = [(shortcut.choice.name, shortcut.label) for shortcut in Menu(catalogue(), parse_buttons(SET)).buttons()]
    assert shown == [("stub:enlarge", "Enlarge"), ("stub:find_faces", "Find them")]
    unnamed = Menu(catalogue(), parse_buttons("find_faces"))
    assert [shortcut.label for shortcut in unnamed.buttons()] == ["Faces"]
    assert ids(Menu(catalogue(), parse_buttons(" None "))) == []
    assert ids(Menu(catalogue(), parse_buttons(" "))) == ids(MENU)


def test_a_click_asks_for_the_admins_parameters() -> None:
    menu = Menu(catalogue(), parse_buttons(SET))
    asked = menu.finish_of(a_recipe(), "a.png", "stub:enlarge")
    assert asked is not None
    assert asked.postprocess == (Choice(name="stub:enlarge", params={"scale": "3", "mode": "sharp"}),)
    older = menu.finish_of(a_recipe(), "a.png", "sparkles:shine")
    assert older is not None
    assert older.postprocess == (Choice(name="sparkles:shine"),)


def test_a_click_on_what_changed_since_the_start_is_refused_in_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    menu = Menu(catalogue(), parse_buttons(SET))
    menu.renew(catalogue())
    bare = tuple(entry.model_copy(update={"parameters": {}}) for entry in OFFERED[:2])
    menu.renew(catalogue().model_copy(update={"stages": bare}))
    assert "a button is left out: LIMNER_BUTTONS" in caplog.text
    assert ids(menu) == []
    assert menu.finish_of(a_recipe(), "a.png", "stub:find_faces") is None
    with pytest.raises(InvalidRequest, match="'scale' is no parameter of enlarge"):
        menu.finish_of(a_recipe(), "a.png", "stub:enlarge")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("enlarge(", "LIMNER_BUTTONS: 'enlarge\\(' is not understood"),
        ("enlarge(scale)", "LIMNER_BUTTONS: 'scale' sets nothing"),
        (",", "LIMNER_BUTTONS: names 0 post-processors; name 1 to 10, or none"),
        (",".join(["enlarge"] * 11), "names 11 post-processors"),
    ],
)
def test_what_nobody_can_read_is_refused_before_anything_starts(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        parse_buttons(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mand", "^LIMNER_BUTTONS: 'mand' is unknown; did you mean mend"),
        ("mend(size=3)", "^LIMNER_BUTTONS: 'size' is no parameter of mend"),
        ("mend(amount=much)", "^LIMNER_BUTTONS.mend.amount: 'much' is no number"),
        ("mend(detector=face_yolov8n)", "^LIMNER_BUTTONS.mend.detector: 'face_yolov8n' is unknown; did you mean"),
        ("mend(upscaler=4x)", "^LIMNER_BUTTONS.mend.upscaler: '4x' is unknown"),
        ("mend(sampler=eulr)", "^LIMNER_BUTTONS.mend.sampler: 'eulr' is unknown"),
        ("mend, More = p:mend(mode=sharp)", "^LIMNER_BUTTONS: 'p:mend' is named twice"),
    ],
)
def test_what_the_first_host_does_not_offer_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Menu(None, parse_buttons(text)).renew(rich())


def test_what_the_host_offers_by_any_name_is_let_through() -> None:
    fine = "Mend(detector=All faces; upscaler=nearest; sampler=a:euler; schedule=faster; model=/x; hand_detector=)"
    check_buttons(parse_buttons(fine), rich())


def test_a_name_that_fits_into_no_button_and_what_needs_a_picture_are_refused() -> None:
    for changes, said in (
        ({"id": "stub:" + "x" * 40}, "too long a name"),
        ({"pictures": ("other",)}, "needs a picture"),
    ):
        odd = catalogue().model_copy(update={"stages": (OFFERED[0].model_copy(update=changes),)})
        with pytest.raises(ConfigurationError, match=said):
            check_buttons(parse_buttons("shine"), odd)
