"""Advice about pictures that are far larger than their model is used to."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import a_recipe

from limner_host.advice import advice
from limner_host.discovery import all_sources, discover
from limner_host.registry import Registry
from limner_sdk import Recipe, Size

REGISTRY = Registry(discover(sources=iter(all_sources(None))))
PARTS = "--tiler cosine draws it in parts"


def said(recipe: Recipe, registry: Registry = REGISTRY) -> list[str]:
    """What is advised for a model of 128 x 128 pixels, without the finding."""
    return [sentence.partition("; ")[2] for sentence in advice(recipe, Size(128, 128), registry)]


@pytest.mark.parametrize(
    ("recipe", "remedy"),
    [
        ({"width": 264, "height": 128}, PARTS),
        ({"width": 128, "hires": {"width": 264, "height": 128}}, f"{PARTS}, which leave the subject alone at --hires"),
        ({"width": 264, "start": {"denoise": 0.5}}, f"{PARTS}, which leave the subject alone at --denoise 0.3"),
    ],
)
def test_what_is_more_than_twice_the_models_own_is_better_drawn_in_parts(recipe: dict[str, Any], remedy: str) -> None:
    (sentence,) = said(a_recipe(**recipe))
    assert sentence.startswith(remedy)
    assert said(a_recipe(**recipe, tiler={"id": "tilers:cosine"})) == []


def test_for_one_subject_a_first_pass_near_the_models_own_size_is_advised() -> None:
    (sentence,) = said(a_recipe(width=512, height=512))
    command = "--size 128x128 --hires 4 --hires.upscaler lanczos --hires.denoise 0.3 --tiler cosine"
    assert sentence == f"{command} keeps one subject, which --tiler cosine alone repeats in each part"


def test_sizes_that_the_model_is_at_ease_with_are_not_spoken_of() -> None:
    assert said(a_recipe(width=256, height=256)) == []
    assert said(a_recipe(width=128, hires={"width": 256, "height": 128})) == []


def test_without_the_bundled_tiler_none_is_named() -> None:
    assert said(a_recipe(width=512, height=512), Registry(discover(sources=iter([])))) == ["a tiler draws it in parts"]
