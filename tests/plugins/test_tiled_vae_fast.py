"""The tiled VAE, fast: close to the whole, exact where its guess is, and never worse for want of numbers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.plugins.autoencoders import apart, decoded, encoded, random_codec, slanted, tiled
from torch import Tensor

from limner_host.families.codec import KLCodec
from limner_plugins.tiled_vae import running
from limner_plugins.tiled_vae.attention import Attending
from limner_plugins.tiled_vae.estimating import small_copy
from limner_plugins.tiled_vae.parking import Map
from limner_plugins.tiled_vae.rolling import Branch


@pytest.fixture(scope="module")
def codec() -> KLCodec:
    return random_codec()


@pytest.fixture
def perfect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statistics that are guessed by the whole map, and so are exact."""
    monkeypatch.setattr(running, "small_copy", lambda values, longest: values)


@pytest.mark.parametrize("tile", [None, 1, 3, 40])
def test_one_pass_with_exact_statistics_is_exact(codec: KLCodec, perfect: None, tile: int | None) -> None:
    latent = slanted(1, 4, 9, 13)
    assert apart(tiled(codec, tile=tile, mode="fast", estimate=8).decode(latent), decoded(codec, latent)) < 1e-12


@pytest.mark.parametrize("fix", [False, True])
@pytest.mark.parametrize("tile", [1, 3, 40])
def test_encoding_in_one_pass_with_exact_statistics_is_exact(
    codec: KLCodec, perfect: None, tile: int, fix: bool
) -> None:
    picture = slanted(1, 3, 72, 104) / 4
    made = tiled(codec, tile=tile, mode="fast", estimate=8, colour_fix=fix).encode(picture)
    assert apart(made, encoded(codec, picture)) < 1e-12


def test_a_small_picture_is_exact_by_itself(codec: KLCodec) -> None:
    latent = slanted(1, 4, 9, 8)
    made = tiled(codec, tile=2, mode="fast", estimate=9)
    assert apart(made.decode(latent), decoded(codec, latent)) < 1e-12
    assert made.parking.peak > 0


def test_fast_is_close_to_the_whole_on_pockets_pictures(pocket: Any) -> None:
    latent = encoded(pocket.codec, _drawing())
    whole, made = decoded(pocket.codec, latent), tiled(pocket.codec, mode="fast", estimate=12, tile=4).decode(latent)
    error = (made - whole).square().mean()
    assert 0 < error < 4 / 10**2.4


def _drawing() -> Tensor:
    """Circles of many colours on a ramp, (1, 3, 128, 160) in -1 … 1."""
    y, x = torch.meshgrid(torch.arange(128.0), torch.arange(160.0), indexing="ij")
    picture = (torch.stack([x / 160, y / 128, 1 - x / 160])[None] - 0.5).clone()
    for place in range(6):
        inside = (x - 20 - 24 * place) ** 2 + (y - 24 - 16 * place) ** 2 < 15**2
        picture[0, place % 3][inside] = 0.9 - 0.3 * place
    return picture


@pytest.mark.parametrize("fix", [False, True])
def test_fast_encoding_is_close_to_the_whole(pocket: Any, fix: bool) -> None:
    latent = encoded(pocket.codec, _drawing())
    made = tiled(pocket.codec, mode="fast", estimate=8, colour_fix=fix).encode(_drawing())
    assert 0 < (made - latent).square().mean().sqrt() < 0.03


def test_a_guess_that_is_no_number_makes_it_exact(codec: KLCodec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "small_copy", lambda values, longest: values * float("nan"))
    latent = slanted(1, 4, 9, 10)
    assert apart(tiled(codec, mode="fast", estimate=8).decode(latent), decoded(codec, latent)) < 1e-12


def test_fast_parks_less(codec: KLCodec) -> None:
    exact, fast = tiled(codec, tile=1), tiled(codec, tile=1, mode="fast", estimate=8)
    for made in (exact, fast):
        made.decode(slanted(1, 4, 24, 24))
    assert fast.parking.peak < exact.parking.peak / 4


def test_a_small_copy_has_the_levels_of_the_original() -> None:
    values = slanted(1, 4, 40, 30)
    small = small_copy(values, 20)
    assert small.shape == (1, 4, 20, 15)
    assert apart(small.mean((2, 3)), values.mean((2, 3))) < 0.02
    assert apart(small.std((2, 3)), values.std((2, 3))) < 0.05
    assert small.max() <= values.max()
    assert small.min() >= values.min()


def test_a_residual_branch_gives_its_rows_in_order() -> None:
    values, branch = slanted(1, 2, 9, 3), Branch()
    for rows in values.split(4, 2):
        branch.push(rows)
    assert torch.equal(branch.peek(6), values[:, :, :6])
    branch.drop(5)
    assert torch.equal(branch.peek(4), values[:, :, 5:])


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_attention_in_chunks_is_that_of_the_whole(codec: KLCodec, rows: int) -> None:
    module = codec.autoencoder.decoder.mid_block.attentions[0]
    module.group_norm = None
    values = slanted(1, 16, 7, 5)
    with torch.no_grad():
        work, source = Attending(module, None, torch.float64), Map(values, None)
        keys = work.remember(source, rows)
        made = torch.cat([work.make(part, *keys) for part in values.split(rows, 2)], 2)
        assert apart(made, module(values)) < 1e-12
