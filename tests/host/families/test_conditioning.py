"""Conditionings: cut, joined and repeated, they keep all that the networks are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from tests.host.families.runs import noise_for

from limner_host.controls.hints import ControlHint
from limner_host.families.canvas import takes_canvas, with_canvas
from limner_host.families.conditioning import TextConditioning
from limner_sdk import Box, Encoding, Size, Span

Load = Callable[[str], Any]
NETWORK: Any = object()


def numbered(start: int, rows: int = 2) -> TextConditioning:
    """Rows that can be told apart in every part."""

    def part(*shape: int) -> torch.Tensor:
        return (start + torch.arange(rows)).view(-1, *(1 for _ in shape)).expand(rows, *shape).float()

    return TextConditioning(part(77, 8), part(5), part(6), part(5, 8, 8), (hint(),))


def hint() -> ControlHint:
    return ControlHint(NETWORK, torch.arange(3 * 64 * 64).view(1, 3, 64, 64).float())


def firsts(cond: TextConditioning) -> list[list[float]]:
    return [part.flatten(1)[:, 0].tolist() for part in cond.parts if part is not None]


def test_rows_keep_every_part_of_their_pictures() -> None:
    assert firsts(numbered(3).rows(1, 2)) == [[4.0]] * 4
    assert len(numbered(3).rows(1, 2).controls) == 1


def test_joining_puts_the_rows_behind_each_other_in_every_part() -> None:
    joined = numbered(1).join(numbered(5))
    assert firsts(joined) == [[1.0, 2.0, 5.0, 6.0]] * 4
    assert len(joined.controls) == 1


def test_expanding_repeats_the_only_row_in_every_part() -> None:
    assert firsts(numbered(7, rows=1).expand(3)) == [[7.0] * 3] * 4


def test_a_crop_cuts_canvas_and_hints_and_keeps_words() -> None:
    cond = numbered(1)
    assert cond.canvas is not None
    part = cond.crop(Box(2, 1, 4, 3))
    assert part.hidden is cond.hidden
    assert part.pooled is cond.pooled
    assert part.canvas is not None
    assert part.canvas.shape == (2, 5, 3, 4)
    assert torch.equal(part.controls[0].hint, hint().hint[..., 8:32, 16:48])


def test_conditionings_of_other_lengths_or_parts_or_hints_are_not_alike() -> None:
    cond = numbered(1)
    assert cond.alike(TextConditioning(cond.hidden + 1, cond.pooled, cond.time_ids, cond.canvas, cond.controls))
    assert not cond.alike(TextConditioning(cond.hidden[:, :5], cond.pooled, cond.time_ids, cond.canvas, cond.controls))
    assert not cond.alike(TextConditioning(cond.hidden, cond.pooled, cond.time_ids, None, cond.controls))
    assert not cond.alike(cond.with_controls(()))


def test_a_canvas_is_the_mask_and_then_the_masked_picture() -> None:
    kept, white = torch.full((1, 4, 8, 8), 3.0), torch.ones(1, 1, 8, 8)
    canvas = with_canvas(numbered(1), kept, white).canvas
    assert canvas is not None
    assert torch.equal(canvas, torch.cat([white, kept], 1).expand(2, -1, -1, -1))


def test_only_inpainting_models_take_a_canvas(model: Load) -> None:
    plain, inpainting = model("sd1"), model("sd1_inpaint")
    assert [takes_canvas(plain), takes_canvas(inpainting), takes_canvas(model("sd3"))] == [False, True, False]
    cond = plain.encode((Span("a cat"),), Encoding(Size(64, 64)))
    assert with_canvas(cond, torch.zeros(1, 4, 8, 8), torch.ones(1, 1, 8, 8)) is cond


@torch.inference_mode()
def test_a_tile_of_an_inpainting_model_sees_its_part_of_the_canvas(model: Load) -> None:
    inpainting, box = model("sd1_inpaint"), Box(4, 0, 4, 8)
    kept = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    white = torch.zeros(1, 1, 8, 8)
    white[..., 5:] = 1
    cond = inpainting.encode((Span("a cat"),), Encoding(Size(64, 64)))
    x = noise_for(inpainting)[..., 4:]
    cropped = inpainting.predict(x, 1.0, with_canvas(cond, kept, white).crop(box))
    alone = inpainting.predict(x, 1.0, with_canvas(cond, kept[..., 4:], white[..., 4:]))
    assert torch.equal(cropped, alone)
