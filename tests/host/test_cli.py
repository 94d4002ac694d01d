"""The command line, in this process: real plugins, real Pocket, real files."""

from __future__ import annotations

import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console
from rich.progress import Progress
from tests.conftest import a_recipe

from limner_host.cli import main
from limner_host.cli.making import Bar, columns
from limner_host.house import open_registry
from limner_host.metadata.writing import infotext
from limner_host.pictures import INFOTEXT_CHUNK, RECIPE_CHUNK, read_recipe, write_png
from limner_sdk.folders import DataFolder

CAT = "a red circle on a blue background"
QUICK = ["--steps", "1", "--size", "64x64", "--seed", "7"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture
def _mine(data_dir: Path) -> None:
    _install(data_dir, "mine_alone", DENOISER)


def imagine(*arguments: str) -> int:
    return main(["imagine", *arguments])


def refusal(capsys: Capture, *arguments: str) -> str:
    """The one line that a refused command says."""
    capsys.readouterr()
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("limner: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err.removeprefix("limner: ").rstrip()


def test_imagine_writes_a_png_and_says_where(capsys: Capture) -> None:
    assert imagine(CAT, *QUICK) == 0
    file = Path("a-red-circle-on-a-blue-background.png").absolute()
    assert capsys.readouterr().out == f"{file}  (64x64, seed 7)\n"
    with Image.open(file) as image:
        assert (image.format, image.size) == ("PNG", (64, 64))


def test_imagine_never_overwrites_a_picture_unasked() -> None:
    assert imagine("a cat", *QUICK) == 0
    before = Path("a-cat.png").read_bytes()
    assert imagine("a cat", *QUICK, "--seed", "8") == 0
    assert Path("a-cat.png").read_bytes() == before
    assert read_recipe(Path("a-cat-2.png")).seed.seed == 8


def test_imagine_writes_several_pictures_and_their_grid(capsys: Capture) -> None:
    assert imagine("a cat", *QUICK, "--count", "2", "--output", "new/folder") == 0
    names = sorted(file.name for file in Path("new/folder").iterdir())
    assert names == ["a-cat-1.png", "a-cat-2.png", "a-cat-grid.png"]
    assert [Path(line.split("  ")[0]).name for line in capsys.readouterr().out.splitlines()] == names


def test_imagine_writes_to_the_file_that_is_named() -> None:
    assert imagine("a cat", *QUICK, "--output", "deep/cat.PNG") == 0
    assert [file.name for file in Path("deep").iterdir()] == ["cat.png"]


def test_imagine_answers_in_json(capsys: Capture) -> None:
    assert imagine(CAT, *QUICK, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["pictures"][0]["recipe"]["prompt"] == CAT
    assert (Path(answer["folder"]) / answer["grid"]).is_file()


def test_imagine_from_a_picture_makes_it_again() -> None:
    imagine(CAT, *QUICK, "--sampler", "euler_a", "--sampler.eta", "0.3", "--negative", "grey", "--output", "a.png")
    assert imagine("--from", "a.png", "--output", "b.png") == 0
    with Image.open("a.png") as one, Image.open("b.png") as two:
        assert one.tobytes() == two.tobytes()
    assert read_recipe(Path("a.png")) == read_recipe(Path("b.png"))


@pytest.mark.parametrize("ending", ["jpg", "webp"])
def test_a_jpeg_or_webp_carries_the_recipe_too(ending: str) -> None:
    assert imagine(CAT, *QUICK, "--output", f"a.{ending}") == 0
    assert imagine("--from", f"a.{ending}", "--output", "b.png") == 0
    assert read_recipe(Path(f"a.{ending}")) == read_recipe(Path("b.png"))


def test_a_format_that_is_not_written_is_refused(capsys: Capture) -> None:
    assert "take .png, .jpg" in refusal(capsys, "imagine", CAT, *QUICK, "--output", "a.gif")


def test_a_resized_seed_keeps_the_layout_of_the_other_size() -> None:
    imagine(CAT, *QUICK, "--output", "a.png")
    assert imagine("--from", "a.png", "--size", "96x64", "--resize-seed", "--output", "b.png") == 0
    noise = read_recipe(Path("b.png")).noise.params
    assert (noise["resize_width"], noise["resize_height"]) == (64, 64)


def test_a_seed_is_resized_from_a_picture_only(capsys: Capture) -> None:
    assert "add --from PICTURE" in refusal(capsys, "imagine", CAT, *QUICK, "--resize-seed")


def test_variations_are_flags_and_lengthen_the_chain_of_a_picture() -> None:
    assert imagine(CAT, *QUICK, "--variation", "5:0.2", "--output", "a.png") == 0
    assert imagine("--from", "a.png", "--variation", "6:0.3", "--output", "b.png") == 0
    chain = read_recipe(Path("b.png")).seed.variations
    assert [(step.seed, step.strength) for step in chain] == [(5, 0.2), (6, 0.3)]


def test_what_people_of_a1111_type_for_as_usual_is_as_usual() -> None:
    assert imagine(CAT, *QUICK[:-2], "--seed", "-1", "--schedule", "Automatic") == 0
    assert read_recipe(next(Path().glob("*.png"))).schedule.id == "schedules:karras"


def test_a_noise_parameter_needs_no_name_of_a_noise() -> None:
    assert imagine(CAT, *QUICK, "--noise.ensd", "-1", "--keep-penultimate") == 0
    assert read_recipe(next(Path().glob("*.png"))).noise.params["ensd"] == -1


def test_flags_of_settings_fill_their_group() -> None:
    imagine(CAT, *QUICK, "--output", "a.png")
    flags = ["--image", "a.png", "--denoise", "0.4", "--start.noise-multiplier=0.9", "--steering.rescale", "0.5"]
    assert imagine(CAT, *QUICK, *flags, "--output", "b.png") == 0
    recipe = read_recipe(Path("b.png"))
    assert recipe.start is not None
    assert (recipe.start.denoise, recipe.start.noise_multiplier, recipe.steering.rescale) == (0.4, 0.9, 0.5)


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        (["--control.weight", "1"], "--control.weight has nothing to belong to; write --control NAME before it"),
        (["--hires.scale"], "--hires.scale lacks its value"),
        (["--start.exact-steps", "--steps", "2"], "--start.exact-steps lacks its value; write it behind it"),
        (["--variation", "7"], "variation: '7' is no seed and strength; write it as 7:0.3"),
        (["--hires.width", "8000"], "hires: '8000x8000' is larger than this host allows"),
        (["--hires.upscaler", "magic"], "hires.upscaler: 'magic' is unknown; there is latent"),
        (["--control", "canny"], "control: 'canny' is unknown"),
        (["--hires.scale", "nan"], "hires.scale: 'nan'"),
        (["--steering.loudness", "1"], "steering.loudness: '1' belongs to no known field"),
    ],
)
def test_flags_that_make_no_sense_are_one_sentence(capsys: Capture, flags: list[str], found: str) -> None:
    assert found in refusal(capsys, "imagine", CAT, *QUICK, *flags)


def test_options_change_what_the_recipe_says() -> None:
    imagine(CAT, *QUICK, "--output", "a.png")
    assert imagine("a blue star", "--from", "a.png", "--seed", "9", "--output", "b.png") == 0
    recipe = read_recipe(Path("b.png"))
    assert (recipe.prompt, recipe.seed.seed, recipe.steps, recipe.width) == ("a blue star", 9, 1, 64)


@pytest.mark.parametrize("flag", [["--sampler.eta", "0.25"], ["--sampler.eta=0.25"]])
def test_parameters_are_flags(flag: list[str]) -> None:
    assert imagine(CAT, *QUICK, "--sampler", "Euler a", *flag, "--schedule.rho=3", "--schedule", "karras") == 0
    recipe = read_recipe(next(Path().glob("*.png")))
    assert recipe.sampler.params == {"eta": 0.25, "noise_scale": 1.0}
    assert recipe.schedule.params["rho"] == 3.0


def test_dashes_in_parameters_mean_underscores() -> None:
    assert imagine(CAT, *QUICK, "--sampler", "euler_a", "--sampler.noise-scale", "0.5") == 0
    assert read_recipe(next(Path().glob("*.png"))).sampler.params["noise_scale"] == 0.5


def test_parameters_may_stand_before_the_prompt() -> None:
    assert imagine("--sampler", "euler_a", "--sampler.eta", "0.25", CAT, *QUICK) == 0
    assert read_recipe(next(Path().glob("*.png"))).prompt == CAT


def test_parameters_change_a_recipe_without_a_prompt() -> None:
    imagine(CAT, *QUICK, "--sampler", "euler_a", "--output", "a.png")
    assert imagine("--from", "a.png", "--sampler.eta", "0.25", "--output", "b.png") == 0
    assert read_recipe(Path("b.png")).sampler.params["eta"] == 0.25


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "prompt: '' is empty"),
        ([""], "prompt: '' is empty"),
        ([" \n "], "prompt: ' \\n ' is empty"),
        (["x" * 10_000], "is too long; the most is 6000 characters"),
        (["x", "--size", "0x0"], "width: 0 is too small; the least is 64"),
        (["x", "--size", "100000x64"], "width: 100000 is too large; the most is 16384"),
        (["x", "--size", "8192x4096"], "size: '8192x4096' is larger than this host allows; ask for 1677"),
        (["x", "--tiler", "cosin"], "tiler: 'cosin' is unknown; did you mean cosine?"),
        (["x", "--tiler.overlap", "4"], "tiler.overlap: '4' has nothing to belong to; add --tiler NAME"),
        (["x", "--tiler", "none", "--tiler.overlap", "4"], "add --tiler NAME"),
        (["x", "--tiler", "cosine", "--tiler.batch", "0"], "tiler.batch: '0' is too small"),
        (["x", "--codec", "vae"], "codec: 'vae' is unknown"),
        (["x", "--inversion", "noise_inversion"], "needs a picture to start from"),
        (["x", "--denoiser.areas", "left | a"], "--denoiser.areas has nothing to belong to; write --denoiser NAME"),
        (["x", "--denoiser", "nothing_known"], "denoiser: 'nothing_known' is unknown"),
        (["x", "--size", "big"], "size: 'big' is no size; write it as 512x768"),
        (["x", "--size", "-64x64"], "size: '-64x64' is no size"),
        (["x", "--cfg", "nan"], "cfg: 'nan' is not a finite number"),
        (["x", "--cfg", "inf"], "cfg: 'inf'"),
        (["x", "--cfg", "31"], "cfg: '31' is too large; the most is 30"),
        (["x", "--steps", "0"], "steps: '0' is too small; the least is 1"),
        (["x", "--steps", "many"], "steps: 'many' is no whole number; write one"),
        (["x", "--seed", "-2"], "seed: '-2' is too small; the least is 0"),
        (["x", "--seed", "4294967296"], "seed: '4294967296' is too large; the most is 4294967295"),
        (["x", "--count", "17"], "count: '17' is too large; the most is 16"),
        (["x", "--sampler", ""], "sampler.name: '' is empty"),
        (["x", "--sampler", "eulr"], "sampler: 'eulr' is unknown; did you mean euler?"),
        (["x", "--model", "sdxl"], "model: 'sdxl' is unknown; there is pocket"),
        (["x", "--noise", "nope"], "noise: 'nope' is unknown"),
        (["x", "--schedule", "karas"], "schedule: 'karas' is unknown; did you mean karras?"),
        (["x", "--sampler", "euler_a", "--sampler.eta", "2"], "sampler.eta: '2' is too large; the most is 1"),
        (["x", "--sampler", "euler_a", "--sampler.eta", "nan"], "sampler.eta: 'nan' is not a finite number"),
        (
            ["x", "--sampler", "euler_a", "--sampler.eat", "1"],
            "sampler: 'eat' is no parameter of euler_a; did you mean eta?",
        ),
        (["x", "--sampler.eta", "1"], "add --sampler NAME"),
        (["x", "--sampler.eta"], "--sampler.eta lacks its value"),
        (["x", "--frobnicate"], "No such option '--frobnicate'"),
        (["x", "y"], "unexpected extra argument (y)"),
        (["--from", "nothing.png"], "there is no picture nothing.png"),
        (["--from", "."], "."),
    ],
)
def test_bad_input_is_refused_in_one_sentence(capsys: Capture, arguments: list[str], sentence: str) -> None:
    assert sentence in refusal(capsys, "imagine", *arguments)
    assert list(Path().iterdir()) == []


def test_a_tiler_a_codec_and_their_parameters_are_flags() -> None:
    flags = ["--tiler", "Multi-Diffusion", "--tiler.tile-width", "8", "--tiler.overlap=2", "--codec", "tiled-vae"]
    assert imagine(CAT, *QUICK, "--size", "100x70", *flags, "--codec.mode", "fast", "--output", "a.png") == 0
    recipe = read_recipe(Path("a.png"))
    assert recipe.tiler is not None
    assert recipe.codec is not None
    assert (recipe.tiler.params["tile_width"], recipe.tiler.params["overlap"]) == (8, 2)
    assert (recipe.codec.id, recipe.codec.params["mode"]) == ("tiled_vae:tiled_vae", "fast")
    with Image.open("a.png") as image:
        assert image.size == (100, 70)


@pytest.mark.usefixtures("_mine")
def test_none_takes_out_what_a_picture_brings() -> None:
    around = ["--tiler", "cosine", "--codec", "tiled_vae", "--denoiser", "mine", "--denoiser.strength", "0.5"]
    assert imagine(CAT, *QUICK, *around, "--output", "a.png") == 0
    assert imagine("--from", "a.png", "--tiler.overlap", "1", "--output", "b.png") == 0
    kept = read_recipe(Path("b.png"))
    assert kept.tiler is not None
    assert (kept.tiler.params["overlap"], len(kept.denoisers)) == (1, 1)
    without = ["--tiler", "none", "--codec", "None", "--denoiser", "none"]
    assert imagine("--from", "a.png", *without, "--output", "c.png") == 0
    bare = read_recipe(Path("c.png"))
    assert (bare.tiler, bare.codec, bare.denoisers) == (None, None, ())


@pytest.mark.usefixtures("_mine")
def test_denoisers_are_flags_with_parameters_and_pictures() -> None:
    write_png(Image.new("L", (64, 64), 255), Path("sky.png"), {})
    flags = ["--denoiser", "mine", "--denoiser.strength", "0.25", "--denoiser.picture.The-Sky", "sky.png"]
    assert imagine(CAT, *QUICK, *flags, "--denoiser=mine", "--output", "a.png") == 0
    first, second = read_recipe(Path("a.png")).denoisers
    assert (first.params["strength"], second.params["strength"]) == (0.25, 1.0)
    assert (list(first.pictures), second.pictures) == (["The-Sky"], {})


@pytest.mark.usefixtures("_mine")
def test_parameters_alone_change_the_only_denoiser_of_a_picture(capsys: Capture) -> None:
    for name in ("sky", "sea"):
        write_png(Image.new("L", (64, 64), 255), Path(f"{name}.png"), {})
    chosen = ["--denoiser", "mine", "--denoiser.strength", "0.25", "--denoiser.picture.sky", "sky.png"]
    imagine(CAT, *QUICK, *chosen, "--output", "a.png")
    assert imagine("--from", "a.png", "--denoiser.picture.The-sea", "sea.png", "--output", "b.png") == 0
    assert imagine("--from", "b.png", "--denoiser.strength", "0.5", "--output", "c.png") == 0
    (denoiser,) = read_recipe(Path("c.png")).denoisers
    assert (denoiser.params["strength"], list(denoiser.pictures)) == (0.5, ["sky", "The-sea"])


@pytest.mark.usefixtures("_mine")
def test_parameters_alone_are_refused_where_they_could_belong_to_several_denoisers(capsys: Capture) -> None:
    imagine(CAT, *QUICK, "--denoiser", "mine", "--denoiser", "mine", "--output", "a.png")
    said = refusal(capsys, "imagine", "--from", "a.png", "--denoiser.strength", "1")
    assert "--denoiser.strength could belong to mine_alone:mine or mine_alone:mine; write --denoiser NAME" in said
    bare = refusal(capsys, "imagine", CAT, "--denoiser.picture.My_sky", "a.png")
    assert "--denoiser.picture.My_sky has nothing to belong to; write --denoiser NAME before it" in bare


def test_a_mask_that_is_missing_is_told_with_the_flag_that_gives_it(capsys: Capture) -> None:
    areas = ["--denoiser", "regions", "--denoiser.areas", "mask=m | a star"]
    said = refusal(capsys, "imagine", CAT, *QUICK, *areas)
    assert "denoiser.picture: 'm' is the name of no picture; give it with --denoiser.picture.m FILE" in said
    gone = refusal(capsys, "imagine", CAT, *QUICK, *areas, "--denoiser.picture.m", "gone.png")
    assert "denoiser.picture.m: 'gone.png' is no file" in gone


def test_recipe_tells_of_the_masks_that_an_infotext_cannot_carry(capsys: Capture) -> None:
    regions = {"id": "regions:regions", "params": {"areas": "mask=m | a star"}}
    made = a_recipe(denoisers=[regions | {"pictures": {"m": {"digest": "0" * 64}}}])
    text = infotext(made, open_registry(DataFolder.from_environment()))
    write_png(Image.new("RGB", (8, 8)), Path("a.png"), {INFOTEXT_CHUNK: text})
    assert main(["recipe", "a.png"]) == 0
    said = capsys.readouterr().out
    assert "note: it was drawn with a picture called 'm', which this one does not carry" in said
    assert "optional" not in said


def test_an_inversion_begins_with_a_pictures_own_noise() -> None:
    imagine(CAT, *QUICK, "--output", "a.png")
    flags = ["--image", "a.png", "--denoise", "0.5", "--inversion", "noise-inversion", "--inversion.steps", "2"]
    assert imagine(CAT, *QUICK, *flags, "--output", "b.png") == 0
    inversion = read_recipe(Path("b.png")).inversion
    assert inversion is not None
    assert inversion.params["steps"] == 2


@pytest.mark.parametrize(
    ("size", "words"), [("264x64", "264x64 is more than twice the model's own 128x128"), ("256x64", "")]
)
def test_a_size_far_beyond_the_models_own_is_noticed_where_no_tiler_is_chosen(
    capsys: Capture, size: str, words: str
) -> None:
    assert imagine(CAT, *QUICK, "--size", size) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert words in said
    assert ("--tiler cosine draws it in parts" in said) == bool(words)
    assert imagine(CAT, *QUICK, "--size", size, "--tiler", "cosine") == 0
    assert "more than twice" not in capsys.readouterr().err


def test_an_admins_limit_is_kept_and_a_bad_one_is_told(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_LARGEST_CANVAS", "96x96")
    assert "size: '128x128' is larger than this host allows; ask for 9216 " in refusal(capsys, "imagine", "x")
    monkeypatch.setenv("LIMNER_LARGEST_CANVAS", "large")
    assert "LIMNER_LARGEST_CANVAS: 'large' is no size" in refusal(capsys, "imagine", "x")
    assert main(["doctor", "--json"]) == 1


def test_a_plugins_words_neither_widen_the_progress_bar_nor_format_it() -> None:
    console = Console(width=60, file=io.StringIO(), force_terminal=True, color_system=None)
    with Progress(*columns(), console=console, auto_refresh=False) as progress:
        Bar(progress).progress("sample: [/red] tile 1000 of 2000 of many", 0.5, None)
        progress.refresh()
        said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "sample: [/red] tile 100…" in said


def test_an_unknown_command_is_refused_in_one_sentence(capsys: Capture) -> None:
    assert "frobnicate" in refusal(capsys, "frobnicate")


@pytest.mark.parametrize("command", ["recipe", "imagine --from"])
def test_a_picture_without_a_recipe_is_refused_in_one_sentence(capsys: Capture, command: str) -> None:
    Image.new("RGB", (8, 8)).save("plain.png")
    assert "carries no recipe" in refusal(capsys, *command.split(), "plain.png")


@pytest.mark.parametrize(
    "change", [{"width": 10**9}, {"steps": -1}, {"cfg": 1e300}, {"prompt": ""}, {"model": {"id": "x", "digest": ""}}]
)
def test_a_forged_recipe_is_refused_in_one_sentence(capsys: Capture, change: dict[str, Any]) -> None:
    write_png(Image.new("RGB", (8, 8)), Path("forged.png"), {RECIPE_CHUNK: a_recipe(**change).model_dump_json()})
    assert next(iter(change)) in refusal(capsys, "imagine", "--from", "forged.png")


def test_an_output_that_cannot_be_written_is_refused_in_one_sentence(capsys: Capture) -> None:
    Path("file").write_text("in the way")
    assert "file" in refusal(capsys, "imagine", "x", *QUICK, "--output", "file/cat.png")


@pytest.mark.parametrize("device", ["banana", "cuda:99", "meta"])
def test_a_device_that_cannot_be_used_is_refused_in_one_sentence(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    monkeypatch.setenv("LIMNER_DEVICE", device)
    assert device in refusal(capsys, "imagine", "x", *QUICK)


def test_a_stage_that_fails_is_one_sentence_too(capsys: Capture, data_dir: Path) -> None:
    _install(data_dir, "broken_sampler", SAMPLER.format(body="raise ValueError('it\\nbroke')"))
    assert "broken_sampler:mine" in refusal(capsys, "imagine", "x", *QUICK, "--sampler", "mine")


def test_a_notice_is_printed_as_it_is(capsys: Capture, data_dir: Path) -> None:
    _install(data_dir, "fussy", POSTPROCESSOR)
    stage = {"id": "fussy:fussy", "optional": True}
    recipe = a_recipe(postprocess=[stage], steps=1, width=64)
    write_png(Image.new("RGB", (8, 8)), Path("a.png"), {RECIPE_CHUNK: recipe.model_dump_json()})
    assert imagine("--from", "a.png", "--output", "b.png") == 0
    assert "left out fussy:fussy: no [/b] here, and [red] neither" in capsys.readouterr().err


DENOISER = """
from limner_sdk import DenoiserDef, Params, hookimpl, param

class Mine(Params):
    strength: float = param(1.0, "Nothing.", ge=0, le=1)

@hookimpl
def limner_denoisers():
    yield DenoiserDef("mine", "Changes nothing.", Mine, lambda predict, ctx, params: predict)
"""

SAMPLER = """
from limner_sdk import NoParams, SamplerDef, hookimpl

def run(denoise, x, sigmas, ctx, params):
    {body}

@hookimpl
def limner_samplers():
    yield SamplerDef("mine", "Mine.", NoParams, run)
"""

POSTPROCESSOR = """
from limner_sdk import NoParams, PostprocessDef, hookimpl

def run(image, ctx, params):
    raise ValueError("no [/b] here, and [red] neither")

@hookimpl
def limner_postprocessors():
    yield PostprocessDef("fussy", "Fails.", NoParams, run)
"""


def _install(data: Path, name: str, text: str) -> None:
    (data / "plugins").mkdir(parents=True, exist_ok=True)
    (data / "plugins" / f"{name}.py").write_text(text)


def test_recipe_prints_what_a_picture_was_made_from(capsys: Capture) -> None:
    write_png(Image.new("RGB", (8, 8)), Path("a.png"), {RECIPE_CHUNK: a_recipe().model_dump_json()})
    assert main(["recipe", "a.png"]) == 0
    assert "prompt:       a cat\n" in capsys.readouterr().out
    assert main(["recipe", "a.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["recipe"] == a_recipe().model_dump(mode="json")


def test_a_recipe_cannot_write_to_the_terminal(capsys: Capture) -> None:
    recipe = a_recipe(prompt="\x1b[2J\x1b]0;owned\x07")
    write_png(Image.new("RGB", (8, 8)), Path("a.png"), {RECIPE_CHUNK: recipe.model_dump_json()})
    main(["recipe", "a.png"])
    assert "\x1b" not in capsys.readouterr().out


def test_listings_in_json(capsys: Capture) -> None:
    listed = {}
    for command in ("models", "samplers", "plugins"):
        assert main([command, "--json"]) == 0
        listed[command] = json.loads(capsys.readouterr().out)
    assert [model["id"] for model in listed["models"]] == ["pocket:pocket"]
    assert {"sampler", "schedule", "noise"} == {entry["kind"] for entry in listed["samplers"]}
    assert {plugin["status"] for plugin in listed["plugins"]} == {"ok"}


def test_an_unknown_sampler_is_not_listed(capsys: Capture) -> None:
    assert main(["samplers", "eulr"]) == 2
    assert "did you mean euler?" in capsys.readouterr().err


def test_listings_for_people(capsys: Capture) -> None:
    assert main(["samplers"]) == 0
    listed = capsys.readouterr().out
    assert "DPM++ SDE" in listed
    assert "39" in listed
    assert main(["samplers", "euler_a"]) == 0
    out = capsys.readouterr().out
    assert "DPM++" not in out
    assert "--sampler.eta" in out
    assert "(0 to 1)" in out.replace("0.0", "0").replace("1.0", "1")
    assert main(["models"]) == 0
    assert "128x128" in capsys.readouterr().out


def test_what_draws_in_parts_is_listed_with_its_parameters(capsys: Capture) -> None:
    assert main(["tilers"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in ("multidiffusion", "regions", "noise_inversion", "tiled_vae"))
    assert main(["tilers", "tiled-vae"]) == 0
    assert "--codec.mode" in capsys.readouterr().out
    assert main(["tilers", "--json"]) == 0
    kinds = {entry["kind"] for entry in json.loads(capsys.readouterr().out)}
    assert kinds == {"tiler", "denoiser", "inversion", "codec"}


def test_an_unknown_tiler_is_not_listed(capsys: Capture) -> None:
    said = refusal(capsys, "tilers", "euler")
    assert said.startswith("tiler, denoiser, inversion or codec: 'euler' is unknown")


def test_plugins_are_left_out_and_used_again_by_name(capsys: Capture, data_dir: Path) -> None:
    assert main(["plugins", "disable", "regions", "--reason", "it is slow"]) == 0
    assert main(["plugins"]) == 0
    assert "regions from bundled is disabled: it is slow" in capsys.readouterr().out
    assert main(["tilers", "regions"]) == 2
    assert main(["plugins", "release", "regions"]) == 2
    assert main(["plugins", "enable", "regions"]) == 0
    assert main(["tilers", "regions"]) == 0
    capsys.readouterr()
    for arguments in (["disable", "noises"], ["disable", "nobody"], ["enable", "regions"]):
        assert main(["plugins", *arguments]) == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(",")[0].partition(";")[0] for line in told] == [
        "limner: plugin: 'noises' cannot be disabled",
        "limner: plugin: 'nobody' is unknown",
        "limner: plugin: 'regions' is neither disabled nor in quarantine",
    ]


def test_plugins_tells_why_one_is_broken(capsys: Capture, data_dir: Path) -> None:
    _install(data_dir, "sad", "raise RuntimeError('I am [bold]sad[/bold]')")
    assert main(["plugins"]) == 0
    out = capsys.readouterr().out
    assert "sad from sad.py is broken:" in out
    assert "RuntimeError: I am [bold]sad[/bold]" in out


def test_the_doctor_finds_everything_in_order(capsys: Capture) -> None:
    assert main(["doctor", "--json"]) == 0
    findings = {finding["subject"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert findings.keys() >= {"limner", "torch", "device", "model pocket", "plugins", "database", "disk", "bot"}
    assert "fail" not in {finding["status"] for finding in findings.values()}
    assert findings["bot"]["status"] == "ok"
    assert "`limner config check` looks into limner.toml" in findings["bot"]["detail"]


def test_the_doctor_speaks_to_people(capsys: Capture) -> None:
    assert main(["doctor"]) == 0
    assert "ok   device            cpu, float32" in capsys.readouterr().out


def test_the_doctor_finds_a_damaged_database(capsys: Capture, data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "limner.sqlite3").write_bytes(b"this is no database" * 100)
    assert main(["doctor", "--json"]) == 1
    failed = [f["subject"] for f in json.loads(capsys.readouterr().out) if f["status"] == "fail"]
    assert failed == ["database"]


def test_the_doctor_looks_into_a_sound_database(capsys: Capture, data_dir: Path) -> None:
    data_dir.mkdir()
    with closing(sqlite3.connect(data_dir / "limner.sqlite3")) as database:
        database.execute("PRAGMA user_version = 3")
    assert main(["doctor"]) == 0
    assert "version 3, ok" in capsys.readouterr().out


def test_the_doctor_survives_a_model_that_cannot_be_loaded(capsys: Capture, data_dir: Path) -> None:
    _install(data_dir, "hollow", MODEL)
    assert main(["doctor", "--json"]) == 1
    failed = [f for f in json.loads(capsys.readouterr().out) if f["status"] == "fail"]
    assert [finding["subject"] for finding in failed] == ["model hollow"]


MODEL = """
from limner_sdk import ModelDef, hookimpl

def load(loader):
    raise ValueError("nothing inside")

@hookimpl
def limner_models():
    yield ModelDef("hollow", "Empty.", "sd1", load)
"""


def test_the_doctor_tells_that_others_can_look_into_the_data(capsys: Capture, data_dir: Path) -> None:
    data_dir.mkdir(mode=0o755)
    data_dir.chmod(0o755)
    main(["doctor"])
    assert "chmod 700" in capsys.readouterr().out


def test_version_and_help(capsys: Capture) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("limner, version 0.")
    assert main(["imagine", "--help"]) == 0
    assert "--negative" in capsys.readouterr().out


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from limner_host.cli import main; sys.exit(main())"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)


def test_the_process_ends_with_code_two_and_one_line_for_bad_input() -> None:
    done = run("imagine", "x", "--size", "0x0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "limner: width: 0 is too small; the least is 64\n"


def test_a_prompt_that_is_no_text_is_refused_in_one_sentence() -> None:
    code = "import sys; from limner_host.cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code, "imagine", b"caf\xe9"], capture_output=True)
    assert done.returncode == 2
    assert done.stderr.startswith(b"limner: prompt: ")
    assert done.stderr.count(b"\n") == 1


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = "import sys; from limner_host.cli import main; sys.exit(main())"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code, "samplers"], **pipes) as it:  # type: ignore[call-overload]
        assert it.stdout
        assert it.stderr
        it.stdout.close()
        assert it.wait(60) in (0, 141)
        assert it.stderr.read() == b""


def test_a_flag_changes_one_parameter_of_a_recipe_and_keeps_the_others() -> None:
    imagine(CAT, *QUICK, "--sampler", "euler_a", "--sampler.noise-scale", "0.3", "--output", "a.png")
    imagine("--from", "a.png", "--sampler.eta", "0.5", "--output", "b.png")
    assert read_recipe(Path("b.png")).sampler.params == {"eta": 0.5, "noise_scale": 0.3}
