"""`limner apply`, and `--postprocess` of `limner imagine`: real post-processors on real files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from tests.conftest import a_recipe

from limner_host.cli import main
from limner_host.pictures import RECIPE_CHUNK, read_recipe, read_texts, write_picture
from limner_sdk import Recipe

CAT = "a red circle on a blue background"
QUICK = ["--steps", "1", "--size", "64x64", "--seed", "7"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def apply(*arguments: str) -> int:
    return main(["apply", *arguments])


def refusal(capsys: Capture, *arguments: str) -> str:
    """The one line that a refused command says."""
    capsys.readouterr()
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err.removeprefix("limner: ").rstrip()


def a_photo(name: str = "photo.png", mode: str = "RGB", size: tuple[int, int] = (24, 16)) -> str:
    """A picture that says nothing of itself."""
    Image.new(mode, size, 40).save(name)
    return name


def a_picture(name: str = "a.png", **changes: object) -> str:
    """A picture of ours, without drawing one."""
    write_picture(Image.new("RGB", (24, 16)), Path(name), {RECIPE_CHUNK: a_recipe(**changes).model_dump_json()})
    return name


def recipe_of(name: str) -> Recipe:
    return read_recipe(Path(name))


def size_of(name: str) -> tuple[int, int]:
    with Image.open(name) as image:
        return image.size


def test_the_result_lies_beside_the_picture_and_never_over_another(capsys: Capture) -> None:
    Path("deep").mkdir()
    for expected in ("photo-upscale.png", "photo-upscale-2.png"):
        assert apply("upscale", a_photo("deep/photo.png"), "--scale", "2") == 0
        assert capsys.readouterr().out.startswith(f"{Path('deep', expected).absolute()}  (48x32, seed ")
    assert size_of("deep/photo-upscale.png") == (48, 32)


@pytest.mark.parametrize("flags", [["--scale", "2"], ["--scale=2"], ["--postprocess.scale", "2"]])
def test_parameters_are_flags_with_and_without_their_prefix(flags: list[str]) -> None:
    assert apply(*flags, "upscale", a_photo(), "--output", "b.png") == 0
    assert apply("upscale", "photo.png", *flags, "--output", "c.webp") == 0
    assert size_of("b.png") == size_of("c.webp") == (48, 32)


def test_several_follow_one_another_each_with_its_parameters() -> None:
    then = [
        "--postprocess",
        "colour-fix",
        "--picture.reference",
        "photo.png",
        "--way",
        "adain",
        "--postprocess=upscale",
    ]
    assert apply("upscale", a_photo(), "--scale", "2", *then, "--width", "100", "--output", "b.png") == 0
    first, second, third = recipe_of("b.png").postprocess
    assert (first.params["scale"], second.params["way"], third.params["width"]) == (2.0, "adain", 100)
    assert (first.pictures, list(second.pictures)) == ({}, ["reference"])
    assert size_of("b.png")[0] == 100


def test_a_picture_is_finished_as_it_was_made_and_its_recipe_is_kept() -> None:
    assert apply("upscale", a_picture(seed={"seed": 11}), "--output", "b.png") == 0
    made = recipe_of("b.png")
    assert (made.prompt, made.seed.seed, made.sampler.id) == ("a cat", 11, "samplers:euler_a")
    assert made.finished is not None
    assert made.finished.recipe == recipe_of("a.png")


def test_what_was_done_can_be_done_again_from_the_result_alone() -> None:
    apply("upscale", a_photo(), "--scale", "3", "--output", "b.png")
    Path("photo.png").unlink()
    assert main(["imagine", "--from", "b.png", "--output", "c.png"]) == 0
    assert Path("b.png").read_bytes() == Path("c.png").read_bytes()


def test_options_say_what_is_drawn_anew() -> None:
    said = ["--prompt", "a green star", "--negative", "grey", "--steps", "1", "--cfg", "2", "--sampler", "euler"]
    own = ["--seed", "3", "--denoise", "0.9", "--postprocess.steps", "2", "--sampler.noise-scale", "0.9"]
    assert apply("ultimate-upscale", a_picture(), *said, *own, "--scale", "2", "--output", "b.png") == 0
    made = recipe_of("b.png")
    assert (made.prompt, made.negative, made.steps, made.cfg, made.seed.seed) == ("a green star", "grey", 1, 2.0, 3)
    assert (made.sampler.id, made.sampler.params["noise_scale"]) == ("samplers:euler", 0.9)
    assert (made.postprocess[0].params["steps"], made.postprocess[0].params["denoise"]) == (2, 0.9)


def test_the_same_work_on_the_same_picture_is_the_same_again_without_a_seed() -> None:
    for name in ("b.png", "c.png"):
        apply("ultimate-upscale", a_photo(), "--scale", "2", "--steps", "2", "--denoise", "0.9", "--output", name)
    assert Path("b.png").read_bytes() == Path("c.png").read_bytes()


def test_several_pictures_differ_in_their_seeds(capsys: Capture) -> None:
    flags = ["--scale", "2", "--steps", "2", "--denoise", "0.9", "--seed", "4", "--count", "2", "--output", "b.png"]
    assert apply("ultimate-upscale", a_photo(), *flags) == 0
    assert [recipe_of(name).seed.seed for name in ("b-1.png", "b-2.png")] == [4, 5]
    assert Path("b-grid.png").is_file()


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "I;16", "LA", "1"])
def test_pictures_of_any_kind_can_be_finished(mode: str) -> None:
    assert apply("upscale", a_photo(mode=mode), "--scale", "2", "--output", "b.jpg") == 0
    assert size_of("b.jpg") == (48, 32)


def test_a_single_pixel_can_be_finished() -> None:
    assert apply("upscale", a_photo(size=(1, 1)), "--scale", "2", "--output", "b.png") == 0
    assert size_of("b.png") == (2, 2)


def test_an_estimate_says_what_would_be_made_and_makes_nothing(capsys: Capture) -> None:
    chain = ["--scale", "4", "--postprocess", "ultimate-upscale", "--scale", "2", "--denoise", "0.5"]
    assert apply("upscale", a_photo(), *chain, "--steps", "4", "--estimate") == 0
    first, second, whole = capsys.readouterr().out.splitlines()
    assert first.startswith("upscale: 24x16 becomes 96x64; 96x64 by lanczos, no network evaluations")
    assert second.startswith("ultimate_upscale: 96x64 becomes 192x128; ")
    assert whole == f"in all: {second.rpartition(', ')[2]}"
    assert [file.name for file in Path().iterdir()] == ["photo.png"]


def test_an_estimate_is_there_for_programs_too(capsys: Capture) -> None:
    assert apply("upscale", a_photo(), "--scale", "2", "--estimate", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["id"], told["width"], told["height"], told["evaluations"]) == ("finishing:upscale", 48, 32, 0)


def test_the_result_is_there_for_programs_too(capsys: Capture) -> None:
    assert apply("upscale", a_photo(), "--scale", "2", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["pictures"][0]["width"], told["pictures"][0]["file"]) == (48, "photo-upscale.png")


def test_without_a_picture_it_lists_what_there_is(capsys: Capture) -> None:
    assert apply() == 0
    told = capsys.readouterr().out
    assert {"detailer", "ultimate_upscale", "upscale", "colour_fix"} <= {
        line.split(" ")[0] for line in told.splitlines()
    }
    assert "safety_filter" not in told
    assert apply("Upscale") == 0
    assert "\n--scale " in capsys.readouterr().out
    assert apply("upscale", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == "finishing:upscale"


def test_parameters_are_listed_as_they_are_typed_with_what_they_may_be(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    assert apply("ultimate-upscale") == 0
    lines = {line.split(" ")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert {"--tile-width", "--control-preprocessor", "--postprocess.steps", "--postprocess.prompt"} <= lines.keys()
    assert lines["--seams"].rstrip().endswith("(none, band, half_tile, half_tile_intersections)")
    assert lines["--scale"].rstrip().endswith("(1 to 16)")


def test_a_flag_is_never_cut_in_a_narrow_terminal(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    assert apply("detailer") == 0
    assert "--control-preprocessor " in capsys.readouterr().out


@pytest.mark.parametrize("count", ["1", "2"])
def test_the_picture_itself_is_never_replaced(capsys: Capture, count: str) -> None:
    before = Path(a_photo("photo-1.png" if count == "2" else "photo.png")).read_bytes()
    (name,) = [file.name for file in Path().iterdir()]
    Path("link").symlink_to(".")
    for output in ("photo.png", "./photo.png", "link/photo.png"):
        told = refusal(capsys, "apply", "upscale", name, "--scale", "2", "--count", count, "--output", output)
        assert told.startswith(f"output: '{Path(output)}' is the picture itself")
    assert Path(name).read_bytes() == before


def test_a_picture_of_another_programs_keeps_its_words_and_is_told_of_two_steps_later(capsys: Capture) -> None:
    text = "a face\nSteps: 9, Seed: 5, Size: 512x512, ADetailer model: hand.pt, Tiling: True, Version: v1.10.1"
    write_picture(Image.new("RGB", (24, 16)), Path("a.png"), {"parameters": text})
    apply("upscale", "a.png", "--scale", "2", "--output", "b.jpg")
    apply("upscale", "b.jpg", "--scale", "2", "--output", "c.png")
    assert read_texts(Path("c.png"))["parameters"].startswith(f"{text}, Post-process 1: ")
    capsys.readouterr()
    assert main(["recipe", "c.png"]) == 0
    assert "which was drawn elsewhere of: a face (512x512, 9 steps, seed 5)\n" in capsys.readouterr().out


def test_what_ultimate_sd_upscale_made_is_drawn_again_without_a_picture() -> None:
    fields = "Denoising strength: 0.2, Ultimate SD upscale tile_width: 64, Ultimate SD upscale padding: 0"
    line = f"Steps: 1, Sampler: Euler, CFG scale: 2, Seed: 1, Size: 64x64, {fields}, Version: v1.8.0"
    write_picture(Image.new("RGB", (64, 64)), Path("a.png"), {"parameters": f"a face\n{line}"})
    assert main(["imagine", "--from", "a.png", "--postprocess.scale", "1", "--output", "b.png"]) == 0
    assert recipe_of("b.png").postprocess[0].params["denoise"] == 0.2


def test_an_estimate_refuses_what_is_not_there(capsys: Capture) -> None:
    told = refusal(capsys, "apply", "upscale", a_photo(), "--upscaler", "nosuch", "--estimate")
    assert told.startswith("upscaler: 'nosuch' is unknown; there is lanczos, nearest, ")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--postprocess=upscale", "--scale", "99"], "upscale 2: scale: '99' is too large"),
        (["--postprocess=upscale", "--scal", "2"], "upscale 2: 'scal' is no parameter of upscale; did you mean scale?"),
        (["--postprocess=upscale", "--upscaler", "magic"], "upscale 2: upscaler: 'magic' is unknown"),
        (["--postprocess=detailer", "--denoise", "7"], "detailer: denoise: '7' is too large"),
        (["--postprocess=colour-fix", "--picture.reference", "gone.png"], "colour_fix: picture.reference: 'gone.png'"),
    ],
)
def test_of_several_the_refusal_says_which_one_is_meant(capsys: Capture, flags: list[str], sentence: str) -> None:
    assert refusal(capsys, "apply", "upscale", a_photo(), "--scale", "2", *flags).startswith(sentence)


def test_the_name_of_a_file_with_its_ending_and_a_filters_label_are_understood() -> None:
    assert apply("upscale", a_photo(), "--scale", "2", "--upscaler", "pocket_x4.safetensors", "--output", "b.png") == 0
    assert apply("upscale", "photo.png", "--scale", "2", "--upscaler", "Nearest", "--output", "c.png") == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["magic", "photo.png"], "postprocessor: 'magic' is unknown; there is colour_fix"),
        (["none", "photo.png"], "none is nothing to apply"),
        (["upscale", "gone.png"], "'gone.png' is no file"),
        (["upscale", "."], "is no file"),
        (["upscale", "photo.png", "more.png"], "unexpected extra argument (more.png)"),
        (
            ["upscale", "photo.png", "--scal", "2"],
            "'scal' is no parameter of upscale; did you mean scale? there is scale,",
        ),
        (["upscale", "photo.png", "--scale", "0"], "postprocessor.scale: '0' is too small"),
        (["upscale", "photo.png", "--scale"], "--scale lacks its value"),
        (["upscale", "photo.png", "--hires.scale", "2"], "No such option '--hires.scale'"),
        (["upscale", "photo.png", "--upscaler", "magic"], "upscaler: 'magic' is unknown"),
        (["upscale", "photo.png", "--output", "b.gif"], "take .png, .jpg"),
        (["upscale", "photo.png", "--count", "17"], "count: '17' is too large"),
        (["upscale", "photo.png", "--model", "sdxl"], "model: 'sdxl' is unknown"),
        (["upscale", "photo.png", "--width", "16000", "--height", "16000"], "is larger than this host allows"),
        (["colour-fix", "photo.png"], "give it with --postprocess.picture.reference FILE"),
        (["colour-fix", "photo.png", "--picture.reference", "gone.png"], "postprocess.picture.reference: 'gone.png'"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(capsys: Capture, arguments: list[str], sentence: str) -> None:
    a_photo()
    assert sentence in refusal(capsys, "apply", *arguments)
    assert [file.name for file in Path().iterdir()] == ["photo.png"]


def test_imagine_finishes_what_it_draws(capsys: Capture) -> None:
    flags = [
        "--postprocess",
        "upscale",
        "--postprocess.scale",
        "2",
        "--postprocess=upscale",
        "--postprocess.width",
        "96",
    ]
    assert main(["imagine", CAT, *QUICK, *flags, "--output", "a.png"]) == 0
    assert [stage.params["width"] for stage in recipe_of("a.png").postprocess] == [None, 96]
    assert size_of("a.png") == (96, 96)


def test_none_takes_out_the_post_processors_that_a_picture_brings() -> None:
    main(["imagine", CAT, *QUICK, "--postprocess", "upscale", "--postprocess.scale", "2", "--output", "a.png"])
    assert main(["imagine", "--from", "a.png", "--postprocess.scale", "3", "--output", "b.png"]) == 0
    assert main(["imagine", "--from", "a.png", "--postprocess", "none", "--output", "c.png"]) == 0
    assert (size_of("b.png"), size_of("c.png"), recipe_of("c.png").postprocess) == ((192, 192), (64, 64), ())


def test_a_parameter_of_nothing_and_an_unknown_autoencoder_are_refused(capsys: Capture) -> None:
    bare = refusal(capsys, "imagine", CAT, *QUICK, "--postprocess.scale", "2")
    assert bare == "--postprocess.scale has nothing to belong to; write --postprocess NAME before it"
    assert "'sharp'" in refusal(capsys, "imagine", CAT, *QUICK, "--vae", "sharp")
    assert main(["imagine", CAT, *QUICK, "--vae", "none", "--output", "a.png"]) == 0


def test_recipe_tells_what_a_finished_picture_was_made_from(capsys: Capture) -> None:
    apply("upscale", a_picture(), "--scale", "2", "--output", "b.png")
    apply("upscale", "b.png", "--scale", "2", "--output", "c.png")
    capsys.readouterr()
    assert main(["recipe", "c.png"]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("made from:")]
    assert told[0].endswith("which was finished by upscale")
    assert told[1].endswith("which was drawn of: a cat (128x64, 20 steps, seed 5)")
    assert "Post-process 2" in read_texts(Path("c.png"))["parameters"]


def test_recipe_tells_of_a_photo_that_it_says_nothing(capsys: Capture) -> None:
    apply("upscale", a_photo(), "--scale", "2", "--output", "b.png")
    capsys.readouterr()
    main(["recipe", "b.png"])
    assert "which says nothing of itself that is known here\n" in capsys.readouterr().out
