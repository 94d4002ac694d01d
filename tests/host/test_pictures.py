"""PNG files with their recipe: written whole or not at all, read back with distrust."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.conftest import a_recipe, small_request

from limner_host.metadata.writing import infotext
from limner_host.pictures import (
    INFOTEXT_CHUNK,
    RECIPE_CHUNK,
    grid_of,
    read_grey,
    read_image,
    read_recipe,
    read_rgb,
    write_png,
)
from limner_host.studio import Studio
from limner_sdk import DiskFull, UnreadableImage

GREY = Image.new("RGB", (16, 16), "grey")


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def refusal(file: Path) -> str:
    with pytest.raises(UnreadableImage) as caught:
        read_recipe(file)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert file.name in sentence
    return sentence


@pytest.mark.parametrize(
    "prompt",
    ["a cat", "two\nlines", 'say "hi", and: go', "ein Kätzchen 🐱", "nul \0 inside", "Steps: 3, Seed: 1", "\\n", " a "],
)
def test_any_prompt_survives_the_way_through_a_png(tmp_path: Path, prompt: str) -> None:
    recipe = a_recipe(prompt=prompt, negative=prompt)
    write_png(GREY, tmp_path / "a.png", {RECIPE_CHUNK: recipe.model_dump_json()})
    assert read_recipe(tmp_path / "a.png") == recipe


def test_other_programs_find_a1111s_infotext(studio: Studio, tmp_path: Path) -> None:
    studio.make(small_request(negative="grey", cfg=4.5), tmp_path)
    with Image.open(tmp_path / "1.png") as image:
        lines = image.info[INFOTEXT_CHUNK].splitlines()
    assert lines[:2] == ["a red circle on a blue background", "Negative prompt: grey"]
    settings = dict(pair.split(": ", 1) for pair in lines[2].split(", "))
    assert (
        settings.items()
        >= {
            "Steps": "2",
            "Sampler": "DPM++ 2M",
            "Schedule type": "Karras",
            "CFG scale": "4.5",
            "Seed": "7",
            "Size": "64x64",
            "Model": "pocket",
        }.items()
    )


def test_the_infotext_tells_of_a_variation(studio: Studio) -> None:
    recipe = a_recipe(seed={"seed": 5, "variations": [{"seed": 6, "strength": 0.25}]})
    assert "Variation seed: 6, Variation seed strength: 0.25" in infotext(recipe, studio.registry)


def test_a_grid_is_nearly_square_and_filled_row_by_row() -> None:
    colours = [(k, 0, 0) for k in range(1, 6)]
    grid = grid_of([Image.new("RGB", (4, 4), colour) for colour in colours])
    assert grid.size == (12, 8)
    assert [grid.getpixel((4 * (k % 3), 4 * (k // 3))) for k in range(6)] == [*colours, (0, 0, 0)]


def test_a_missing_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    assert "no picture" in refusal(tmp_path / "nothing.png")


def test_a_text_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("I am no picture\n")
    assert "is no PNG, JPEG or WebP picture" in refusal(tmp_path / "a.png")


def test_an_empty_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    refusal(tmp_path / "a.png")


def test_a_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    refusal(tmp_path / "a.png")


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP"])
def test_other_kinds_of_picture_are_not_even_tried(tmp_path: Path, kind: str) -> None:
    GREY.save(tmp_path / "a.png", kind)
    assert "is no PNG, JPEG or WebP picture" in refusal(tmp_path / "a.png")


def test_a_png_cut_off_anywhere_is_refused_in_one_sentence(tmp_path: Path) -> None:
    image = Image.frombytes("RGB", (16, 16), random.Random(0).randbytes(768))
    write_png(image, tmp_path / "whole.png", {RECIPE_CHUNK: a_recipe().model_dump_json()})
    whole = (tmp_path / "whole.png").read_bytes()
    for length in range(0, len(whole) - 60, 37):
        (tmp_path / "cut.png").write_bytes(whole[:length])
        refusal(tmp_path / "cut.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_damaged_picture_is_read_or_refused_but_never_crashes(tmp_path: Path, kind: str) -> None:
    rng, file = random.Random(1), tmp_path / "a.png"
    Image.frombytes("RGB", (16, 16), rng.randbytes(768)).save(file, kind)
    whole = file.read_bytes()
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            damaged[rng.randrange(len(whole))] = rng.randrange(256)
        file.write_bytes(damaged)
        with contextlib.suppress(UnreadableImage):
            assert read_image(file).size


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    refusal(tmp_path / "bomb.png")


@pytest.mark.parametrize("side", [6_000, 10_000])
def test_a_picture_of_more_than_32_million_pixels_is_refused(tmp_path: Path, side: int) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    (tmp_path / "big.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    refusal(tmp_path / "big.png")


def test_a_compressed_text_bomb_is_refused(tmp_path: Path) -> None:
    GREY.save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    bomb = chunk(b"zTXt", b"limner\0\0" + zlib.compress(bytes(100_000_000)))
    (tmp_path / "a.png").write_bytes(whole[:33] + bomb + whole[33:])
    refusal(tmp_path / "a.png")


def test_a_picture_without_a_recipe_is_refused_in_one_sentence(tmp_path: Path) -> None:
    GREY.save(tmp_path / "a.png")
    assert "carries no recipe" in refusal(tmp_path / "a.png")


def test_a_recipe_of_a_megabyte_is_refused(tmp_path: Path) -> None:
    forged = a_recipe(prompt="x" * 1_000_000).model_dump_json()
    write_png(GREY, tmp_path / "a.png", {RECIPE_CHUNK: forged})
    assert "cannot be genuine" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "{",
        "[]",
        "null",
        "{}",
        '{"format": 2}',
        "[" * 50_000,
        '{"prompt": "' + "9" * 30_000 + '"}',
        '{"steps": 1e999}',
        '{"line\\nbreak": 1}',
    ],
)
def test_a_forged_recipe_is_refused_in_one_short_sentence(tmp_path: Path, text: str) -> None:
    write_png(GREY, tmp_path / "a.png", {RECIPE_CHUNK: text})
    assert len(refusal(tmp_path / "a.png")) < 300


@pytest.mark.parametrize("change", [{"cfg": float("nan")}, {"extra": 1}, {"seed": {"seed": -1}}, {"steps": "many"}])
def test_a_recipe_with_one_wrong_field_is_refused_by_that_field(tmp_path: Path, change: dict[str, Any]) -> None:
    values = a_recipe().model_dump(mode="json") | change
    write_png(GREY, tmp_path / "a.png", {RECIPE_CHUNK: json.dumps(values)})
    assert next(iter(change)) in refusal(tmp_path / "a.png")


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match=r"^the disk is full: no room for a\.png in .*; make some$"):
        write_png(GREY, tmp_path / "a.png", {})
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_older_picture_of_that_name_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_png(GREY, tmp_path / "a.png", {})
    before = (tmp_path / "a.png").read_bytes()
    monkeypatch.setattr(os, "fsync", _raise_quota)
    with pytest.raises(DiskFull):
        write_png(Image.new("RGB", (8, 8)), tmp_path / "a.png", {})
    assert (tmp_path / "a.png").read_bytes() == before


def _raise_quota(handle: int) -> None:
    raise OSError(errno.EDQUOT, "Disk quota exceeded")


def test_a_full_disk_fails_the_job_as_such(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", _raise_quota)
    with pytest.raises(DiskFull):
        studio.make(small_request(steps=1), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_same_picture_gives_the_same_file(tmp_path: Path) -> None:
    digests = {write_png(GREY, tmp_path / f"{k}.png", {RECIPE_CHUNK: "x"}) for k in range(2)}
    assert len(digests) == 1
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()


def rgb(tmp_path: Path, image: Image.Image, kind: str = "PNG", **options: Any) -> Image.Image:
    """A picture saved and opened again as a start picture."""
    image.save(tmp_path / "a", kind, **options)
    return read_rgb(tmp_path / "a")


def test_sixteen_bits_are_scaled_to_eight(tmp_path: Path) -> None:
    levels = np.array([[0, 128, 129, 32_896, 65_535]], np.uint16)
    image = rgb(tmp_path, Image.fromarray(levels))
    assert [image.getpixel((x, 0)) for x in range(5)] == [(v, v, v) for v in (0, 0, 1, 128, 255)]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA"])
def test_every_kind_of_png_becomes_rgb(tmp_path: Path, mode: str) -> None:
    image = rgb(tmp_path, Image.new("RGB", (3, 2), "white").convert(mode))
    assert (image.mode, image.size, image.getpixel((1, 1))) == ("RGB", (3, 2), (255, 255, 255))


def test_a_jpeg_for_print_becomes_rgb(tmp_path: Path) -> None:
    image = rgb(tmp_path, Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG")
    red, green, blue = image.getpixel((4, 4))
    assert red > 240 > 15 > max(green, blue)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_lies_on_white(tmp_path: Path, mode: str) -> None:
    image = rgb(tmp_path, Image.new("RGBA", (2, 2), (0, 0, 0, 64)).convert(mode))
    assert image.getpixel((0, 0)) == (191, 191, 191)


def test_the_transparent_colour_of_a_palette_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    flat = rgb(tmp_path, image, transparency=0)
    assert [flat.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (0, 0, 255)]


def test_a_mask_is_white_where_it_is_light_and_opaque(tmp_path: Path) -> None:
    mask = Image.new("RGBA", (3, 1), (255, 255, 255, 0))
    mask.putpixel((1, 0), (255, 255, 255, 255))
    mask.putpixel((2, 0), (0, 0, 0, 255))
    mask.save(tmp_path / "a.png")
    grey = read_grey(tmp_path / "a.png")
    assert (grey.mode, list(grey.tobytes())) == ("L", [0, 255, 0])


def test_a_mask_of_sixteen_bits_keeps_its_greys(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 32_896, 65_535]], np.uint16)).save(tmp_path / "a.png")
    assert list(read_grey(tmp_path / "a.png").tobytes()) == [0, 128, 255]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_taken_sideways_is_set_upright(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new("RGB", (16, 8), "white")
    image.paste((0, 0, 0), (0, 0, 8, 8))
    upright = rgb(tmp_path, image, kind, exif=exif)
    assert upright.size == (8, 16)
    assert upright.convert("L").getpixel((4, 2)) < 30
    assert upright.convert("L").getpixel((4, 13)) > 225


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_picture_counts(tmp_path: Path, kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    image = rgb(tmp_path, frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    assert image.getpixel((4, 4)) == (255, 0, 0)


@pytest.mark.parametrize("size", [(0, 8), (8, 0), (0, 0)])
def test_a_picture_without_pixels_is_refused_in_one_sentence(tmp_path: Path, size: tuple[int, int]) -> None:
    header = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    (tmp_path / "none.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    refusal(tmp_path / "none.png")


def test_a_file_of_over_256_megabytes_is_refused_unread(tmp_path: Path) -> None:
    GREY.save(tmp_path / "a.png")
    with (tmp_path / "a.png").open("ab") as stream:
        stream.truncate(300 * 1024 * 1024)
    assert "has 314572800 bytes; the most is 268435456" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize("read", [read_rgb, read_grey])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_damaged_start_picture_is_read_or_refused_but_never_crashes(
    tmp_path: Path, kind: str, read: Callable[[Path], Image.Image]
) -> None:
    rng, file, exif = random.Random(2), tmp_path / "a", Image.Exif()
    exif[0x0112] = 6
    Image.frombytes("RGB", (16, 16), rng.randbytes(768)).save(file, kind, exif=exif)
    whole = file.read_bytes()
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            damaged[rng.randrange(min(len(whole), 300))] = rng.randrange(256)
        file.write_bytes(damaged)
        with contextlib.suppress(UnreadableImage):
            assert read(file).mode in ("RGB", "L")
