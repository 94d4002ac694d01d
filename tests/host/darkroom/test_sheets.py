"""Contact sheets and grids of our own pictures, and masks for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from tests.host.darkroom.strange import asked, png_of, saved

from limner_host.pictures import read_image, read_texts, write_png
from limner_sdk.darkroom import Combine, Gallery, Mask, Masked, Refused, Sheet


def coloured(folder: Path, *colours: str, size: tuple[int, int] = (64, 32)) -> tuple[str, ...]:
    """One file for each colour."""
    for place, colour in enumerate(colours):
        write_png(Image.new("RGB", size, colour), folder / f"{place}.png", {"limner": "{}"})
    return tuple(str(folder / f"{place}.png") for place in range(len(colours)))


def at(file: str, place: tuple[int, int]) -> tuple[int, ...]:
    """A pixel."""
    pixel = read_image(Path(file)).convert("RGB").getpixel(place)
    assert isinstance(pixel, tuple)
    return pixel


def test_a_contact_sheet_shows_each_picture_with_its_number(tmp_path: Path) -> None:
    files = coloured(tmp_path, "red", "lime", "blue")
    sheet = asked(Gallery(number=1, files=files, into=str(tmp_path), name="g", columns=2, side=64), Sheet)
    assert (sheet.width, sheet.height, sheet.missing) == (2 * 68 + 4, 2 * 68 + 4, ())
    middles = [at(sheet.file, place) for place in ((50, 36), (118, 36), (50, 104))]
    assert middles == [pytest.approx(colour, abs=4) for colour in ((254, 0, 0), (0, 255, 0), (0, 0, 254))]
    other = asked(Gallery(number=1, files=files, into=str(tmp_path), name="h", columns=2, side=64, first=5), Sheet)
    corner = (4, 4, 34, 34)
    one, five = (read_image(Path(each.file)).crop(corner).tobytes() for each in (sheet, other))
    assert one != five


def test_a_place_of_a_sheet_whose_picture_is_gone_or_damaged_stays_empty(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(png_of(20_000, 20_000, b"x"))
    files = (*coloured(tmp_path, "red"), str(tmp_path / "gone.png"), str(tmp_path / "bad.png"))
    sheet = asked(Gallery(number=1, files=files, into=str(tmp_path), name="g"), Sheet)
    assert sheet.missing == (1, 2)
    assert sheet.bytes == Path(sheet.file).stat().st_size


def test_a_hundred_small_pictures_fit_on_a_sheet(tmp_path: Path) -> None:
    (file,) = coloured(tmp_path, "red", size=(1, 1))
    sheet = asked(Gallery(number=1, files=(file,) * 100, into=str(tmp_path), name="g", columns=10, side=32), Sheet)
    assert (sheet.width, sheet.height) == (364, 364)


def test_a_grid_holds_what_is_left_of_it_and_says_nothing(tmp_path: Path) -> None:
    sheet = asked(
        Combine(number=1, files=coloured(tmp_path, "red", "lime", "blue"), into=str(tmp_path), name="g"), Sheet
    )
    assert (sheet.format, sheet.width, sheet.height) == ("PNG", 128, 64)
    places = ((9, 9), (99, 9), (9, 40), (99, 40))
    assert [at(sheet.file, place) for place in places] == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)]
    assert read_texts(Path(sheet.file)) == {}


def test_a_grid_of_one_picture_is_that_picture(tmp_path: Path) -> None:
    sheet = asked(Combine(number=1, files=coloured(tmp_path, "red"), into=str(tmp_path), name="g"), Sheet)
    assert (sheet.width, sheet.height) == (64, 32)


def test_a_grid_without_one_of_its_pictures_or_too_large_is_refused(tmp_path: Path) -> None:
    gone = Combine(number=1, files=(str(tmp_path / "a.png"),), into=str(tmp_path), name="g")
    assert asked(gone, Refused).sentence == "pictures: 'a.png' is not there any more; give it again"
    large = coloured(tmp_path, "red", size=(3000, 2000)) * 16
    sentence = asked(Combine(number=1, files=large, into=str(tmp_path), name="g"), Refused).sentence
    assert sentence == "pictures: 16 make a grid of 96 million pixels; the most is 80 million: take fewer"


def mask(folder: Path, image: Image.Image, width: int = 64, height: int = 32) -> Mask:
    (folder / "mask").write_bytes(saved(image, "PNG"))
    return Mask(
        number=1, file=str(folder / "mask"), clean_to=str(folder / "clean"), width=width, height=height, called="m.png"
    )


def test_a_mask_of_the_same_size_is_its_lightness(tmp_path: Path) -> None:
    image = Image.new("RGBA", (64, 32), (255, 255, 255, 0))
    image.paste((255, 255, 255, 255), (0, 0, 16, 32))
    found = asked(mask(tmp_path, image), Masked)
    assert (found.scaled, found.painted) == (False, 0.25)
    written = read_image(Path(found.file))
    assert (written.mode, written.size, written.getpixel((8, 8)), written.getpixel((40, 8))) == ("L", (64, 32), 255, 0)


def test_in_a_picture_with_holes_the_holes_are_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (64, 32), (200, 30, 30, 255))
    image.paste((0, 0, 0, 0), (0, 0, 16, 32))
    found = asked(mask(tmp_path, image), Masked)
    written = read_image(Path(found.file))
    assert (found.painted, written.getpixel((8, 8)), written.getpixel((40, 8))) == (0.25, 255, 0)


def test_grey_strokes_on_a_transparent_layer_are_no_picture_with_holes(tmp_path: Path) -> None:
    image = Image.new("RGBA", (64, 32), (255, 0, 0, 0))
    image.paste((250, 252, 255, 255), (0, 0, 16, 32))
    written = read_image(Path(asked(mask(tmp_path, image), Masked).file))
    assert written.getpixel((40, 8)) == 0
    assert written.getextrema()[1] > 240


@pytest.mark.parametrize("size", [(128, 64), (65, 32), (32, 16)])
def test_a_mask_of_about_the_same_shape_is_scaled(tmp_path: Path, size: tuple[int, int]) -> None:
    found = asked(mask(tmp_path, Image.new("L", size, 255)), Masked)
    assert (found.scaled, found.painted, read_image(Path(found.file)).size) == (True, 1.0, (64, 32))


def test_a_mask_of_another_shape_or_without_anything_painted_is_refused(tmp_path: Path) -> None:
    sentence = asked(mask(tmp_path, Image.new("L", (64, 64), 255)), Refused).sentence
    assert sentence == "mask: 'm.png' is 64x64, which is no shape for a picture of 64x32; make it 64x32"
    assert "is black everywhere" in asked(mask(tmp_path, Image.new("L", (64, 32))), Refused).sentence
    assert not list(tmp_path.glob("clean*"))
