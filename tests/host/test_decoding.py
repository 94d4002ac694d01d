"""Decoding: pictures put together from parts, rings without a seam, and what happens when memory is short."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.conftest import a_recipe, small_request

from limner_host.memory_policy import THRIFTY, MemoryPolicy, decode_bytes
from limner_host.ring import RingCodec
from limner_host.stages.decode import BlamedCodec, image_of
from limner_host.studio import Studio
from limner_host.tensors import to_image
from limner_sdk import Box, CodecDef, NoParams, OutOfMemory, Size, StageFailed, UnusableModel
from limner_sdk.testing import FakeCodec

StudioWith = Callable[..., Studio]


class InRows(FakeCodec):
    """Gives its picture row by row, the last one first."""

    def parts(self, latent: torch.Tensor, /) -> Iterator[tuple[Box, torch.Tensor]]:
        picture = self.decode(latent)
        for top in reversed(range(picture.shape[-2])):
            yield Box(0, top, picture.shape[-1], 1), picture[:, :, top : top + 1]


@pytest.fixture
def latent() -> torch.Tensor:
    return torch.randn(1, 4, 5, 9, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("codec", [InRows(), FakeCodec()])
def test_a_picture_of_parts_is_the_whole_picture(codec: FakeCodec, latent: torch.Tensor) -> None:
    made = image_of(BlamedCodec(codec, "mine:codec"), latent)
    assert made.tobytes() == to_image(codec.decode(latent)).tobytes()


def test_a_part_that_is_no_number_is_refused(latent: torch.Tensor) -> None:
    latent[0, 0, 4, 8] = float("nan")
    with pytest.raises(UnusableModel, match="no numbers"):
        image_of(BlamedCodec(InRows(), "mine:codec"), latent)


def test_a_codec_that_fails_within_its_parts_is_blamed(latent: torch.Tensor) -> None:
    class Broken(InRows):
        def parts(self, latent: torch.Tensor, /) -> Iterator[tuple[Box, torch.Tensor]]:
            yield from list(super().parts(latent))[:2]
            raise RuntimeError("it broke")

    with pytest.raises(StageFailed, match=r"mine:codec.*it broke"):
        image_of(BlamedCodec(Broken(), "mine:codec"), latent)


class Blurring(InRows):
    """Each column is the mean of itself and its neighbours; the edges see zeros there."""

    def decode(self, latent: torch.Tensor, /) -> torch.Tensor:
        picture = super().decode(latent)
        return torch.nn.functional.avg_pool2d(picture, (1, 17), stride=1, padding=(0, 8))


@pytest.mark.parametrize("shift", [1, 4, 8])
def test_a_ring_decodes_the_same_wherever_it_is_cut(latent: torch.Tensor, shift: int) -> None:
    ring = RingCodec(Blurring())
    moved = ring.decode(latent.roll(shift, -1)).roll(-8 * shift, -1)
    torch.testing.assert_close(moved, ring.decode(latent))
    assert not torch.allclose(Blurring().decode(latent.roll(shift, -1)).roll(-8 * shift, -1), ring.decode(latent))


def test_a_rings_parts_are_its_picture(latent: torch.Tensor) -> None:
    ring = RingCodec(Blurring())
    assert image_of(ring, latent).tobytes() == to_image(ring.decode(latent)).tobytes()


def test_a_ring_encodes_the_same_wherever_it_is_cut() -> None:
    picture = torch.rand(1, 3, 40, 72, generator=torch.Generator().manual_seed(2))
    ring = RingCodec(FakeCodec())  # type: ignore[arg-type]
    torch.testing.assert_close(ring.encode(picture.roll(16, -1)).roll(-2, -1), ring.encode(picture))


def policy(studio: Studio, free: int) -> tuple[MemoryPolicy, list[str]]:
    notes: list[str] = []
    return MemoryPolicy(studio.registry, lambda: free, notes.append), notes


def test_a_decode_that_fits_is_left_alone(studio: Studio, pocket: Any) -> None:
    chosen, notes = policy(studio, 2**40)
    recipe = a_recipe(width=4096, height=4096)
    assert chosen.fitting(recipe, pocket.codec) is recipe
    assert notes == []


def test_a_decode_that_does_not_fit_gets_the_thrifty_codec_and_says_so(studio: Studio, pocket: Any) -> None:
    recipe = a_recipe(width=4096, height=4096)
    chosen, notes = policy(studio, decode_bytes(pocket.codec, recipe.size))
    fitted = chosen.fitting(recipe, pocket.codec)
    assert fitted.codec is not None
    assert fitted.codec.id == THRIFTY
    assert notes == [notes[0]]
    assert "decoded in parts by tiled_vae, because a plain decode needs about" in notes[0]


def test_the_second_pass_counts_where_it_is_larger(studio: Studio, pocket: Any) -> None:
    small = a_recipe(hires={"width": 4096, "height": 4096})
    chosen, _ = policy(studio, 2**30)
    assert chosen.fitting(small, pocket.codec).codec is not None
    assert chosen.fitting(a_recipe(), pocket.codec).codec is None


def test_a_codec_that_somebody_chose_stays(studio: Studio, pocket: Any) -> None:
    recipe = a_recipe(codec={"id": "mine:codec"})
    assert policy(studio, 0)[0].fitting(recipe, pocket.codec) is recipe


def test_the_estimate_grows_with_the_picture_and_needs_a_network(pocket: Any) -> None:
    small, large = (decode_bytes(pocket.codec, Size(side, side)) for side in (512, 1024))
    assert large == 4 * small > 0
    assert decode_bytes(FakeCodec(), Size(512, 512)) == 0


def test_a_plain_decode_that_runs_out_of_memory_is_done_in_parts(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = studio.make(small_request(count=2), tmp_path / "plain")
    codec = type(studio.model(studio.registry.default_model).codec)

    def refuse(self: Any, latent: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(codec, "decode", refuse)
    result = studio.make(small_request(count=2), tmp_path / "parts")
    assert [picture.recipe.codec and picture.recipe.codec.id for picture in result.pictures] == [THRIFTY] * 2
    assert result.notices == (
        "the picture was decoded in parts by tiled_vae, because there was not enough memory for a plain decode",
    )
    assert plain.pictures[1].recipe.codec is None


def test_a_chosen_codec_that_runs_out_of_memory_fails(studio_with: StudioWith, tmp_path: Path) -> None:
    class Hungry(FakeCodec):
        def decode(self, latent: torch.Tensor, /) -> torch.Tensor:
            raise torch.OutOfMemoryError("out of memory")

    hungry = CodecDef("hungry", "Takes all.", NoParams, lambda codec, ctx, params: Hungry())
    with pytest.raises(OutOfMemory):
        studio_with(hungry).make(small_request(codec="hungry"), tmp_path)


def test_a_job_that_would_not_fit_says_so_in_its_pictures(studio: Studio, tmp_path: Path) -> None:
    """Whatever the device, the recipe that lies in the picture names the codec that decoded it."""
    poor = dataclasses.replace(studio)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("limner_host.studio.free_memory", lambda device: 1000)
        result = poor.make(small_request(), tmp_path)
    assert result.pictures[0].recipe.codec is not None
    assert len(result.notices) == 1
