"""Zooming out, panning, making square and regions, as requests."""

from __future__ import annotations

import pytest
from tests.bot.orders import recipe

from limner_bot.asking.growing import SIDES, Ground, grown, panned, redrawn_within, squared, zoomed
from limner_sdk import Finished, InvalidRequest, PictureReference, Recipe, Size, Stage

NATIVE = Size(512, 512)
ENLARGED = Stage(id="finishing:upscale")


def ground(width: int = 512, height: int = 512, made: Recipe | None = None) -> Ground:
    """A picture that was drawn as large as it is, unless its recipe says more."""
    return Ground("/a.png", Size(width, height), made or _drawn(width, height), NATIVE)


def _drawn(width: int, height: int) -> Recipe:
    return recipe().model_copy(update={"width": width, "height": height})


@pytest.mark.parametrize(
    ("size", "factor"), [((512, 512), 2.0), ((512, 512), 1.5), ((768, 512), 2.0), ((333, 501), 1.5)]
)
def test_a_zoom_keeps_the_size_and_the_middle(size: tuple[int, int], factor: float) -> None:
    growth = zoomed(ground(*size), factor)
    around = growth.around
    assert growth.size == Size(*size)
    assert (around.left, around.top) == (around.right, around.bottom)
    assert abs((size[0] + 2 * around.left) / size[0] - factor) < 0.01
    assert abs((size[1] + 2 * around.top) / size[1] - factor) < 0.01


@pytest.mark.parametrize("factor", [1.0, 0.0, -2.0, 3.5, float("nan"), float("inf")])
def test_a_zoom_that_nobody_wants_is_refused(factor: float) -> None:
    with pytest.raises(InvalidRequest, match=r"from 1\.05 to 3"):
        zoomed(ground(), factor)


@pytest.mark.parametrize("side", SIDES)
def test_a_pan_adds_half_a_picture_at_one_side_and_keeps_its_scale(side: str) -> None:
    growth = panned(ground(400, 600), side)  # type: ignore[arg-type]
    around = {"left": growth.around.left, "right": growth.around.right}
    around |= {"up": growth.around.top, "down": growth.around.bottom}
    wide = side in ("left", "right")
    assert {name: pixels for name, pixels in around.items() if pixels} == {side: 200 if wide else 300}
    assert growth.size == (Size(600, 600) if wide else Size(400, 900))


def test_a_square_grows_at_its_shorter_sides_and_at_no_other() -> None:
    growth = squared(ground(512, 301))
    assert (growth.around.top, growth.around.bottom, growth.around.left) == (105, 106, 0)
    assert growth.size == Size(512, 512)
    with pytest.raises(InvalidRequest, match="square already"):
        squared(ground())


def test_a_square_that_is_too_much_for_the_model_is_drawn_smaller() -> None:
    assert squared(ground(512, 2048)).size == Size(512, 512)


def test_what_was_enlarged_is_drawn_at_the_size_it_was_drawn_at() -> None:
    drawn = _drawn(512, 512)
    of_button = recipe().model_copy(update={"postprocess": (ENLARGED,), "finished": _finished(drawn)})
    assert zoomed(ground(2048, 2048, of_button), 1.5).size == Size(512, 512)
    of_option = drawn.model_copy(update={"postprocess": (ENLARGED,)})
    assert panned(ground(1024, 1024, of_option), "up").size == Size(512, 768)


def test_a_strangers_picture_is_drawn_at_what_the_model_can_do() -> None:
    theirs = recipe().model_copy(update={"postprocess": (ENLARGED,), "finished": _finished(None)})
    assert zoomed(ground(4096, 2048, theirs), 1.2).size == Size(728, 360)


def test_the_request_starts_from_the_file_with_a_fresh_seed_and_nothing_of_before() -> None:
    made = _drawn(512, 512).model_copy(update={"image": PictureReference(digest="1" * 64)})
    request = grown(ground(made=made), zoomed(ground(), 2), "a wide field")
    assert (request.image, request.prompt, request.count) == ("/a.png", "a wide field", 4)
    assert request.seed != made.seed.seed
    assert (request.mask, request.hires, request.variations, request.controls, request.start) == (
        None,
        None,
        (),
        (),
        None,
    )


def test_a_picture_without_a_prompt_needs_one() -> None:
    theirs = recipe(prompt="").model_copy(update={"finished": _finished(None)})
    with pytest.raises(InvalidRequest, match="what the picture should show"):
        grown(ground(made=theirs), zoomed(ground(), 2))


def test_a_region_of_an_enlarged_picture_is_drawn_at_the_models_size_and_the_rest_stays() -> None:
    of_button = recipe().model_copy(update={"postprocess": (ENLARGED,), "finished": _finished(_drawn(512, 512))})
    small = redrawn_within(ground(), "/m.png", "a cat", 0.5)
    large = redrawn_within(ground(2048, 2048, of_button), "/m.png")
    assert small.inpaint is not None
    assert large.inpaint is not None
    assert (small.inpaint.area, large.inpaint.area) == ("whole", "masked")
    assert (large.width, large.height, large.postprocess, large.finished) == (512, 512, (), None)
    assert (small.start.denoise if small.start else None, small.mask, small.prompt) == (0.5, "/m.png", "a cat")


def _finished(made: Recipe | None) -> Finished:
    return Finished(image=PictureReference(digest="1" * 64), recipe=made)
