"""What the admin of a host allows: read from the environment, and the same sentence everywhere."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import small_request

from limner_host.limits import Limits
from limner_host.studio import Studio
from limner_sdk import ConfigurationError, InvalidRequest, Size


@pytest.mark.parametrize(
    ("text", "pixels"), [("", 2**24), ("1024x1024", 2**20), (" 2048 × 512 ", 2**20), ("640X480", 307_200)]
)
def test_a_limit_is_an_area_whatever_its_proportions(monkeypatch: pytest.MonkeyPatch, text: str, pixels: int) -> None:
    monkeypatch.setenv("LIMNER_LARGEST_CANVAS", text)
    assert Limits.from_environment().pixels == pixels


@pytest.mark.parametrize("text", ["4096", "0x0", "00x64", "x", "big", "-64x64", "1e9x64", "64x64x64", "٦٤x٦٤"])
def test_a_limit_that_cannot_be_read_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LIMNER_LARGEST_CANVAS", text)
    with pytest.raises(ConfigurationError, match=r"LIMNER_LARGEST_CANVAS: .* is no size in pixels; write it as 4096x"):
        Limits.from_environment()


def test_a_size_beyond_the_limit_is_refused_and_the_limit_itself_allowed() -> None:
    Limits(2**20).check("size", Size(512, 2048))
    with pytest.raises(
        InvalidRequest, match=r"size: '512x2049' is larger than this host allows; ask for 1048576 pixels at most"
    ):
        Limits(2**20).check("size", Size(512, 2049))


def test_the_studio_keeps_its_limit_and_tells_it(studio: Studio, tmp_path: Path) -> None:
    narrow = dataclasses.replace(studio, limits=Limits(64 * 64))
    assert narrow.catalogue().largest_pixels == 64 * 64
    with pytest.raises(InvalidRequest, match="size: '128x64' is larger than this host allows"):
        narrow.make(small_request(width=128), tmp_path)
    with pytest.raises(InvalidRequest, match="hires: '128x128' is larger than this host allows"):
        narrow.make(small_request(hires={"scale": 2}), tmp_path)


def test_a_worker_with_a_bad_limit_leaves_with_one_sentence(tmp_path: Path) -> None:
    environment = os.environ | {"LIMNER_DATA_DIR": str(tmp_path), "LIMNER_LARGEST_CANVAS": "huge"}
    done = subprocess.run(
        [sys.executable, "-m", "limner_host.worker"], input="", capture_output=True, text=True, env=environment
    )
    assert done.returncode == 2
    assert done.stderr.rstrip().endswith("LIMNER_LARGEST_CANVAS: 'huge' is no size in pixels; write it as 4096x4096")


def test_a_limit_that_allows_no_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_LARGEST_CANVAS", "10x10")
    with pytest.raises(ConfigurationError, match="allows no picture at all; the least is 64x64"):
        Limits.from_environment()
