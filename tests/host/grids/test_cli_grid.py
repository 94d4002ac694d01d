"""`limner grid`, in this process: real plugins, real Pocket, real files."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from tests.conftest import a_recipe

from limner_host.cli import main
from limner_host.grids.making import missing
from limner_host.grids.record import read_record
from limner_host.pictures import RECIPE_CHUNK, write_png
from limner_host.studio import Studio

CAT = "a red circle on a blue background"
QUICK = ["--steps", "1", "--size", "64x64", "--seed", "7"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture(autouse=True)
def _with_the_loaded_studio(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner_host.house.open_studio", lambda data: studio)


def grid(*arguments: str) -> int:
    return main(["grid", *arguments])


def refusal(capsys: Capture, *arguments: str) -> str:
    """The one line that a refused command says."""
    capsys.readouterr()
    assert grid(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("limner: ")
    assert err.count("\n") == 1
    return err.removeprefix("limner: ").rstrip()


def test_a_grid_lies_in_its_own_folder(capsys: Capture) -> None:
    assert grid(CAT, *QUICK, "--x", "cfg=1, 4", "--y", "sampler=euler, dpmpp_2m") == 0
    folder = Path("grid-a-red-circle-on-a-blue-background").absolute()
    out, err = capsys.readouterr()
    assert out == f"{folder / 'sheet.png'}\n"
    assert err.startswith("4 cells: 4 network evaluations, 0.016 megapixels\nabout ")
    assert len(list((folder / "cells").iterdir())) == 4
    assert all(cell.file for cell in read_record(folder).cells)


def test_options_of_imagine_say_what_does_not_vary(capsys: Capture) -> None:
    assert (
        grid(CAT, *QUICK, "--sampler", "euler_a", "--sampler.eta", "0.5", "--x", "cfg=1, 4", "--dry-run", "--json") == 0
    )
    record = json.loads(capsys.readouterr().out)
    assert [cell["request"]["sampler"]["params"] for cell in record["cells"]] == [{"eta": "0.5"}] * 2
    assert [cell["request"]["cfg"] for cell in record["cells"]] == [1, 4]


def test_a_dry_run_tells_the_cost_and_the_cells_and_makes_nothing(capsys: Capture) -> None:
    assert grid(CAT, *QUICK, "--x", "steps=1, 2", "--dry-run") == 0
    out, err = capsys.readouterr()
    assert out == "1,1,1  Steps 1\n2,1,1  Steps 2\n"
    assert err == "2 cells: 3 network evaluations, 0.0082 megapixels\n"
    assert list(Path().iterdir()) == []


def test_the_same_command_again_makes_nothing_anew(capsys: Capture) -> None:
    quick = [CAT, "--steps", "1", "--size", "64x64", "--x", "cfg=1, 4"]
    assert grid(*quick) == 0
    capsys.readouterr()
    assert grid(*quick) == 0
    assert capsys.readouterr().err == "2 cells, 0 of them to make: 0 network evaluations, 0 megapixels\n"
    assert [path.name for path in Path().iterdir()] == ["grid-a-red-circle-on-a-blue-background"]


def test_another_grid_of_the_same_prompt_gets_another_folder() -> None:
    assert grid(CAT, *QUICK, "--x", "cfg=1") == 0
    assert grid(CAT, *QUICK, "--x", "cfg=2") == 0
    assert sorted(path.name[-6:] for path in Path().iterdir()) == ["ground", "ound-2"]


def test_a_grid_is_resumed_from_its_folder(capsys: Capture) -> None:
    assert grid(CAT, *QUICK, "--x", "cfg=1, 4", "--output", "g", "--no-sheet") == 0
    Path("g/cells/x2-y1-z1.png").unlink()
    capsys.readouterr()
    assert grid("--resume", "g") == 0
    out, err = capsys.readouterr()
    assert err.startswith("2 cells, 1 of them to make: 1 network evaluations")
    assert out == f"{Path('g/sheet.png').absolute()}\n"
    assert Path("g/cells/x2-y1-z1.png").is_file()


def test_ctrl_c_keeps_what_is_done_and_tells_how_to_go_on(
    capsys: Capture, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = type(studio).make
    calls: list[int] = []

    def interrupted(*arguments: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(type(studio), "make", interrupted)
    assert grid(CAT, *QUICK, "--x", "cfg=1, 4", "--output", "g") == 130
    assert f"go on with limner grid --resume {Path('g').absolute()}" in capsys.readouterr().err
    assert grid("--resume", "g") == 0
    assert len(calls) == 3


def test_a_grid_that_was_killed_goes_on(capsys: Capture) -> None:
    begin = [sys.executable, "-c", "from limner_host.cli import main; main()", "grid", CAT, *QUICK]
    with subprocess.Popen([*begin, "--x", "cfg=1..20", "--y", "seed=7, 8", "--output", "g"]) as process:
        while not Path("g/cells/x3-y1-z1.png").is_file():
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    record = read_record(Path("g"))
    left = len(missing(record, Path("g")))
    assert 0 < left < 40
    capsys.readouterr()
    assert grid("--resume", "g") == 0
    assert capsys.readouterr().err.startswith(f"40 cells, {left} of them to make")
    assert missing(read_record(Path("g")), Path("g")) == ()


def test_one_cell_is_made_once_more(capsys: Capture) -> None:
    assert grid(CAT, *QUICK, "--x", "cfg=1, 4", "--output", "g", "--no-sheet") == 0
    capsys.readouterr()
    assert grid("--resume", "g", "--retry", "2,1") == 0
    assert capsys.readouterr().err.startswith("2 cells, 1 of them to make")


def test_a_grid_with_failures_says_so_and_exits_with_1(
    capsys: Capture, studio_with: object, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_dir / "plugins").mkdir(parents=True)
    (data_dir / "plugins" / "bad.py").write_text(BAD)
    monkeypatch.undo()
    monkeypatch.setenv("LIMNER_DATA_DIR", str(data_dir))
    monkeypatch.setenv("LIMNER_DEVICE", "cpu")
    folder = data_dir.parent / "here" / "g"
    assert grid(CAT, *QUICK, "--x", "postprocess=none, bad", "--output", str(folder)) == 1
    err = capsys.readouterr().err
    assert "cell 2,1,1: plugin bad:bad: post-process failed: no luck\n" in err
    assert f"1 of 2 cells failed; limner grid --resume {folder} tries them again" in err
    assert (folder / "sheet.png").is_file()


BAD = '''"""A plugin that fails."""

from limner_sdk import NoParams, PostprocessDef, hookimpl


def fail(image, ctx, params):
    raise ValueError("no luck")


@hookimpl
def limner_postprocessors():
    yield PostprocessDef("bad", "Fails.", NoParams, fail)
'''


def test_the_record_is_printed_as_json(capsys: Capture) -> None:
    assert grid(CAT, *QUICK, "--x", "cfg=1, 4", "--output", "g", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert record["sheets"] == [str(Path("g/sheet.png").absolute())]
    assert record["x"] == {"name": "cfg", "label": "CFG Scale", "values": ["1", "4"]}
    assert [cell["file"] for cell in record["cells"]] == ["cells/x1-y1-z1.png", "cells/x2-y1-z1.png"]


def test_a_grid_can_start_from_a_picture_s_recipe(capsys: Capture) -> None:
    recipe = a_recipe(model={"id": "pocket:pocket", "digest": "0" * 64})
    write_png(Image.new("RGB", (8, 8)), Path("a.png"), {RECIPE_CHUNK: recipe.model_dump_json()})
    assert grid("--from", "a.png", "--x", "cfg=1, 4", "--dry-run", "--json") == 0
    cells = json.loads(capsys.readouterr().out)["cells"]
    assert [cell["request"]["seed"] for cell in cells] == [5, 5]


def test_variations_and_the_penultimate_level_are_taken_over_from_imagine(capsys: Capture) -> None:
    said = ["--variation", "7:0.3", "--keep-penultimate", "--x", "variation.strength=0.1, 0.2"]
    assert grid(CAT, *QUICK, *said, "--dry-run", "--json") == 0
    requests = [cell["request"] for cell in json.loads(capsys.readouterr().out)["cells"]]
    assert [request["variations"] for request in requests] == [
        [{"seed": 7, "strength": 0.1}],
        [{"seed": 7, "strength": 0.2}],
    ]
    assert [request["discard_penultimate"] for request in requests] == [False, False]


def test_the_same_command_goes_on_with_the_fresh_seeds_that_were_drawn(capsys: Capture) -> None:
    fresh = [CAT, "--steps", "1", "--size", "64x64", "--x", "seed=-1, 5, -1", "--output", "g", "--no-sheet"]
    assert grid(*fresh) == 0
    capsys.readouterr()
    assert grid(*fresh) == 0
    assert capsys.readouterr().err.startswith("3 cells, 0 of them to make")
    fresh[fresh.index("seed=-1, 5, -1")] = "seed=-1, 6, -1"
    assert "holds another grid" in refusal(capsys, *fresh)


def test_a_cell_that_could_never_work_is_refused_before_any_is_made(capsys: Capture) -> None:
    assert refusal(capsys, CAT, *QUICK, "--x", "styles=none, nope").startswith("style: 'nope' is unknown")
    assert list(Path().iterdir()) == []


def test_in_a_large_grid_every_value_is_checked(capsys: Capture) -> None:
    large = ["--x", "seed=1..40", "--y", "styles=none, nope", "--most", "80"]
    assert refusal(capsys, CAT, *QUICK, *large).startswith("style: 'nope' is unknown")


def test_cells_that_are_made_are_not_checked_again(capsys: Capture) -> None:
    write_png(Image.new("RGB", (64, 64)), Path("a.png"), {})
    assert grid(CAT, *QUICK, "--image", "a.png", "--x", "cfg=1, 4", "--output", "g") == 0
    Path("a.png").unlink()
    assert grid("--resume", "g") == 0
    assert refusal(capsys, "--resume", "g", "--retry", "1,1").startswith("image: ")


def test_the_axes_are_listed_as_json(capsys: Capture) -> None:
    assert grid("--axes", "--json") == 0
    axes = {axis["name"]: axis for axis in json.loads(capsys.readouterr().out)}
    assert axes["steering.clip_skip"]["form"] == "whole"
    assert (axes["steering.clip_skip"]["least"], axes["steering.clip_skip"]["most"]) == (1, 12)
    assert "euler" in axes["sampler"]["choices"]


def test_the_axes_are_listed(capsys: Capture) -> None:
    assert grid("--axes") == 0
    out = capsys.readouterr().out
    assert "steering.clip_skip" in out
    assert "whole numbers 1 to 12" in out
    assert "a1111, no_norm, comfy" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([CAT], "grid: '' has no axis; give at least one, such as steps=10, 20, 30"),
        (["--x", "cfg=1"], "prompt: '' is empty; write what the picture should show"),
        ([CAT, "--x", "cfg"], "axis: 'cfg' has no values; write them as steps=10, 20, 30"),
        ([CAT, "--x", "cgf=1"], "axis: 'cgf' is no axis; did you mean cfg? there is cfg, "),
        ([CAT, "--x", "cfg=1, 31"], "cfg: 31.0 is too large; the most is 30"),
        ([CAT, "--x", "seed=1..65"], "grid: 65 cells are more than 64; give fewer values, or allow more cells"),
        ([CAT, "--x", "seed=1..13", "--size", "4096x4096"], "grid: 218 megapixels are more than a sheet's 200;"),
        ([CAT, "--x", "cfg=1", "--most", "1001"], "Invalid value for '--most': 1001 is not in the range 1<=x<=1000."),
        ([CAT, "--x", "cfg=1", "--most", "1_0"], "Invalid value for '--most': '1_0' is not a whole number."),
        ([CAT, "--x", "upscale.scale=2, 16", "--size", "512x512"], "upscale target: '8192x8192' is larger"),
        ([CAT, "--x", "start.denoise=0, 1"], "start.denoise: 0.0 needs a picture to start from; give image too"),
        ([CAT, "--x", "inpaint.blur=4"], "inpaint.blur: 4 needs a picture to start from; give image too"),
        ([CAT, "--x", "image=nowhere.png"], "image: 'nowhere.png' is no file; name a PNG, JPEG or WebP picture"),
        ([CAT, "--x", "cfg=1", "--font", __file__], f"font: '{__file__}' is no font that can be read;"),
        (["--resume", "g", "--keep-penultimate"], "resume: 'g' knows its grid;"),
        (["--resume", "g", "--variation", "7:0.3"], "resume: 'g' knows its grid;"),
        ([CAT, "--x", "cfg=1", "--margin", "501"], "margin: 501 is not within 0 to 500 pixels; take one that is"),
        ([CAT, "--x", "cfg=1", "--retry", "x"], "retry: 'x' is no cell; write its column and row, such as 2,1"),
        ([CAT, "--x", "cfg=1", "--retry", "2,1"], "cell: '2,1,1' is not in the grid of 1x1x1; count from 1"),
        (["--resume", "nowhere"], "folder: 'nowhere' holds no grid; it needs a record.json"),
        ([CAT, "--resume", "g"], "resume: 'g' knows its grid; leave out all but --retry and sheet options"),
        (["--resume", "g", "--steps", "9"], "resume: 'g' knows its grid;"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(capsys: Capture, arguments: list[str], sentence: str) -> None:
    assert refusal(capsys, *arguments).startswith(sentence)


def test_a_named_folder_with_another_grid_is_refused(capsys: Capture) -> None:
    assert grid(CAT, *QUICK, "--x", "cfg=1", "--output", "g") == 0
    assert "holds another grid; name another folder" in refusal(capsys, CAT, *QUICK, "--x", "cfg=2", "--output", "g")
