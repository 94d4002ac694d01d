"""How many steps are walked, how often that calls the network, and which step a level belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import small_request

from limner_host.stages.sample import step_at
from limner_host.steps import evaluations_of
from limner_host.studio import Studio
from limner_sdk import PictureStart
from limner_sdk.steps import Steps, steps_of


@pytest.mark.parametrize(("denoise", "run"), [(0.4, 9), (0.75, 16), (1.0, 20), (0.01, 1), (0.0, 0)])
def test_a_redrawing_walks_as_many_steps_as_in_a1111(denoise: float, run: int) -> None:
    assert steps_of(20, PictureStart(denoise=denoise)) == Steps(20, run)


def test_exact_steps_schedules_more_and_walks_as_many_as_asked() -> None:
    assert steps_of(20, PictureStart(denoise=0.4, exact_steps=True)) == Steps(50, 20)


@given(st.integers(1, 150), st.floats(0, 1), st.booleans())
def test_no_more_steps_are_walked_than_scheduled(steps: int, denoise: float, exact: bool) -> None:
    counted = steps_of(steps, PictureStart(denoise=denoise, exact_steps=exact))
    assert 0 <= counted.run <= counted.scheduled
    assert counted.run or denoise == 0


def test_a_level_between_two_belongs_to_the_step_that_begins_above_it() -> None:
    at = step_at([10.0, 5.0, 1.0, 0.0])
    assert [at(sigma) for sigma in (12.0, 10.0, 7.0, 5.0 + 1e-9, 5.0, 1.0, 0.3)] == [0, 0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": 3},
        {"steps": 2, "count": 3, "sampler": "euler_a"},
        {"steps": 4, "hires": {"scale": 1.5, "denoise": 0.5, "steps": 3}, "sampler": "euler"},
    ],
)
def test_the_evaluations_that_were_expected_are_made(studio: Studio, tmp_path: Path, changes: dict[str, Any]) -> None:
    request = small_request(**changes)
    assert studio.make(request, tmp_path).evaluations == evaluations_of(request, studio.registry)
