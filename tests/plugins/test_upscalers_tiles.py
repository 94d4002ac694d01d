"""Tiles along one side: they cover it, are all of one length, and fade into each other in straight lines."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from limner_plugins.upscalers.tiles import Span, shares, spans


@given(st.integers(1, 900), st.integers(16, 300), st.floats(0, 0.5), st.sampled_from([1, 4, 16]))
def test_tiles_cover_a_side_and_their_shares_sum_up_to_one(side: int, tile: int, part: float, multiple: int) -> None:
    overlap = int(tile * part)
    found = spans(side, tile, overlap, multiple)
    assert (found[0].start, found[-1].stop) == (0, side)
    assert len({span.length for span in found}) == 1
    assert all(before.stop - after.start >= overlap for before, after in pairwise(found))
    total = torch.zeros(side * 2)
    for span, share in zip(found, shares(found, 2), strict=True):
        assert share.min() > 0
        total[span.start * 2 : span.stop * 2] += share
    assert torch.allclose(total, torch.ones(()), atol=1e-5)


@pytest.mark.parametrize(
    ("side", "tile", "overlap", "expected"),
    [
        (192, 192, 8, [(0, 192)]),
        (500, 0, 8, [(0, 500)]),
        (200, 192, 8, [(0, 104), (96, 200)]),
        (500, 192, 8, [(0, 172), (164, 336), (328, 500)]),
        (3, 192, 8, [(0, 3)]),
    ],
)
def test_there_are_as_few_tiles_as_can_be_and_they_are_balanced(
    side: int, tile: int, overlap: int, expected: list[tuple[int, int]]
) -> None:
    assert spans(side, tile, overlap) == expected


def test_lengths_are_multiples_where_the_side_has_room() -> None:
    assert {span.length % 16 for span in spans(500, 192, 8, 16)} == {0}


def test_one_tile_fades_in_linearly_while_the_other_fades_out() -> None:
    left, right = shares([Span(0, 20), Span(12, 32)], 2)
    assert torch.allclose(left[24:], torch.linspace(1 - 1 / 32, 1 / 32, 16))
    assert torch.allclose(left[24:] + right[:16], torch.ones(16))
    assert (left[:24] == 1).all()
    assert (right[16:] == 1).all()
