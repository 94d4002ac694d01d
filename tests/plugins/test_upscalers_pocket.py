"""Pocket's upscaler: nearer to the truth and sharper than Lanczos on scenes that it has never seen, tiled or whole."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tests.conftest import small_request

from limner_plugins.pocket.edges import clean_edges, edge_width, error, error_at_edges
from limner_plugins.pocket.scenes import draw, random_scene
from limner_plugins.upscalers import limner_upscalers
from limner_plugins.upscalers.bundled import POCKET
from limner_plugins.upscalers.params import UpscaleParams
from limner_sdk import BundledWeights, UnusableModel
from limner_sdk.testing import FakeContext

UPSCALER: Any = next(iter(limner_upscalers(())))


@cache
def pairs(count: int = 8) -> list[tuple[Image.Image, Image.Image]]:
    """Held-out scenes at 512 pixels, and their 4 x 4 means."""
    rng = random.Random(21)
    truths = [draw(random_scene(rng, held_out=True), 512) for _ in range(count)]
    return [(truth, truth.reduce(4)) for truth in truths]


def enlarged(image: Image.Image, **params: int) -> Image.Image:
    made: Image.Image = UPSCALER.run(image, FakeContext(), UpscaleParams(**params))
    return made


def lanczos(image: Image.Image) -> Image.Image:
    return image.resize((image.width * 4, image.height * 4), Image.Resampling.LANCZOS)


def test_its_file_is_small_and_holds_no_more_than_half_precision() -> None:
    assert POCKET.path.stat().st_size < 400_000
    assert {tensor.dtype for tensor in POCKET.tensors().values()} == {torch.float16}


@pytest.mark.parametrize("measure", [error, error_at_edges])
def test_it_comes_nearer_to_the_truth_than_lanczos(measure: Any) -> None:
    ours = np.mean([measure(enlarged(small), truth) for truth, small in pairs()])
    theirs = np.mean([measure(lanczos(small), truth) for truth, small in pairs()])
    assert ours < 0.75 * theirs


def test_its_edges_are_sharper_than_those_of_lanczos() -> None:
    edges = [clean_edges(truth) for truth, _ in pairs()]
    ours = np.mean([edge_width(enlarged(small), found) for (_, small), found in zip(pairs(), edges, strict=True)])
    theirs = np.mean([edge_width(lanczos(small), found) for (_, small), found in zip(pairs(), edges, strict=True)])
    assert ours < 0.75 * theirs


def test_flat_colours_stay_what_they_are() -> None:
    for colour in ((215, 40, 40), (245, 245, 245), (20, 20, 20)):
        made = np.asarray(enlarged(Image.new("RGB", (40, 40), colour))).astype(int)
        assert np.abs(made - colour).max() <= 4


def test_tiles_leave_no_seam() -> None:
    for truth, small in pairs()[:3]:
        whole, tiled = enlarged(small, tile=0), enlarged(small, tile=48)
        assert error(whole, tiled) < 0.1
        assert error(tiled, truth) < 1.05 * error(whole, truth)


def test_a_second_pass_can_begin_with_it(studio: Any, tmp_path: Any) -> None:
    made = {
        name: studio.make(small_request(hires={"scale": 2, "upscaler": name}), tmp_path / name).pictures[0]
        for name in ("pocket_x4", "lanczos")
    }
    assert made["pocket_x4"].recipe.hires.upscaler == "upscalers:pocket_x4"
    assert (made["pocket_x4"].width, made["pocket_x4"].height) == (128, 128)
    assert made["pocket_x4"].digest != made["lanczos"].digest


def test_the_measure_of_sharpness_knows_a_blurred_edge() -> None:
    truth = Image.new("RGB", (80, 80), (20, 20, 20))
    truth.paste((220, 220, 220), (40, 0, 80, 80))
    edges = clean_edges(truth)
    # A straight ramp of eight pixels goes from a tenth to nine tenths in 6.4.
    levels = np.interp(np.arange(80) + 0.5, [36, 44], [20, 220]).round().astype(np.uint8)
    ramp = Image.fromarray(np.broadcast_to(levels[None, :, None], (80, 80, 3)).copy())
    assert edge_width(truth, edges) < 1.1
    assert edge_width(ramp, edges) == pytest.approx(6.4, abs=0.3)


def test_a_damaged_bundled_file_says_what_to_do(tmp_path: Any) -> None:
    (tmp_path / "x.safetensors").write_bytes(POCKET.path.read_bytes()[:-9])
    with pytest.raises(
        UnusableModel, match=r"^X: its file x\.safetensors is missing or damaged; install its plugin again$"
    ):
        BundledWeights(tmp_path / "x.safetensors", "x", "X").tensors()
