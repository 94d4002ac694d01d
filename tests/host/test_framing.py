"""How pictures are made to fit, and how masks choose their part of one."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from tests.conftest import a_recipe

from limner_host.canvas import canvas_of, outpainted, returned, softened, surrounded
from limner_host.framing import covering, cropped, extended, filled, grown, inside, stretched
from limner_host.tensors import to_grey, to_image, to_tensor
from limner_sdk import Box, Inpaint, InvalidRequest, Outpaint, Size

SIDES = st.integers(1, 300)


def picture(width: int = 60, height: int = 40) -> Image.Image:
    return Image.radial_gradient("L").resize((width, height)).convert("RGB")


def dot(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    return mask


@pytest.mark.parametrize("fit", [stretched, cropped, filled])
def test_every_fit_gives_the_size_that_was_asked_for(fit: object) -> None:
    assert callable(fit)
    assert fit(picture(), Size(48, 96)).size == (48, 96)


def test_a_cropped_picture_keeps_its_proportions() -> None:
    assert covering((60, 40), Size(40, 40)) == (10, 0, 40, 40)


def test_a_filled_picture_continues_its_outermost_pixels() -> None:
    made = extended(Image.new("RGB", (2, 2), "red"), 3, 1, Size(8, 4))
    assert made.getcolors() == [(32, (255, 0, 0))]


@given(SIDES, SIDES, SIDES, SIDES)
def test_what_is_shown_inside_stays_inside(width: int, height: int, wide: int, high: int) -> None:
    box = inside((width, height), Size(wide, high))
    assert 0 <= box.left <= box.right <= wide
    assert 0 <= box.top <= box.bottom <= high
    assert box.width == wide or box.height == high


@given(st.integers(0, 90), st.integers(0, 90), st.integers(1, 10), st.integers(1, 10), st.integers(0, 64))
def test_a_grown_box_covers_its_mask_and_stays_in_the_picture(
    left: int, top: int, width: int, height: int, padding: int
) -> None:
    box = grown(Box(left, top, width, height), padding, Size(64, 96), Size(100, 100))
    assert 0 <= box.left <= left
    assert 0 <= box.top <= top
    assert left + width <= box.right <= 100
    assert top + height <= box.bottom <= 100


def test_a_grown_box_takes_the_shape_of_what_is_drawn() -> None:
    assert grown(Box(40, 40, 20, 10), 0, Size(64, 64), Size(100, 100)) == Box(40, 35, 20, 20)


def test_a_box_at_the_edge_is_shifted_and_not_cut() -> None:
    assert grown(Box(90, 0, 10, 30), 0, Size(64, 64), Size(100, 100)) == Box(70, 0, 30, 30)


def test_a_box_wider_than_the_picture_is_high_is_cut() -> None:
    assert grown(Box(0, 10, 100, 10), 0, Size(64, 64), Size(100, 40)) == Box(0, 0, 100, 40)


def test_a_mask_of_other_proportions_is_refused_with_the_remedy() -> None:
    with pytest.raises(InvalidRequest, match=r"mask: '30x30' has other proportions .* scale it to 60x40"):
        softened(dot((30, 30), (0, 0, 9, 9)), picture(), Inpaint())


def test_a_black_mask_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="black everywhere; leave something"):
        softened(Image.new("L", (60, 40)), picture(), Inpaint())


def test_a_smaller_mask_of_the_same_proportions_fits() -> None:
    assert softened(dot((30, 20), (0, 0, 9, 9)), picture(), Inpaint(blur=0)).getpixel((10, 10)) == 255


def test_an_inverted_mask_is_white_outside() -> None:
    grey = softened(dot((60, 40), (0, 0, 9, 9)), picture(), Inpaint(blur=0, invert=True))
    assert (grey.getpixel((5, 5)), grey.getpixel((30, 30))) == (0, 255)


@pytest.mark.parametrize("area", ["whole", "masked"])
def test_pixels_outside_the_mask_stay_exactly_the_same(area: str) -> None:
    original, mask = picture(64, 64), dot((64, 64), (20, 20, 30, 30))
    recipe = a_recipe(width=64, height=64, inpaint={"area": area, "blur": 2, "padding": 4})
    canvas = canvas_of(recipe, original, mask)
    made = to_image(canvas.finished(torch.ones_like(canvas.picture)))
    white = to_grey(softened(mask, original, Inpaint(blur=2))) > 0
    assert torch.equal(to_tensor(made)[~white.expand(1, 3, -1, -1)], to_tensor(original)[~white.expand(1, 3, -1, -1)])
    assert min(made.crop((25, 25, 26, 26)).getextrema())[0] > 250


def test_a_masked_part_is_enlarged_to_the_size_that_is_drawn() -> None:
    canvas = canvas_of(
        a_recipe(width=64, height=64, inpaint={"area": "masked", "padding": 2, "blur": 0}),
        picture(200, 100),
        dot((200, 100), (40, 40, 49, 49)),
    )
    assert canvas.picture.shape == (1, 3, 64, 64)
    assert canvas.part == Box(38, 38, 14, 14)
    assert canvas.finished(torch.zeros(1, 3, 64, 64)).shape == (1, 3, 100, 200)


def test_a_part_comes_back_without_its_continued_edges() -> None:
    drawn = torch.full((1, 3, 64, 64), -1.0)
    drawn[:, :, 16:48] = 1.0
    assert returned(drawn, Box(0, 0, 40, 20)).min() > 0.99


def test_an_outpainted_picture_grows_and_keeps_its_middle() -> None:
    larger, mask = outpainted(picture(), None, Outpaint(left=8, top=16, overlap=4))
    assert larger.size == mask.size == (68, 56)
    assert larger.crop((8, 16, 68, 56)).tobytes() == picture().tobytes()
    assert [mask.getpixel(at) for at in ((0, 0), (11, 19), (12, 20), (67, 55))] == [255, 255, 0, 0]


def test_fill_lets_the_colours_around_flow_in() -> None:
    shown, white = torch.full((1, 3, 32, 32), 0.25), torch.zeros(1, 1, 32, 32)
    white[..., 8:24, 8:24] = 1
    shown[..., 8:24, 8:24] = -1
    assert torch.allclose(surrounded(shown, white), torch.tensor(0.25), atol=1e-4)
