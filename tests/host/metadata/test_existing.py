"""Finished pictures of anybody's, as requests for post-processing."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin
from tests.conftest import a_recipe
from tests.host.metadata.places import LIBRARY, REGISTRY, as_text, plain_graph

from limner_host.metadata.existing import to_finish
from limner_sdk import UnreadableImage

SETTINGS = "a face\nSteps: 9, Sampler: Euler a, CFG scale: 3, Seed: 5, Size: 512x512, Denoising strength: 0.4, RNG: CPU"


def picture(folder: Path, colour: str = "grey", **texts: str) -> Path:
    """A PNG with chunks."""
    chunks = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        chunks.add_text(key, text)
    Image.new("RGB", (16, 16), colour).save(folder / f"{colour}.png", pnginfo=chunks)
    return folder / f"{colour}.png"


def test_our_own_picture_is_finished_as_its_recipe_says_without_its_beginnings(tmp_path: Path) -> None:
    recipe = a_recipe(hires={}, tiler={"id": "tilers:cosine"}, postprocess=[{"id": "finishing:upscale"}])
    file = picture(tmp_path, limner=recipe.model_dump_json())
    request, notices = to_finish(file, REGISTRY, LIBRARY)
    assert (request.prompt, request.seed, request.steps, request.model) == ("a cat", 5, 20, "pocket:pocket")
    assert (request.hires, request.tiler, request.postprocess, request.width) == (None, None, (), None)
    assert (request.finished, notices) == (str(file), ())


def test_a_picture_of_a1111s_brings_what_is_still_of_use(tmp_path: Path) -> None:
    request, notices = to_finish(
        picture(tmp_path, parameters=f"{SETTINGS}, Model: gone, Tiling: True"), REGISTRY, LIBRARY
    )
    assert (request.prompt, request.seed, request.steps, request.start, request.model) == ("a face", 5, 9, None, None)
    assert [notice.partition(":")[0] for notice in notices] == ["left out Model", "left out what is not known here"]


def test_a_graph_of_comfyuis_is_understood_too(tmp_path: Path) -> None:
    request, _ = to_finish(picture(tmp_path, prompt=as_text(plain_graph())), REGISTRY, LIBRARY)
    assert (request.prompt, request.seed) == ("a glass bottle", 8566257)


def test_a_picture_that_says_nothing_has_no_prompt_and_a_seed_of_its_own_bytes(tmp_path: Path) -> None:
    grey, red = (to_finish(picture(tmp_path, colour), REGISTRY, LIBRARY) for colour in ("grey", "red"))
    assert (grey[0].prompt, grey[0].model, grey[1]) == ("", None, ())
    assert grey[0] == to_finish(tmp_path / "grey.png", REGISTRY, LIBRARY)[0]
    assert grey[0].seed != red[0].seed


@pytest.mark.parametrize("texts", [{"limner": "{"}, {"workflow": "{}"}, {"prompt": "{}"}])
def test_what_cannot_be_used_is_told_and_the_picture_is_finished_all_the_same(
    tmp_path: Path, texts: dict[str, str]
) -> None:
    request, notices = to_finish(picture(tmp_path, **texts), REGISTRY, LIBRARY)
    assert (request.prompt, len(notices)) == ("", 1)
    assert notices[0].startswith("grey.png carries")


def test_what_made_the_picture_and_is_not_here_is_left_open_with_a_notice(tmp_path: Path) -> None:
    recipe = a_recipe(sampler={"id": "theirs:fast"}, model={"id": "theirs:large", "digest": "0" * 64})
    request, notices = to_finish(picture(tmp_path, limner=recipe.model_dump_json()), REGISTRY, LIBRARY)
    assert (request.sampler, request.model, request.steps) == (None, None, 20)
    assert [notice.partition(":")[0] for notice in notices] == ["left out sampler", "left out model"]


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("words")
    with pytest.raises(UnreadableImage, match=r"a\.png is no PNG"):
        to_finish(tmp_path / "a.png", REGISTRY, LIBRARY)


def test_a_lora_and_an_autoencoder_that_are_not_here_are_left_out_with_a_note(tmp_path: Path) -> None:
    said = SETTINGS.replace("a face", "a <lora:film:0.6>face <nonsense")
    request, notices = to_finish(picture(tmp_path, parameters=said), REGISTRY, LIBRARY)
    assert (request.prompt, request.seed) == ("a face <nonsense", 5)
    assert [notice.partition(" is ")[0] for notice in notices] == ["left out lora: 'film'"]
