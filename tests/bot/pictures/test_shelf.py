"""The pictures' files: checked before they count, cleared when they do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bot.orders import result

from limner_bot.pictures.shelf import DamagedResult, Shelf
from limner_sdk.messages import Result


def test_a_result_without_its_files_is_damaged(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    folder = shelf.prepare("job")
    with pytest.raises(DamagedResult, match="missing"):
        shelf.settle("job", result(1))
    for name in ("0.png", "grid.png"):
        (folder / name).write_bytes(b"x")
    with pytest.raises(DamagedResult, match="not what was announced"):
        shelf.settle("job", result(1))
    with pytest.raises(DamagedResult, match="no picture"):
        shelf.settle("job", Result(pictures=(), grid="grid.png"))


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "..", "", "a/b.png"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DamagedResult):
        Shelf(tmp_path).read("job", name)


def test_an_upload_stays_through_every_attempt_and_goes_when_its_job_is_over(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    kept = shelf.keep("job", b"a picture", ".png")
    (tmp_path / "job" / "half").mkdir()
    for name in ("1.png", ".1.png.part"):
        (tmp_path / "job" / name).write_bytes(b"half a picture")
    assert [path.name for path in shelf.prepare("job").iterdir()] == ["upload.png"]
    assert kept.read_bytes() == b"a picture"
    (tmp_path / "job" / "1.png").write_bytes(b"half a picture")
    shelf.empty("job")
    assert [path.name for path in (tmp_path / "job").iterdir()] == ["upload.png"]
    shelf.clear([], {"job": {"upload.png"}})
    assert kept.exists()
    shelf.clear([], {"job": {"1.png"}})
    assert not kept.exists()


def test_leftovers_go_and_strangers_stay(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for path in ("half/1.png", "done/1.png", "done/1.png.part", "mine/holiday.png"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(b"x")
    assert shelf.clear(["half"], {"done": {"1.png"}}) == 2
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert left == {"done/1.png", "mine/holiday.png"}
