"""`limner recipe` and `limner imagine --from`, with pictures of ours and of others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin
from tests.conftest import a_recipe
from tests.host.metadata.places import as_text, plain_graph

from limner_host.cli import main
from limner_host.metadata.containers import INFOTEXT, RECIPE
from limner_host.pictures import read_recipe, read_texts, write_picture
from limner_sdk import Recipe

GREY = Image.new("RGB", (16, 16), "grey")
SETTINGS = (
    "a red circle on a blue background\nNegative prompt: grey\nSteps: 1, Sampler: Euler a, CFG scale: 3, Seed: 5, "
    "Size: 64x64, Model hash: 0123456789, Model: pocket, RNG: CPU, Tiling: True"
)
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def carrying(name: str, **texts: str) -> str:
    """A PNG with chunks, as other programs write it."""
    chunks = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        chunks.add_text(key, text)
    GREY.save(name, pnginfo=chunks)
    return name


def test_recipe_tells_of_a_picture_of_a1111s(capsys: Capture) -> None:
    assert main(["recipe", carrying("a.png", parameters=SETTINGS)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["made with:    a1111", "prompt:       a red circle on a blue background"]
    assert "seed:         5" in lines
    assert lines[-1] == "note: left out what is not known here: Tiling"


def test_recipe_tells_of_a_picture_of_comfyuis_in_json(capsys: Capture) -> None:
    assert main(["recipe", carrying("a.png", prompt=as_text(plain_graph())), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["request"]["seed"], told["recipe"], told["notices"]) == ("comfyui", 8566257, None, [])


def test_recipe_shows_of_settings_what_was_set(capsys: Capture) -> None:
    main(["recipe", carrying("a.png", prompt=as_text(plain_graph()))])
    assert "steering:     weighting comfy\n" in capsys.readouterr().out
    main(["recipe", carrying("a.png", parameters=f"{SETTINGS}, Discard penultimate sigma: True, Hires upscale: 3")])
    told = capsys.readouterr().out
    assert "discard_penultimate: True\n" in told
    assert "hires:        scale 3.0\n" in told
    assert "steering" not in told


def test_recipe_shows_of_our_own_settings_what_is_not_as_usual(capsys: Capture) -> None:
    recipe = a_recipe(hires={}, inpaint={"round_mask": False})
    main(["recipe", carrying("a.png", limner=recipe.model_dump_json())])
    told = capsys.readouterr().out
    assert "hires:        as usual\n" in told
    assert "inpaint:      round_mask False\n" in told
    assert "steering" not in told


def test_recipe_prints_the_infotext_of_ours_and_of_a1111s(capsys: Capture) -> None:
    main(["recipe", carrying("a.png", parameters=SETTINGS), "--text"])
    assert capsys.readouterr().out == f"{SETTINGS}\n"
    main(["recipe", carrying("b.png", limner=a_recipe().model_dump_json()), "--text"])
    assert capsys.readouterr().out.startswith("a cat\nSteps: 20, Sampler: Euler a, ")


def test_recipe_has_no_infotext_for_a_graph(capsys: Capture) -> None:
    assert main(["recipe", carrying("a.png", prompt=as_text(plain_graph())), "--text"]) == 2
    assert capsys.readouterr().err.endswith("carries a graph of ComfyUI's and no infotext; leave --text out\n")


@pytest.mark.parametrize("way", [[], ["--text"], ["--json"]])
def test_no_picture_of_a_strangers_can_write_to_the_terminal(capsys: Capture, way: list[str]) -> None:
    evil = SETTINGS.replace("a red", "\x1b[2J\x07\x9b red").replace("Euler a", "\x1b]0;owned")
    assert main(["recipe", carrying("a.png", parameters=evil), *way]) == 0
    assert all(sign.isprintable() or sign == "\n" for sign in capsys.readouterr().out)


def test_a_seed_of_nought_is_shown(capsys: Capture) -> None:
    main(["recipe", carrying("a.png", limner=a_recipe(seed={"seed": 0}).model_dump_json())])
    assert "seed:         seed 0\n" in capsys.readouterr().out


def test_imagine_makes_a_picture_of_a1111s_as_far_as_it_is_understood(capsys: Capture) -> None:
    assert main(["imagine", "--from", carrying("a.png", parameters=SETTINGS), "--output", "b.png"]) == 0
    recipe, told = read_recipe(Path("b.png")), " ".join(capsys.readouterr().err.split())
    assert (recipe.prompt, recipe.negative, recipe.steps, recipe.seed.seed) == (
        *("a red circle on a blue background", "grey", 1, 5),
    )
    assert (recipe.sampler.id, recipe.noise.id, recipe.cfg) == ("samplers:euler_a", "noises:gaussian", 3.0)
    assert "note: left out what is not known here: Tiling" in told
    assert "the model pocket:pocket is not the one that made a.png" in told


def test_imagine_makes_a_picture_of_comfyuis() -> None:
    graph = plain_graph(n3={"steps": 1}, n5={"width": 64, "height": 64})
    assert main(["imagine", "--from", carrying("a.png", prompt=as_text(graph)), "--output", "b.png"]) == 0
    recipe = read_recipe(Path("b.png"))
    assert (recipe.prompt, recipe.seed.seed, recipe.width) == ("a glass bottle", 8566257, 64)
    assert (recipe.schedule.id, recipe.cfg) == ("schedules:normal", 8.0)


@pytest.mark.parametrize("ending", [".jpg", ".webp"])
def test_imagine_makes_the_same_pixels_from_every_kind_of_file(ending: str) -> None:
    main(["imagine", "a green star", "--steps", "1", "--size", "64x64", "--seed", "7", "--output", "a.png"])
    texts = read_texts(Path("a.png"))
    write_picture(GREY, Path(f"a{ending}"), {key: texts[key] for key in (RECIPE, INFOTEXT)})
    assert main(["imagine", "--from", f"a{ending}", "--output", "b.png"]) == 0
    assert pixels("a.png") == pixels("b.png")
    assert recipe_of("a.png") == recipe_of("b.png")


def pixels(name: str) -> bytes:
    with Image.open(name) as image:
        return image.tobytes()


def recipe_of(name: str) -> Recipe:
    return read_recipe(Path(name))
