"""Plans of grids: which cells, in which order, with which seeds, at which cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.conftest import small_request

from limner_host.grids.axes import NOTHING, Axis, filled
from limner_host.grids.finding import axis_of, parted
from limner_host.grids.plan import Plan, check_sheet, estimate, plan, size_of
from limner_host.registry import Registry
from limner_sdk import InvalidRequest, NoiseDef, NoParams, Request, Size

XYZ = tuple[int, int, int]


def planned(registry: Registry, *texts: str | None, base: Request | None = None, **how: Any) -> Plan:
    request = base or small_request()

    def axis(text: str) -> Axis:
        name, values = parted(text)
        return filled(axis_of(name, registry, request), values, request)

    return plan(request, [axis(text) if text else NOTHING for text in texts], registry, **how)


def places(found: Plan) -> list[XYZ]:
    return [(cell.x, cell.y, cell.z) for cell in found.cells]


def test_every_combination_is_a_cell(registry: Registry) -> None:
    found = planned(registry, "steps=1, 2, 3", "cfg=1, 4", "seed=5, 6")
    assert len(found.cells) == 12
    for cell in found.cells:
        made = (cell.request.steps, cell.request.cfg, cell.request.seed)
        assert made == ((1, 2, 3)[cell.x - 1], (1, 4)[cell.y - 1], (5, 6)[cell.z - 1])


def test_equally_dear_axes_are_walked_row_by_row(registry: Registry) -> None:
    found = planned(registry, "steps=1, 2", "cfg=1, 4", "seed=5, 6")
    assert places(found)[:5] == [(1, 1, 1), (2, 1, 1), (1, 2, 1), (2, 2, 1), (1, 1, 2)]


def test_the_dearest_axis_changes_least_often(registry: Registry) -> None:
    found = planned(registry, "model=pocket, pocket:pocket", "prompt_sr=red, green", "steps=1, 2")
    assert [cell.request.model for cell in found.cells] == ["pocket"] * 4 + ["pocket:pocket"] * 4
    assert ["green" in cell.request.prompt for cell in found.cells[:4]] == [False, False, True, True]


def test_axes_may_be_left_out(registry: Registry) -> None:
    assert places(planned(registry, None, "cfg=1, 4")) == [(1, 1, 1), (1, 2, 1)]


def test_one_seed_is_drawn_for_the_whole_grid(registry: Registry) -> None:
    base = Request(prompt="a star")
    found = planned(registry, "steps=1, 2, 3", base=base)
    assert {cell.request.seed for cell in found.cells} == {found.base.seed}
    assert found.base.seed is not None
    assert planned(registry, "steps=1, 2, 3", base=base).base.seed != found.base.seed


def test_seeds_vary_from_cell_to_cell_on_demand(registry: Registry) -> None:
    found = planned(registry, "cfg=1, 4", "steps=1, 2", "discard_penultimate=*", vary_seeds=True)
    assert {(cell.x, cell.y, cell.z): cell.request.seed for cell in found.cells} == {
        (1, 1, 1): 7,
        (2, 1, 1): 8,
        (1, 2, 1): 9,
        (2, 2, 1): 10,
        (1, 1, 2): 11,
        (2, 1, 2): 12,
        (1, 2, 2): 13,
        (2, 2, 2): 14,
    }


def test_a_parameter_is_put_into_the_sampler_of_the_other_axis(registry: Registry) -> None:
    found = planned(registry, "sampler.noise_scale=0.5, 1", "sampler=euler, euler_a")
    said = [(c.request.sampler.name, c.request.sampler.params) for c in found.cells if c.request.sampler]
    assert said[0] == ("samplers:euler", {"noise_scale": 0.5})
    assert said[3] == ("samplers:euler_a", {"noise_scale": 1.0})


def test_a_parameter_that_one_sampler_lacks_is_refused_with_that_sampler(registry: Registry) -> None:
    sentence = r"^sampler\.eta: 0\.5 means nothing to dpmpp_2m; leave it out \(at sampler dpmpp_2m\)$"
    with pytest.raises(InvalidRequest, match=sentence):
        planned(registry, "sampler=euler_a, dpmpp_2m", "sampler.eta=0.5")


def test_two_searches_may_follow_one_another(registry: Registry) -> None:
    found = planned(registry, "prompt_sr=red, green", base=small_request(prompt="a red cat"))
    assert [cell.request.prompt for cell in found.cells] == ["a red cat", "a green cat"]
    both = planned(registry, "prompt_sr=cat, dog", "prompt_order=red, cat", base=small_request(prompt="a red cat"))
    assert {cell.request.prompt for cell in both.cells} == {"a red cat", "a cat red", "a red dog", "a dog red"}


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ([None], "has no axis"),
        (["steps=1, 2", "steps=3"], "'steps' is on two axes"),
        (["size=64x64", "width=64"], "'size and width' would undo one another"),
        (["seed=1..13", "steps=1..5"], "65 cells are more than 64"),
        (["steps=1, 151"], "steps: 151 is too large; the most is 150"),
        (["variation.strength=0.5", "noise=plain"], "'plain' mixes no variation seeds"),
    ],
)
def test_a_grid_is_refused_in_one_sentence(
    registry_with: Callable[..., Registry], texts: list[str | None], sentence: str
) -> None:
    registry = registry_with(NoiseDef("plain", "Plain.", NoParams, lambda *_: iter(())))
    with pytest.raises(InvalidRequest, match=sentence):
        planned(registry, *texts)


def test_more_cells_can_be_allowed(registry: Registry) -> None:
    assert len(planned(registry, "seed=1..13", "steps=1..5", most=65).cells) == 65


@pytest.mark.parametrize("most", [0, 1001, 10**9])
def test_nobody_can_allow_more_than_a_thousand_cells(registry: Registry, most: int) -> None:
    with pytest.raises(InvalidRequest, match=rf"^most: {most} is not within 1 to 1000 cells"):
        planned(registry, "steps=1, 2", most=most)


def test_cells_are_counted_before_they_are_built(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner_host.grids.plan.checked", lambda *_: pytest.fail("a cell was built"))
    with pytest.raises(InvalidRequest, match=r"300000 cells are more than 1000; give fewer values$"):
        planned(registry, "seed=1..100", "cfg=1..30*30", "steps=1..100", most=1000)


def test_names_that_do_not_vary_are_looked_up_too(registry: Registry) -> None:
    with pytest.raises(InvalidRequest, match="postprocessor: 'gold' is unknown"):
        planned(registry, "steps=1, 2", base=small_request(postprocess=["gold"]))


def test_the_cost_counts_every_picture_of_every_cell(registry: Registry) -> None:
    found = planned(registry, "steps=2, 3", "size=64x64, 128x64", base=small_request(count=2))
    cost = estimate((cell.request for cell in found.cells), registry)
    assert (cost.cells, cost.pictures, cost.evaluations) == (4, 8, 2 * 2 * (2 + 3))
    assert cost.megapixels == pytest.approx(2 * 2 * (64 * 64 + 128 * 64) / 1e6)


def test_a_sheet_that_is_too_large_is_refused(registry: Registry) -> None:
    found = planned(registry, "seed=1..13", base=small_request(width=4096, height=4096))
    with pytest.raises(InvalidRequest, match="grid: 218 megapixels are more than a sheet's 200"):
        check_sheet(estimate((cell.request for cell in found.cells), registry))


@pytest.mark.parametrize(
    ("hires", "size"),
    [
        (None, (128, 64)),
        ({"scale": 1.5}, (192, 96)),
        ({"width": 256}, (256, 128)),
        ({"height": 256}, (512, 256)),
        ({"width": 256, "height": 64}, (256, 64)),
    ],
)
def test_a_second_pass_decides_the_size(registry: Registry, hires: Any, size: tuple[int, int]) -> None:
    assert size_of(small_request(width=128, hires=hires), registry) == Size(*size)


def test_a_request_without_a_size_takes_the_model_s(registry: Registry) -> None:
    assert size_of(Request(prompt="a star"), registry) == Size(128, 128)
