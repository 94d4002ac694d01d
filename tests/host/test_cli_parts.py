"""The commands for weight files of parts: what is listed, what is refused, how a pickle is allowed or converted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save
from tests.host.hostile import payload, zipped

from limner_host.cli import main
from limner_host.house import open_registry
from limner_host.known_parts import check_part
from limner_host.part_files import PickleShelf
from limner_host.pickles.trust import trusted
from limner_sdk import UnknownName
from limner_sdk.folders import DataFolder
from limner_sdk.testing import FakeContext

WEIGHTS = {"conv.weight": torch.arange(6.0).reshape(2, 3)}
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def data(data_dir: Path) -> DataFolder:
    return DataFolder(data_dir).create()


def put(data: DataFolder, folder: str, name: str, content: bytes) -> Path:
    path = data.root / folder / name
    path.write_bytes(content)
    return path


def said(capsys: Capture, *arguments: str, code: int = 0) -> str:
    """What a command prints: its lines, or the sentence of a refusal."""
    capsys.readouterr()
    assert main(arguments) == code
    out, err = capsys.readouterr()
    assert (err == "") == (code == 0)
    assert "Traceback" not in err
    assert err.count("\n") <= 1
    return out + err


def listed(capsys: Capture, kind: str) -> dict[str, Any]:
    return {row["name"]: row for row in json.loads(said(capsys, f"{kind}s", "--json"))}


@pytest.mark.parametrize("kind", ["upscaler", "detector"])
def test_what_can_be_chosen_is_listed_and_what_cannot_says_why(data: DataFolder, capsys: Capture, kind: str) -> None:
    put(data, f"{kind}s", "fine.safetensors", save(WEIGHTS))
    put(data, f"{kind}s", "torn.safetensors", save(WEIGHTS)[:-1])
    put(data, f"{kind}s", "old.pt", zipped(WEIGHTS))
    put(data, f"{kind}s", "odd.pt", b"7z\xbc\xaf\x27\x1c")
    rows, text = listed(capsys, kind), said(capsys, f"{kind}s")
    assert rows["fine"]["problem"] is None
    for name, part in (("torn", "is damaged"), ("old", "is a pickle"), ("odd", "is neither")):
        assert rows[name]["problem"].startswith(f"{kind} {rows[name]['file']} {part}")
        assert f"\n{rows[name]['problem']}.\n" in text
    assert f"Put more into {data.root / f'{kind}s'}" in text


def test_the_bundled_ones_are_listed_without_a_file(data: DataFolder, capsys: Capture) -> None:
    assert listed(capsys, "upscaler")["pocket_x4"]["file"] == ""
    assert listed(capsys, "detector")["pocket_faces"]["problem"] is None


def test_filters_are_listed_among_the_upscalers(data: DataFolder, capsys: Capture) -> None:
    rows = listed(capsys, "upscaler")
    assert (rows["lanczos"]["problem"], rows["nearest"]["file"]) == (None, "")
    assert "lanczos" not in listed(capsys, "detector")


def test_an_unknown_name_is_told_what_can_be_used(data: DataFolder, capsys: Capture) -> None:
    put(data, "upscalers", "4x Nice-Film.safetensors", save(WEIGHTS))
    put(data, "upscalers", "old.pth", zipped(WEIGHTS))
    registry = open_registry(data)
    with pytest.raises(UnknownName) as refused:
        check_part("upscaler", "nosuch", registry, data)
    told = "lanczos, nearest, 4x_nice-film, pocket_x4"
    assert str(refused.value) == f"upscaler: 'nosuch' is unknown; there is {told}"
    for name in ("Lanczos", "old", "4x Nice-Film.pth", "4x_nice-film.safetensors", "pocket_x4"):
        check_part("upscaler", name, registry, data)


def test_a_file_whose_name_is_taken_is_listed_with_a_remedy(data: DataFolder, capsys: Capture) -> None:
    put(data, "upscalers", "pocket_x4.safetensors", save(WEIGHTS))
    rows = json.loads(said(capsys, "upscalers", "--json"))
    (row,) = [row for row in rows if row["file"] == "pocket_x4.safetensors"]
    assert "rename it" in row["problem"]


def test_a_file_of_mediapipes_is_no_problem(data: DataFolder, capsys: Capture) -> None:
    put(data, "detectors", "blaze_face_short_range.tflite", b"\x1c\0\0\0TFL3" + bytes(20))
    assert listed(capsys, "detector")["blaze_face_short_range"]["problem"] is None


def test_a_trusted_pickle_can_be_used_from_then_on(data: DataFolder, capsys: Capture) -> None:
    path = put(data, "upscalers", "old.pth", zipped(WEIGHTS))
    assert "old.pth is allowed now" in said(capsys, "trust", "old.pth")
    (digest,) = trusted(data.trusted)
    assert data.trusted.read_text() == f"{digest}  # old.pth\n"
    assert said(capsys, "trust", str(path)).count(digest) == 1
    assert data.trusted.read_text().count("\n") == 1
    assert listed(capsys, "upscaler")["old"]["problem"] is None


@pytest.mark.parametrize(
    ("content", "part"),
    [(save(WEIGHTS), "cannot run programs"), (b"", "there is nothing to allow"), (b"\x1c\0\0\0TFL3", "MediaPipe")],
)
def test_what_is_no_pickle_cannot_be_trusted(data: DataFolder, capsys: Capture, content: bytes, part: str) -> None:
    put(data, "detectors", "a.pt", content)
    assert part in said(capsys, "trust", "a.pt", code=2)
    assert not data.trusted.exists()


@pytest.mark.parametrize("command", [("trust",), ("detectors", "convert")])
def test_a_hostile_pickle_is_neither_trusted_nor_converted(
    data: DataFolder, capsys: Capture, tmp_path: Path, command: tuple[str, ...]
) -> None:
    put(data, "detectors", "evil.pt", zipped({"model": payload("os.system", tmp_path / "canary")}))
    assert "evil.pt cannot be read: it names posix.system" in said(capsys, *command, "evil.pt", code=2)
    assert not (tmp_path / "canary").exists()
    assert not data.trusted.exists()
    assert [path.name for path in data.detectors.iterdir()] == ["evil.pt"]


def test_a_pickle_that_cannot_be_read_is_not_advised_to_be_allowed(data: DataFolder, capsys: Capture) -> None:
    path = put(data, "upscalers", "cut.pth", zipped(WEIGHTS)[:-100])
    assert listed(capsys, "upscaler")["cut"]["problem"].endswith("convert cut.pth`")
    assert said(capsys, "trust", "cut.pth", code=2) == "limner: weight file cut.pth is damaged; fetch it again\n"
    assert listed(capsys, "upscaler")["cut"]["problem"] == "upscaler cut.pth is damaged; fetch it again"
    path.write_bytes(zipped(WEIGHTS))
    said(capsys, "trust", "cut.pth")
    assert listed(capsys, "upscaler")["cut"]["problem"] is None


def test_allowing_tries_again_what_could_not_be_read_the_last_time(data: DataFolder, capsys: Capture) -> None:
    path = put(data, "upscalers", "old.pth", zipped(WEIGHTS))
    shelf = PickleShelf.of(data)
    shelf.folder.mkdir()
    (shelf.folder / f"{shelf.digest(path, 'upscaler')}.refused").write_text("cannot be read: it took too long")
    assert listed(capsys, "upscaler")["old"]["problem"] == "upscaler old.pth cannot be read: it took too long"
    said(capsys, "trust", "old.pth")
    assert listed(capsys, "upscaler")["old"]["problem"] is None


def test_converting_writes_a_safetensors_file_beside_it_and_allows_nothing(data: DataFolder, capsys: Capture) -> None:
    path = put(data, "upscalers", "old.pth", zipped({"params": WEIGHTS}))
    assert "1 tensors" in said(capsys, "upscalers", "convert", "old.pth")
    assert torch.equal(load_file(path.with_suffix(".safetensors"))["conv.weight"], WEIGHTS["conv.weight"])
    assert not data.trusted.exists()
    assert open_registry(data).upscaler("old").definition.label == "old"
    assert "there is a file" in said(capsys, "upscalers", "convert", "old.pth", code=2)


def test_converting_a_pickle_that_is_called_safetensors_leaves_it_alone(data: DataFolder, capsys: Capture) -> None:
    content = zipped(WEIGHTS)
    path = put(data, "upscalers", "a.safetensors", content)
    assert "a-converted.safetensors: 1 tensors" in said(capsys, "upscalers", "convert", "a.safetensors")
    assert path.read_bytes() == content
    assert list(load_file(path.with_name("a-converted.safetensors"))) == ["conv.weight"]


def test_a_file_of_mediapipes_is_no_upscaler(data: DataFolder, capsys: Capture) -> None:
    put(data, "upscalers", "face.tflite", b"\x1c\0\0\0TFL3" + bytes(20))
    assert "is a file of MediaPipe's, which only detects" in listed(capsys, "upscaler")["face"]["problem"]


def test_converting_can_write_elsewhere_and_tells_what_is_no_detector(
    data: DataFolder, capsys: Capture, tmp_path: Path
) -> None:
    path, target = put(data, "upscalers", "old.pth", zipped(WEIGHTS)), tmp_path / "there" / "new.safetensors"
    assert "cannot be used as a detector" in said(capsys, "detectors", "convert", str(path), "--output", str(target))
    assert target.is_file()
    assert [file.name for file in data.upscalers.iterdir()] == ["old.pth"]


@pytest.mark.parametrize("command", [("trust",), ("detectors", "convert"), ("upscalers", "convert")])
def test_a_file_that_is_not_there_is_said_so(data: DataFolder, capsys: Capture, command: tuple[str, ...]) -> None:
    told = said(capsys, *command, "none.pt", code=2)
    assert "there is no file none.pt; give its path" in told
    for folder in ("upscalers", "detectors"):
        assert (str(data.root / folder) in told) == (command[0] in ("trust", folder))


def test_converting_a_safetensors_file_is_refused(data: DataFolder, capsys: Capture) -> None:
    put(data, "detectors", "a.pt", save(WEIGHTS))
    assert "a.pt is a safetensors file already" in said(capsys, "detectors", "convert", "a.pt", code=2)


def test_an_upscaler_enlarges_the_same_from_a_trusted_pickle(data: DataFolder, capsys: Capture) -> None:
    compact = pytest.importorskip("spandrel.architectures.Compact").Compact(num_feat=8, num_conv=2, upscale=4)
    put(data, "upscalers", "new.safetensors", save(compact.state_dict()))
    put(data, "upscalers", "old.pth", zipped({"params_ema": compact.state_dict()}))
    said(capsys, "trust", "old.pth")
    registry, picture = open_registry(data), Image.linear_gradient("L").resize((24, 16)).convert("RGB")
    made = []
    for name in ("old", "new"):
        definition = registry.upscaler(name).definition
        made.append(definition.run(picture, FakeContext(), definition.params()))
    assert made[0].size == (96, 64)
    assert made[0].tobytes() == made[1].tobytes()
