"""Strangers' pictures: refused by what they are, never by their name, and copied without anything but pixels."""

from __future__ import annotations

import contextlib
import hashlib
import random
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from tests.host.darkroom.strange import (
    CANARY,
    asked,
    chunk,
    compressed_zeros,
    looked_at,
    png_of,
    refusal,
    saved,
    telling,
)

from limner_host.darkroom.__main__ import answer
from limner_host.darkroom.known import Knowledge
from limner_host.darkroom.opening import Source, damage_told, open_picture, upright
from limner_host.metadata.containers import texts_of
from limner_sdk import InvalidRequest
from limner_sdk.darkroom import Decoded, Inspect, Inspected, Refused

GREY = Image.new("RGB", (16, 8), "grey")


def clean(found: Inspected) -> Image.Image:
    with Image.open(found.file) as image:
        image.load()
        return image


def test_a_bomb_of_177_million_pixels_in_half_a_megabyte_is_refused_by_its_header(tmp_path: Path) -> None:
    bomb = png_of(13_300, 13_300)
    assert len(bomb) < 2**19
    started = time.perf_counter()
    assert refusal(tmp_path, bomb, called="b.png").startswith("picture: 'b.png' is too large; the most is 32 million")
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("width", "height", "most"), [(5657, 5657, 32_000_000), (17, 8, 128), (10_000, 10_000, 32_000_000)]
)
def test_more_pixels_than_allowed_are_refused(tmp_path: Path, width: int, height: int, most: int) -> None:
    sentence = refusal(tmp_path, png_of(width, height, b"x"), largest_pixels=most)
    assert "the most is" in sentence


@pytest.mark.parametrize("size", [(0, 8), (8, 0)])
def test_no_pixels_are_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    refusal(tmp_path, png_of(*size, b"x"))


@pytest.mark.parametrize(
    ("kind", "head"), [("zTXt", b"limner\0\0"), ("iCCP", b"profile\0\0"), ("iTXt", b"limner\0\x01\0\0\0")]
)
def test_a_bomb_of_text_is_refused(tmp_path: Path, kind: str, head: bytes) -> None:
    bomb = chunk(kind.encode(), head + compressed_zeros(100_000_000))
    assert "is damaged or cut off" in refusal(tmp_path, png_of(8, 8, between=bomb))


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "ICO", "PPM", "PDF"])
def test_other_kinds_under_a_false_name_are_refused(tmp_path: Path, kind: str) -> None:
    sentence = refusal(tmp_path, saved(GREY.resize((16, 16)), kind), called="holiday.png")
    assert sentence == "picture: 'holiday.png' is no PNG, JPEG or WebP picture; use one of these"


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG\r\n\x1a\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS", b"\xff\xd8\xff", b"RIFF"]
)
def test_what_is_no_picture_is_refused_by_the_name_of_its_field(tmp_path: Path, data: bytes) -> None:
    assert refusal(tmp_path, data, field="start", called="a\u202e.png").startswith(r"start: 'a\u202e.png' is ")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_cut_off_anywhere_is_refused(tmp_path: Path, kind: str) -> None:
    whole = saved(Image.frombytes("RGB", (24, 24), random.Random(0).randbytes(1728)), kind)
    for length in range(0, len(whole) - 60, 131):
        refusal(tmp_path, whole[:length])


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    task = Inspect(number=1, file=str(tmp_path / "a.png"), clean_to=str(tmp_path / "b"))
    assert asked(task, Refused).sentence == "picture: 'a.png' is not there any more; give it again"


@pytest.mark.parametrize(("kind", "to"), [("PNG", "PNG"), ("JPEG", "JPEG"), ("WEBP", "PNG")])
def test_no_canary_survives_and_the_picture_stands_upright(tmp_path: Path, kind: str, to: str) -> None:
    sideways = Image.new("RGB", (16, 8), "white")
    sideways.paste((0, 0, 0), (0, 0, 8, 8))
    data = telling(sideways, kind)
    assert CANARY.encode() in data
    found = looked_at(tmp_path, data, carry=True)
    copy, left = clean(found), Path(found.file).read_bytes()
    assert (found.kind, copy.format, found.width, found.height, copy.size) == (kind, to, 8, 16, (8, 16))
    assert (copy.convert("L").getpixel((4, 2)), copy.convert("L").getpixel((4, 13))) == pytest.approx((0, 255), abs=9)
    assert [mark for mark in (b"CANARY", b"Exif", b"eXIf", b"xmp", b"tEXt", b"iTXt") if mark in left] == []
    assert dict(copy.getexif()) == {}
    assert found.says is None


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA"])
def test_every_mode_of_a_png_keeps_its_look(tmp_path: Path, mode: str) -> None:
    copy = clean(looked_at(tmp_path, saved(Image.new("RGB", (3, 2), "white").convert(mode), "PNG")))
    assert copy.mode == ("L" if mode in ("1", "L") else "RGB")
    assert copy.convert("RGB").getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_what_is_transparent_stays_so(tmp_path: Path, mode: str) -> None:
    copy = clean(looked_at(tmp_path, saved(Image.new("RGBA", (2, 2), (9, 9, 9, 64)).convert(mode), "PNG")))
    assert copy.getpixel((0, 0)) == (9, 9, 9, 64)


def test_the_transparent_colour_of_a_palette_stays_transparent(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    copy = clean(looked_at(tmp_path, saved(image, "PNG", transparency=0)))
    assert [copy.getpixel((x, 0)) for x in (0, 1)] == [(255, 0, 0, 0), (0, 0, 255, 255)]


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    levels = np.array([[0, 128, 129, 32_896, 65_535]], np.uint16)
    copy = clean(looked_at(tmp_path, saved(Image.fromarray(levels), "PNG")))
    assert (copy.mode, [copy.getpixel((x, 0)) for x in range(5)]) == ("L", [0, 0, 1, 128, 255])


def test_a_jpeg_for_print_becomes_one_for_screens(tmp_path: Path) -> None:
    copy = clean(looked_at(tmp_path, saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG")))
    pixel = copy.getpixel((4, 4))
    assert copy.mode == "RGB"
    assert isinstance(pixel, tuple)
    assert pixel[0] > 240 > 20 > max(pixel[1:])


def swapped() -> bytes:
    """A profile of nobody's screen, whose red is sRGB's blue."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    moved = srgb.replace(b"rXYZ", b"tXYZ", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"tXYZ", b"bXYZ", 1)
    return moved.replace("sRGB".encode("utf-16-be"), "odd ".encode("utf-16-be"))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colours_of_another_profile_are_brought_to_srgb(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 200)).convert(mode)
    copy = clean(looked_at(tmp_path, saved(image, "PNG", icc_profile=swapped())))
    pixel = copy.getpixel((0, 0))
    assert isinstance(pixel, tuple)
    assert pixel[:3] == pytest.approx((0, 0, 255), abs=3)
    assert "icc_profile" not in copy.info


@pytest.mark.parametrize("profile", [b"no profile at all", bytes(200), b"\xff" * 5 * 2**20])
def test_a_damaged_profile_is_left_out(tmp_path: Path, profile: bytes) -> None:
    copy = clean(looked_at(tmp_path, saved(GREY, "JPEG", icc_profile=profile)))
    assert "icc_profile" not in copy.info


def test_a_single_pixel_is_a_picture(tmp_path: Path) -> None:
    found = looked_at(tmp_path, saved(Image.new("RGB", (1, 1), "red"), "PNG"))
    assert (found.width, found.height, clean(found).getpixel((0, 0))) == (1, 1, (255, 0, 0))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_picture_is_taken_and_it_is_told(tmp_path: Path, kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    found = looked_at(tmp_path, saved(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True))
    assert found.animated
    assert clean(found).getpixel((4, 4)) == (255, 0, 0)
    assert not getattr(clean(found), "is_animated", False)


def test_two_pictures_of_a_camera_in_one_file_are_a_jpeg(tmp_path: Path) -> None:
    found = looked_at(tmp_path, saved(GREY, "MPO", save_all=True, append_images=[GREY]))
    assert (found.kind, found.animated, clean(found).format) == ("JPEG", False, "JPEG")


def test_the_digest_is_that_of_the_file_as_it_came(tmp_path: Path) -> None:
    data = telling(GREY, "JPEG")
    assert looked_at(tmp_path, data).digest == hashlib.sha256(data).hexdigest()


def test_what_follows_decoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(saved(GREY, "PNG"))
    said: list[object] = []
    task = Inspect(number=5, file=str(tmp_path / "a.png"), clean_to=str(tmp_path / "b"))
    assert isinstance(answer(task, Knowledge(), said.append), Inspected)
    assert said == [Decoded(number=5)]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_damaged_picture_is_read_or_refused_in_one_sentence(tmp_path: Path, kind: str) -> None:
    rng = random.Random(3)
    whole = telling(Image.frombytes("RGB", (16, 16), rng.randbytes(768)), kind)
    for _ in range(100):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            damaged[rng.randrange(min(len(whole), 400))] = rng.randrange(256)
        (tmp_path / "a").write_bytes(damaged)
        task = Inspect(number=1, file=str(tmp_path / "a"), clean_to=str(tmp_path / "clean"), carry=True)
        found = answer(task, Knowledge(), lambda message: None)
        assert isinstance(found, Inspected) or (isinstance(found, Refused) and found.why == "request"), found
        with contextlib.suppress(FileNotFoundError):
            assert CANARY.encode() not in next(tmp_path.glob("clean.*"), tmp_path / "none").read_bytes()


def test_what_would_be_too_large_as_a_png_loses_a_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = Image.effect_noise((64, 64), 90)
    monkeypatch.setattr("limner_host.darkroom.inspecting.LARGEST_CLEAN", 2000)
    found = looked_at(tmp_path, saved(noise, "WEBP", quality=95))
    assert (Path(found.file).suffix, found.bytes) == (".webp", len(Path(found.file).read_bytes()))


@pytest.mark.long
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_tens_of_thousands_of_damaged_pictures_are_opened_or_refused(tmp_path: Path, kind: str) -> None:
    rng, file = random.Random(5), tmp_path / "a"
    whole = telling(Image.frombytes("RGB", (16, 16), rng.randbytes(768)), kind, icc_profile=swapped())
    for _ in range(30_000):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            damaged[rng.randrange(len(whole))] = rng.randrange(256)
        file.write_bytes(damaged)
        with contextlib.suppress(InvalidRequest), damage_told(Source(file)):
            image = open_picture(Source(file)).image
            assert texts_of(image) is not None
            assert upright(image).mode in ("L", "RGB", "RGBA")
