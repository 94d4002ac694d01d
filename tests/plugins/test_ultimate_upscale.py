"""Ultimate upscale without a model: sizes, tiles, seams, order, resuming, prompts, and what it says beforehand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from PIL import Image

from limner_plugins.ultimate_upscale import limner_postprocessors
from limner_plugins.ultimate_upscale.canvas import Canvas, say_of
from limner_plugins.ultimate_upscale.clean_up import cleaned
from limner_plugins.ultimate_upscale.params import UltimateParams
from limner_plugins.ultimate_upscale.passes import Pass, passes_of
from limner_plugins.ultimate_upscale.prompts import prompts_of
from limner_plugins.ultimate_upscale.sizing import Measures, measures
from limner_plugins.ultimate_upscale.stretches import CELL, even, profile
from limner_sdk import Cancelled, InvalidRequest, Size, to_pixels
from limner_sdk.testing import FakeEstimateContext, FakePostprocessContext, check_postprocessor

DEFINITION = next(iter(limner_postprocessors()))
NATIVE = Size(128, 128)
SIDES = [64, 72, 128, 136, 200, 224, 232, 512, 1000, 4096]


def picture(width: int = 96, height: int = 64) -> Image.Image:
    """Something with a slope in every direction."""
    red, green = (gradient("L").resize((width, height)) for gradient in (Image.linear_gradient, Image.radial_gradient))
    return Image.merge("RGB", (red, green, red.rotate(180)))


def made(image: Image.Image, ctx: FakePostprocessContext | None = None, **params: Any) -> Image.Image:
    """What the plugin makes of a picture."""
    return DEFINITION.run(image, ctx or FakePostprocessContext(), UltimateParams(**params))


def planned(size: Size, **params: Any) -> tuple[Measures, list[Pass]]:
    """How a picture of that size would be drawn."""
    chosen = UltimateParams(**params)
    measured = measures(size, NATIVE, chosen)
    return measured, passes_of(measured, chosen)


def estimated(size: Size, **params: Any) -> Any:
    """What is said beforehand."""
    assert DEFINITION.estimate
    return DEFINITION.estimate(size, FakeEstimateContext(), UltimateParams(**params))


@pytest.mark.parametrize("redraw", ["linear", "chess", "none"])
@pytest.mark.parametrize("seams", ["none", "band", "half_tile", "half_tile_intersections"])
def test_it_keeps_the_contract(redraw: Any, seams: Any) -> None:
    check_postprocessor(DEFINITION, UltimateParams(scale=3, redraw=redraw, seams=seams, tile_width=64, padding=8))


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (13, 7), (300, 2), (97, 41)])
@pytest.mark.parametrize("scale", [8, 8.37])
def test_any_picture_gets_exactly_the_size_asked_for(size: tuple[int, int], scale: float) -> None:
    enlarged = made(picture(*size), scale=scale, seams="half_tile_intersections")
    assert enlarged.size == tuple(round(side * scale) for side in size)


@pytest.mark.parametrize(
    ("asked", "target"),
    [({"width": 333}, (333, 222)), ({"height": 222}, (333, 222)), ({"width": 100, "height": 301}, (100, 301))],
)
def test_a_side_that_is_not_given_follows_the_shape(asked: dict[str, int], target: tuple[int, int]) -> None:
    assert made(picture(), **asked).size == target
    assert estimated(Size(96, 64), **asked).size == target


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("padding", [0, 16, 48])
@pytest.mark.parametrize("reach", [0, 10, 64])
def test_the_shares_of_tiles_sum_up_to_one_everywhere(side: int, padding: int, reach: float) -> None:
    total = torch.zeros(side)
    for stretch in even(side, 128, padding, reach):
        total[stretch.start : stretch.stop] += torch.tensor(profile(stretch))
    assert torch.allclose(total, torch.ones(side), atol=1e-6)


@pytest.mark.parametrize("side", SIDES)
def test_tiles_are_of_one_size_and_lie_evenly_on_whole_cells(side: int) -> None:
    stretches = even(side, 128, 16, 20)
    assert {stretch.length for stretch in stretches} == {min(128, side)}
    assert all(stretch.start % CELL == 0 for stretch in stretches)
    gaps = {after.start - before.start for before, after in pairwise(stretches)}
    assert not gaps or (max(gaps) <= 128 - 32 and max(gaps) - min(gaps) <= CELL)
    assert (stretches[0].start, stretches[-1].stop) == (0, side)


@pytest.mark.parametrize("seams", ["band", "half_tile", "half_tile_intersections"])
def test_what_lies_over_seams_is_full_on_them_and_nothing_far_away(seams: str) -> None:
    measured, passes = planned(Size(128, 96), scale=4, seams=seams, seams_blur=0)
    canvas = Canvas(torch.zeros(3, measured.canvas.height, measured.canvas.width))
    rows = next(turn for turn in passes if turn.name == "rows")
    for patch in rows.patches:
        canvas.lay(torch.ones(3, patch.box.height, patch.box.width), patch.box, say_of(patch, 0))
    down = canvas.pixels[0].mean(1)
    borders = [
        round(sum(patch.down.rise) / 2 + (patch.down.rise[1] - patch.down.rise[0]) / 2) for patch in rows.patches
    ]
    assert all(float(down[border]) > 0.95 for border in borders)
    assert float(down[0]) < 0.05
    assert float(down.max()) <= 1 + 1e-6
    # Bands are cut into pieces, so that memory does not grow with the picture.
    assert all(max(patch.box[2:]) <= 128 for turn in passes for patch in turn.patches)


def test_every_pass_of_the_original_is_there() -> None:
    _, passes = planned(Size(128, 128), scale=4, seams="half_tile_intersections")
    counts = {turn.name: len(turn.patches) for turn in passes}
    side = round(counts["tiles"] ** 0.5)
    assert counts == {
        "tiles": side**2,
        "rows": (side - 1) * side,
        "columns": side * (side - 1),
        "crossings": (side - 1) ** 2,
    }


def test_tiles_are_cut_one_to_one_and_tell_their_place() -> None:
    ctx = FakePostprocessContext()
    made(picture(), ctx, scale=4, seams="band")
    for part, how in ctx.redrawn:
        assert part.box
        assert part.image.size == tuple(part.box[2:])
        assert all(side % CELL == 0 for side in (*part.box, *(how.canvas or ())))
        assert part.mask is None or part.mask.size == part.image.size


def test_a_tiles_outermost_cells_are_shown_and_kept_where_it_has_neighbours() -> None:
    ctx = FakePostprocessContext()
    made(picture(128, 64), ctx, scale=2, redraw="linear")
    first, *_, last = (part.mask for part, _ in ctx.redrawn)
    assert first
    assert last
    assert [first.getpixel((x, 60)) for x in (0, 60, 115, 116, 127)] == [255, 255, 255, 0, 0]
    assert [last.getpixel((x, 60)) for x in (0, 11, 12, 60, 127)] == [0, 0, 255, 255, 255]


@pytest.mark.parametrize("params", [{}, {"seams": "half_tile"}, {"redraw": "linear", "seams": "band"}, {"scale": 1}])
def test_what_is_said_beforehand_is_what_is_drawn(params: dict[str, Any]) -> None:
    ctx, asked = FakePostprocessContext(), {"scale": 4, "denoise": 0.3, "seams_denoise": 0.3} | params
    made(picture(), ctx, **asked)
    told = estimated(Size(96, 64), **asked)
    assert told.evaluations == 3 * len(ctx.redrawn)
    count = sum(1 for part, _ in ctx.redrawn if part.image.size == ctx.redrawn[0][0].image.size)
    if "seams" not in params:
        assert told.what.startswith(f"{count} tile")


def test_nothing_to_draw_is_said_too() -> None:
    assert estimated(Size(64, 64), redraw="none").what == "nothing drawn anew"
    assert estimated(Size(64, 64), denoise=0).evaluations == 0


def test_both_colours_of_the_board_are_handed_over_together_and_see_what_was_drawn_before() -> None:
    _, (turn,) = planned(Size(128, 128), scale=3)
    ctx = FakePostprocessContext()
    made(picture(128, 128), ctx, scale=3)
    first = [patch for patch in turn.patches if (patch.row + patch.column) % 2 == 0]
    assert [part.box for part, _ in ctx.redrawn[: len(first)]] == [patch.box for patch in first]
    enlarged = ctx.upscale(picture(128, 128), "lanczos", Size(384, 384))
    for number, (part, _) in enumerate(ctx.redrawn):
        assert part.box
        left, top, width, height = part.box
        untouched = enlarged.crop((left, top, left + width, top + height))
        assert (part.image.tobytes() == untouched.tobytes()) == (number < len(first))


def test_how_tiles_are_handed_over_does_not_change_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, together = (FakePostprocessContext() for _ in range(2))
    drawn = alone.redraw_parts
    monkeypatch.setattr(alone, "redraw_parts", lambda parts, how: [drawn([part], how)[0] for part in parts])
    monkeypatch.setattr("limner_plugins.ultimate_upscale.turns._TOGETHER", 3)
    one = made(picture(), alone, scale=6)
    monkeypatch.undo()
    assert one.tobytes() == made(picture(), together, scale=6).tobytes()


def test_in_lines_every_tile_sees_the_ones_before_it() -> None:
    ctx = FakePostprocessContext()
    made(picture(128, 128), ctx, scale=2, redraw="linear", colour_fix="none")
    enlarged = ctx.upscale(picture(128, 128), "lanczos", Size(256, 256))
    boxes = [part.box for part, _ in ctx.redrawn if part.box]
    assert boxes == sorted(boxes, key=lambda box: (box.top, box.left))
    crops = [enlarged.crop((box.left, box.top, box.right, box.bottom)).tobytes() for box in boxes]
    same = [part.image.tobytes() == crop for (part, _), crop in zip(ctx.redrawn, crops, strict=True)]
    assert same == [True] + [False] * (len(boxes) - 1)


@pytest.mark.parametrize("redraw", ["linear", "chess"])
def test_a_run_that_was_cut_short_goes_on_to_the_same_picture(redraw: Any) -> None:
    asked = {"scale": 6, "redraw": redraw, "seams": "band"}
    whole = FakePostprocessContext()
    wanted = made(picture(), whole, **asked)
    cut = FakePostprocessContext(cancel_after=4 if redraw == "chess" else 40)
    with pytest.raises(Cancelled):
        made(picture(), cut, **asked)
    again = FakePostprocessContext(kept=cut.kept)
    kept = len(cut.kept)
    assert kept
    assert made(picture(), again, **asked).tobytes() == wanted.tobytes()
    assert len(again.redrawn) == len(whole.redrawn) - kept


def test_a_slow_upscaler_runs_once_only() -> None:
    ctx = FakePostprocessContext()
    made(picture(), ctx, upscaler="pocket_x4")
    assert ctx.kept["upscaled"].size == (192, 128)
    ctx.kept["upscaled"] = Image.new("RGB", (192, 128), "red")
    assert made(picture(), ctx, upscaler="pocket_x4", redraw="none").getpixel((5, 5)) == (255, 0, 0)


def test_flat_tiles_are_left_alone_if_asked() -> None:
    image = Image.new("RGB", (128, 128), (30, 60, 200))
    image.paste(picture(40, 40), (80, 80))
    ctx = FakePostprocessContext()
    enlarged = made(image, ctx, scale=3, skip_flat=1)
    assert 0 < len(ctx.redrawn) < len(planned(Size(128, 128), scale=3)[1][0].patches)
    assert enlarged.getpixel((10, 10)) == (30, 60, 200)
    assert estimated(Size(128, 128), scale=3, skip_flat=1).what.startswith("at most ")


def test_each_tile_can_have_a_prompt_of_its_own() -> None:
    ctx = FakePostprocessContext()
    made(picture(128, 64), ctx, scale=2, redraw="linear", prompt="sky, [PROMPT] [SEP] [SKIP] [SEP]", negative="blur")
    assert [(part.prompt, part.negative) for part, _ in ctx.redrawn] == [("sky, a red circle", "blur"), (None, "blur")]


def test_negative_prompts_are_told_apart_likewise() -> None:
    params = UltimateParams(prompt="a [SEP] b", negative="[PROMPT], dark [SEP] [SEP] [SKIP]")
    assert prompts_of(params, "own", "blur", 4) == [("a", "blur, dark"), ("b", None), None, None]


def test_too_many_prompts_are_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"postprocess\.prompt.*has 30 parts for 9 tiles; take"):
        estimated(Size(128, 128), scale=2, prompt=" [SEP] ".join(map(str, range(30))))
    with pytest.raises(InvalidRequest, match=r"has 2 parts for 1 tile; take"):
        estimated(Size(64, 64), scale=2, prompt="a [SEP] b")


def test_how_tiles_are_drawn_is_handed_on() -> None:
    own = {"steps": 7, "cfg": 3.0, "sampler": "euler", "schedule": "karras", "model": "other", "vae": "mse"}
    ctx, own = FakePostprocessContext(), own | {"clip_skip": 2, "noise_multiplier": 1.1}
    made(picture(), ctx, **own)
    how = ctx.redrawn[0][1]
    assert {name: getattr(how, name) for name in own} == own
    assert (how.controls, how.keeps_controls) == ((), False)


def test_a_control_network_is_shown_the_tile_itself() -> None:
    ctx = FakePostprocessContext()
    made(picture(), ctx, control="tile_net", control_preprocessor="canny", control_weight=0.6, control_end=0.8)
    (control,) = ctx.redrawn[0][1].controls
    assert (control.name, control.image, control.settings.weight, control.settings.end) == ("tile_net", None, 0.6, 0.8)
    assert control.preprocessor is not None
    assert control.preprocessor.name == "canny"


def test_passthrough_lets_the_pictures_own_hints_be_heard() -> None:
    ctx = FakePostprocessContext()
    made(picture(), ctx, control="passthrough")
    how = ctx.redrawn[0][1]
    assert (how.keeps_controls, how.controls, how.canvas) == (True, (), Size(192, 128))


def test_a_control_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"control_end.*is below control_start, which is 0\.5"):
        UltimateParams.parse({"control_start": 0.5, "control_end": 0.2})


@pytest.mark.parametrize(
    ("size", "params", "said"),
    [
        (Size(1, 1), {}, r"postprocess\.scale: 2\.0 makes a picture of 2x2 pixels; each side needs 8 or more"),
        (Size(400, 10), {"width": 100}, r"postprocess\.width: 100 makes a picture of 100x2 pixels"),
        (Size(64, 64), {"padding": 50}, r"postprocess\.padding: 50 leaves too little of a tile of 128x128 pixels"),
        (Size(64, 64), {"tile_height": 64, "seams_padding": 17}, r"seams_padding: 17 leaves .*; the most is 16"),
    ],
)
def test_what_cannot_be_done_is_refused_beforehand(size: Size, params: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        estimated(size, **params)


def test_nothing_of_the_old_shows_through_between_tiles() -> None:
    measured, (turn,) = planned(Size(96, 96), scale=4)
    canvas = Canvas(torch.zeros(3, measured.canvas.height, measured.canvas.width))
    for patch in turn.patches:
        canvas.lay(torch.ones(3, patch.box.height, patch.box.width), patch.box, say_of(patch, 0))
    assert torch.allclose(canvas.pixels, torch.ones_like(canvas.pixels), atol=1e-5)


def test_a_pass_does_not_touch_what_lies_outside_its_box() -> None:
    canvas, (_, (turn,)) = Canvas(torch.zeros(3, 384, 384)), planned(Size(96, 96), scale=4)
    patch = turn.patches[0]
    canvas.lay(torch.ones(3, patch.box.height, patch.box.width), patch.box, say_of(patch, 0))
    canvas.pixels[:, : patch.box.bottom, : patch.box.right] = 0
    assert not canvas.pixels.any()


def test_cleaning_up_takes_back_what_is_coarse_and_keeps_what_is_fine() -> None:
    source = torch.full((3, 200, 300), 0.4)
    fine = 0.1 * torch.sin(torch.arange(300) * 2)
    coarse = 0.1 * torch.cos(torch.arange(300) * 3.14159 / 300)
    mended = cleaned(source + fine + coarse, source, 1.0) - source
    assert float((mended - fine).abs().mean()) < 0.01
    assert torch.equal(cleaned(source + fine, source, 0.0), source + fine)


def test_colours_stay_those_of_the_picture() -> None:
    image = picture()
    plain = to_pixels(FakePostprocessContext().upscale(image, "lanczos", Size(288, 192)))
    off = {
        way: float((to_pixels(made(image, scale=3, denoise=0.8, colour_fix=way)) - plain).mean().abs())
        for way in ("none", "wavelet", "adain", "lab")
    }
    assert off["none"] > 0.05
    assert max(off["wavelet"], off["adain"]) < 0.01
