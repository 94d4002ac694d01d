"""Decoding: pictures put together from parts, rings without a seam, and what happens when memory is short."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.conftest import a_recipe, small_request

from limner_host.memory_policy import RescuedCodec, Thrift, decode_bytes
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


THRIFTY = "tiled_vae:tiled_vae"


def thrift(studio: Studio, free: int, usable: bool = True) -> tuple[Thrift, list[str]]:
    notes: list[str] = []
    return Thrift(studio.registry, lambda offer: usable, lambda: free, notes.append), notes


def test_a_decode_that_fits_is_left_alone(studio: Studio, pocket: Any) -> None:
    chosen, notes = thrift(studio, 2**40)
    recipe = a_recipe(width=4096, height=4096)
    chosen.consider(recipe, pocket.codec)
    assert chosen.recorded(recipe) is recipe
    assert notes == []


def test_a_decode_that_does_not_fit_gets_the_thrifty_codec_and_says_so(studio: Studio, pocket: Any) -> None:
    recipe = a_recipe(width=4096, height=4096)
    chosen, notes = thrift(studio, decode_bytes(pocket.codec, recipe.size))
    chosen.consider(recipe, pocket.codec)
    made = chosen.recorded(recipe)
    assert made.codec is not None
    assert made.codec.id == THRIFTY
    assert [note.partition(" needs about")[0] for note in notes] == [
        "the picture was decoded in parts by tiled_vae, because a plain decode"
    ]


def test_the_second_pass_counts_where_it_is_larger(studio: Studio, pocket: Any) -> None:
    for recipe, turns in ((a_recipe(hires={"width": 4096, "height": 4096}), True), (a_recipe(), False)):
        chosen, _ = thrift(studio, 2**30)
        chosen.consider(recipe, pocket.codec)
        assert (chosen.stage is not None) is turns


def test_a_codec_that_somebody_chose_stays(studio: Studio, pocket: Any) -> None:
    recipe = a_recipe(codec={"id": "mine:codec"})
    chosen, _ = thrift(studio, 0)
    chosen.consider(recipe, pocket.codec)
    assert chosen.recorded(recipe) is recipe


def test_a_codec_that_cannot_work_with_the_model_is_not_turned_to(studio: Studio, pocket: Any) -> None:
    chosen, notes = thrift(studio, 0, usable=False)
    chosen.consider(a_recipe(), pocket.codec)
    assert chosen.stage is None
    assert notes == []


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
        "the picture was decoded in parts by tiled_vae, because there was not enough memory for a plain codec",
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


@pytest.mark.parametrize(
    ("method", "changes"),
    [
        ("encode", {"start": {"denoise": 0.5}, "image": True}),
        ("encode", {"hires": {"scale": 1.5, "upscaler": "lanczos", "denoise": 0.5}}),
        ("decode", {"hires": {"scale": 1.5, "upscaler": "lanczos", "denoise": 0.5}}),
        ("decode", {"hires": {"scale": 1.5, "denoise": 0.5}, "inversion": "noise_inversion"}),
    ],
)
def test_running_out_of_memory_is_survived_wherever_the_codec_works(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, changes: dict[str, Any]
) -> None:
    if changes.pop("image", False):
        studio.make(small_request(), tmp_path)
        changes["image"] = str(tmp_path / "1.png")

    def refuse(self: Any, values: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(type(studio.model(studio.registry.default_model).codec), method, refuse)
    result = studio.make(small_request(**changes), tmp_path / "made")
    assert result.pictures[0].recipe.codec is not None
    assert len(result.notices) == 1


class Holes(FakeCodec):
    """Leaves the last row out, or gives a part that is larger than it says."""

    def __init__(self, codec: Any, wide: int) -> None:
        self._codec, self._wide = codec, wide

    def parts(self, latent: torch.Tensor, /) -> Iterator[tuple[Box, torch.Tensor]]:
        picture = self._codec.decode(latent)
        height, width = picture.shape[-2:]
        yield Box(0, 0, width + self._wide, height - 1), picture[:, :, :-1]


@pytest.mark.parametrize(("wide", "sentence"), [(0, "leave 64 of 4096 pixels out"), (1, "for the part")])
def test_parts_that_make_no_picture_are_refused(
    studio_with: StudioWith, tmp_path: Path, wide: int, sentence: str
) -> None:
    holes = CodecDef("holes", "Leaves holes.", NoParams, lambda codec, ctx, params: Holes(codec, wide))
    with pytest.raises(StageFailed, match=f"mine:holes.*{sentence}"):
        studio_with(holes).make(small_request(codec="holes"), tmp_path)


def test_what_is_no_codec_is_refused_by_name(studio_with: StudioWith, tmp_path: Path) -> None:
    none = CodecDef("none", "Gives nothing.", NoParams, lambda codec, ctx, params: None)  # type: ignore[arg-type, return-value]
    with pytest.raises(StageFailed, match=r"mine:none.*NoneType instead of a codec"):
        studio_with(none).make(small_request(codec="none"), tmp_path)


class Overflowing(FakeCodec):
    """Black where half precision would be."""

    def decode(self, latent: torch.Tensor, /) -> torch.Tensor:
        return super().decode(latent) * float("inf")


def test_a_codec_that_overflows_is_replaced_too(latent: torch.Tensor) -> None:
    reasons: list[str] = []

    def instead(reason: str) -> BlamedCodec:
        reasons.append(reason)
        return BlamedCodec(InRows(), "mine:rows")

    rescued = RescuedCodec(BlamedCodec(Overflowing(), "mine:codec"), instead)
    assert torch.equal(rescued.decode(latent), InRows().decode(latent))
    assert image_of(rescued, latent).tobytes() == to_image(InRows().decode(latent)).tobytes()
    assert reasons == ["a plain codec gave values that are no numbers"] * 2


def test_a_latent_that_is_no_number_is_not_the_codecs_fault(latent: torch.Tensor) -> None:
    latent[0, 0, 0, 0] = float("nan")
    rescued = RescuedCodec(BlamedCodec(FakeCodec(), "mine:codec"), lambda reason: pytest.fail(reason))
    assert not rescued.decode(latent).isfinite().all()
