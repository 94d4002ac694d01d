"""The tiled VAE, exact: the very result of the untiled network, whatever the bands, and no trace left."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.plugins.autoencoders import apart, decoded, encoded, random_codec, slanted, tiled
from torch import Tensor

from limner_host.families.codec import KLCodec
from limner_plugins.tiled_vae import limner_codecs, tiled_vae, work
from limner_plugins.tiled_vae.params import TiledParams
from limner_plugins.tiled_vae.parking import Map, Parking
from limner_plugins.tiled_vae.statistics import Moments
from limner_plugins.tiled_vae.work import quarters
from limner_sdk import Cancelled, CodecContext, InvalidRequest, NetworkCodec, PartsCodec
from limner_sdk.testing import FakeContext

SIZES = [(9, 13), (17, 11)]


@pytest.fixture(scope="module")
def codec() -> KLCodec:
    return random_codec()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tile", [None, 1, 4, 40])
def test_a_decoded_picture_is_that_of_the_whole(codec: KLCodec, size: tuple[int, int], tile: int | None) -> None:
    latent = slanted(1, 4, *size)
    assert apart(tiled(codec, tile=tile).decode(latent), decoded(codec, latent)) < 1e-12


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tile", [None, 1, 4, 40])
def test_an_encoded_latent_is_that_of_the_whole(codec: KLCodec, size: tuple[int, int], tile: int | None) -> None:
    picture = slanted(1, 3, size[0] * 8, size[1] * 8) / 4
    assert apart(tiled(codec, tile=tile).encode(picture), encoded(codec, picture)) < 1e-12


def test_single_precision_agrees_within_a_hundredth_of_a_grey_level() -> None:
    codec = random_codec((32, 64, 128, 128), dtype=torch.float32, norm_num_groups=8)
    latent = slanted(1, 4, 9, 13, dtype=torch.float32)
    picture = decoded(codec, latent)
    assert apart(tiled(codec, tile=2).decode(latent), picture) < 1e-4
    assert apart(tiled(codec, tile=2).encode(picture), encoded(codec, picture)) < 1e-4


@pytest.mark.parametrize(("dtype", "close"), [(torch.float64, 1e-9), (torch.float32, 1e-4)])
def test_stable_diffusions_own_widths_agree_both_ways(dtype: torch.dtype, close: float) -> None:
    codec = random_codec((128, 256, 512, 512), dtype=dtype, norm_num_groups=32)
    latent = slanted(1, 4, 5, 3, dtype=dtype)
    picture, made = decoded(codec, latent), tiled(codec, tile=2)
    assert len(list(made.parts(latent))) > 2
    assert apart(made.decode(latent), picture) < close
    assert apart(made.encode(picture), encoded(codec, picture)) < close


@pytest.mark.parametrize(
    "build",
    [
        {"latent_channels": 16, "use_quant_conv": False, "use_post_quant_conv": False, "shift_factor": 0.1},
        {"mid_block_add_attention": False},
        {"layers_per_block": 1, "act_fn": "gelu"},
        {"down_block_types": ("AttnDownEncoderBlock2D",) * 4, "up_block_types": ("AttnUpDecoderBlock2D",) * 4},
        {"channels": (8, 16), "down_block_types": ("DownEncoderBlock2D",) * 2},
    ],
    ids=["sd3", "no attention", "shallow", "attention everywhere", "two levels"],
)
def test_autoencoders_of_other_builds_agree(build: dict[str, Any]) -> None:
    levels = len(build.get("down_block_types", "1234"))
    codec = random_codec(**({"up_block_types": ("UpDecoderBlock2D",) * levels} | build))
    latent = slanted(1, codec.channels, 6, 5)
    picture = decoded(codec, latent)
    assert apart(tiled(codec, tile=2).decode(latent), picture) < 1e-12
    assert apart(tiled(codec, tile=2).encode(picture), encoded(codec, picture)) < 1e-12


@pytest.mark.parametrize("tile", [None, 1, 3, 5])
def test_pockets_pictures_agree_in_every_grey_level(pocket: Any, tile: int | None) -> None:
    latent = slanted(1, 4, 11, 17, dtype=torch.float32) / 2
    whole, made = decoded(pocket.codec, latent), tiled(pocket.codec, tile=tile).decode(latent)
    assert apart(made, whole) < 1e-4
    assert apart(_levels(made), _levels(whole)) <= 1
    assert apart(tiled(pocket.codec, tile=tile).encode(whole), encoded(pocket.codec, whole)) < 1e-4


def test_pockets_network_agrees_in_double_precision(pocket: Any) -> None:
    codec, latent = _copied(pocket.codec, torch.float64), slanted(1, 4, 11, 17) / 2
    whole = decoded(codec, latent)
    for tile in (1, 3, 5):
        assert apart(tiled(codec, tile=tile).decode(latent), whole) < 1e-9
        assert apart(tiled(codec, tile=tile).encode(whole), encoded(codec, whole)) < 1e-9


def test_there_and_back_changes_no_more_than_the_whole_does(pocket: Any) -> None:
    picture = decoded(pocket.codec, slanted(1, 4, 11, 17, dtype=torch.float32) / 2).clamp(-1, 1)
    whole = decoded(pocket.codec, encoded(pocket.codec, picture))
    made = tiled(pocket.codec, tile=3).decode(tiled(pocket.codec, tile=3).encode(picture))
    assert apart(_levels(made), _levels(whole)) <= 1


def _levels(picture: Tensor) -> Tensor:
    return ((picture.clamp(-1, 1) + 1) * 127.5).round()


def test_pictures_of_a_batch_are_those_made_alone(codec: KLCodec) -> None:
    latents = slanted(2, 4, 5, 6)
    made = tiled(codec, tile=2).decode(latents)
    assert apart(made, decoded(codec, latents)) < 1e-12
    assert torch.equal(made[1:], tiled(codec, tile=2).decode(latents[1:]))


@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_the_parts_cover_the_picture_once(codec: KLCodec, mode: str) -> None:
    latent = slanted(1, 4, 9, 5)
    seen = torch.zeros(72, 40)
    made = tiled(codec, tile=2, mode=mode, estimate=8)
    for box, pixels in made.parts(latent):
        assert pixels.shape == (1, 3, box.height, box.width)
        seen[box.top : box.bottom, box.left : box.right] += 1
    assert torch.all(seen == 1)


def test_it_is_a_codec_in_parts_with_the_form_of_the_one_inside(codec: KLCodec) -> None:
    made = tiled_vae(codec, FakeContext(), TiledParams())
    assert isinstance(made, PartsCodec)
    assert (made.channels, made.downscale) == (4, 8)
    assert isinstance(codec, NetworkCodec)


def test_the_statistics_of_bands_are_those_of_the_whole() -> None:
    values, norm = slanted(1, 6, 12, 7) + 100, torch.nn.GroupNorm(3, 6, dtype=torch.float64)
    moments = Moments(6, values.device)
    for band in values.split(5, 2):
        moments.add(band)
    affine = moments.affine(norm)
    assert apart(values * affine.scale + affine.shift, norm(values)) < 1e-9


def test_without_the_term_between_bands_statistics_are_wrong() -> None:
    values = slanted(1, 2, 12, 7)
    parts = [Moments(2, values.device) for _ in values.split(4, 2)]
    for part, band in zip(parts, values.split(4, 2), strict=True):
        part.add(band)
    within = sum((part.squares for part in parts), torch.zeros(2))
    assert torch.all(within < 0.9 * values.var((0, 2, 3), correction=0) * 84)


def test_four_small_kernels_are_an_upsampled_convolution() -> None:
    weight, values = slanted(2, 3, 3, 3), slanted(1, 3, 4, 5)
    made = work._enlarged(torch.nn.functional.pad(values, (1, 1, 1, 1)), quarters(weight), None)
    large = torch.nn.functional.interpolate(values, scale_factor=2.0, mode="nearest")
    assert apart(made, torch.nn.functional.conv2d(large, weight, padding=1)) < 1e-12


def test_half_precision_that_overflows_gives_no_black_picture(pocket: Any) -> None:
    codec, exact = _loud(pocket.codec, torch.float16), _loud(pocket.codec, torch.float32)
    latent = slanted(1, 4, 4, 3, dtype=torch.float32) / 2
    assert not torch.isfinite(decoded(codec, latent)).all()
    for mode in ("exact", "fast"):
        made = tiled(codec, tile=1, mode=mode, estimate=16).decode(latent)
        assert apart(made, decoded(exact, latent)) < 0.05


def _loud(codec: KLCodec, dtype: torch.dtype) -> KLCodec:
    """Pocket, its residuals so large that float16 cannot hold them; the norms make up for it."""
    loud = _copied(codec, torch.float32)
    for block in loud.autoencoder.decoder.up_blocks:
        for resnet in block.resnets:
            resnet.conv2.weight.data *= 20_000
            resnet.conv2.bias.data *= 20_000
    return _copied(loud, dtype)


def _copied(codec: KLCodec, dtype: torch.dtype) -> KLCodec:
    """The same network in another precision."""
    network = type(codec.autoencoder).from_config(codec.autoencoder.config)
    network.load_state_dict(codec.autoencoder.state_dict())
    for parameter in network.parameters():
        parameter.data = parameter.data.to(dtype)
    return KLCodec(network)


class Cramped(FakeContext):
    """A context that hears about progress from a device with next to no memory."""

    def free_memory(self) -> int:
        return 1000


def test_little_memory_means_low_bands(codec: KLCodec) -> None:
    latent = slanted(1, 4, 4, 4)
    made = tiled(codec, Cramped())
    assert [box.height for box, _ in made.parts(latent)] == [1] * 32
    assert apart(made.decode(latent), decoded(codec, latent)) < 1e-12


@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_running_out_of_memory_halves_the_bands(codec: KLCodec, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    latent, whole = slanted(1, 4, 9, 4), decoded(codec, slanted(1, 4, 9, 4))
    heights = _failing_above(20, monkeypatch)
    assert apart(tiled(codec, tile=9, mode=mode, estimate=64).decode(latent), whole) < 1e-12
    assert max(heights) > 20
    assert min(heights) >= 1


def test_running_out_of_memory_with_one_row_is_told(codec: KLCodec, monkeypatch: pytest.MonkeyPatch) -> None:
    _failing_above(0, monkeypatch)
    with pytest.raises(torch.OutOfMemoryError):
        tiled(codec).decode(slanted(1, 4, 9, 4))


def _failing_above(rows: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A device that has memory for so many rows only; the list tells how many were asked for."""
    heights: list[int] = []
    convolve = torch.nn.functional.conv2d

    def conv2d(values: Tensor, *rest: Any, **options: Any) -> Tensor:
        heights.append(values.shape[2])
        if values.shape[2] > rows:
            raise torch.OutOfMemoryError("none left")
        return convolve(values, *rest, **options)

    monkeypatch.setattr(work.functional, "conv2d", conv2d)
    return heights


@pytest.mark.parametrize("mode", ["exact", "fast"])
@pytest.mark.parametrize("looks", [0, 7, 60])
def test_cancelling_leaves_the_network_as_it_was(codec: KLCodec, mode: str, looks: int) -> None:
    before = {key: value.clone() for key, value in codec.autoencoder.state_dict().items()}
    with pytest.raises(Cancelled):
        tiled(codec, FakeContext(cancel_after=looks), tile=1, mode=mode, estimate=8).decode(slanted(1, 4, 9, 9))
    after = codec.autoencoder.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in codec.autoencoder.modules())


@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_progress_rises_to_the_end(codec: KLCodec, mode: str) -> None:
    ctx = FakeContext()
    tiled(codec, ctx, tile=2, mode=mode, estimate=8).decode(slanted(2, 4, 9, 9))
    assert ctx.reports == sorted(ctx.reports)
    assert ctx.reports[-1] == pytest.approx(1, abs=0.2)


def test_parked_bytes_are_known_and_given_back(codec: KLCodec) -> None:
    made = tiled(codec, tile=1)
    made.decode(slanted(1, 4, 4, 4))
    largest = 32 * 32 * 16 * 8
    assert made.parking.bytes == 0
    assert largest <= made.parking.peak <= 2 * largest


def test_rows_just_written_are_read_without_their_parking_place() -> None:
    values = slanted(1, 2, 6, 3)
    parked = Map(torch.zeros_like(values).to("meta"), None, values.device)
    parked.write(2, values[:, :, 2:5])
    assert torch.equal(parked.read(3, 5), values[:, :, 3:5])


@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_maps_may_wait_elsewhere(codec: KLCodec, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    latent, made = slanted(1, 4, 9, 11), tiled(codec, tile=2, mode=mode, estimate=64, park="ram")
    # To torch this is another device than the CPU that its tensors say they are on.
    monkeypatch.setattr(made, "_device", torch.device("cpu", 0))
    assert apart(made.decode(latent), decoded(codec, latent)) < 1e-12
    assert apart(made.encode(slanted(1, 3, 40, 48)), encoded(codec, slanted(1, 3, 40, 48))) < 1e-12


def test_a_map_in_the_place_of_a_wider_one_keeps_its_rows() -> None:
    parking = Parking(torch.device("cpu"), away=False)
    wide = parking.map(4, 3, 2, torch.float32)
    wide.write(0, torch.ones(1, 4, 3, 2))
    narrow = wide.over(2)
    assert narrow is not None
    narrow.write(1, torch.full((1, 2, 1, 2), 5.0))
    assert torch.all(narrow.read(1, 2) == 5)
    assert torch.all(wide.read(0, 1) == 1)
    assert torch.all(wide.read(2, 3) == 1)
    assert parking.bytes == 4 * 3 * 2 * 4
    assert parking.holds(narrow.read(0, 1))


def test_an_autoencoder_without_a_network_is_refused() -> None:
    class Other:
        channels, downscale = 4, 8

    with pytest.raises(InvalidRequest, match="codec: 'tiled_vae' cannot work with"):
        tiled_vae(Other(), FakeContext(), TiledParams())  # type: ignore[arg-type]


def test_a_layer_of_an_unknown_kind_is_named() -> None:
    codec = random_codec()
    codec.autoencoder.decoder.conv_out = torch.nn.ConvTranspose2d(8, 3, 3)
    with pytest.raises(InvalidRequest, match="does not know the layer ConvTranspose2d"):
        tiled(codec)


def test_the_hook_yields_it() -> None:
    (definition,) = limner_codecs()
    ctx: CodecContext = FakeContext()
    assert definition.name == "tiled_vae"
    assert isinstance(definition.wrap(random_codec(), ctx, definition.params()), PartsCodec)
