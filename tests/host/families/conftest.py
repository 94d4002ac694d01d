"""Tiny models of every family, each made on disk once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.host.tiny_models import (
    tiny_checkpoint,
    tiny_folder,
    tiny_inpaint_folder,
    tiny_sd2_folder,
    tiny_sd3_folder,
    tiny_sdxl_folder,
)

from limner_host.digests import DigestCache
from limner_host.loading import Loader

FOLDERS: dict[str, Callable[[Path], Path]] = {
    "sd1": tiny_folder,
    "sd2": tiny_sd2_folder,
    "sdxl": tiny_sdxl_folder,
    "sdxl_v": lambda folder: tiny_sdxl_folder(folder, prediction_type="v_prediction"),
    "sdxl_v_zero": lambda folder: tiny_sdxl_folder(folder, prediction_type="v_prediction", rescale_betas_zero_snr=True),
    "sd1_inpaint": tiny_inpaint_folder,
    "sdxl_inpaint": lambda folder: tiny_sdxl_folder(folder, channels=9),
    "sd3": tiny_sd3_folder,
    "sd3_t5": lambda folder: tiny_sd3_folder(folder, third=True),
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A family's tiny folder."""
    root = tmp_path_factory.mktemp("families")

    def at(name: str) -> Path:
        return root / name if (root / name).is_dir() else FOLDERS[name](root / name)

    return at


@pytest.fixture
def loader() -> Loader:
    return Loader(torch.device("cpu"), torch.float32, DigestCache(None))


@pytest.fixture
def model(loader: Loader, folder: Callable[[str], Path]) -> Callable[[str], Any]:
    """A family's tiny model."""
    return lambda name: loader.folder(str(folder(name)))


@pytest.fixture(params=["folder", "file"])
def load(
    request: pytest.FixtureRequest, tmp_path: Path, loader: Loader, folder: Callable[[str], Path]
) -> Callable[[str], Any]:
    """A family's tiny model, from a folder and from a single file with the original keys."""
    if request.param == "folder":
        return lambda name: loader.folder(str(folder(name)))
    return lambda name: loader.file(str(tiny_checkpoint(tmp_path / "tiny.safetensors", folder(name))))
