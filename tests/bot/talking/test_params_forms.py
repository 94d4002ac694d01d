"""Forms of parameters: every bundled post-processor's, what stands in them, and what is read from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner_bot.asking.finishing import schemas
from limner_bot.talking.forms import LONGEST_HELP, LONGEST_LABEL, MOST_FIELDS, MOST_OPTIONS, form
from limner_bot.talking.harmless import label as harmless_label
from limner_bot.talking.params_forms import ALL, OTHERS, PICTURE, fields_of, given_of, pictures_of, read
from limner_bot.words.language import LANGUAGES, words_in
from limner_host.discovery import all_sources, discover
from limner_host.registry import Registry
from limner_sdk import Catalogue, Choice, InvalidRequest, StageEntry

ENGLISH = words_in("en")
REAL = Registry(discover(sources=all_sources(None))).catalogue()
FINISHERS = REAL.stages_of("postprocessor")


def entry(name: str) -> StageEntry:
    return REAL.stage("postprocessor", name)


def shown(name: str, written: dict[str, str] | None = None, pictures: int = 1) -> dict[str, Any]:
    fields = fields_of(ENGLISH, entry(name), REAL, written or {}, pictures)
    return {field.key: field for field in fields}


def defaults(stage: StageEntry, pictures: int = 1) -> dict[str, str]:
    """What is sent when nobody changes anything."""
    return {field.key: field.default for field in fields_of(ENGLISH, stage, REAL, {}, pictures)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", FINISHERS, ids=lambda stage: stage.name)
@pytest.mark.parametrize("pictures", [1, 4])
def test_every_bundled_definition_has_a_form_that_discord_takes(
    stage: StageEntry, pictures: int, language: str
) -> None:
    fields = fields_of(words_in(language), stage, REAL, {}, pictures)
    modal = form("limner:pfs", stage.label, fields).to_dict()
    assert 1 <= len(modal["components"]) <= MOST_FIELDS
    for label in modal["components"]:
        assert 1 <= len(label["label"]) <= LONGEST_LABEL
        assert len(label.get("description") or "") <= LONGEST_HELP
        assert len(label["component"].get("options", [])) <= MOST_OPTIONS


@pytest.mark.parametrize("stage", FINISHERS, ids=lambda stage: stage.name)
def test_a_form_that_nobody_changes_asks_for_the_defaults(stage: StageEntry) -> None:
    if not stage.pictures:
        assert read(defaults(stage), stage, REAL) == Choice(name=stage.id)
        assert read(defaults(stage, 4), stage, REAL) == Choice(name=stage.id)


def test_what_most_people_come_for_has_a_field_of_its_own() -> None:
    assert list(shown("detailer")) == ["detector", "prompt", "denoise", "upscaler", OTHERS]
    assert list(shown("upscale")) == ["scale", "upscaler", "fit", "width", OTHERS]
    assert list(shown("upscale", pictures=4)) == [PICTURE, "scale", "upscaler", "fit", OTHERS]


def test_fields_are_of_the_kind_of_their_parameters() -> None:
    fields = shown("detailer")
    assert (fields["detector"].kind, fields["detector"].default) == ("choice", "pocket_faces")
    assert ("lanczos", "lanczos") in fields["upscaler"].options
    assert (fields["denoise"].kind, fields["prompt"].kind) == ("line", "paragraph")
    assert fields["denoise"].help == "How much is drawn anew. From 0 to 1. Usually 0.4."
    assert shown("upscale")["fit"].options == [(name, name) for name in ("crop", "stretch", "inside")]
    assert "confidence, top_k_by" in fields[OTHERS].help
    assert fields[OTHERS].default == ""


def test_a_switch_is_read_like_a_text() -> None:
    known = {"sharp": {"type": "boolean", "default": True}, "soft": {"type": "boolean", "default": False}}
    stage = entry("upscale").model_copy(update={"parameters": {"properties": known}})
    kinds = [(field.kind, field.default) for field in fields_of(ENGLISH, stage, REAL, {})]
    assert kinds == [("switch", "true"), ("switch", "false")]
    assert read({"sharp": "false", "soft": "false"}, stage, REAL).params == {"sharp": "false"}


def test_what_the_admin_has_set_stands_in_the_form_and_is_not_lost() -> None:
    choice = Choice(name="detailer:detailer", params={"denoise": 0.2, "padding": 8, "only_masked": False})
    given_ = given_of(entry("detailer"), choice)
    assert given_ == {"denoise": "0.2", OTHERS: "padding=8; only_masked=false"}
    sent = {key: field.default for key, field in shown("detailer", given_).items()}
    assert read(sent, entry("detailer"), REAL).params == {"denoise": "0.2", "padding": "8", "only_masked": "false"}


def test_a_default_of_the_definition_can_take_the_place_of_the_admins() -> None:
    sent = {key: field.default for key, field in shown("detailer", {"denoise": "0.2"}).items()}
    assert read({**sent, "denoise": "0.4"}, entry("detailer"), REAL).params == {}


def test_a_name_that_stands_there_can_be_chosen_though_it_is_not_listed() -> None:
    field = shown("detailer", {"detector": "face_yolov8n"})["detector"]
    assert field.options[0] == ("face_yolov8n", "face_yolov8n")


def test_other_parameters_stand_between_semicolons_or_on_lines() -> None:
    text = "padding=16; sort = area\nnegative=a, (b; c)\n still the negative\nblur=2"
    params = read({OTHERS: text}, entry("detailer"), REAL).params
    assert params == {
        "padding": "16", "sort": "area", "negative": "a, (b; c)\n still the negative", "blur": "2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ({"denoise": "7"}, r"finish\.detailer\.denoise: '7' is no number from 0 to 1"),
        ({"denoise": "much"}, r"finish\.detailer\.denoise: 'much' is no number from 0 to 1"),
        ({"detector": "nothing"}, r"finish\.detailer\.detector: 'nothing' is unknown; .*pocket_faces"),
        ({OTHERS: "sort=backwards"}, r"finish\.detailer\.sort: 'backwards' is unknown; there is none, left_to_right"),
        ({OTHERS: "nonsense=1"}, r"finish: 'nonsense' is no parameter of detailer; there is detector"),
        ({OTHERS: "padding"}, r"finish: 'padding' sets nothing; write name=value"),
        ({OTHERS: "sampler=eulr"}, r"finish\.detailer\.sampler: 'eulr' is unknown; did you mean euler"),
        ({OTHERS: "model=none of mine"}, r"finish\.detailer\.model: 'none of mine' is unknown"),
    ],
)
def test_what_cannot_be_is_refused_by_name_value_and_remedy(written: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        read(written, entry("detailer"), REAL)


def test_one_picture_is_chosen_or_all() -> None:
    assert (pictures_of({PICTURE: "3"}, 4), list(pictures_of({PICTURE: ALL}, 3))) == ((3,), [1, 2, 3])
    assert pictures_of({}, 1) == (1,)
    for text in ("0", "5", "-1", "one", "", "²"):
        with pytest.raises(InvalidRequest, match="choose one from 1 to 4, or all"):
            pictures_of({PICTURE: text}, 4)


@given(
    st.dictionaries(st.sampled_from([*schemas(entry("detailer")), OTHERS, PICTURE, "unknown"]), st.text(max_size=60)),
    st.integers(1, 4),
)
@settings(deadline=None)
def test_whatever_is_written_is_a_choice_or_a_sentence_and_stands_in_the_next_form(
    written: dict[str, str], pictures: int
) -> None:
    stage = entry("detailer")
    try:
        choice = read(written, stage, REAL)
    except InvalidRequest:
        choice = None
    if choice is not None:
        assert read(given_of(stage, choice), stage, REAL).name == stage.id
    fields = fields_of(ENGLISH, stage, REAL, written, pictures)
    assert len(form("limner:pfs", "x", fields).to_dict()["components"]) == len(fields) <= MOST_FIELDS


def made_up() -> Iterator[st.SearchStrategy[dict[str, Any]]]:
    """Schemas of parameters as plugins may write them."""
    bound = st.integers(-(10**9), 10**9)
    yield st.builds(
        lambda low, high: {"type": "integer", "minimum": low, "maximum": high, "default": low}, bound, bound
    )
    yield st.builds(lambda names: {"enum": names, "default": names[0]}, st.lists(st.text(), min_size=1, max_size=40))
    yield st.just({"anyOf": [{"type": "boolean"}, {"type": "null"}], "default": None})
    yield st.just({"anyOf": [{"type": "integer"}, {"type": "string"}], "default": 3, "description": "x" * 500})
    yield st.just({})


@given(st.dictionaries(st.from_regex(r"[a-z][a-z_]{0,99}", fullmatch=True), st.one_of(*made_up()), max_size=12))
@settings(deadline=None)
def test_no_schema_makes_a_form_that_discord_refuses(known: dict[str, dict[str, Any]]) -> None:
    stage = entry("upscale").model_copy(update={"parameters": {"properties": known}})
    fields = fields_of(ENGLISH, stage, Catalogue(), {})
    if fields:
        for label in form("limner:pfs", "x", fields).to_dict()["components"]:
            options = label["component"].get("options", [])
            assert len({option["value"] for option in options}) == len(options) <= MOST_OPTIONS
            assert all(1 <= len(option["value"]) <= 100 and option["label"] for option in options)
            assert 1 <= len(label["label"]) <= LONGEST_LABEL
            assert len(label["component"].get("value") or "") <= label["component"].get("max_length", 4000)


def test_a_comma_in_a_number_is_a_point_and_in_a_text_it_stays() -> None:
    written = {"denoise": "0,3", "prompt": "1,5", OTHERS: "confidence=0,25; blur=,5"}
    params = {"denoise": "0.3", "prompt": "1,5", "confidence": "0.25"}
    with pytest.raises(InvalidRequest, match=r"detailer\.blur"):
        read(written, entry("detailer"), REAL)
    assert read({**written, OTHERS: "confidence=0,25"}, entry("detailer"), REAL).params == params
    with pytest.raises(InvalidRequest):
        read({"denoise": "1,000,000"}, entry("detailer"), REAL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_that_have_no_room_in_the_help_stand_in_the_field(language: str) -> None:
    field = fields_of(words_in(language), entry("detailer"), REAL, {})[-1]
    assert len(field.help) <= LONGEST_HELP
    listed = f"{field.help}, {field.hint.removeprefix('…, ')}"
    assert all(name in listed for name in ("classes", "merge", "cfg", "control_end"))
    (label,) = form("limner:pfs", "x", [field]).to_dict()["components"]
    assert label["component"]["placeholder"] == harmless_label(field.hint, 100)


def test_a_detector_that_lacks_something_here_is_not_offered() -> None:
    lacking = [stage.name for stage in REAL.stages_of("detector") if stage.missing]
    assert "mediapipe_face_full" in lacking
    assert "mediapipe_face_full" not in [value for _, value in shown("detailer")["detector"].options]
    with pytest.raises(InvalidRequest, match="there is pocket_faces"):
        read({"detector": "mediapipe_face_full"}, entry("detailer"), REAL)
