"""Pictures larger than Pocket is used to: no seams, every sampler, the right spread, the same whatever the batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.conftest import small_request
from tests.plugins.test_tilers import TILERS, Words, context
from tests.plugins.walks import SAMPLERS, scheduled

from limner_host.guidance import guided
from limner_host.offers import Offer
from limner_host.pictures import read_image
from limner_host.studio import Studio
from limner_host.tiling import tiled
from limner_plugins.tilers.axes import even
from limner_sdk import Encoding, Guidance, InvalidRequest, Size, Span, Tensor
from limner_sdk.testing import FakeContext

#: Pocket's own size in latent cells.
NATIVE = 16
WIDE = {"width": 512, "height": 256, "steps": 5, "seed": 2, "prompt": "a red circle"}


def drawn(studio: Studio, folder: Path, **wanted: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The pixels (H, W, 3) of one picture."""
    studio.make(small_request(**wanted), folder)
    return np.asarray(read_image(folder / "1.png"), dtype=np.float64)


def seam(pixels: np.ndarray[Any, np.dtype[np.float64]], overlap: int) -> float:
    """How much larger the steps between pixels are across the borders of tiles than elsewhere."""
    across = np.abs(np.diff(pixels, axis=1)).mean(axis=(0, 2)), borders(pixels.shape[1], overlap)
    down = np.abs(np.diff(pixels, axis=0)).mean(axis=(1, 2)), borders(pixels.shape[0], overlap)
    at = np.concatenate([steps[where] for steps, where in (across, down)])
    elsewhere = np.concatenate([np.delete(steps, where) for steps, where in (across, down)])
    return float(at.mean() / elsewhere.mean())


def borders(pixels: int, overlap: int) -> list[int]:
    """The last pixel before each beginning, and of each end, of a tile inside the picture."""
    tiles = even(pixels // 8, NATIVE, overlap)
    edges = {8 * edge for tile in tiles for edge in (tile.start, tile.start + tile.length)}
    return sorted(edge - 1 for edge in edges if 0 < edge < pixels)


def test_a_picture_four_times_as_wide_has_no_seam(studio: Studio, tmp_path: Path) -> None:
    naive = drawn(studio, tmp_path / "n", tiler={"name": "multidiffusion", "params": {"overlap": 0}}, **WIDE)
    ours = drawn(studio, tmp_path / "o", tiler="cosine", **WIDE)
    assert ours.shape == (256, 512, 3)
    # Tiles that know nothing of each other choose backgrounds of their own.
    assert seam(naive, 0) > 8
    assert seam(ours, NATIVE // 4) < 1.6


@pytest.mark.parametrize(("name", "overlap"), [("multidiffusion", 12), ("mixture", 4), ("jittered", 4)])
def test_other_tilers_leave_no_seam_either(studio: Studio, tmp_path: Path, name: str, overlap: int) -> None:
    tiler = {"name": name, "params": {"overlap": overlap}}
    pixels = drawn(studio, tmp_path, tiler=tiler, **(WIDE | {"width": 384, "steps": 4}))
    # Where the borders of a grid that does not move are: jittered tiles have theirs everywhere.
    assert seam(pixels, overlap) < 1.6


def across_the_edge(pixels: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """How much larger the step from the last column of pixels to the first is than those between neighbours."""
    return float(np.abs(pixels[:, 0] - pixels[:, -1]).mean() / np.abs(np.diff(pixels, axis=1)).mean())


@pytest.mark.parametrize("name", ["cosine", "mixture"])
def test_a_panorama_has_no_edge_where_it_closes(studio: Studio, tmp_path: Path, name: str) -> None:
    wide = {"prompt": "a red circle", "width": 256, "height": 128, "steps": 4, "seed": 1}
    ring, strip = (
        drawn(studio, tmp_path / str(wrap), tiler={"name": name, "params": {"wrap": wrap}}, **wide)
        for wrap in (True, False)
    )
    assert across_the_edge(ring) < 1.5
    assert across_the_edge(strip) > 10 * across_the_edge(ring)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_draws_with_tiles(studio: Studio, tmp_path: Path, sampler: str) -> None:
    hasty = {"rtol": 1.0, "atol": 1.0} if sampler == "dpm_adaptive" else {}
    chosen = {"name": sampler, "params": hasty}
    pixels = drawn(studio, tmp_path, tiler="cosine", sampler=chosen, width=256, height=128, steps=2)
    assert pixels.shape == (128, 256, 3)
    assert np.isfinite(pixels).all()
    # A picture of numbers that are none is black all over.
    assert pixels[:, :128].std() > 5
    assert pixels[:, 128:].std() > 5


@pytest.mark.parametrize("name", TILERS)
def test_fusing_predictions_keeps_the_spread_that_ancestral_noise_gives(name: str) -> None:
    size, spread, sigmas = Size(64, 64), 0.8, scheduled("karras", 30)
    ctx, definition = FakeContext((1, 2, 3, 4)), TILERS[name]
    params = definition.params(overlap=12)

    def denoise(x: Tensor, sigma: float) -> Tensor:
        """The best guess for values of variance spread²."""
        return x * spread**2 / (spread**2 + sigma**2)

    fused = tiled(
        lambda x, sigma, guidance: denoise(x, sigma), Offer("t", "1", definition), params, context(size), sigmas.index
    )
    sampler, words = SAMPLERS["euler_a"], Words()
    noise = ctx.noise_like(torch.zeros(4, 4, 64, 64)) * sigmas[0]
    made, plain = (
        sampler.run(predict, noise, sigmas, FakeContext((5, 6, 7, 8)), sampler.params())
        for predict in (lambda x, sigma: fused(x, sigma, words), denoise)  # type: ignore[arg-type]
    )
    assert torch.allclose(made, plain, atol=1e-4)
    # Where four tiles of MultiDiffusion meet, averaged latents would have lost half of it.
    assert float(made.std()) == pytest.approx(spread, rel=0.15)


@pytest.fixture(scope="module")
def steered(pocket: Any) -> Guidance:
    """Two prompts for two pictures."""
    how = Encoding(Size(256, 128))
    positive, negative = (pocket.encode((Span(text),), how).expand(2) for text in ("a red circle", ""))
    return Guidance(((positive, 1.0),), negative, 4.0)


@pytest.mark.parametrize("name", TILERS)
def test_the_number_of_tiles_in_a_batch_does_not_change_the_picture(name: str, pocket: Any, steered: Guidance) -> None:
    x = torch.randn(2, 4, 16, 40, generator=torch.Generator().manual_seed(1)) * 3
    made = []
    for batch in (1, 2, 3, 64):
        definition = TILERS[name]
        offer, params = Offer("tilers", "1", definition), definition.params(batch=batch)
        with torch.inference_mode():
            made.append(tiled(guided(pocket), offer, params, context(Size(40, 16)), lambda s: 1)(x, 3.0, steered))
    assert all(torch.allclose(other, made[0], atol=1e-4) for other in made[1:])


def test_a_tile_larger_than_the_canvas_is_refused_before_anything_is_drawn(studio: Studio, tmp_path: Path) -> None:
    tiler = {"name": "mixture", "params": {"tile_width": 96, "tile_height": 96}}
    with pytest.raises(
        InvalidRequest, match=r"tiler\.tile_width: 96 makes a tile of 96x96 cells, larger than the canvas"
    ):
        studio.make(small_request(tiler=tiler), tmp_path)
    assert not list(tmp_path.glob("*.png"))
