"""Tiled prediction: plans are checked, tiles go through the network in batches, and are fused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.conftest import small_request
from tests.host.test_guidance import Adding, Long, Words, ask

from limner_host.blame import blamed
from limner_host.guidance import guided
from limner_host.offers import Offer
from limner_host.pictures import read_image
from limner_host.run import Silent, TilerRun
from limner_host.studio import Studio
from limner_host.tile_batches import MOST_TILES, TileBatches, gauge_for
from limner_host.tile_layout import laid_out
from limner_host.tiling import tiled
from limner_sdk import (
    Box,
    Cancelled,
    Guidance,
    InvalidRequest,
    LimnerError,
    NoParams,
    Predict,
    Size,
    StageFailed,
    Tensor,
    Tile,
    TilerContext,
    TilerDef,
    Tiling,
)

CTX = TilerRun(
    torch.device("cpu"),
    torch.float32,
    logging.getLogger(),
    Silent(),
    native=Size(8, 8),
    canvas=Size(8, 8),
    largest=Size(8, 8),
)


class Placed(Words):
    """Words that note where they were cut."""

    def __init__(self, *values: float) -> None:
        super().__init__(*values)
        self.crops: list[Box] = []

    def crop(self, box: Box) -> Placed:
        self.crops.append(box)
        return Placed(*self.values)

    def join(self, other: Any) -> Placed:
        return Placed(*self.values, *other.values)


class LongPlaced(Long):
    """Words that share no call of the network."""

    def crop(self, box: Box) -> LongPlaced:
        return LongPlaced(*self.values)

    def alike(self, other: Any) -> bool:
        return other is self


def pointwise(x: Tensor, sigma: float, guidance: Any) -> Tensor:
    return torch.sin(x) * sigma


def blurring(x: Tensor, sigma: float, guidance: Any) -> Tensor:
    """A network whose cells look at their neighbours."""
    return torch.nn.functional.avg_pool2d(x, 3, 1, 1)


def fused(predict: Predict, tiling: Tiling, ctx: TilerRun = CTX, batches: TileBatches | None = None) -> Predict:
    definition = TilerDef("test", "Tiles.", NoParams, lambda size, step, ctx, params: tiling)
    return tiled(predict, Offer("test", "1", definition), NoParams(), ctx, lambda sigma: 0, batches)


def tiling_of(*boxes: Box, **options: Any) -> Tiling:
    return Tiling(tuple(Tile(box) for box in boxes), **options)


def latent(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def guidance(count: int = 1) -> Guidance:
    return ask(Placed(*range(1, count + 1)), Placed(*[0.0] * count), 2.0)


OVERLAPPING = Tiling(
    (
        Tile(Box(0, 0, 5, 8)),
        Tile(Box(3, 0, 5, 4), weight=2.5),
        Tile(Box(3, 4, 5, 4), weight=[[1.0 + row + column for column in range(5)] for row in range(4)]),
    )
)
#: Five columns of four cells each, every two cells.
COLUMNS = tuple(Box(left, 0, 4, 8) for left in (0, 2, 4, 6, 8))


@pytest.mark.parametrize("batch", [None, 1, 2, 3, 16])
def test_a_pointwise_prediction_is_the_same_with_and_without_tiles(batch: int | None) -> None:
    x = latent(2, 4, 8, 8)
    predict = fused(pointwise, replace(OVERLAPPING, batch=batch))
    assert torch.allclose(predict(x, 3.0, guidance(2)), pointwise(x, 3.0, None), atol=1e-6)


def test_overlapping_tiles_are_averaged_by_weight() -> None:
    answers = iter([1.0, 4.0])
    predict = fused(
        lambda x, sigma, guidance: torch.full_like(x, next(answers)),
        Tiling((Tile(Box(0, 0, 2, 2)), Tile(Box(1, 0, 2, 2), weight=torch.full((2, 2), 3.0)))),
    )
    assert predict(torch.zeros(1, 1, 2, 3), 1.0, guidance())[0, 0, 0].tolist() == [1.0, (1 + 3 * 4) / 4, 4.0]


def test_weights_far_below_what_float32_holds_still_share_out() -> None:
    tiling = Tiling((Tile(Box(0, 0, 4, 2), weight=1e-90), Tile(Box(2, 0, 4, 2), weight=3e-90)))
    x = latent(1, 4, 2, 6)
    assert torch.allclose(fused(pointwise, tiling)(x, 1.0, guidance()), torch.sin(x), atol=1e-6)


def test_each_tile_gets_its_part_of_the_conditioning_once() -> None:
    predict, asked = fused(pointwise, OVERLAPPING), guidance()
    for sigma in (3.0, 2.0, 1.0):
        predict(torch.zeros(1, 4, 8, 8), sigma, asked)
    for words in (asked.positives[0][0], asked.negative):
        assert words.crops == [tile.box for tile in OVERLAPPING.tiles]  # type: ignore[attr-defined]


def test_the_network_is_given_the_very_same_guidance_at_every_step() -> None:
    seen: list[Guidance] = []

    def noting(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        seen.append(guidance)
        return x

    predict, asked = fused(noting, tiling_of(*COLUMNS, batch=2)), guidance()
    for sigma in (2.0, 1.0):
        predict(torch.zeros(1, 4, 8, 12), sigma, asked)
    assert len(seen) == 6
    assert all(first is second for first, second in zip(seen[:3], seen[3:], strict=True))


@pytest.mark.parametrize(("batch", "calls"), [(1, [1] * 5), (2, [2, 2, 1]), (3, [3, 2]), (4, [3, 2]), (9, [5])])
def test_batches_of_tiles_are_about_as_large(batch: int, calls: list[int]) -> None:
    model, x = Adding(), latent(2, 4, 8, 12)
    predict = fused(guided(model), tiling_of(*COLUMNS, batch=batch))  # type: ignore[arg-type]
    made = predict(x, 1.0, ask(Placed(3, 5), Placed(0, 0), 1.0))
    assert model.batches == [2 * tiles for tiles in calls]
    assert torch.allclose(made, x + torch.tensor([3.0, 5.0]).view(2, 1, 1, 1), atol=1e-6)


def test_tiles_of_other_sizes_go_in_batches_of_their_own() -> None:
    model = Adding()
    tiling = tiling_of(Box(0, 0, 4, 8), Box(4, 0, 4, 8), Box(0, 0, 8, 4), Box(0, 4, 8, 4), batch=8)
    fused(guided(model), tiling)(latent(1, 4, 8, 8), 1.0, ask(Placed(1), Placed(1), 1.0))  # type: ignore[arg-type]
    assert model.batches == [2, 2]


def test_tiles_whose_conditionings_are_not_alike_go_one_by_one() -> None:
    model, x = Adding(), latent(1, 4, 8, 12)
    predict = fused(guided(model), tiling_of(*COLUMNS, batch=5))  # type: ignore[arg-type]
    made = predict(x, 1.0, ask(LongPlaced(3), LongPlaced(0), 1.0))
    assert model.batches == [1] * 5
    assert torch.allclose(made, x + 3, atol=1e-6)


def test_one_tile_that_covers_all_is_predicted_as_if_there_were_no_tiler() -> None:
    asked: list[tuple[Tensor, Guidance]] = []

    def noting(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        asked.append((x, guidance))
        return x + 1

    x, steered = latent(1, 4, 8, 8), guidance()
    fused(noting, tiling_of(Box(0, 0, 8, 8)))(x, 1.0, steered)
    assert asked[0][0] is x
    assert asked[0][1] is steered


def test_one_tile_that_covers_all_changes_no_bit(
    studio_with: Callable[..., Studio], studio: Studio, tmp_path: Path
) -> None:
    whole = TilerDef("whole", "One tile.", NoParams, lambda size, step, ctx, params: tiling_of(Box(0, 0, *size)))
    studio_with(whole).make(small_request(tiler="whole", width=72), tmp_path / "a")
    studio.make(small_request(width=72), tmp_path / "b")
    one, two = (read_image(tmp_path / folder / "1.png") for folder in "ab")
    assert one.size == (72, 64)
    assert one.tobytes() == two.tobytes()


def test_a_plan_is_told_the_number_of_the_step_and_the_canvas(
    studio_with: Callable[..., Studio], tmp_path: Path
) -> None:
    told: list[tuple[int, Size, Size, Size]] = []

    def plan(size: Size, step: int, ctx: TilerContext, params: NoParams) -> Tiling:
        told.append((step, size, ctx.canvas, ctx.native))
        return tiling_of(Box(0, 0, *size))

    studio_with(TilerDef("count", "Counts.", NoParams, plan)).make(
        small_request(tiler="count", steps=4, width=72), tmp_path
    )
    assert list(dict.fromkeys(step for step, *_ in told)) == [0, 1, 2, 3]
    assert {tuple(sizes) for _, *sizes in told} == {(Size(9, 8), Size(9, 8), Size(16, 16))}


def test_a_ring_has_no_place_where_it_begins() -> None:
    ring = tiling_of(*(Box(left, 0, 6, 8) for left in (0, 4, 8)), wraps=True)
    x = latent(1, 4, 8, 12)
    rolled = fused(blurring, ring)(x.roll(4, -1), 1.0, guidance())
    assert torch.allclose(rolled, fused(blurring, ring)(x, 1.0, guidance()).roll(4, -1), atol=1e-6)
    # Only the tile that goes round can know what lies beyond the edge.
    assert not torch.allclose(blurring(x, 1.0, None)[..., 0], fused(blurring, ring)(x, 1.0, guidance())[..., 0])


def test_a_tile_as_wide_as_the_ring_may_begin_anywhere() -> None:
    ring, x = tiling_of(Box(0, 0, 12, 8), Box(7, 0, 12, 8), wraps=True), latent(1, 4, 8, 12)
    assert torch.allclose(fused(pointwise, ring)(x, 1.0, guidance()), torch.sin(x), atol=1e-6)


@pytest.mark.parametrize(
    ("tiling", "sentence"),
    [
        (Tiling(()), "leaves 64 of 64 cells in no tile"),
        (tiling_of(Box(0, 0, 8, 7)), "leaves 8 of 64 cells in no tile"),
        (tiling_of(Box(0, 0, 9, 8)), "leaves the canvas of 8x8 cells"),
        (tiling_of(Box(-1, 0, 9, 8)), "leaves the canvas"),
        (tiling_of(Box(0, 0, 8, 8), Box(2, 2, 0, 3)), "leaves the canvas"),
        (tiling_of(Box(0, 0, 8, 8), Box(8, 0, 4, 8), wraps=True), "leaves the canvas"),
        (tiling_of(Box(0, 0, 8, 8), Box(4, 0, 9, 8), wraps=True), "leaves the canvas"),
        (Tiling((Tile(Box(0, 0, 8, 8), 0.0),)), "weights do not sum up to something above 0"),
        (Tiling((Tile(Box(0, 0, 8, 8), float("nan")),)), r"not finite to the tile at \(0, 0, 8, 8\)"),
        (Tiling((Tile(Box(0, 0, 8, 8), -1.0), Tile(Box(0, 0, 8, 8), 2.0))), "a negative weight to the tile at"),
        (Tiling((Tile(Box(0, 0, 8, 8), torch.ones(8, 7)),)), r"shape \(8, 7\) to a tile of \(8, 8\) cells"),
        (Tiling((Tile(Box(0, 0, 8, 8), "heavy"),)), "a weight that is neither a number"),  # type: ignore[arg-type]
        (tiling_of(Box(0, 0, 8, 8), batch=0), "wants 0 tiles in a batch; it must be a whole number above 0"),
        (tiling_of((0, 0, 8, 8)), r"box is \(0, 0, 8, 8\) instead of a Box of whole numbers"),  # type: ignore[arg-type]
        (tiling_of(Box(0, 0, 8, 8.0)), "instead of a Box of whole numbers"),  # type: ignore[arg-type]
        (Tiling([Box(0, 0, 8, 8)]), "gives a Box instead of a Tile"),  # type: ignore[list-item]
        (Tiling(iter(())), "instead of a list or tuple"),  # type: ignore[arg-type]
    ],
)
def test_a_bad_plan_is_refused_with_the_tilers_name(tiling: Any, sentence: str) -> None:
    with pytest.raises(LimnerError, match=f"plugin holes: .*{sentence}"):
        laid_out(tiling, Size(8, 8), torch.device("cpu"), "holes")


@pytest.mark.parametrize("made", [[Tile(Box(0, 0, 8, 8))], None])
def test_what_is_no_plan_at_all_is_the_tilers_fault(made: Any) -> None:
    with pytest.raises(StageFailed, match=f"plugin test:test: it gave a {type(made).__name__} instead of a Tiling"):
        fused(pointwise, made)(latent(1, 4, 8, 8), 1.0, guidance())


def test_the_same_plan_is_checked_again_for_another_size() -> None:
    predict = fused(pointwise, tiling_of(Box(0, 0, 4, 8), Box(4, 0, 4, 8)))
    predict(torch.zeros(1, 4, 8, 8), 1.0, guidance())
    with pytest.raises(StageFailed, match="leaves 8 of 72 cells in no tile"):
        predict(torch.zeros(1, 4, 8, 9), 1.0, guidance())


class Watching(Silent):
    """Cancels after some looks, and notes what it is told."""

    def __init__(self, looks: int = 1000) -> None:
        self.looks, self.told = looks, list[tuple[str, float]]()

    def progress(self, stage: str, done: float, latent: Tensor | None) -> None:
        self.told.append((stage, done))

    def cancelled(self) -> bool:
        self.looks -= 1
        return self.looks < 0


def test_cancelling_stops_between_two_tiles() -> None:
    model = Adding()
    predict = fused(guided(model), tiling_of(*COLUMNS), replace(CTX, watcher=Watching(looks=3)))  # type: ignore[arg-type]
    with pytest.raises(Cancelled):
        predict(latent(1, 4, 8, 12), 1.0, ask(Placed(1), Placed(1), 1.0))
    assert model.batches == [1] * 3


def test_the_person_hears_which_tile_is_drawn() -> None:
    told: list[tuple[float, str]] = []
    ctx = replace(CTX, report_to=lambda done, what: told.append((done, what)))
    fused(pointwise, tiling_of(*COLUMNS, batch=2), ctx)(latent(1, 4, 8, 12), 1.0, guidance())
    assert told == [(0.0, "tile 1 of 5"), (0.4, "tile 3 of 5"), (0.8, "tile 5 of 5")]


class Scale:
    """A device on which each tile takes 100 bytes."""

    def __init__(self, free: int) -> None:
        self.bytes, self.measured = free, 0

    def free(self) -> int:
        return self.bytes

    def peak(self, call: Callable[[], Tensor]) -> tuple[Tensor, int]:
        self.measured += 1
        return call(), 100


def crowded(most: int, calls: list[int]) -> Predict:
    """A network that has memory for `most` rows."""

    def predict(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        calls.append(len(x))
        if len(x) > most:
            raise torch.OutOfMemoryError("out of memory")
        return torch.sin(x)

    return blamed("model", "predict", predict)


@pytest.mark.parametrize(("free", "calls"), [(0, [1] * 5), (250, [1, 2, 2]), (10**9, [1, 4])])
def test_the_first_tile_tells_how_many_fit_into_free_memory(free: int, calls: list[int]) -> None:
    scale, asked = Scale(free), list[int]()
    predict = fused(crowded(99, asked), tiling_of(*COLUMNS), batches=TileBatches(scale))
    predict(latent(1, 4, 8, 12), 1.0, guidance())
    assert (asked, scale.measured) == (calls, 1)
    predict(latent(1, 4, 8, 12), 1.0, guidance())
    assert (asked[len(calls)], scale.measured) == ({0: 1, 250: 2, 10**9: 5}[free], 1)


def test_however_much_is_free_batches_have_an_end() -> None:
    batches = TileBatches(Scale(10**12))
    batches.attempt(1, (1, 4, 8, 8), lambda: torch.zeros(1))
    assert batches.count(100, (1, 4, 8, 8), None) <= MOST_TILES


@pytest.mark.parametrize(
    ("most", "calls"), [(2, [5, 2, 2, 1]), (1, [5, 2, 1, 1, 1, 1, 1]), (4, [5, 2, 2, 1]), (5, [5])]
)
def test_a_batch_that_is_too_large_for_memory_is_halved_and_stays_so(most: int, calls: list[int]) -> None:
    asked: list[int] = []
    predict, x = fused(crowded(most, asked), tiling_of(*COLUMNS, batch=5)), latent(1, 4, 8, 12)
    assert torch.allclose(predict(x, 1.0, guidance()), torch.sin(x), atol=1e-6)
    assert asked == calls
    predict(x, 1.0, guidance())
    assert max(asked[len(calls) :]) <= most


def test_a_single_tile_that_is_too_large_for_memory_says_so() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        fused(crowded(0, []), tiling_of(*COLUMNS, batch=5))(latent(1, 4, 8, 12), 1.0, guidance())


def test_what_a_call_takes_on_cuda_is_the_peak_above_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = {"memory_allocated": 700, "max_memory_allocated": 1000, "memory_reserved": 1200}
    for name, number in numbers.items():
        monkeypatch.setattr(torch.cuda, name, lambda device, number=number: number)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (5000, 9000))
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: None)
    gauge = gauge_for(torch.device("cuda"))
    assert gauge is not None
    assert gauge.peak(lambda: torch.ones(1))[1] == 300
    assert gauge.free() == 5500
    assert gauge_for(torch.device("cpu")) is None


def test_a_tile_larger_than_the_first_of_two_passes_is_for_the_second(studio: Studio, tmp_path: Path) -> None:
    tiler = {"name": "cosine", "params": {"tile_width": 12, "tile_height": 12, "overlap": 4}}
    asked = small_request(tiler=tiler, hires={"scale": 2, "steps": 1}, steps=1)
    assert studio.make(asked, tmp_path).pictures[0].width == 128
    with pytest.raises(InvalidRequest, match="larger than the canvas"):
        studio.make(small_request(tiler=tiler), tmp_path)
