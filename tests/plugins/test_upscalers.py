"""Upscalers: real architectures through tiles of any size, and files that are no upscalers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file
from spandrel.architectures.Compact import Compact

from limner_plugins.upscalers import limner_upscalers
from limner_plugins.upscalers.networks import loaded, refusal
from limner_plugins.upscalers.params import UpscaleParams
from limner_plugins.upscalers.tiles import spans
from limner_sdk import Cancelled, InvalidRequest, LastUsed, UnusableModel
from limner_sdk.testing import FakeContext, check_upscaler

from .upscaling import NETWORKS, File, network, picture, saved, upscaler

WHOLE = UpscaleParams(tile=0)


def enlarged(file: File, image: Image.Image, params: UpscaleParams = WHOLE, ctx: Any = None) -> NDArray[np.int64]:
    made = upscaler(file).run(image, ctx or FakeContext(), params)
    return np.asarray(made, dtype=np.int64)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_architecture_keeps_the_contract(name: str, tmp_path: Path) -> None:
    check_upscaler(upscaler(saved(tmp_path, name)), UpscaleParams(tile=24, overlap=4))


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (150, 3), (19, 23)])
@pytest.mark.parametrize("name", NETWORKS)
def test_pictures_of_any_shape_become_exactly_so_many_times_as_large(
    name: str, size: tuple[int, int], tmp_path: Path
) -> None:
    made = enlarged(saved(tmp_path, name), picture(*size), UpscaleParams(tile=48))
    factor = NETWORKS[name][1]
    assert made.shape == (size[1] * factor, size[0] * factor, 3)


def test_a_whole_picture_is_what_the_network_makes_of_it(tmp_path: Path) -> None:
    image, model = picture(40, 30), network("compact")
    made = enlarged(saved(tmp_path, "compact", model), image)
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] / 255
    with torch.inference_mode():
        alone = model(pixels)[0].clamp(0, 1).mul(255).round().permute(1, 2, 0)
    assert np.abs(made - alone.numpy()).max() <= 1


def out_of_sight(side: int, params: UpscaleParams, sees: int) -> NDArray[np.bool_]:
    """Which pixels along a side are further than `sees` from where any tile that covers them was cut off."""
    free = np.ones(side, dtype=bool)
    for span in spans(side, params.tile, params.overlap):
        free[span.start : span.start + sees] &= span.start == 0
        free[span.stop - sees : span.stop] &= span.stop == side
    return free


@pytest.mark.parametrize("tile", [24, 33, 64])
def test_pixels_from_which_no_cut_is_seen_do_not_depend_on_tiles(tile: int, tmp_path: Path) -> None:
    file, image, params = saved(tmp_path, "compact"), picture(100, 70), UpscaleParams(tile=tile, overlap=8)
    differs = np.abs(enlarged(file, image) - enlarged(file, image, params)).max(axis=2)
    # Its four convolutions of 3 x 3 see four pixels.
    rows, columns = (out_of_sight(side, params, 4).repeat(4) for side in (70, 100))
    free = rows[:, None] & columns
    assert free.mean() > 0.1
    assert differs[free].max() <= 1
    assert differs[~free].max() > 1


def test_tiles_that_fade_into_each_other_leave_less_of_a_step(tmp_path: Path) -> None:
    file, image = saved(tmp_path, "compact"), Image.new("RGB", (96, 32), (90, 160, 40))
    whole = enlarged(file, image)
    # The network's pixels come four by four, so those four apart are of one kind.
    steps = {
        overlap: np.abs(cut[:, 4:] - cut[:, :-4]).max()
        for overlap in (0, 16)
        for cut in [enlarged(file, image, UpscaleParams(tile=40, overlap=overlap)) - whole]
    }
    assert steps[0] > 3 * steps[16] > 0


def test_grey_networks_see_one_colour_after_the_other(tmp_path: Path) -> None:
    file, image = saved(tmp_path, "grey"), picture(20, 20)
    swapped = Image.merge("RGB", image.split()[::-1])
    assert (enlarged(file, image)[..., ::-1] == enlarged(file, swapped)).all()


def test_half_precision_is_used_where_the_network_can(tmp_path: Path) -> None:
    ctx = FakeContext()
    ctx.dtype = torch.bfloat16
    for name, wanted in (("compact", torch.bfloat16), ("hat", torch.bfloat16), ("esrgan", torch.bfloat16)):
        found = loaded(saved(tmp_path, name))
        found.ready(ctx.device, ctx.dtype)
        assert found.descriptor.dtype == wanted
    found = loaded(saved(tmp_path, "swinir"))
    found.ready(ctx.device, torch.float16)
    assert found.descriptor.dtype == torch.float32


def test_values_that_are_no_numbers_in_half_precision_are_made_again_in_full(tmp_path: Path) -> None:
    model = Compact(num_feat=8, num_conv=2, upscale=2)
    with torch.no_grad():
        # Far beyond what fp16 holds, and back.
        model.body[0].weight.mul_(1e6)
        model.body[-1].weight.mul_(1e-6)
    file, image, ctx = saved(tmp_path, "steep", model), picture(20, 20), FakeContext()
    ctx.dtype = torch.float16
    assert (enlarged(file, image, ctx=ctx) == enlarged(file, image)).all()
    assert file.reads == 3


def test_every_tile_is_reported_and_work_can_be_cancelled_between_them(tmp_path: Path) -> None:
    file, ctx = saved(tmp_path, "compact"), FakeContext()
    enlarged(file, picture(64, 32), UpscaleParams(tile=20, overlap=4), ctx)
    assert len(ctx.reports) == 8
    assert ctx.reports == sorted(ctx.reports)
    assert ctx.reports[-1] == 1
    with pytest.raises(Cancelled):
        enlarged(file, picture(64, 32), UpscaleParams(tile=20, overlap=4), FakeContext(cancel_after=3))


def test_the_last_two_networks_stay_loaded(tmp_path: Path) -> None:
    kept, files = LastUsed(loaded), [saved(tmp_path, name) for name in ("compact", "esrgan", "hat")]
    for file in (files[0], files[0], files[1], files[0], files[2], files[0], files[1]):
        upscaler(file, kept).run(picture(16, 16), FakeContext(), WHOLE)
    assert [file.reads for file in files] == [1, 2, 1]


def test_tiles_become_smaller_where_memory_runs_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, kept = saved(tmp_path, "compact"), LastUsed(loaded)
    found, seen = kept.of(file), list[int]()

    def poor(tile: Any) -> Any:
        seen.append(tile.shape[2])
        if tile.shape[2] > 70:
            raise torch.OutOfMemoryError
        return torch.zeros(3, tile.shape[1] * 4, tile.shape[2] * 4)

    monkeypatch.setattr(type(found), "enlarged", lambda self, tile: poor(tile))
    made = upscaler(file, kept).run(picture(260, 20), FakeContext(), WHOLE)
    assert made.size == (1040, 80)
    assert seen[:2] == [260, 92]
    assert max(seen[2:]) <= 65


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"tile": 9}, "upscaler.tile: 9 is too small; the least is 16, or 0 for none"),
        ({"tile": 16, "overlap": 9}, "upscaler.overlap: 9 is too large for such tiles; the most is 8"),
    ],
)
def test_tiles_that_cannot_be_are_refused(params: dict[str, int], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest) as caught:
        enlarged(saved(tmp_path, "compact"), picture(20, 20), UpscaleParams(**params))
    assert str(caught.value) == sentence


def test_a_file_of_no_known_architecture_is_refused(tmp_path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, tmp_path / "odd.safetensors")
    with pytest.raises(UnusableModel, match=r"^upscaler odd\.safetensors: it is no network that spandrel knows"):
        enlarged(File(tmp_path / "odd.safetensors"), picture(20, 20))


def test_a_network_with_a_tensor_too_few_or_too_large_is_refused(tmp_path: Path) -> None:
    tensors = network("compact").state_dict()
    for spoilt in ({**tensors, "body.2.weight": torch.zeros(8, 9, 3, 3)}, dict(list(tensors.items())[:-1])):
        save_file(spoilt, tmp_path / "spoilt.safetensors")
        with pytest.raises(UnusableModel, match=r"^upscaler spoilt\.safetensors is damaged .*; fetch it again$"):
            loaded(File(tmp_path / "spoilt.safetensors"))


def test_a_network_that_enlarges_nothing_is_refused(tmp_path: Path) -> None:
    file = saved(tmp_path, "denoiser", Compact(num_feat=8, num_conv=1, upscale=1))
    with pytest.raises(UnusableModel, match="it restores pictures, and does not enlarge them; choose another one"):
        loaded(file)


@pytest.mark.parametrize(
    ("purpose", "channels", "words"),
    [("Inpainting", 3, "a mask"), ("FaceSR", 3, "single faces"), ("SR", 4, "it takes 4 channels"), ("SR", 3, None)],
)
def test_what_is_no_plain_upscaler_is_told_apart(purpose: str, channels: int, words: str | None) -> None:
    found = refusal(SimpleNamespace(purpose=purpose, scale=4, input_channels=channels, output_channels=channels))
    assert (words is None and found is None) or (words is not None and words in str(found))


def test_there_is_one_upscaler_per_file_and_none_is_opened_for_it(tmp_path: Path) -> None:
    files = [File(tmp_path / name) for name in ("4x-UltraSharp.pth", "pocket_x4.safetensors")]
    names = [(found.name, found.label, found.scale) for found in limner_upscalers(files)]
    assert names == [("pocket_x4", "Pocket x4", 4), ("4x-ultrasharp", "4x-UltraSharp", None)]
