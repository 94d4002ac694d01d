"""ZIP files of somebody's data: as many as it takes, none too large, and the rest later."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from limner_bot.exporting import Item, Made, pack, zipped
from limner_bot.pictures.shelf import Shelf


def _made(root: Path, count: int, size: int) -> list[Made]:
    """Pictures of so many bytes."""
    (root / "job").mkdir()
    for number in range(1, count + 1):
        (root / "job" / f"{number}.png").write_bytes(bytes(size))
    return [Made(number, f"i{number}", "job", f"{number}.png", "{}") for number in range(1, count + 1)]


def test_no_part_is_larger_than_its_place_takes(tmp_path: Path) -> None:
    made = _made(tmp_path, 5, 10_000)
    packed = pack([Item("about.json", 10, b"{}")], made, Shelf(tmp_path), 25_000, 10)
    files = [zipped(part) for part in packed.parts]
    assert max(map(len, files)) <= 25_000
    names = [name for file in files for name in zipfile.ZipFile(io.BytesIO(file)).namelist()]
    assert names[:2] == ["about.json", "pictures-1.json"]
    assert len(names) == len(set(names)) == 7
    assert (packed.left, packed.too_large, packed.last) == (0, 0, 5)


def test_what_does_not_fit_into_the_parts_of_one_click_is_left_for_the_next(tmp_path: Path) -> None:
    made, shelf = _made(tmp_path, 5, 10_000), Shelf(tmp_path)
    first = pack([Item("about.json", 10, b"{}")], made, shelf, 25_000, 1)
    assert (first.last, first.left) == (2, 3)
    rest = pack([], [each for each in made if each.number > first.last], shelf, 25_000, 10)
    assert [item.number for part in rest.parts for item in part.items] == [3, 4, 5]


def test_a_file_that_is_gone_is_told_and_one_that_is_too_large_is_counted(tmp_path: Path) -> None:
    made = _made(tmp_path, 3, 10_000)
    (tmp_path / "job" / "1.png").unlink()
    (tmp_path / "job" / "2.png").write_bytes(bytes(90_000))
    evil = Made(4, "i4", "job", "../../secret", "{}")
    packed = pack([Item("about.json", 10, b"{}")], [*made, evil], Shelf(tmp_path), 25_000, 10)
    with zipfile.ZipFile(io.BytesIO(zipped(packed.parts[0]))) as archive:
        assert len(json.loads(archive.read("pictures-1.json"))) == 4
        assert [name for name in archive.namelist() if name.startswith("pictures/")] == ["pictures/00000003-i3.png"]
    assert packed.too_large == 1
