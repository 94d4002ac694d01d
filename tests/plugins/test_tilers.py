"""The bundled tilers: where their tiles lie, what say each has, and what they refuse."""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import pytest
import torch

from limner_host.offers import Offer
from limner_host.run import Silent, TilerRun
from limner_host.tile_layout import laid_out
from limner_host.tiling import tiled
from limner_plugins.tilers import limner_tilers
from limner_plugins.tilers.axes import even, round_ring, shifted
from limner_sdk import Box, InvalidRequest, Size, Tensor, TilerDef, Tiling

TILERS: dict[str, TilerDef[Any]] = {definition.name: definition for definition in limner_tilers()}
SIZES = (Size(16, 16), Size(64, 32), Size(17, 40), Size(33, 19), Size(5, 70), Size(97, 7))


def context(canvas: Size) -> TilerRun:
    device = torch.device("cpu")
    return TilerRun(
        device, torch.float32, logging.getLogger(), Silent(), native=Size(16, 16), canvas=canvas, largest=canvas
    )


def plan(name: str, size: Size, step: int = 0, canvas: Size | None = None, **params: Any) -> Tiling:
    """What a bundled tiler plans for a latent of `size` cells."""
    definition = TILERS[name]
    return definition.plan(size, step, context(canvas or size), definition.params.parse(params, prefix="tiler."))


def pointwise(x: Tensor, sigma: float, guidance: Any) -> Tensor:
    return torch.sin(x) + sigma


def fused(name: str, size: Size, x: Tensor, predict: Any = pointwise, step: int = 0, **params: Any) -> Tensor:
    definition = TILERS[name]
    offer, chosen = Offer("tilers", "1", definition), definition.params.parse(params)
    return tiled(predict, offer, chosen, context(size), lambda sigma: step)(x, 1.5, Words())  # type: ignore[arg-type]


class Words:
    """A guidance that is the same everywhere."""

    positives = ()
    negative = None

    def crop(self, box: Box) -> Words:
        return self


def latent(size: Size, channels: int = 4) -> Tensor:
    generator = torch.Generator().manual_seed(size.width)
    return torch.randn(1, channels, size.height, size.width, generator=generator)


def starts(name: str, size: Size, **params: Any) -> tuple[list[int], list[int]]:
    """The different columns and rows at which tiles begin."""
    boxes = [tile.box for tile in plan(name, size, **params).tiles]
    return sorted({box.left for box in boxes}), sorted({box.top for box in boxes})


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("name", "wrap"), [*product(TILERS, [False, True])])
def test_a_pointwise_network_gives_the_same_through_any_tiling(name: str, wrap: bool, size: Size) -> None:
    x = latent(size)
    for width, height, overlap in ((None, None, None), (4, 5, 3), (7, 4, 0), (12, 6, 5)):
        params = {"tile_width": width, "tile_height": height, "overlap": overlap} | ({"wrap": True} if wrap else {})
        made = fused(name, size, x, step=3, **params)
        assert torch.allclose(made, pointwise(x, 1.5, None), atol=1e-5)


@pytest.mark.parametrize("tile", [4, 7, 16])
@pytest.mark.parametrize("size", [4, 5, 16, 17, 31, 32, 64, 97])
def test_tiles_are_even_and_overlap_as_far_as_was_asked(size: int, tile: int) -> None:
    for overlap in range(tile):
        found = even(size, tile, overlap)
        assert found[0].start == 0
        assert found[-1].start + found[-1].length == size
        assert all(each.length == min(tile, size) for each in found)
        gaps = [after.start - before.start for before, after in pairwise(found)]
        assert max(gaps, default=0) - min(gaps, default=0) <= 1
        assert all(each.after >= overlap for each in found[:-1])
        # One tile fewer could not do it.
        assert len(found) == 1 or (len(found) - 2) * (tile - overlap) + tile < size


@pytest.mark.parametrize("size", [4, 5, 16, 17, 31, 64])
def test_a_ring_is_covered_evenly_by_two_tiles_or_more(size: int) -> None:
    for tile, overlap in ((4, 0), (4, 3), (7, 2), (16, 4), (80, 20)):
        found, length = round_ring(size, tile, overlap), min(tile, size)
        gaps = [b.start - a.start for a, b in pairwise(found)] + [size - found[-1].start]
        assert len(found) >= 2
        assert max(gaps) - min(gaps) <= 1
        assert max(gaps) <= (length - overlap if tile < size else size - 1)
        assert [each.after for each in found] == [length - gap for gap in gaps]
        assert [each.before for each in found] == [length - gap for gap in gaps[-1:] + gaps[:-1]]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.5, 0.77, 0.999])
def test_a_shifted_grid_covers_all_without_leaving_it(share: float) -> None:
    for size, tile, overlap in ((64, 16, 4), (17, 16, 4), (33, 16, 15), (31, 7, 0), (12, 16, 4)):
        found = shifted(size, tile, overlap, share)
        assert (found[0].start, found[-1].start + found[-1].length) == (0, size)
        assert all(each.after >= overlap for each in found[:-1])
        assert len(found) <= len(even(size, tile, overlap)) + 1


def test_a_jittered_grid_lies_elsewhere_at_each_step_and_there_again_next_time() -> None:
    size = Size(64, 32)
    steps = [starts("jittered", size, step=step) for step in range(12)]
    assert all(one != two for one, two in pairwise(steps))
    assert len({left for columns, _ in steps for left in columns}) > 25
    assert steps == [starts("jittered", size, step=step) for step in range(12)]


def test_a_jittered_ring_turns_at_each_step_and_is_even_all_the_time() -> None:
    rings = [starts("jittered", Size(64, 16), step=step, wrap=True)[0] for step in range(12)]
    assert len({column for ring in rings for column in ring}) > 25
    for ring in rings:
        gaps = {(after - before) % 64 for before, after in pairwise([*ring, ring[0]])}
        assert max(gaps) - min(gaps) <= 1
        assert max(gaps) <= 12


def test_a_jittered_ring_has_no_place_where_its_ends_are_seen() -> None:
    x = latent(Size(64, 16))
    wrapped, open_ended = (fused("jittered", Size(64, 16), x, edges, step=3, wrap=wrap) for wrap in (True, False))
    assert bool((open_ended[..., [0, -1]] > 0).all())
    assert not bool((wrapped[..., [0, -1]] > 0).all())


def edges(x: Tensor, sigma: float, guidance: Any) -> Tensor:
    """A network that marks the left and right edge of all that it is shown."""
    marked = torch.zeros_like(x)
    marked[..., [0, -1]] = 1
    return marked


@pytest.mark.parametrize("name", TILERS)
def test_the_same_question_gives_the_very_same_plan(name: str) -> None:
    assert plan(name, Size(40, 24), step=2) is plan(name, Size(40, 24), step=2)


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize("size", [Size(64, 32), Size(33, 47), Size(28, 16)], ids=str)
def test_cosine_tiles_sum_up_to_one_wherever_only_two_meet(size: Size, wrap: bool) -> None:
    tiling = plan("cosine", size, wrap=wrap, overlap=4)
    total, count = torch.zeros(2, size.height, size.width, dtype=torch.float64)
    for tile in tiling.tiles:
        rows = slice(tile.box.top, tile.box.bottom)
        columns = torch.arange(tile.box.left, tile.box.right) % size.width
        total[rows, columns] += torch.as_tensor(tile.weight)
        count[rows, columns] += 1
    # Tiles that begin less than half a tile apart meet by threes.
    simple = count <= 4 if size == Size(64, 32) else count == 1
    assert torch.allclose(total[simple], torch.ones_like(total[simple]))


def test_a_cosine_window_is_flat_but_where_it_meets_its_neighbour() -> None:
    first, second = plan("cosine", Size(28, 16), overlap=4).tiles
    one, two = (torch.as_tensor(tile.weight)[0] for tile in (first, second))
    assert one[:12].tolist() == two[4:].tolist() == [1.0] * 12
    assert torch.allclose(one[12:] + two[:4], torch.ones(4, dtype=torch.float64))
    assert all(above > below for above, below in pairwise(one[11:].tolist()))


def test_a_gaussian_is_symmetric_and_each_axis_has_its_own_extent() -> None:
    weight = torch.as_tensor(plan("mixture", Size(40, 40), tile_width=20, tile_height=8).tiles[0].weight)
    assert torch.equal(weight, weight.flip(0))
    assert torch.equal(weight, weight.flip(1))
    across, down = weight[4] / weight[4, 10], weight[:, 10] / weight[4, 10]
    expected = [torch.exp(-(((torch.arange(n) - (n - 1) / 2) / n) ** 2) / 0.02) for n in (20, 8)]
    assert torch.allclose(across, (expected[0] / expected[0][10]).double(), atol=1e-5)
    assert torch.allclose(down, (expected[1] / expected[1][4]).double(), atol=1e-5)


@pytest.mark.parametrize("variance", [0.001, 0.01, 1.0])
def test_even_the_steepest_gaussian_can_be_weighed_everywhere(variance: float) -> None:
    tiling = plan("mixture", Size(100, 100), tile_width=96, tile_height=96, variance=variance)
    layout = laid_out(tiling, Size(100, 100), torch.device("cpu"), "mixture")
    assert all(bool(tile.share.isfinite().all()) for tile in layout.tiles)


def test_a_ring_predicts_the_same_wherever_it_begins() -> None:
    size = Size(48, 16)
    x = latent(size)

    def blurring(x: Tensor, sigma: float, guidance: Any) -> Tensor:
        return torch.nn.functional.avg_pool2d(x, 3, 1, 1)

    # Four tiles, twelve cells apart: rolled by twelve, each tile sees what the one before it saw.
    one, two = (fused("cosine", size, given, blurring, wrap=True, overlap=4) for given in (x, x.roll(12, -1)))
    assert torch.allclose(two, one.roll(12, -1), atol=1e-6)
    assert not torch.allclose(two, fused("cosine", size, x, blurring, overlap=4).roll(12, -1), atol=1e-3)


def test_only_what_is_as_wide_as_the_canvas_goes_round() -> None:
    canvas = Size(64, 16)
    assert plan("cosine", canvas, wrap=True).wraps
    part = plan("cosine", Size(40, 16), canvas=canvas, wrap=True)
    assert not part.wraps
    assert all(tile.box.right <= 40 for tile in part.tiles)


@pytest.mark.parametrize("name", TILERS)
def test_a_canvas_that_is_part_of_a_picture_goes_round_nowhere(name: str) -> None:
    definition, size = TILERS[name], Size(64, 16)
    ctx = replace(context(size), is_part=True)
    assert not definition.plan(size, 0, ctx, definition.params(wrap=True)).wraps


@pytest.mark.parametrize("name", TILERS)
def test_a_canvas_of_the_models_own_size_needs_no_tiles(name: str) -> None:
    assert [tile.box for tile in plan(name, Size(16, 12)).tiles] == [Box(0, 0, 16, 12)]


def test_a_region_may_be_smaller_than_a_tile_that_was_asked_for() -> None:
    (tile,) = plan("cosine", Size(10, 9), canvas=Size(64, 64), tile_width=24, tile_height=24).tiles
    assert tile.box == Box(0, 0, 10, 9)


@pytest.mark.parametrize("name", TILERS)
@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"overlap": 16}, r"tiler\.overlap: 16 is not smaller than the tile of 16x16 cells; the most is 15"),
        ({"tile_width": 8, "overlap": 9}, r"tiler\.overlap: 9 is not smaller than the tile of 8x16 cells"),
        (
            {"tile_width": 80, "tile_height": 64},
            r"tiler\.tile_width: 80 makes a tile of 80x64 cells, larger than the canvas of 64x32; the most is 64",
        ),
        ({"tile_height": 40, "tile_width": 64}, r"tiler\.tile_height: 40 makes a tile of 64x40 cells, .* most is 32"),
        ({"batch": 0}, r"tiler\.batch: 0 is too small; the least is 1"),
        ({"tile_width": 3}, r"tiler\.tile_width: 3 is too small; the least is 4"),
        ({"overlap": -1}, r"tiler\.overlap: -1 is too small; the least is 0"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(name: str, params: dict[str, int], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        plan(name, Size(64, 32), **params)
