"""What is kept of weight files: the last ones, as they lie on disk now, and only while they may be read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from safetensors.torch import save_file
from torch import Tensor, ones

from limner_sdk import BundledWeights, LastUsed, UnusableModel


@dataclass
class Counted:
    """A `WeightFile` that may be taken off the list of the allowed."""

    path: Path
    allowed: bool = True
    name: str = field(init=False)
    label: str = "A file"

    def __post_init__(self) -> None:
        self.name = self.path.name
        self.path.write_text("first")

    @property
    def file(self) -> str:
        return self.name

    def metadata(self) -> Mapping[str, str]:
        if not self.allowed:
            raise UnusableModel("is not allowed")
        return {}

    def tensors(self) -> dict[str, Tensor]:
        return {}


def kept(made: list[str]) -> LastUsed[str]:
    def make(file: object) -> str:
        made.append(file.path.read_text())  # type: ignore[attr-defined]
        return made[-1]

    return LastUsed(make)


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    made: list[str] = []
    networks, files = kept(made), [Counted(tmp_path / name) for name in "abc"]
    for file in (files[0], files[1], files[0], files[2], files[0]):
        networks.of(file)
    assert len(made) == 3
    networks.of(files[1])
    assert len(made) == 4


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    networks, file = kept([]), Counted(tmp_path / "a")
    assert networks.of(file) == "first"
    file.path.write_text("other")
    os.utime(file.path, ns=(1, 1))
    assert networks.of(file) == "other"


def test_files_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    networks = kept([])
    (tmp_path / "b").mkdir()
    one, other = Counted(tmp_path / "a"), Counted(tmp_path / "b" / "a")
    other.path.write_text("second")
    assert (networks.of(one), networks.of(other)) == ("first", "second")


def test_a_file_that_is_not_allowed_any_more_is_not_used_any_more(tmp_path: Path) -> None:
    networks, file = kept([]), Counted(tmp_path / "a")
    networks.of(file)
    file.allowed = False
    with pytest.raises(UnusableModel, match="is not allowed"):
        networks.of(file)


def test_bundled_weights_are_read_and_a_missing_file_is_told(tmp_path: Path) -> None:
    save_file({"a": ones(2)}, tmp_path / "a.safetensors", {"task": "detect"})
    file = BundledWeights(tmp_path / "a.safetensors", "a", "Fine")
    assert (file.file, dict(file.metadata()), file.tensors()["a"].tolist()) == (
        "a.safetensors",
        {"task": "detect"},
        [1, 1],
    )
    file.path.unlink()
    with pytest.raises(
        UnusableModel, match=r"^Fine: its file a\.safetensors is missing or damaged; install its plugin"
    ):
        file.metadata()
