"""Names: full ids, short names and labels; clashes name both, mistakes get a suggestion."""

from __future__ import annotations

import pytest

from limner_sdk import AmbiguousName, Catalogue, Size, StageEntry, UnknownName
from limner_sdk.catalogue import check_area, outgrows


def entry(plugin: str, name: str, label: str = "", kind: str = "sampler") -> StageEntry:
    return StageEntry(
        kind=kind, id=f"{plugin}:{name}", name=name, label=label or name, summary="s", plugin=plugin, parameters={}
    )


CATALOGUE = Catalogue(
    stages=(
        entry("a", "euler", "Euler"),
        entry("a", "dpmpp_2m", "DPM++ 2M"),
        entry("a", "same"),
        entry("b", "same"),
        entry("b", "other", "Twin"),
        entry("c", "third", "Twin"),
        entry("c", "twin"),
        entry("a", "plain", "Plain", kind="noise"),
    )
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a:euler", "a:euler"),
        ("euler", "a:euler"),
        ("EULER", "a:euler"),
        (" Euler ", "a:euler"),
        ("dpm++ 2m", "a:dpmpp_2m"),
        ("b:same", "b:same"),
        ("twin", "c:twin"),
    ],
)
def test_a_definition_is_found_by_id_short_name_or_label(name: str, found: str) -> None:
    assert CATALOGUE.stage("sampler", name).id == found


def test_a_short_name_that_several_offer_names_them_all() -> None:
    with pytest.raises(AmbiguousName, match=r"^sampler: 'same' could be a:same, b:same; write the full name$"):
        CATALOGUE.stage("sampler", "same")


def test_a_label_that_several_offer_names_them_all() -> None:
    stages = tuple(stage for stage in CATALOGUE.stages if stage.name != "twin")
    with pytest.raises(AmbiguousName, match="b:other, c:third"):
        Catalogue(stages=stages).stage("sampler", "Twin")


def test_a_misspelt_name_gets_a_suggestion_and_the_list() -> None:
    with pytest.raises(UnknownName) as caught:
        CATALOGUE.stage("sampler", "Eulr")
    assert str(caught.value).startswith("sampler: 'Eulr' is unknown; did you mean euler? there is dpmpp_2m, euler, ")


def test_a_name_of_another_kind_is_unknown() -> None:
    with pytest.raises(UnknownName, match=r"^sampler: 'plain' is unknown"):
        CATALOGUE.stage("sampler", "plain")
    assert CATALOGUE.stages_of("noise") == (CATALOGUE.stages[-1],)


def test_an_empty_catalogue_says_where_to_look() -> None:
    with pytest.raises(UnknownName, match="there is no tiler at all here; leave it out"):
        CATALOGUE.stage("tiler", "x")
    with pytest.raises(UnknownName, match="there is no model at all"):
        CATALOGUE.model("x")


def test_a_long_list_of_names_is_cut_short() -> None:
    many = Catalogue(stages=tuple(entry("a", f"s{k:02}") for k in range(40)))
    with pytest.raises(UnknownName, match=r"s11 and 28 more$"):
        many.stage("sampler", "zzz")


@pytest.mark.parametrize(
    ("size", "times", "outgrown"), [((192, 64), 1.5, False), ((193, 64), 1.5, True), ((64, 257), 2, True)]
)
def test_a_model_is_outgrown_by_one_long_side(size: tuple[int, int], times: float, outgrown: bool) -> None:
    assert outgrows(Size(*size), Size(128, 128), times) == outgrown


def test_a_host_that_names_no_limit_allows_any_size() -> None:
    assert Catalogue().allows(Size(16384, 16384))
    assert not Catalogue(largest_pixels=100).allows(Size(101, 1))
    check_area("size", Size(16384, 16384), 0)


def test_a_definition_is_offered_by_its_full_id() -> None:
    assert CATALOGUE.offers("sampler", "a:same")
    assert not CATALOGUE.offers("sampler", "same")
    assert not CATALOGUE.offers("noise", "a:same")


def test_a_catalogue_survives_json() -> None:
    assert Catalogue.model_validate_json(CATALOGUE.model_dump_json()) == CATALOGUE
