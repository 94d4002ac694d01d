"""The size ladder: the best that fits, with its recipe wherever there is room, or without a word about it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageFilter
from tests.conftest import a_recipe
from tests.host.darkroom.strange import asked, png_of, telling

from limner_host.darkroom import encoding
from limner_host.darkroom.encoding import encoded, lossy
from limner_host.metadata.containers import INFOTEXT, RECIPE
from limner_host.pictures import read_image, read_recipe, read_texts, write_png
from limner_sdk.darkroom import Fit, Fitted, Refused


def photo(side: int = 320) -> Image.Image:
    """A picture that is hardly smaller without loss, and much smaller with."""
    ramp, grain = Image.linear_gradient("L").resize((side, side)), Image.effect_noise((side, side), 80)
    layers = [Image.blend(ramp.rotate(turn), grain, 0.6) for turn in (0, 90, 180)]
    return Image.merge("RGB", [layer.filter(ImageFilter.GaussianBlur(0.6)) for layer in layers])


PHOTO = photo()
TEXTS = {RECIPE: a_recipe(prompt="ein Kätzchen").model_dump_json(), INFOTEXT: "ein Kätzchen\nSteps: 3, Seed: 4"}
ALL = 10 * 2**20


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A picture as a host writes it."""
    write_png(PHOTO, tmp_path / "ours.png", TEXTS)
    return tmp_path / "ours.png"


def fitted(file: Path, most: int, **options: Any) -> Fitted:
    into = file.parent / "sent"
    found = asked(Fit(number=1, file=str(file), into=str(into), name="a", most_bytes=most, **options), Fitted)
    assert found.bytes == Path(found.file).stat().st_size <= most
    assert read_image(Path(found.file)).size == (found.width, found.height)
    return found


def test_what_fits_is_sent_as_it_is(ours: Path) -> None:
    found = fitted(ours, ours.stat().st_size)
    assert (found.file, found.format, found.quality, found.note) == (str(ours), "PNG", 100, "")


def test_one_byte_too_many_makes_it_a_webp_of_the_same_pixels(ours: Path) -> None:
    found = fitted(ours, ours.stat().st_size - 1)
    assert (found.format, found.quality, found.file.endswith("sent/a.webp")) == ("WEBP", 100, True)
    assert "WebP without loss" in found.note
    assert ImageChops.difference(read_image(Path(found.file)), PHOTO).getbbox() is None


def test_quality_falls_with_the_room_and_pixels_go_last(ours: Path) -> None:
    sizes = [len(encoded(PHOTO, lossy(PHOTO, quality), TEXTS)) for quality in (95, 90, 80, 70)]
    assert sizes[-1] > 16 * 1024
    assert [fitted(ours, most).quality for most in sizes] == [95, 90, 80, 70]
    assert fitted(ours, sizes[0] - 1).quality == 90
    small = fitted(ours, sizes[-1] - 1)
    assert (small.quality, small.width < 320) == (80, True)


@pytest.mark.parametrize("most", [ALL, 80_000, 40_000, 20_000])
def test_the_recipe_comes_back_whatever_it_takes(ours: Path, most: int) -> None:
    file = Path(fitted(ours, most).file)
    assert read_recipe(file) == a_recipe(prompt="ein Kätzchen")
    assert read_texts(file) == TEXTS


@pytest.mark.parametrize("most", [ALL, 80_000, 40_000, 20_000])
def test_without_metadata_nothing_is_left_of_it(ours: Path, most: int) -> None:
    found = fitted(ours, most, metadata=False)
    assert found.file != str(ours)
    assert read_texts(Path(found.file)) == {}
    assert b"tzchen" not in Path(found.file).read_bytes()
    if most == ALL:
        assert (found.format, found.quality) == ("PNG", 100)
        assert ImageChops.difference(read_image(Path(found.file)), PHOTO).getbbox() is None


def test_only_what_we_wrote_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(telling(PHOTO, "PNG"))
    found = fitted(tmp_path / "a.png", 60_000)
    assert found.format == "WEBP"
    assert b"CANARY" not in Path(found.file).read_bytes()


def test_what_still_does_not_fit_is_made_smaller_in_its_own_proportions(tmp_path: Path) -> None:
    write_png(Image.effect_noise((640, 320), 120).convert("RGB"), tmp_path / "a.png", {})
    found = fitted(tmp_path / "a.png", 16 * 1024)
    assert found.width < 640
    assert found.width / found.height == pytest.approx(2, abs=0.05)
    assert f"{found.width}x{found.height} pixels" in found.note


def test_texts_that_leave_no_room_are_given_up(tmp_path: Path) -> None:
    texts = {RECIPE: "x" * 40_000}
    write_png(Image.effect_noise((256, 256), 120).convert("RGB"), tmp_path / "a.png", texts)
    assert read_texts(Path(fitted(tmp_path / "a.png", 16 * 1024).file)) == {}


def test_what_a_webp_cannot_hold_becomes_a_jpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_png(Image.linear_gradient("L").resize((17_000, 20)).convert("RGB"), tmp_path / "a.png", TEXTS)
    size = (tmp_path / "a.png").stat().st_size
    found = fitted(tmp_path / "a.png", max(size - 1, 16 * 1024)) if size > 16 * 1024 else None
    assert found is None or found.format == "JPEG"
    monkeypatch.setattr(encoding, "LARGEST_WEBP", 1000)
    write_png(PHOTO, tmp_path / "b.png", TEXTS)
    found = fitted(tmp_path / "b.png", 60_000)
    assert found.format == "JPEG"
    assert read_recipe(Path(found.file)) == a_recipe(prompt="ein Kätzchen")


def test_what_is_transparent_lies_on_white_where_it_must(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "LARGEST_WEBP", 1000)
    image = PHOTO.convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 64, 64))
    write_png(image, tmp_path / "a.png", {})
    pixel = read_image(Path(fitted(tmp_path / "a.png", 60_000).file)).getpixel((20, 20))
    assert pixel == pytest.approx((255, 255, 255), abs=4)


def refused(file: Path, most: int = ALL) -> str:
    task = Fit(number=1, file=str(file), into=str(file.parent), name="a", most_bytes=most)
    return asked(task, Refused).sentence


def test_a_picture_too_large_for_any_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_of(9000, 9000, b"x"))
    assert (
        refused(tmp_path / "a.png") == "picture: 'a.png' is 9000x9000 pixels; the most is 80 million: make it smaller"
    )


def test_what_is_not_there_or_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("hello")
    assert "is not there any more" in refused(tmp_path / "b.png")
    assert "is no PNG, JPEG or WebP picture" in refused(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["../a", "a/b", "", ".a", "a.png", "a\n", "a\0", "x" * 101])
def test_a_name_that_leads_elsewhere_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="String should"):
        Fit(number=1, file="a", into="b", name=name, most_bytes=ALL)


def test_a_full_disk_is_told_apart_and_leaves_nothing(ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    task = Fit(number=1, file=str(ours), into=str(ours.parent), name="a", most_bytes=40_000)
    found = asked(task, Refused)
    assert (found.why, found.sentence) == ("disk", "the disk is full; try again later")
    assert [path.name for path in ours.parent.iterdir()] == ["ours.png"]


def test_what_nobody_has_thought_of_is_told_without_details(ours: Path) -> None:
    (ours.parent / "taken").touch()
    task = Fit(number=1, file=str(ours), into=str(ours.parent / "taken"), name="a", most_bytes=40_000)
    found = asked(task, Refused)
    assert (found.why, str(ours.parent) in found.sentence) == ("internal", False)
