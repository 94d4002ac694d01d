"""What networks are told of each tile: SDXL its place, control networks their part of the hint, all in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from tests.host.test_controls import loaded, picture, prompts, random
from tests.host.test_tiling import fused, tiling_of
from tests.host.tiny_controls import SDXL, tiny_control
from torch import Tensor

from limner_host.controls.hints import ControlHint, ControlNetwork
from limner_host.controls.making import hint_tensor
from limner_host.families.conditioning import TextConditioning
from limner_host.families.sdxl import time_ids
from limner_host.families.unet import UNetModel
from limner_host.guidance import guided
from limner_sdk import Box, Guidance, Size

SIZE = Size(96, 64)
#: Four tiles of 6 x 6 cells over 12 x 8.
TILES = tuple(Box(left, top, 6, 6) for top in (0, 2) for left in (0, 6))


@pytest.fixture(scope="module")
def sd1() -> UNetModel:
    return loaded("sd1")


@pytest.fixture(scope="module")
def sdxl() -> UNetModel:
    return loaded("sdxl", **SDXL)


def steered(*controls: ControlHint, sizes: Tensor | None = None) -> Guidance:
    """Two prompts for two pictures."""
    pooled = None if sizes is None else random(1, 24, seed=4)
    positive, negative = (
        TextConditioning(hidden, pooled, sizes, controls=tuple(controls)).expand(2) for hidden in prompts()
    )
    return Guidance(((positive, 1.0),), negative, 3.0)


def control(model: UNetModel, seed: int = 3, weight: float = 1.0) -> ControlHint:
    network = ControlNetwork(str(seed), "", tiny_control(model.unet, seed))
    return ControlHint(network, hint_tensor(picture(seed, SIZE), SIZE), weight)


@torch.inference_mode()
def predicted(model: Any, guidance: Guidance, batch: int, boxes: Sequence[Box] = TILES) -> Tensor:
    x = random(2, 4, 8, 12)
    return fused(guided(model), tiling_of(*boxes, batch=batch))(x, 3.0, guidance)


def test_a_tile_of_sdxl_is_told_its_place_in_the_picture() -> None:
    cond = TextConditioning(torch.zeros(2, 77, 4), torch.zeros(2, 3), time_ids(SIZE).expand(2, 6))
    part = cond.crop(Box(5, 2, 6, 4)).time_ids
    assert part is not None
    assert part.tolist() == [[64, 96, 16, 40, 32, 48]] * 2


def test_a_crop_of_a_crop_adds_up_and_one_of_everything_changes_nothing() -> None:
    cond = TextConditioning(torch.zeros(1, 77, 4), torch.zeros(1, 3), time_ids(SIZE))
    twice = cond.crop(Box(3, 1, 8, 6)).crop(Box(2, 1, 4, 3))
    assert torch.equal(twice.time_ids, cond.crop(Box(5, 2, 4, 3)).time_ids)  # type: ignore[arg-type]
    assert torch.equal(cond.crop(Box(0, 0, 12, 8)).time_ids, time_ids(SIZE))  # type: ignore[arg-type]


def test_places_stay_exact_in_half_precision() -> None:
    sizes = time_ids(Size(8192, 4096)).half()
    part = TextConditioning(torch.zeros(1, 1, 1), None, sizes).crop(Box(1001, 333, 64, 64)).time_ids
    assert part is not None
    assert part.tolist() == [[4096, 8192, 2664, 8008, 512, 512]]


def test_words_alone_hold_for_every_tile() -> None:
    cond = TextConditioning(torch.zeros(1, 77, 4), torch.zeros(1, 3))
    assert cond.crop(Box(1, 1, 2, 2)) is cond


def test_a_box_past_the_right_edge_comes_in_at_the_left_one() -> None:
    canvas, hint = random(1, 5, 8, 12), random(1, 3, 64, 96)
    cond = TextConditioning(torch.zeros(1, 1, 1), canvas=canvas, controls=(ControlHint(None, hint),))  # type: ignore[arg-type]
    part = cond.crop(Box(9, 1, 6, 4))
    assert torch.equal(part.canvas, canvas.roll(-9, -1)[:, :, 1:5, :6])  # type: ignore[arg-type]
    assert torch.equal(part.controls[0].hint, hint.roll(-72, -1)[:, :, 8:40, :48])


@pytest.mark.parametrize("batch", [2, 3, 4])
def test_tiles_with_their_own_hints_give_the_same_in_batches(sd1: UNetModel, batch: int) -> None:
    guidance = steered(control(sd1), control(sd1, seed=5, weight=0.6))
    one_by_one, batched = (predicted(sd1, guidance, n) for n in (1, batch))
    assert torch.allclose(batched, one_by_one, atol=1e-4)
    assert (one_by_one - predicted(sd1, steered(), 1)).abs().max() > 0.05


def test_tiles_of_sdxl_give_the_same_in_batches(sdxl: UNetModel) -> None:
    guidance = steered(control(sdxl), sizes=time_ids(SIZE))
    one_by_one, batched = (predicted(sdxl, guidance, n) for n in (1, 4))
    assert torch.allclose(batched, one_by_one, atol=1e-4)


def test_a_tile_of_sdxl_is_drawn_by_its_own_place(sdxl: UNetModel) -> None:
    x = random(2, 4, 8, 12)
    left, right = Box(0, 0, 6, 8), Box(6, 0, 6, 8)
    made = predicted(sdxl, steered(sizes=time_ids(SIZE)), 2, (left, right))
    alone = steered(sizes=torch.tensor([[64.0, 96.0, 0.0, 48.0, 64.0, 48.0]]))
    with torch.inference_mode():
        assert torch.allclose(made[..., 6:], guided(sdxl)(x[..., 6:], 3.0, alone), atol=1e-5)  # type: ignore[arg-type]


def test_a_hint_that_all_rows_share_is_kept_once(sd1: UNetModel) -> None:
    shared = control(sd1)
    together = steered(shared).together
    assert isinstance(together, TextConditioning)
    assert together.controls[0].hint is shared.hint


def test_rows_take_their_own_hints_along(sd1: UNetModel) -> None:
    guidance = steered(control(sd1))
    first, second = (guidance.crop(box).negative for box in TILES[:2])
    joined = first.join(second)
    assert isinstance(joined, TextConditioning)
    assert len(joined.controls[0].hint) == 4
    row = joined.rows(2, 3)
    assert torch.equal(row.controls[0].hint[0], second.controls[0].hint[0])  # type: ignore[attr-defined]
    assert not torch.equal(row.controls[0].hint[0], first.controls[0].hint[0])  # type: ignore[attr-defined]
