"""Where a picture comes from: which of its texts decides, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin
from tests.conftest import a_recipe
from tests.host.metadata.places import REGISTRY, as_text, plain_graph

from limner_host.metadata.origin import Origin, read_origin
from limner_host.metadata.writing import infotext
from limner_sdk import UnreadableImage

GREY = Image.new("RGB", (16, 16), "grey")
SETTINGS = "a cat\nSteps: 20, Sampler: Euler a, Seed: 5, Size: 64x64, Model hash: 6CE0161689, RNG: CPU"


def carrying(file: Path, **texts: str) -> Path:
    """A PNG with chunks, as other programs write it."""
    chunks = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        chunks.add_text(key, text)
    GREY.save(file, pnginfo=chunks)
    return file


def origin_of(tmp_path: Path, **texts: str) -> Origin:
    return read_origin(carrying(tmp_path / "a.png", **texts), REGISTRY)


def refusal(tmp_path: Path, **texts: str) -> str:
    with pytest.raises(UnreadableImage) as caught:
        origin_of(tmp_path, **texts)
    sentence = str(caught.value)
    assert "a.png" in sentence
    assert sentence.isprintable()
    return sentence


def test_our_own_recipe_decides_before_everything_else(tmp_path: Path) -> None:
    recipe = a_recipe(prompt="a\nNegative prompt: b")
    text = infotext(recipe, REGISTRY).replace("Steps: 20", "Steps: 3")
    origin = origin_of(tmp_path, limner=recipe.model_dump_json(), parameters=text, prompt=as_text(plain_graph()))
    assert (origin.kind, origin.recipe, origin.request) == ("limner", recipe, recipe.as_request())
    assert (origin.digest, origin.notices) == ("0" * 64, ())


def test_settings_decide_before_a_graph(tmp_path: Path) -> None:
    origin = origin_of(tmp_path, parameters=SETTINGS, prompt=as_text(plain_graph()), workflow="{}")
    assert (origin.kind, origin.request.prompt, origin.recipe) == ("a1111", "a cat", None)
    assert (origin.digest, origin.text) == ("6ce0161689", SETTINGS)


def test_a_graph_decides_before_words_without_settings(tmp_path: Path) -> None:
    origin = origin_of(tmp_path, parameters="only words", prompt=as_text(plain_graph()))
    assert (origin.kind, origin.request.prompt) == ("comfyui", "a glass bottle")


def test_an_older_hash_of_a_model_is_no_digest(tmp_path: Path) -> None:
    assert origin_of(tmp_path, parameters=SETTINGS.replace("6CE0161689", "81761151")).digest == ""


def test_a_jpeg_of_a1111s_is_understood(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + SETTINGS.encode("utf-16-be")
    GREY.save(tmp_path / "a.jpg", exif=exif)
    assert read_origin(tmp_path / "a.jpg", REGISTRY).request.seed == 5


def test_a_drawing_alone_is_refused_with_what_to_do(tmp_path: Path) -> None:
    assert "export the workflow in API format" in refusal(tmp_path, workflow=json.dumps({"nodes": []}))


def test_nothing_at_all_is_refused(tmp_path: Path) -> None:
    assert "carries no recipe of Limner's, A1111's or ComfyUI's" in refusal(tmp_path, Software="Paint")


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ({"limner": "{}", "parameters": SETTINGS}, "carries a recipe that cannot be used"),
        ({"limner": a_recipe(width=10**9).model_dump_json()}, "cannot be made again: width: 1000000000"),
        ({"parameters": SETTINGS.replace("a cat", " ")}, "cannot be made again: prompt: '' is empty"),
        ({"parameters": "x" * 300_000}, "a text of 300000 characters; the most is 262144"),
        ({"prompt": "{"}, "carries a graph of ComfyUI's that is damaged"),
        ({"prompt": " " * 5_000_000}, "a text of 5000000 characters; the most is 4194304"),
        ({"prompt": as_text(plain_graph(n6={"text": " "}))}, "cannot be made again: prompt: '' is empty"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(tmp_path: Path, texts: dict[str, str], sentence: str) -> None:
    assert sentence in refusal(tmp_path, **texts)


def test_no_notice_can_steer_a_terminal(tmp_path: Path) -> None:
    evil = SETTINGS.replace("Euler a", "\x1b[2J").replace("Size: 64x64", "Odd\u202ekey: 1, Model: \x9b31m")
    notices = origin_of(tmp_path, parameters=evil).notices
    assert len(notices) >= 2
    assert all(notice.isprintable() for notice in notices)
