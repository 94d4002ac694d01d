"""Plugins that are left out: by an admin, after failures in a row, and what cannot be done without."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import a_recipe

from limner_sdk import Catalogue, ConfigurationError, InvalidRequest, ModelEntry, PluginEntry, StageEntry, UnknownName
from limner_sdk.folders import DataFolder
from limner_sdk.plugin_states import (
    count_failure,
    disable,
    enable,
    note_failure,
    note_success,
    plugins_of,
    quarantine,
    read_states,
    release,
    why_needed,
)


def stage(kind: str, plugin: str) -> StageEntry:
    known: dict[str, Any] = {"summary": "", "parameters": {}, "label": "", "name": "it"}
    return StageEntry(kind=kind, id=f"{plugin}:it", plugin=plugin, **known)


def model(plugin: str, sampler: str = "samplers:it") -> ModelEntry:
    size: dict[str, Any] = {"width": 64, "height": 64, "steps": 1, "cfg": 1.0}
    return ModelEntry(id=f"{plugin}:m", name="m", label="", summary="", family="f", sampler=sampler, **size)


def catalogue(**changes: Any) -> Catalogue:
    stages = [stage("noise", "noises"), stage("sampler", "samplers"), stage("schedule", "schedules")]
    names = ("noises", "samplers", "schedules", "pocket", "odd")
    plugins = [PluginEntry(name=name, version="1", source="x", kinds=(), status="ok") for name in names]
    return Catalogue.model_validate({"stages": (*stages, stage("tiler", "odd")), "plugins": plugins} | changes)


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path)


def test_nothing_is_known_at_first(data: DataFolder) -> None:
    assert read_states(data) == {}
    assert not enable(data, "odd")
    assert list(data.root.iterdir()) == []


def test_a_disabled_plugin_is_left_out_until_it_is_enabled(data: DataFolder) -> None:
    disable(data, "odd", catalogue(), "it is ugly")
    state = read_states(data)["odd"]
    assert (state.state, state.reason, state.left_out) == ("disabled", "it is ugly", True)
    assert not release(data, "odd")
    assert enable(data, "odd")
    assert read_states(data) == {}


def test_three_failures_in_a_row_put_a_plugin_into_quarantine(data: DataFolder) -> None:
    known = catalogue()
    assert [note_failure(data, "odd", "it broke", known) for _ in range(4)] == [False, False, True, False]
    state = read_states(data)["odd"]
    assert (state.state, state.failures) == ("quarantined", 3)
    assert state.reason == "it has failed 3 times in a row: it broke"
    assert release(data, "odd")
    assert not note_failure(data, "odd", "it broke", known)


def test_a_success_in_between_forgets_the_failures(data: DataFolder) -> None:
    for _ in range(2):
        count_failure(data, "odd", "it broke")
    note_success(data, {"odd", "samplers"})
    assert [count_failure(data, "odd", "it broke") for _ in range(3)] == [False, False, True]


def test_a_success_lets_nothing_out_of_quarantine(data: DataFolder) -> None:
    assert quarantine(data, "odd", catalogue(), "it lied")
    note_success(data, {"odd"})
    assert read_states(data)["odd"].state == "quarantined"


def test_what_is_no_plugin_is_not_counted(data: DataFolder) -> None:
    assert not any(note_failure(data, "models", "damaged", catalogue()) for _ in range(5))
    assert read_states(data) == {}


@pytest.mark.parametrize("name", ["noises", "samplers", "schedules"])
def test_the_last_of_what_every_picture_needs_stays(data: DataFolder, name: str) -> None:
    known = catalogue()
    with pytest.raises(InvalidRequest, match=rf"plugin: '{name}' cannot be disabled, as .*; leave it enabled"):
        disable(data, name, known)
    assert not quarantine(data, name, known, "no")
    assert not any(note_failure(data, name, "no", known) for _ in range(5))
    assert not any(state.left_out for state in read_states(data).values())


def test_the_last_model_stays_and_one_of_two_does_not() -> None:
    assert why_needed("pocket", catalogue(models=(model("pocket"),))) == "no other plugin and no file has a model"
    assert not why_needed("pocket", catalogue(models=(model("pocket"), model("models"))))


def test_the_sampler_of_anothers_model_stays() -> None:
    samplers = (stage("sampler", "samplers"), stage("sampler", "odd"))
    known = catalogue(stages=samplers, models=(model("pocket", "odd:it"), model("odd", "odd:it")))
    assert why_needed("odd", known) == "the model m is drawn with its sampler it"
    assert not why_needed("samplers", known)


def test_the_guard_stays() -> None:
    assert why_needed("odd", catalogue(guard="odd:filter")) == "every picture must pass its filter"


def test_an_unknown_plugin_cannot_be_disabled(data: DataFolder) -> None:
    with pytest.raises(UnknownName, match="is unknown; there is noises, samplers"):
        disable(data, "od", catalogue())


def test_a_damaged_file_is_told_and_not_taken_for_an_empty_one(data: DataFolder) -> None:
    data.plugin_states.write_text('{"odd": {"state": "dis')
    with pytest.raises(ConfigurationError, match="repair it, or remove it to enable all plugins"):
        read_states(data)


def test_failures_that_are_counted_at_once_are_all_counted(data: DataFolder) -> None:
    names = [f"plugin{k}" for k in range(12)]
    threads = [threading.Thread(target=count_failure, args=(data, name, "x")) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_states(data)) == sorted(names)
    assert [file.name for file in data.root.iterdir()] == ["plugin-states.json"]


def test_a_recipe_names_the_plugins_that_had_a_part_in_it() -> None:
    recipe = a_recipe(postprocess=({"id": "odd:shine"},))
    assert plugins_of(recipe) == {"pocket", "noises", "samplers", "schedules", "odd"}
