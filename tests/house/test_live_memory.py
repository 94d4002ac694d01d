"""The benches' own ruler: the count of live tensors agrees with what can be reckoned by hand."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import torch
from tests.bench.live_memory import Bytes, LiveMemory
from tests.bench.resident_memory import grown_by, in_a_fresh_process
from torch import Tensor, nn

SIDE = 32
#: Bytes of one square matrix.
ONE = 4 * SIDE * SIDE


def squares(count: int) -> list[Tensor]:
    """Matrices of `ONE` bytes."""
    return [torch.eye(SIDE) for _ in range(count)]


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_chain_of_products_holds_three_matrices_at_most(mode: Callable[[], AbstractContextManager[None]]) -> None:
    weights = squares(4)
    with mode(), LiveMemory() as memory:
        x = torch.empty(SIDE, SIDE)
        for weight in weights:
            x = torch.relu(x @ weight)
    # The product, its rectified copy, and the x of before, which lives until it has its new value.
    assert memory.peak == Bytes(3 * ONE, 0, 3 * ONE)
    assert memory.live == Bytes(ONE, 0, ONE)


def test_views_and_changes_in_place_take_nothing() -> None:
    weight, x = squares(2)
    with LiveMemory() as memory:
        weight.t()[3:].add_(1)
        torch.empty(0).set_(weight.untyped_storage())
        y = x.relu()
        kept = y[:2].expand(5, 2, SIDE), y.add_(1).view(-1)
    assert memory.peak.together == ONE
    del y
    assert memory.live.together == ONE
    del kept
    assert memory.live.together == 0


def test_what_is_not_kept_counts_for_its_moment_and_what_grows_is_counted_anew() -> None:
    with LiveMemory() as memory:
        torch.zeros(SIDE, SIDE)
        grown = torch.empty(0)
        grown.resize_(3 * SIDE, SIDE)
    assert memory.peak.together == 3 * ONE
    with LiveMemory() as memory:
        torch.zeros(SIDE, SIDE)
    assert memory.peak.together == ONE
    assert memory.live.together == 0


def test_an_operation_that_is_made_of_others_shows_what_it_holds_between() -> None:
    x = torch.randn(1, 8, SIDE, SIDE)
    norm = nn.GroupNorm(4, 8)
    with torch.inference_mode(), LiveMemory() as memory:
        norm(x)
    statistics = 2 * 4 * 4
    assert memory.peak.together == x.nbytes + statistics


def test_what_is_parked_is_counted_apart_however_late_it_is_known() -> None:
    parked: list[int] = []

    with LiveMemory(lambda values: values.data_ptr() in parked) as memory:
        shelf = torch.empty(2 * SIDE, SIDE)
        parked.append(shelf.data_ptr())
        for part in shelf.split(SIDE):
            part.copy_(torch.ones(SIDE, SIDE) + 1)
    assert memory.peak == Bytes(2 * ONE, 2 * ONE, 4 * ONE)


def test_garbage_counts_until_it_is_collected() -> None:
    with LiveMemory() as memory:
        cycle: list[object] = [torch.zeros(SIDE, SIDE)]
        cycle.append(cycle)
        del cycle
        assert memory.live.together == ONE
        gc.collect()
    assert memory.live.together == 0


#: Bytes that `filled` fills twice.
FILLED = 2**26


def filled() -> int:
    """How much a process grows that holds two large tensors at once."""
    return grown_by(lambda: torch.ones(FILLED, dtype=torch.uint8).clone())


def test_resident_memory_sees_what_a_run_fills() -> None:
    # Here, tests before this one have left freed memory behind that would be filled again.
    assert 1.5 * FILLED < in_a_fresh_process(filled) < 3 * FILLED
