"""What each family adds: learnt words, networks for adapters, sizes, precision, and what it refuses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.conftest import small_request
from tests.host.families.conftest import FOLDERS
from tests.host.families.runs import noise_for
from tests.host.tiny_models import WIDER, WIDTH, tiny_checkpoint, tiny_folder, tiny_sdxl_folder, tiny_vae

from limner_host.digests import DigestCache
from limner_host.families.codec import KLCodec
from limner_host.house import open_studio
from limner_host.loading import Loader
from limner_host.model_files import models_in
from limner_sdk import Encoding, InvalidRequest, Size, Span, UnusableModel
from limner_sdk.folders import DataFolder

Load = Callable[[str], Any]
Folder = Callable[[str], Path]
HOW = Encoding(Size(64, 64))


@pytest.mark.parametrize("family", FOLDERS)
def test_every_family_makes_pictures_through_all_stages(folder: Folder, tmp_path: Path, family: str) -> None:
    data = DataFolder(tmp_path / "data").create()
    shutil.copytree(folder(family), data.models / family)
    result = open_studio(data, "cpu").make(small_request(model=family, sampler="euler"), tmp_path / "out")
    assert result.pictures[0].recipe.model.id == f"models:{family}"


NETWORKS = {
    "sd1": {"unet", "text_encoder"},
    "sdxl": {"unet", "text_encoder", "text_encoder_2"},
    "sd3": {"transformer", "text_encoder", "text_encoder_2"},
}


@pytest.mark.parametrize("family", NETWORKS)
def test_a_family_shows_its_networks_under_diffusers_names(model: Load, family: str) -> None:
    loaded = model(family)
    assert set(loaded.networks) == NETWORKS[family]
    assert loaded.family == family


@pytest.mark.parametrize(("family", "encoder", "width"), [("sdxl", "clip_g", WIDER), ("sd3", "clip_l", WIDTH)])
@torch.inference_mode()
def test_a_learnt_word_reaches_its_own_text_encoder(model: Load, family: str, encoder: str, width: int) -> None:
    plain = model(family)
    learnt = plain.with_embeddings({"zorb": {encoder: torch.full((2, width), 0.5)}})
    before, after = (each.encode((Span("a zorb"),), HOW).hidden[0, :77] for each in (plain, learnt))
    changed = (before - after).abs().sum(dim=0) > 0
    first = bool(changed[:WIDTH].any())
    second = bool(changed[WIDTH : WIDTH + WIDER].any())
    assert (first, second) == (encoder == "clip_l", encoder == "clip_g")
    assert plain.embeddings == {}


def test_sdxl_is_told_height_and_width_of_the_picture(model: Load) -> None:
    cond = model("sdxl").encode((Span("a cat"),), Encoding(Size(96, 64)))
    assert cond.time_ids.tolist() == [[64, 96, 0, 0, 64, 96]]


def test_sdxl_encodes_an_empty_negative_prompt_if_its_index_says_so(tmp_path: Path, loader: Loader) -> None:
    index = {"force_zeros_for_empty_prompt": False}
    model = loader.folder(str(tiny_sdxl_folder(tmp_path / "xl", index=index)))
    cond = model.encode((Span(""),), Encoding(Size(64, 64), negative=True))
    assert cond.hidden.abs().sum() > 0
    assert cond.pooled is not None
    assert cond.pooled.abs().sum() > 0


def test_sdxls_autoencoder_stays_in_full_precision_where_it_would_overflow(tmp_path: Path, folder: Folder) -> None:
    loader = Loader(torch.device("cpu"), torch.float16, DigestCache(None))
    model: Any = loader.folder(str(folder("sdxl")))
    assert (model.unet.dtype, model.codec.autoencoder.dtype) == (torch.float16, torch.float32)
    calm = shutil.copytree(folder("sdxl"), tmp_path / "calm")
    change(calm / "vae/config.json", force_upcast=False)
    assert loader.folder(str(calm)).codec.autoencoder.dtype == torch.float16


def change(file: Path, **values: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


@torch.inference_mode()
def test_sd3_draws_sizes_that_are_no_whole_patches(model: Load) -> None:
    sd3 = model("sd3")
    x = torch.randn(1, 16, 7, 9, generator=torch.Generator().manual_seed(1))
    assert sd3.predict(x, 1.0, sd3.encode((Span("a cat"),), HOW)).shape == x.shape


@torch.inference_mode()
def test_sd3_says_how_large_a_picture_may_be(model: Load) -> None:
    sd3 = model("sd3")
    with pytest.raises(InvalidRequest, match=r"208x64' is too large for this model; the most is 192 a side"):
        sd3.predict(torch.zeros(1, 16, 8, 26), 1.0, sd3.encode((Span("a cat"),), HOW))


@torch.inference_mode()
def test_sd3_refuses_control_networks(model: Load) -> None:
    sd3, hint = model("sd3"), object()
    cond = sd3.encode((Span("a cat"),), HOW).with_controls((hint,))
    with pytest.raises(InvalidRequest, match="controls"):
        sd3.predict(noise_for(sd3), 1.0, cond)


@torch.inference_mode()
def test_a_codecs_offset_is_taken_away_and_given_back() -> None:
    vae = tiny_vae(shift_factor=0.3, scaling_factor=2.0).eval()
    picture = torch.rand(1, 3, 32, 32) * 2 - 1
    latent = KLCodec(vae).encode(picture)
    assert torch.allclose(latent, (vae.encode(picture).latent_dist.mean - 0.3) * 2.0)
    assert torch.allclose(KLCodec(vae).decode(latent), vae.decode(latent / 2.0 + 0.3).sample, atol=1e-6)


@torch.inference_mode()
def test_a_codecs_channels_have_their_own_mean_and_spread() -> None:
    mean, spread = [0.1, 0.2, 0.3, 0.4], [1.0, 2.0, 4.0, 8.0]
    vae = tiny_vae(latents_mean=mean, latents_std=spread, scaling_factor=0.5).eval()
    picture = torch.rand(1, 3, 32, 32) * 2 - 1
    raw = vae.encode(picture).latent_dist.mean
    latent = KLCodec(vae).encode(picture)
    assert torch.allclose(latent[:, 3], (raw[:, 3] - 0.4) * 0.5 / 8.0, atol=1e-6)
    assert torch.allclose(KLCodec(vae).decode(latent), vae.decode(raw).sample, atol=1e-5)


def test_a_unet_of_unknown_use_is_refused(tmp_path: Path, loader: Loader, folder: Folder) -> None:
    index = {"_class_name": "StableDiffusionPipeline"}
    odd = tiny_sdxl_folder(tmp_path / "odd", channels=8, index={**index, "_class_name": "StableDiffusionXLPipeline"})
    with pytest.raises(UnusableModel, match="its unet takes 8 channels; only 4 and 9 are known"):
        loader.folder(str(odd))


def test_a_folder_for_another_pipeline_is_refused_by_its_name(tmp_path: Path, loader: Loader) -> None:
    odd = tiny_folder(tmp_path / "odd")
    change(odd / "model_index.json", _class_name="FluxPipeline")
    with pytest.raises(UnusableModel, match="it is for a FluxPipeline; only StableDiffusion3"):
        loader.folder(str(odd))


def test_a_flow_that_shifts_by_size_is_refused(tmp_path: Path, loader: Loader, folder: Folder) -> None:
    odd = shutil.copytree(folder("sd3"), tmp_path / "odd")
    change(odd / "scheduler/scheduler_config.json", use_dynamic_shifting=True)
    with pytest.raises(UnusableModel, match="shifts by the picture's size"):
        loader.folder(str(odd))


def test_a_codec_whose_numbers_make_no_sense_is_refused(tmp_path: Path, loader: Loader) -> None:
    odd = tiny_folder(tmp_path / "odd")
    change(odd / "vae/config.json", latents_mean="none", latents_std=[1.0])
    with pytest.raises(UnusableModel, match="model odd: it cannot be loaded"):
        loader.folder(str(odd))


PARTS = [
    ("sdxl", "text_encoder_2/model.safetensors"),
    ("sdxl", "text_encoder_2/config.json"),
    ("sdxl", "tokenizer_2"),
    ("sd3", "transformer/diffusion_pytorch_model.safetensors"),
    ("sd3", "scheduler/scheduler_config.json"),
    ("sd3_t5", "text_encoder_3/model.safetensors"),
    ("sd3_t5", "tokenizer_3"),
    ("sd3", "model_index.json"),
]


@pytest.mark.parametrize(("family", "missing"), PARTS)
def test_a_missing_part_of_any_family_is_named(
    folder: Folder, tmp_path: Path, loader: Loader, family: str, missing: str
) -> None:
    copy = shutil.copytree(folder(family), tmp_path / "copy")
    shutil.rmtree(copy / missing) if (copy / missing).is_dir() else (copy / missing).unlink()
    with pytest.raises(UnusableModel, match=missing) as caught:
        loader.folder(str(copy))
    assert "\n" not in str(caught.value)


LACKING = [
    ("sdxl", "conditioner.embedders.1.model.transformer.resblocks.0.ln_1.weight"),
    ("sdxl", "model.diffusion_model.label_emb.0.0.weight"),
    ("sd3", "text_encoders.clip_g.transformer.text_projection.weight"),
    ("sd3", "model.diffusion_model.final_layer.linear.weight"),
    ("sd1", "first_stage_model.decoder.conv_in.weight"),
]


@pytest.mark.parametrize(("family", "key"), LACKING)
def test_a_single_file_that_lacks_a_tensor_is_refused(
    folder: Folder, tmp_path: Path, loader: Loader, family: str, key: str
) -> None:
    file = tiny_checkpoint(tmp_path / "torn.safetensors", folder(family))
    tensors = load_file(file)
    tensors.pop(key)
    save_file(tensors, file)
    with pytest.raises(UnusableModel, match="model torn") as caught:
        loader.file(str(file))
    assert "\n" not in str(caught.value)


def test_models_are_listed_with_their_family_and_what_they_like(folder: Folder, tmp_path: Path) -> None:
    shutil.copytree(folder("sdxl"), tmp_path / "one")
    tiny_checkpoint(tmp_path / "two.safetensors", folder("sd3"))
    shutil.copytree(folder("sd1_inpaint"), tmp_path / "three")
    listed = {offer.definition.name: offer.definition for offer in models_in(tmp_path)}
    assert {name: each.family for name, each in listed.items()} == {"one": "sdxl", "two": "sd3", "three": "sd1"}
    assert listed["one"].defaults.size == Size(1024, 1024)
    assert listed["two"].defaults.sampler == "samplers:euler"
