"""Sheets: where pictures and words stand, that every sign can be drawn, and what a sheet carries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.conftest import small_request

from limner_host.grids.layout import Look, columns_of, font_size_of, layout_of
from limner_host.grids.lettering import Face, Pen
from limner_host.grids.record import AxisRecord, CellRecord, GridRecord
from limner_host.grids.sheet import GRID_CHUNK, sheet_infotext, write_sheets
from limner_host.pictures import INFOTEXT_CHUNK, write_png
from limner_sdk import InvalidRequest, Size

COLOURS = ["#ff0000", "#00ff00", "#0000ff", "#ffff00", "#00ffff", "#ff00ff", "#808080", "#123456"]


def axis(label: str, *values: str) -> AxisRecord:
    return AxisRecord(name=label.lower() or "nothing", label=label, values=values or ("",))


def painted(folder: Path, sizes: Sequence[tuple[int, int]], x: AxisRecord, y: AxisRecord, z: AxisRecord) -> GridRecord:
    """A grid of plain colours; cell k has the k-th colour and the k-th size, x changing most often."""
    cells = []
    places = [(i, j, k) for k in counted(z) for j in counted(y) for i in counted(x)]
    for number, (i, j, k) in enumerate(places):
        width, height = sizes[number % len(sizes)]
        image = Image.new("RGB", (width, height), COLOURS[number])
        file = f"cells/x{i}-y{j}-z{k}.png"
        digest = write_png(image, folder / file, {INFOTEXT_CHUNK: "a star\nSteps: 1"})
        request = small_request()
        cells.append(CellRecord(x=i, y=j, z=k, request=request, width=width, height=height, file=file, digest=digest))
    return GridRecord(base=small_request(), x=x, y=y, z=z, cells=tuple(cells))


def counted(values: AxisRecord) -> range:
    return range(1, len(values.values) + 1)


def opened(file: Path) -> Image.Image:
    with Image.open(file) as image:
        image.load()
        return image.copy()


def colours(image: Image.Image, points: Sequence[tuple[int, int]]) -> list[str]:
    found = [image.convert("RGB").getpixel(point) for point in points]
    return ["#" + "".join(f"{level:02x}" for level in pixel) for pixel in found if isinstance(pixel, tuple)]


def test_without_a_legend_only_the_pictures_are_there(tmp_path: Path) -> None:
    record = painted(tmp_path, [(64, 64)], axis("Steps", "1", "2"), axis("CFG", "3", "4"), axis(""))
    (file,) = write_sheets(record, tmp_path, Look(legend=False, margin=10))
    sheet = opened(file)
    assert sheet.size == (138, 138)
    assert colours(sheet, [(0, 0), (137, 0), (0, 137), (137, 137)]) == COLOURS[:4]
    assert colours(sheet, [(69, 20), (20, 69)]) == ["#ffffff", "#ffffff"]


def test_columns_and_rows_follow_their_largest_picture(tmp_path: Path) -> None:
    sizes = [(64, 64), (128, 64), (64, 96), (128, 96)]
    record = painted(tmp_path, sizes, axis("Width", "64", "128"), axis("Height", "64", "96"), axis(""))
    (file,) = write_sheets(record, tmp_path, Look(legend=False, margin=0))
    sheet = opened(file)
    assert sheet.size == (192, 160)
    assert colours(sheet, [(63, 63), (64, 63), (63, 64), (64, 64)]) == COLOURS[:4]


def test_a_legend_stands_beside_the_pictures_and_never_on_them(tmp_path: Path) -> None:
    record = painted(tmp_path, [(64, 64)], axis("Steps", "1", "2"), axis("CFG", "3", "4"), axis(""))
    bare = opened(write_sheets(record, tmp_path, Look(legend=False))[0])
    sheet = opened(write_sheets(record, tmp_path, Look())[0])
    inner = (sheet.width - bare.width, sheet.height - bare.height, sheet.width, sheet.height)
    assert sheet.crop(inner).tobytes() == bare.tobytes()
    assert inner[0] > 0 < inner[1]
    left = sheet.crop((0, inner[1], inner[0], sheet.height)).convert("L")
    assert left.getextrema() != (255, 255)


def test_an_axis_that_does_not_vary_takes_no_room(tmp_path: Path) -> None:
    record = painted(tmp_path, [(64, 64)], axis("Steps", "1", "2"), axis(""), axis(""))
    sheet = opened(write_sheets(record, tmp_path, Look(margin=0))[0])
    assert sheet.width == 128
    assert sheet.height > 64


def test_every_value_of_z_gets_a_sheet_and_all_stand_in_one(tmp_path: Path) -> None:
    record = painted(tmp_path, [(64, 64)], axis("Steps", "1", "2"), axis("CFG", "3", "4"), axis("Seed", "5", "6"))
    whole, *parts = write_sheets(record, tmp_path, Look(legend=False, margin=2))
    assert [part.name for part in parts] == ["sheet-z1.png", "sheet-z2.png"]
    first, second = (opened(part) for part in parts)
    assert first.size == second.size == (130, 130)
    assert colours(second, [(0, 0), (129, 129)]) == [COLOURS[4], COLOURS[7]]
    assert sorted(opened(whole).size) == [130, 262]


def test_a_cell_without_a_picture_shows_why(tmp_path: Path) -> None:
    record = painted(tmp_path, [(128, 128)], axis("Steps", "1", "2", "3"), axis(""), axis(""))
    failed = record.cells[0].model_copy(update={"file": "", "error": "plugin p: it broke"})
    record = record.with_cell(failed).with_cell(record.cells[1].model_copy(update={"file": ""}))
    (tmp_path / record.cells[2].file).write_bytes(b"damaged")
    sheet = opened(write_sheets(record, tmp_path, Look(legend=False, margin=0))[0])
    for left in (0, 128, 256):
        words = sheet.crop((left + 5, 5, left + 123, 123)).convert("L")
        assert words.getextrema()[0] < 140 < words.getextrema()[1]  # type: ignore[operator]
    assert not {"#ff0000", "#00ff00", "#0000ff"} & set(colours(sheet, [(10, 10), (140, 10), (266, 10)]))


def test_a_sheet_carries_its_axes_for_others_and_its_record_for_us(tmp_path: Path) -> None:
    record = painted(tmp_path, [(64, 64)], axis("Steps", "1", "2"), axis("Prompt S/R", "a", "b, c"), axis(""))
    sheet = opened(write_sheets(record, tmp_path, Look())[0])
    assert sheet.info[INFOTEXT_CHUNK] == (
        'a star\nSteps: 1, Script: X/Y/Z plot, X Type: Steps, X Values: "1, 2", '
        'Y Type: Prompt S/R, Y Values: "a, \\"b, c\\""'
    )
    assert GridRecord.model_validate_json(sheet.info[GRID_CHUNK]) == record


def test_a_sheet_does_not_tell_where_pictures_lie_on_this_machine(tmp_path: Path) -> None:
    record = painted(tmp_path, [(64, 64)], axis("Steps", "1"), axis(""), axis(""))
    controls = [{"name": "edges", "image": "/home/me/hint.png"}]
    request = small_request(image="/home/me/a.png", mask="sha256:" + "0" * 64, controls=controls)
    record = record.with_cell(record.cells[0].model_copy(update={"request": request}))
    carried = opened(write_sheets(record, tmp_path, Look())[0]).info[GRID_CHUNK]
    assert "/home" not in carried
    shared = GridRecord.model_validate_json(carried).cells[0].request
    assert (shared.image, shared.mask, shared.controls[0].image) == ("a.png", request.mask, "hint.png")


def test_a_sheet_without_any_picture_still_carries_its_prompt(tmp_path: Path) -> None:
    record = painted(tmp_path, [(64, 64)], axis("Steps", "1"), axis(""), axis(""))
    record = record.with_cell(record.cells[0].model_copy(update={"file": ""}))
    assert sheet_infotext(record, tmp_path).startswith(f"{record.base.prompt}\nScript: X/Y/Z plot")
    assert json.dumps(opened(write_sheets(record, tmp_path, Look())[0]).size)


@pytest.mark.parametrize(("side", "height"), [(64, 14), (256, 23), (512, 46), (4096, 48)])
def test_words_grow_with_the_pictures(tmp_path: Path, side: int, height: int) -> None:
    record = painted(tmp_path, [(8, 8)], axis("Steps", "1"), axis(""), axis(""))
    record = record.with_cell(record.cells[0].model_copy(update={"width": side, "height": side}))
    assert font_size_of(record, Look()) == height
    assert font_size_of(record, Look(font_size=30)) == 30


def test_long_words_at_the_left_take_a_share_of_the_width_only(tmp_path: Path) -> None:
    record = painted(tmp_path, [(200, 200)], axis("Steps", "1"), axis("Prompt", "many words " * 50), axis(""))
    layout = layout_of(record, Look(), Pen.of(["many words"]), 18)
    assert 140 < layout.legend.left < 200


@pytest.mark.parametrize(
    ("look", "sentence"),
    [
        ({"margin": 501}, "margin: 501 is not within 0 to 500"),
        ({"font_size": 5}, "font_size: 5 is not within 10 to 200"),
    ],
)
def test_a_look_beyond_its_limits_is_refused(look: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        Look(**look)


def test_a_look_with_a_file_that_is_no_font_is_refused_at_once() -> None:
    with pytest.raises(InvalidRequest, match=r"^font: .* is no font that can be read"):
        Look(font=__file__)


def test_a_file_that_is_no_font_is_refused(tmp_path: Path) -> None:
    (tmp_path / "font.ttf").write_bytes(b"no font")
    with pytest.raises(InvalidRequest, match=r"^font: .* is no font that can be read"):
        Pen.of(["a"], str(tmp_path / "font.ttf"))


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ("plain 1.5", "plain 1.5"),
        ("äé ß 2×3", "ae ss 2x3"),
        ("漢字", "??"),
        ("a\u200bb\x00c\ud800\nd", "abc d"),
        ("e\u0301", "e"),
    ],
)
def test_signs_that_a_font_lacks_become_plain_ones(text: str, readable: str) -> None:
    pen = Pen(Face(), Face().lacking(set(text) - set("\ud800\x00\u200b\n")))
    assert pen.readable(text) == readable


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80), st.integers(20, 300), st.integers(20, 200))
def test_any_text_fits_into_any_box(text: str, width: int, height: int) -> None:
    pen = Pen.of([text])
    block = pen.fitted(text, width, height, 20)
    assert block.height <= height
    assert all(pen.width(line, block.size) <= width for line in block.lines)


def test_words_shrink_before_they_are_broken() -> None:
    pen = Pen(Face())
    assert pen.fitted("one two three", 60, 100, 16).lines == ("one two", "three")
    shrunk = pen.fitted("unbreakable", 70, 100, 30)
    assert shrunk.lines == ("unbreakable",)
    assert shrunk.size < 30
    assert pen.fitted("many words that never end " * 9, 60, 40, 16).lines[-1].endswith("…")


@pytest.mark.parametrize(("sheets", "size", "columns"), [(2, (300, 100), 1), (2, (100, 300), 2), (4, (100, 100), 2)])
def test_sheets_stand_together_as_nearly_square_as_they_can(sheets: int, size: tuple[int, int], columns: int) -> None:
    assert columns_of(sheets, Size(*size)) == columns
