"""Texts inside PNG, JPEG and WebP files: they come back, others find them, and none breaks the reader."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops
from tests.conftest import a_recipe
from tests.host.metadata.places import WORDS

from limner_host.metadata.containers import INFOTEXT, RECIPE, comment_text
from limner_host.pictures import read_image, read_recipe, read_texts, write_picture
from limner_sdk import InvalidRequest, UnreadableImage

GREY = Image.new("RGB", (16, 16), "grey")
ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
anew = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("ending", ENDINGS)
@anew
@given(recipe=WORDS, infotext=WORDS.filter(bool))
def test_texts_come_back(tmp_path: Path, ending: str, recipe: str, infotext: str) -> None:
    texts = {RECIPE: recipe.replace("\0", "").replace("\r", ""), INFOTEXT: infotext.replace("\0", "") + "."}
    write_picture(GREY, tmp_path / f"a{ending}", texts)
    assert read_texts(tmp_path / f"a{ending}") == texts


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "prompt", ['say "hi" & <go>', "ein Kätzchen 🐱", 'tiff:Orientation="6"', "nul \0 inside", "'\r\n"]
)
def test_a_recipe_comes_back_from_every_kind(tmp_path: Path, ending: str, prompt: str) -> None:
    recipe = a_recipe(prompt=prompt, negative=prompt)
    write_picture(GREY, tmp_path / f"a{ending}", {RECIPE: recipe.model_dump_json(), INFOTEXT: prompt})
    assert read_recipe(tmp_path / f"a{ending}") == recipe


@pytest.mark.parametrize(("ending", "kind"), [(".jpg", "JPEG"), (".JPEG", "JPEG"), (".webp", "WEBP"), (".PNG", "PNG")])
def test_the_ending_decides_the_kind(tmp_path: Path, ending: str, kind: str) -> None:
    write_picture(GREY, tmp_path / f"a{ending}", {})
    with Image.open(tmp_path / f"a{ending}") as image:
        assert (image.format, image.size) == (kind, (16, 16))


@pytest.mark.parametrize("name", ["a.gif", "a.tiff", "a", ".png"])
def test_an_unknown_ending_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidRequest, match=r"has no ending that is known; take \.png, \.jpg, \.jpeg, \.webp"):
        write_picture(GREY, tmp_path / name, {})
    assert list(tmp_path.iterdir()) == []


def test_a_picture_too_wide_for_its_kind_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"^output: 'a\.webp' cannot hold 17000x1 pixels .*; take \.png"):
        write_picture(Image.new("RGB", (17_000, 1)), tmp_path / "a.webp", {})
    assert list(tmp_path.iterdir()) == []


def difference(image: Image.Image, file: Path) -> int:
    """The most that any pixel and colour of a file differs."""
    write_picture(image, file, {})
    return max(int(most) for _, most in ImageChops.difference(image, read_image(file)).getextrema())


@pytest.mark.parametrize(("ending", "most"), [(".png", 0), (".jpg", 16)])
def test_hard_edges_of_colour_survive(tmp_path: Path, ending: str, most: int) -> None:
    """A JPEG with half the resolution for colours, Pillow's default, is off by over 100 here."""
    image = Image.new("RGB", (16, 16), "red")
    image.paste((0, 0, 255), (7, 0, 16, 16))
    assert difference(image, tmp_path / f"a{ending}") <= most


def test_smooth_colours_survive_a_webp(tmp_path: Path) -> None:
    ramp = Image.linear_gradient("L").resize((64, 64))
    image = Image.merge("RGB", (ramp, ramp.transpose(Image.Transpose.ROTATE_90), Image.new("L", ramp.size, 128)))
    assert difference(image, tmp_path / "a.webp") <= 16


def test_a_text_that_a_jpeg_has_no_room_for_is_left_out_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts = {RECIPE: "x" * 70_000, INFOTEXT: "short"}
    write_picture(GREY, tmp_path / "a.jpg", texts)
    assert read_texts(tmp_path / "a.jpg") == {INFOTEXT: "short"}
    assert "no room for 'limner', a text of 70000 characters" in caplog.text
    write_picture(GREY, tmp_path / "b.jpg", {RECIPE: "short", INFOTEXT: "x" * 33_000})
    assert read_texts(tmp_path / "b.jpg") == {RECIPE: "short"}


@pytest.mark.parametrize("ending", [".png", ".webp"])
def test_other_kinds_have_room_for_long_texts(tmp_path: Path, ending: str) -> None:
    texts = {RECIPE: "x" * 200_000, INFOTEXT: "ä" * 200_000}
    write_picture(GREY, tmp_path / f"a{ending}", texts)
    assert read_texts(tmp_path / f"a{ending}") == texts


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        (b"UNICODE\0" + "Schöne Katze 猫".encode("utf-16-be"), "Schöne Katze 猫"),
        (b"UNICODE\0" + "Schöne Katze 猫".encode("utf-16-le"), "Schöne Katze 猫"),
        (b"UNICODE\0" + "a cat".encode("utf-16"), "a cat"),
        (b"ASCII\0\0\0a cat\0", "a cat"),
        (bytes(8) + "Kätzchen".encode(), "Kätzchen"),
        (b"a cat", "a cat"),
        (b"", ""),
        (b"UNICODE\0\xd8", "�"),
    ],
)
def test_user_comments_of_every_origin_are_read(comment: bytes, text: str) -> None:
    assert comment_text(comment) == text


@given(st.binary(max_size=60))
def test_no_user_comment_breaks_the_reader(comment: bytes) -> None:
    assert isinstance(comment_text(b"UNICODE\0" + comment), str)
    assert isinstance(comment_text(comment), str)


def test_comfyuis_graphs_in_a_webp_are_found(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = 'workflow:{"nodes": []}', 'prompt:{"1": {}}'
    GREY.save(tmp_path / "a.webp", exif=exif)
    assert read_texts(tmp_path / "a.webp") == {"workflow": '{"nodes": []}', "prompt": '{"1": {}}'}


def test_a1111_reads_the_user_comment_in_big_endian_order(tmp_path: Path) -> None:
    write_picture(GREY, tmp_path / "a.jpg", {INFOTEXT: "a cat"})
    assert b"UNICODE\0" + "a cat".encode("utf-16-be") in (tmp_path / "a.jpg").read_bytes()


@pytest.mark.parametrize("ending", ENDINGS)
def test_damaged_metadata_is_read_or_refused_but_never_crashes(tmp_path: Path, ending: str) -> None:
    rng, file = random.Random(1), tmp_path / f"a{ending}"
    write_picture(GREY, file, {RECIPE: "{}" * 40, INFOTEXT: "a cat" * 40})
    whole = file.read_bytes()
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            damaged[rng.randrange(min(300, len(whole)))] = rng.randrange(256)
        file.write_bytes(damaged)
        with contextlib.suppress(UnreadableImage):
            assert all(isinstance(text, str) for text in read_texts(file).values())


@anew
@given(body=st.binary(max_size=200))
def test_no_exif_breaks_the_reader(tmp_path: Path, body: bytes) -> None:
    GREY.save(tmp_path / "a.jpg", "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08" + body)
    with contextlib.suppress(UnreadableImage):
        assert isinstance(read_texts(tmp_path / "a.jpg"), dict)
