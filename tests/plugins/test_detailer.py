"""The detailer as a whole: what it redraws, with what words and seeds, and what it leaves as it was."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.plugins.detailing import changed, context, found, levels, picture, run

from limner_plugins.detailer import limner_postprocessors
from limner_plugins.detailer.drawing import seed_of
from limner_plugins.detailer.finding import point_of
from limner_plugins.detailer.params import DetailerParams
from limner_sdk import Box, Cancelled, Detection, InvalidRequest, Size, UnknownName
from limner_sdk.testing import FakeEstimateContext, FakePostprocessContext, check_postprocessor, fake_recipe

ONE, TWO, THREE = (20, 24, 24, 24), (100, 80, 24, 24), (104, 20, 30, 30)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"only_masked": False},
        {"merge": "merge"},
        {"merge": "merge_invert"},
        {"mask_shape": "ellipse", "match_size": "free"},
        {"match_size": "off", "dynamic_denoise": 0.0},
    ],
)
def test_the_contract_holds(params: dict[str, Any]) -> None:
    (definition,) = limner_postprocessors()
    check_postprocessor(definition, DetailerParams(**params))


def test_only_what_lies_under_the_soft_mask_changes() -> None:
    image = picture()
    different = changed(image, run(image, context(ONE)))
    rows, columns = np.flatnonzero(different.any(axis=1)), np.flatnonzero(different.any(axis=0))
    # A model of 128 pixels takes a quarter of the 4 pixels of blur, which spread over 3.
    assert 20 - 3 <= columns[0] < 20 <= 20 + 23 < columns[-1] <= 20 + 23 + 3
    assert 24 - 3 <= rows[0] < 24 <= 24 + 23 < rows[-1] <= 24 + 23 + 3
    assert different[24:48, 20:44].mean() > 0.99


def test_what_becomes_of_a_face_does_not_depend_on_the_others() -> None:
    image = picture()
    alone = run(image, context(ONE))
    both = run(image, context(ONE, TWO, THREE))
    assert levels(both)[:64, :64].tobytes() == levels(alone)[:64, :64].tobytes()


def seeds(ctx: FakePostprocessContext) -> list[int | None]:
    """Of what was drawn anew."""
    return [part.seed for part, _ in ctx.redrawn]


def test_a_surer_face_elsewhere_changes_no_seed() -> None:
    alone, second, swapped = context(TWO), context(ONE, TWO), context(TWO, ONE)
    for ctx in (alone, second, swapped):
        run(picture(), ctx)
    assert seeds(second)[1:] == seeds(alone)
    assert seeds(swapped) == seeds(second)


def test_a_face_that_an_earlier_unit_has_moved_by_a_pixel_mostly_keeps_its_point() -> None:
    rng = random.Random(3)
    places = [(rng.randrange(1, 900), rng.randrange(1, 900), rng.randrange(80, 120)) for _ in range(400)]
    kept = [
        point_of(Box(left, top, side, side)) == point_of(Box(left + dx, top + dy, side, side))
        for left, top, side in places
        for dx, dy in ((1, 0), (0, -1))
    ]
    assert sum(kept) / len(kept) > 0.95


@pytest.mark.parametrize(
    ("box", "point"),
    [
        ((0, 0, 1, 1), (0, 0)),
        ((0, 0, 15, 17), (0, 16)),
        ((20, 24, 24, 24), (32, 32)),
        ((100, 80, 64, 60), (128, 96)),
        ((300, 40, 255, 100), (448, 64)),
        ((300, 40, 256, 100), (384, 128)),
    ],
)
def test_the_point_of_a_face_is_the_nearest_of_a_grid_that_grows_with_it(
    box: tuple[int, int, int, int], point: tuple[int, int]
) -> None:
    assert point_of(Box(*box)) == point


def test_faces_beside_each_other_have_points_of_their_own() -> None:
    for side in (18, 24, 31, 70, 127):
        corners = range(0, 10 * side, side)
        assert len({point_of(Box(left, top, side, side)) for left in corners for top in corners}) == 100


def test_a_face_keeps_its_seed_when_another_is_skipped() -> None:
    every, some = context(ONE, TWO, THREE), context(ONE, TWO, THREE)
    run(picture(), every, sort="none")
    run(picture(), some, prompt="[SKIP] [SEP] [SKIP] [SEP] [PROMPT]", sort="none")
    assert len(set(seeds(every))) == 3
    assert seeds(some) == seeds(every)[2:]
    assert some.notes == ["2 faces skipped, as the prompt says", "1 face drawn anew"]


def test_each_unit_and_each_picture_has_seeds_of_its_own() -> None:
    contexts = [context(ONE), context(ONE, number=1), context(ONE, recipe=fake_recipe(seed=6))]
    for ctx in contexts:
        run(picture(), ctx)
    assert len({ctx.redrawn[0][0].seed for ctx in contexts}) == 3


def test_overlapping_faces_are_mixed_in_whatever_order() -> None:
    image = picture()
    near = ((20, 24, 24, 24), (36, 30, 24, 24))
    forth, back = (run(image, context(*near), sort=sort) for sort in ("left_to_right", "area"))
    swapped = run(image, context(*near), sort="centre_to_edge", prompt="[PROMPT]")
    assert levels(forth).tobytes() == levels(back).tobytes() == levels(swapped).tobytes()
    assert changed(image, forth)[30:48, 36:44].mean() > 0.95


def test_faces_of_one_size_are_drawn_together() -> None:
    calls: list[int] = []

    class Counting(FakePostprocessContext):
        def redraw_parts(self, parts: Any, how: Any) -> Any:
            calls.append(len(parts))
            return super().redraw_parts(parts, how)

    run(picture(512, 512), Counting(found=found((20, 20, 30, 30), (200, 20, 40, 40), (300, 300, 20, 60))))
    assert sorted(calls) == [1, 2]


def test_faces_are_drawn_enlarged_at_a_size_of_whole_cells() -> None:
    ctx = context(ONE)
    run(picture(), ctx)
    ((part, how),) = ctx.redrawn
    assert part.image.size == (128, 128)
    assert part.mask is not None
    assert part.mask.size == (128, 128)
    # 24 pixels with 3 of blur and 8 of padding at each side.
    assert part.box == Box(20 - 11, 24 - 11, 46, 46)
    assert how.canvas is None


def test_the_words_of_a_face_are_its_own() -> None:
    ctx = context(TWO, ONE, THREE)
    run(picture(), ctx, prompt="a cat [SEP] [PROMPT], laughing [SEP]", negative="blurry")
    # From left to right.
    assert [part.prompt for part, _ in ctx.redrawn] == ["a cat", "a red circle, laughing", None]
    assert {part.negative for part, _ in ctx.redrawn} == {"blurry"}


def test_more_prompts_than_faces_are_no_matter() -> None:
    ctx = context(ONE, TWO)
    run(picture(), ctx, prompt="a cat [SEP] [SEP] a dog [SEP] [SKIP]", negative="[PROMPT][SEP]blurry[SEP][SKIP]")
    assert [(part.prompt, part.negative) for part, _ in ctx.redrawn] == [("a cat", None), (None, "blurry")]


def test_settings_of_its_own_reach_the_host() -> None:
    ctx = context(ONE)
    own = {"steps": 7, "cfg": 3.0, "sampler": "euler", "schedule": "karras", "model": "other", "vae": "mse"}
    run(picture(), ctx, clip_skip=2, noise_multiplier=1.1, denoise=0.5, dynamic_denoise=0, **own)
    how = ctx.redrawn[0][1]
    assert {name: getattr(how, name) for name in own} == own
    assert (how.strength, how.clip_skip, how.noise_multiplier, how.controls) == (0.5, 2, 1.1, ())


def test_a_control_network_is_shown_the_part_itself() -> None:
    ctx = context(ONE)
    run(picture(), ctx, control="tile_net", control_preprocessor="tile", control_weight=0.7, control_end=0.5)
    (control,) = ctx.redrawn[0][1].controls
    assert (control.name, control.image, control.settings.weight, control.settings.end) == ("tile_net", None, 0.7, 0.5)
    assert control.preprocessor is not None
    assert control.preprocessor.name == "tile"


def test_passthrough_lets_the_pictures_own_hints_be_heard() -> None:
    ctx = context(ONE)
    run(picture(), ctx, control="passthrough")
    how = ctx.redrawn[0][1]
    assert (how.keeps_controls, how.controls, how.canvas) == (True, (), Size(160, 128))


def test_larger_faces_are_drawn_less() -> None:
    ctx = context((0, 0, 16, 16), (0, 0, 60, 128))
    run(picture(), ctx, sort="area")
    assert [how.strength for _, how in ctx.redrawn] == pytest.approx([0.4 * 0.4, 0.4])
    ctx = context((0, 0, 160, 128))
    assert run(picture(), ctx).tobytes() == picture().tobytes()
    assert ctx.notes == ["1 face not drawn anew: dynamic_denoise draws large things less"]


def test_nothing_found_leaves_the_picture_and_says_so() -> None:
    ctx = FakePostprocessContext(found=found(ONE, sure=0.29))
    image = picture()
    assert run(image, ctx).tobytes() == image.tobytes()
    assert ctx.notes == ["No face found by pocket_faces at confidence 0.3: nothing was drawn anew"]
    assert ctx.redrawn == []


def test_what_was_done_is_told_by_what_was_found() -> None:
    hands = (Detection(Box(*ONE), 0.9, "hand"), *found(TWO, THREE))
    for params, told in (
        ({}, "1 hand and 2 faces drawn anew"),
        ({"merge": "merge"}, "1 hand and 2 faces drawn anew"),
        ({"merge": "merge_invert"}, "All but 1 hand and 2 faces drawn anew"),
        ({"top_k": 1}, "1 face drawn anew"),
        ({"denoise": 0}, "1 hand and 2 faces not drawn anew: denoise is 0"),
    ):
        ctx = FakePostprocessContext(found=hands)
        run(picture(), ctx, sort="none", **params)
        assert ctx.notes == [told]


def test_things_of_no_fitting_size_are_told_from_nothing() -> None:
    ctx = context(ONE, TWO)
    run(picture(), ctx, min_ratio=0.5)
    limits = "none of the size that min_ratio, max_ratio and max_side ask for"
    assert ctx.notes == [f"2 faces found by pocket_faces, {limits}: nothing was drawn anew"]


def test_of_three_hundred_things_the_largest_are_drawn() -> None:
    many = [(5 * (index % 30), 5 * (index // 30), 4 + index // 30, 4) for index in range(300)]
    ctx = context(*many, found=found(*many, sure=0.95))
    run(picture(), ctx)
    assert len(ctx.redrawn) == 64
    assert ctx.notes == [
        "300 faces found by pocket_faces: those but the 64 of most area stay",
        "64 faces drawn anew",
    ]


def test_the_surest_are_kept_if_that_is_asked_for() -> None:
    ctx = context(ONE, TWO, THREE)
    run(picture(), ctx, top_k=1, top_k_by="confidence")
    (sure,) = ctx.redrawn
    run(picture(), ctx, top_k=1)
    assert sure[0].box is not None
    assert sure[0].box.left < 20
    assert ctx.redrawn[-1][0].box.left > 80  # type: ignore[union-attr]


def test_faces_that_are_large_enough_stay() -> None:
    ctx = context(ONE, THREE)
    run(picture(), ctx, max_side=24)
    assert len(ctx.redrawn) == 1
    huge = context((0, 0, 257, 300), (300, 300, 100, 256))
    run(picture(900, 900), huge)
    assert [part.seed for part, _ in huge.redrawn] == [seed_of(5, 0, (384, 384))]


@pytest.mark.parametrize(("order", "lefts"), [("none", [100, 20, 70]), ("left_to_right", [20, 70, 100])])
def test_the_order_gives_the_prompts(order: str, lefts: list[int]) -> None:
    ctx = context((100, 80, 10, 10), (20, 24, 30, 30), (70, 60, 20, 20))
    run(picture(), ctx, sort=order, prompt="0 [SEP] 1 [SEP] 2", padding=0, blur=0, dynamic_denoise=0)
    assert [part.box.left for part, _ in ctx.redrawn if part.box] == lefts
    assert [part.prompt for part, _ in ctx.redrawn] == ["0", "1", "2"]


@pytest.mark.parametrize(("order", "lefts"), [("centre_to_edge", [70, 100, 20]), ("area", [20, 70, 100])])
def test_things_are_sorted_by_place_or_size(order: str, lefts: list[int]) -> None:
    ctx = context((100, 80, 10, 10), (20, 14, 30, 30), (70, 60, 20, 20))
    run(picture(), ctx, sort=order, padding=0, blur=0, match_size="free", dynamic_denoise=0)
    assert [part.box.left for part, _ in ctx.redrawn if part.box] == lefts


def test_only_what_touches_a_mask_is_drawn() -> None:
    left = Image.new("RGB", (8, 8))
    left.paste((255, 255, 255), (0, 0, 4, 8))
    ctx = context(ONE, TWO, shown={"mask": left})
    run(picture(), ctx)
    assert [part.box.left < 80 for part, _ in ctx.redrawn if part.box] == [True]
    ctx = context(TWO, shown={"mask": left})
    run(picture(), ctx)
    assert ctx.notes == ["1 face found by pocket_faces, but not in the mask: nothing was drawn anew"]


@pytest.mark.parametrize("size", [(1, 1), (1, 97), (300, 2), (16, 16)])
@pytest.mark.parametrize("merge", ["none", "merge", "merge_invert"])
def test_tiny_pictures_and_masks_of_everything_work(size: tuple[int, int], merge: str) -> None:
    image = picture(*size)
    ctx = FakePostprocessContext(found=(Detection(Box(0, 0, *size), 0.9, "face"),))
    made = run(image, ctx, merge=merge, dynamic_denoise=0, max_side=300)
    assert made.size == size
    assert changed(image, made).all() == (merge != "merge_invert")
    assert (ctx.notes == ["1 face drawn anew"]) == (merge != "merge_invert")


def test_it_stops_when_nobody_wants_the_picture_any_more() -> None:
    ctx = context(ONE, THREE, cancel_after=2)
    with pytest.raises(Cancelled):
        run(picture(), ctx, match_size="off", width=64)
    assert len(ctx.redrawn) < 2


@pytest.mark.parametrize("box", [(0, 0, 20, 20), (140, 108, 20, 20), (0, 100, 160, 28)])
def test_a_face_at_the_border_is_drawn_up_to_the_edge(box: tuple[int, int, int, int]) -> None:
    image = picture()
    different = changed(image, run(image, context(box)))
    left, top, width, height = box
    assert different[top : top + height, left : left + width].mean() > 0.98


def test_the_estimate_tells_what_one_face_costs() -> None:
    (definition,) = limner_postprocessors()
    assert definition.estimate is not None
    told = definition.estimate(Size(640, 480), FakeEstimateContext(), DetailerParams(steps=20))
    assert (told.size, told.evaluations, told.what) == (
        Size(640, 480),
        8,
        "for each thing found",
    )


NAMES = ("detector", "upscaler", "sampler", "schedule", "model", "vae", "control")


@pytest.mark.parametrize(
    "values", [*({name: "unknown"} for name in NAMES), {"control": "a", "control_preprocessor": "unknown"}]
)
def test_a_name_that_nothing_answers_to_is_refused_before_anything_is_drawn(values: dict[str, str]) -> None:
    (definition,) = limner_postprocessors()
    assert definition.estimate is not None
    with pytest.raises(UnknownName, match="'unknown' is unknown"):
        definition.estimate(Size(640, 480), FakeEstimateContext(), DetailerParams.parse(values))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"min_ratio": 0.5, "max_ratio": 0.2}, "max_ratio: 0.2 is below min_ratio, which is 0.5; make it larger"),
        ({"width": 32}, "width: 32 is too small; the least is 64, or 0 for a size that fits"),
        ({"merge": "both"}, "merge: 'both' is not one of"),
        ({"confidence": 2}, "confidence: 2 is too large; the most is 1"),
    ],
)
def test_bad_input_gets_one_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        DetailerParams.parse(values)
    assert str(caught.value).startswith(sentence)
