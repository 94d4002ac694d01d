"""The weight files of upscalers and detectors: what they are called, what they are, and what is read of them."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file
from tests.host.hostile import WAYS, WRAPPINGS, payload, zipped

from limner_host.house import open_registry
from limner_host.part_files import files_in, form_of, offered_files
from limner_host.pickles.trust import trust, trusted
from limner_host.tensor_header import MOST_TENSORS
from limner_host.weight_files import check_safetensors
from limner_sdk import UnusableModel
from limner_sdk.folders import DataFolder

WEIGHTS = {"conv.weight": torch.arange(6.0).reshape(2, 3)}


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data").create()


def put(data: DataFolder, name: str, content: bytes, folder: str = "upscalers") -> Path:
    path = data.root / folder / name
    path.write_bytes(content)
    return path


def refusal(data: DataFolder) -> str:
    """Why the only upscaler cannot be used, in one sentence, however it is asked."""
    (file,) = files_in(data, "upscaler")
    with pytest.raises(UnusableModel) as refused:
        file.tensors()
    with pytest.raises(UnusableModel, match="upscaler"):
        file.metadata()
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_safetensors_file_gives_its_tensors_and_metadata(data: DataFolder) -> None:
    put(data, "4x Nice Film.safetensors", save(WEIGHTS, {"scale": "4"}))
    (file,) = files_in(data, "upscaler")
    assert (file.name, file.label, file.file) == ("4x_nice_film", "4x Nice Film", "4x Nice Film.safetensors")
    assert file.metadata() == {"scale": "4"}
    assert torch.equal(file.tensors()["conv.weight"], WEIGHTS["conv.weight"])
    assert file.problem() is None


def test_each_kind_has_its_own_folder(data: DataFolder) -> None:
    put(data, "face.safetensors", save(WEIGHTS), "detectors")
    assert [file.name for file in files_in(data, "detector")] == ["face"]
    assert files_in(data, "upscaler") == files_in(data, "sampler") == ()


def test_names_are_usable_and_different(data: DataFolder) -> None:
    for name in ("ünïcode.pt", "UNICODE x.pt", "unicode_x.pt", "_.pt", "9" * 90 + ".pt", ".hidden.pt", "notes.txt"):
        put(data, name, b"")
    names = [file.name for file in files_in(data, "upscaler")]
    assert sorted(names) == ["9" * 60, "n_code", "unicode_x", "unicode_x_2"]


def test_a_file_of_the_folder_becomes_a_choice(data: DataFolder) -> None:
    put(data, "4x-Film.safetensors", save(WEIGHTS))
    put(data, "hand_yolov8n.pt", zipped(WEIGHTS), "detectors")
    registry = open_registry(data)
    assert registry.upscaler("4x-Film").definition.name == "4x-film"
    assert registry.detector("hand_yolov8n").definition.name == "hand_yolov8n"


def test_safetensors_win_over_a_pickle_of_the_same_name(data: DataFolder) -> None:
    put(data, "a.pth", zipped(WEIGHTS))
    put(data, "a.safetensors", save(WEIGHTS))
    assert [file.file for file in files_in(data, "upscaler")] == ["a.safetensors"]


def test_content_decides_which_of_two_is_the_pickle(data: DataFolder) -> None:
    put(data, "a.pth", save(WEIGHTS))
    put(data, "a.safetensors", zipped(WEIGHTS))
    (file,) = files_in(data, "upscaler")
    assert (file.file, file.form) == ("a.pth", "safetensors")
    assert list(file.tensors()) == ["conv.weight"]


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.pt", save(WEIGHTS), "safetensors"),
        ("a.safetensors", zipped(WEIGHTS), "pickle"),
        ("a.bin", b"\x80\x04N.", "pickle"),
        ("a.task", zipped(WEIGHTS), "pickle"),
        ("a.task", b"PK\x03\x04" + bytes(26) + b"face_detector.tflite" + bytes(40), "mediapipe"),
        ("a.tflite", b"\x1c\0\0\0TFL3" + bytes(20), "mediapipe"),
        ("a.safetensors", b"7z\xbc\xaf\x27\x1c" + bytes(30), "unknown"),
        ("a.pt", b"", "unknown"),
    ],
)
def test_the_content_tells_what_a_file_is(tmp_path: Path, name: str, content: bytes, form: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert form_of(tmp_path / name) == form


def test_a_file_of_mediapipes_has_a_place_but_no_tensors(data: DataFolder) -> None:
    path = put(data, "face.tflite", b"\x1c\0\0\0TFL3" + bytes(20), "detectors")
    (file,) = files_in(data, "detector")
    assert (file.path, file.metadata(), file.problem()) == (path, {"format": "mediapipe"}, None)
    with pytest.raises(UnusableModel, match=r"face\.tflite is a file of MediaPipe's"):
        file.tensors()


def test_listing_opens_no_tensors_and_starts_no_process(data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    put(data, "a.safetensors", save(WEIGHTS))
    put(data, "b.pt", zipped(WEIGHTS))
    for place in ("subprocess.run", "safetensors.torch.load_file", "torch.load"):
        monkeypatch.setattr(place, None)
    assert len(files_in(data, "upscaler")) == 2
    assert {"a", "b"} <= {entry.name for entry in open_registry(data).catalogue().stages_of("upscaler")}


@pytest.mark.parametrize("ending", ["pt", "pth", "ckpt", "bin", "safetensors"])
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_nothing_hostile_is_read_unless_it_is_allowed(
    data: DataFolder, tmp_path: Path, wrapping: str, ending: str
) -> None:
    canary = tmp_path / "canary"
    for way in WAYS:
        put(data, f"evil.{ending}", WRAPPINGS[wrapping](payload(way, canary)))
        if wrapping == "inside":
            (file,) = files_in(data, "upscaler")
            assert list(file.tensors()) == ["a"]
        else:
            assert f"evil.{ending}" in refusal(data)
        assert not canary.exists()


def test_a_refused_pickle_says_what_it_is_and_both_ways_out(data: DataFolder) -> None:
    path = put(data, "my face.pt", zipped(WEIGHTS))
    (file,) = files_in(data, "upscaler")
    digest = file.shelf.digest(path, "upscaler")
    said = refusal(data)
    assert said.startswith("upscaler my face.pt is a pickle, which can run programs")
    for part in (digest[:12], "`limner trust 'my face.pt'`", "`limner upscalers convert 'my face.pt'`"):
        assert part in said
    assert file.problem() == said


def test_an_allowed_pickle_is_read_once_and_kept(data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(data, "a.pt", zipped({"params": WEIGHTS}))
    (file,) = files_in(data, "upscaler")
    trust(data.trusted, file.shelf.digest(path, "upscaler"), path.name)
    assert torch.equal(file.tensors()["conv.weight"], WEIGHTS["conv.weight"])
    monkeypatch.setattr("subprocess.run", None)
    assert list(file.tensors()) == ["conv.weight"]
    assert file.problem() is None


def test_what_was_read_counts_only_while_it_is_allowed(data: DataFolder) -> None:
    path = put(data, "a.pt", zipped(WEIGHTS))
    (file,) = files_in(data, "upscaler")
    digest = file.shelf.digest(path, "upscaler")
    (data.root / "converted").mkdir()
    save_file(WEIGHTS, data.root / "converted" / f"{digest}.safetensors")
    assert "is not allowed" in refusal(data)
    trust(data.trusted, digest, path.name)
    assert list(file.tensors()) == ["conv.weight"]
    data.trusted.write_text("# nothing any more\n")
    assert "is not allowed" in refusal(data)


def test_a_pickle_that_changes_is_not_allowed_any_more(data: DataFolder) -> None:
    path = put(data, "a.pt", zipped(WEIGHTS))
    (file,) = files_in(data, "upscaler")
    trust(data.trusted, file.shelf.digest(path, "upscaler"), path.name)
    path.write_bytes(zipped({"other": torch.zeros(9)}))
    assert "is not allowed" in refusal(data)


def test_the_list_of_the_allowed_may_have_comments_and_mistakes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    listing = tmp_path / "trusted-weights.txt"
    listing.write_text(f"# mine\n\n{'A' * 64}  # face.pt\n{'b' * 63}\n*\n{'c' * 64}")
    trust(listing, "d" * 64, "line\nbreak.pt")
    trust(listing, "d" * 64, "again.pt")
    with caplog.at_level(logging.WARNING):
        assert trusted(listing) == {"a" * 64, "c" * 64, "d" * 64}
    assert "line 4 of trusted-weights.txt is no SHA-256" in caplog.text
    assert listing.read_text().endswith(f"{'c' * 64}\n{'d' * 64}  # line?break.pt\n")
    assert trusted(tmp_path / "none.txt") == frozenset()


def _header(text: str, data: bytes = b"") -> bytes:
    return len(text).to_bytes(8, "little") + text.encode() + data


ENTRY = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (_header(f'{{"a":{ENTRY},"a":{ENTRY}}}', bytes(4)), "has a name twice"),
        (_header(f'{{"a":{ENTRY}}}', bytes(3)), "take 4 of 3 bytes"),
        (_header(f'{{"a":{ENTRY}}}', bytes(9)), "take 4 of 9 bytes"),
        (_header('{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,4]}}', bytes(4)), "another size than its shape"),
        (_header('{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}', bytes(4)), "another size than its shape"),
        (_header('{"a":7}'), "has no shape or no place"),
        (_header('{"a":{"dtype":"F32","data_offsets":[0,4]}}', bytes(4)), "has no shape or no place"),
        (_header('{"a":{"dtype":"F32","shape":["x"],"data_offsets":[0,4]}}', bytes(4)), "has no shape or no place"),
        (_header('{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}', bytes(4)), "has no shape or no place"),
        (_header('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,2,4]}}', bytes(4)), "has no shape or no place"),
        (_header('{"a":{"dtype":"F32","shape":[1],"data_offsets":["0","4"]}}', bytes(4)), "has no shape or no place"),
        (_header('{"a":{"dtype":"F32","shape":[%s],"data_offsets":[0,4]}}' % ("9" * 6000), bytes(4)), "is no JSON"),
        (_header(f'{{"__metadata__":[1],"a":{ENTRY}}}', bytes(4)), "its header contradicts itself"),
        (_header("[" * 100_000), "is damaged"),
        (_header("{" * 10), "is damaged"),
        (_header("{}")[:9], "is damaged"),
        ((2**63).to_bytes(8, "little") + b"{}", "has a header of 9223372036854775808 bytes"),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, content: bytes, part: str) -> None:
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(UnusableModel, match=rf"upscaler a\.safetensors .*{part}"):
        check_safetensors(tmp_path / "a.safetensors", "upscaler")


@pytest.mark.parametrize("shape", [[2**40] * 400_000, [2**4000] * 8])
def test_a_shape_beyond_all_measure_is_refused_at_once(tmp_path: Path, shape: list[int]) -> None:
    text = json.dumps({"a": {"dtype": "F32", "shape": shape, "data_offsets": [0, 4]}})
    (tmp_path / "a.safetensors").write_bytes(_header(text, bytes(4)))
    begin = time.monotonic()
    with pytest.raises(UnusableModel, match="its tensor 'a' has"):
        check_safetensors(tmp_path / "a.safetensors")
    assert time.monotonic() - begin < 5


def test_what_cannot_be_an_upscaler_is_not_offered_as_one(data: DataFolder) -> None:
    bundle = b"PK\x03\x04" + bytes(26) + b"face_detector.tflite" + bytes(40)
    for folder in ("upscalers", "detectors"):
        put(data, "face.task", bundle, folder)
        put(data, "torn.safetensors", save(WEIGHTS)[:-1], folder)
        put(data, "odd.pt", b"7z\xbc\xaf\x27\x1c", folder)
        put(data, "old.pt", zipped(WEIGHTS), folder)
    assert [file.name for file in offered_files(data, "upscaler")] == ["old"]
    assert [file.name for file in offered_files(data, "detector")] == ["face", "old"]
    assert not {"face", "torn", "odd"} & {entry.name for entry in open_registry(data).catalogue().stages_of("upscaler")}


@pytest.mark.parametrize(
    ("tensor", "part"),
    [
        (torch.full((2,), float("nan")), "its weights are no numbers; fetch it again"),
        (torch.full((2,), float("inf")).half(), "its weights are no numbers; fetch it again"),
        (torch.ones(2, dtype=torch.int32), "its weights are not in decimal numbers"),
        (torch.ones(2, dtype=torch.bool), "its weights are not in decimal numbers"),
        (torch.ones(2, dtype=torch.complex64), "its weights are not in decimal numbers"),
    ],
)
def test_weights_that_are_no_numbers_are_refused(data: DataFolder, tensor: torch.Tensor, part: str) -> None:
    put(data, "a.safetensors", save({"conv.weight": tensor}))
    with pytest.raises(UnusableModel, match=rf"^upscaler a\.safetensors: {part}"):
        files_in(data, "upscaler")[0].tensors()


def test_counters_and_masks_may_be_whole_and_infinite(data: DataFolder) -> None:
    tensors = {"bn.num_batches_tracked": torch.tensor(3), "attn_mask": torch.full((2,), -float("inf"))}
    put(data, "a.safetensors", save(tensors | WEIGHTS))
    assert len(files_in(data, "upscaler")[0].tensors()) == 3


def test_a_file_name_that_steers_a_terminal_is_shown_without(data: DataFolder) -> None:
    put(data, "x\x1b[31mred\n.pt", zipped(WEIGHTS))
    (file,) = files_in(data, "upscaler")
    assert file.file == "x?[31mred?.pt"
    assert str(file.problem()).isprintable()


def test_tens_of_thousands_of_empty_tensors_are_refused_before_they_are_made(tmp_path: Path) -> None:
    empty = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    text = json.dumps({str(number): empty for number in range(MOST_TENSORS + 1)})
    (tmp_path / "a.safetensors").write_bytes(_header(text))
    with pytest.raises(UnusableModel, match=f"holds {MOST_TENSORS + 1} tensors and is not to be trusted"):
        check_safetensors(tmp_path / "a.safetensors")
