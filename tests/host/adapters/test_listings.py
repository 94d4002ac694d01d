"""`limner loras` and `limner embeddings`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from limner_host.cli import main

from .making import QUERY, kohya, low_rank, numbers, written


@pytest.fixture
def filled(data_dir: Path) -> Path:
    """A data folder with one file of each kind."""
    written(
        data_dir / "loras" / "styles" / "ink.safetensors", low_rank(kohya(QUERY)), {"ss_base_model_version": "sd_v1"}
    )
    written(data_dir / "embeddings" / "cat.safetensors", {"emb_params": numbers(2, 1024)})
    return data_dir


def test_files_are_listed_with_what_they_tell(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["loras"]) == main(["embeddings"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "styles/ink sd1 LoRA, rank 4, for sd_v1" in lines
    assert "cat sd2 2 vectors of 1024" in lines
    assert f"Put more into {filled / 'loras'}: .safetensors files; <lora:name:0.8> in a prompt uses one." in lines


def test_files_are_listed_as_json(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["loras", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry == {"kind": "lora", "name": "styles/ink", "summary": "LoRA, rank 4, for sd_v1", "family": "sd1"}


def test_listing_needs_no_torch() -> None:
    code = "import sys, limner_host.adapters.embeddings, limner_host.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
