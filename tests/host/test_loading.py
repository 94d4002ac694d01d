"""Models from files: real diffusers folders and checkpoints, whole and damaged."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.conftest import small_request
from tests.host.tiny_models import state, tiny_checkpoint, tiny_folder

from limner_host.digests import DigestCache
from limner_host.house import open_registry, open_studio
from limner_host.loading import Loader, check_safetensors
from limner_host.model_files import models_in
from limner_host.shelf import Shelf
from limner_host.single_file import tokenizer_for
from limner_sdk import UnusableModel
from limner_sdk.folders import DataFolder

SD1 = Path(__file__).parents[2] / "host/limner_host/families/configs/sd1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny epsilon model."""
    return tiny_folder(tmp_path_factory.mktemp("tiny") / "tiny")


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """The same, to be damaged."""
    return shutil.copytree(folder, tmp_path / "tiny")


@pytest.fixture
def loader() -> Loader:
    return Loader(torch.device("cpu"), torch.float32, DigestCache(None))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: Any) -> None:
        raise AssertionError("a model that lies on the disk needs no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return None


def refusal(loader: Loader, path: Path) -> str:
    with pytest.raises(UnusableModel) as caught:
        loader.folder(str(path)) if path.is_dir() else loader.file(str(path))
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


@torch.inference_mode()
def predicted(model: Any, sigma: float = 3.0) -> torch.Tensor:
    x, cond = state(model)
    return model.predict(x, sigma, cond)


@torch.inference_mode()
def network(model: Any, sigma: float) -> tuple[torch.Tensor, torch.Tensor, float]:
    """The latent as training saw it, what the network says to it, and the share of signal."""
    x, cond = state(model)
    kept = 1 / (1 + sigma**2)
    noisy = x * sqrt(kept)
    timestep = torch.tensor([model.levels.timestep(sigma)])
    return noisy, model.unet(noisy, timestep, cond.hidden).sample, kept


@pytest.mark.parametrize("sigma", [0.03, 0.5, 3.0, 14.0])
def test_a_noise_predictors_clean_latent_follows_the_textbook(folder: Path, loader: Loader, sigma: float) -> None:
    model = loader.folder(str(folder))
    noisy, noise, kept = network(model, sigma)
    expected = (noisy - sqrt(1 - kept) * noise) / sqrt(kept)
    assert torch.allclose(predicted(model, sigma), expected, atol=1e-4)


@pytest.mark.parametrize("sigma", [0.03, 0.5, 3.0, 14.0])
def test_a_velocity_predictors_clean_latent_follows_the_textbook(tmp_path: Path, loader: Loader, sigma: float) -> None:
    model = loader.folder(str(tiny_folder(tmp_path / "v", prediction="v_prediction")))
    noisy, velocity, kept = network(model, sigma)
    expected = sqrt(kept) * noisy - sqrt(1 - kept) * velocity
    assert torch.allclose(predicted(model, sigma), expected, atol=1e-5)


def test_an_unknown_kind_of_prediction_is_refused(tmp_path: Path, loader: Loader) -> None:
    assert "sample" in refusal(loader, tiny_folder(tmp_path / "odd", prediction="sample"))


def test_half_precision_files_load_like_full_ones(folder: Path, tmp_path: Path, loader: Loader) -> None:
    half = tiny_folder(tmp_path / "half", variant="fp16")
    assert (half / "unet" / "diffusion_pytorch_model.fp16.safetensors").is_file()
    assert torch.equal(predicted(loader.folder(str(half))), predicted(loader.folder(str(folder))))


def test_a_checkpoint_in_the_original_layout_predicts_like_the_folder(
    folder: Path, tmp_path: Path, loader: Loader
) -> None:
    single = loader.file(str(tiny_checkpoint(tmp_path / "tiny.safetensors", folder)))
    whole = loader.folder(str(folder))
    assert torch.allclose(predicted(single), predicted(whole), atol=1e-5)
    latent, _ = state(whole)
    with torch.inference_mode():
        assert torch.allclose(single.codec.decode(latent), whole.codec.decode(latent), atol=1e-5)


def test_a_checkpoint_with_configs_beside_it_can_be_chosen_in_the_models_folder(folder: Path, tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data").create()
    tiny_checkpoint(data.models / "tiny.safetensors", folder)
    studio = open_studio(data, "cpu")
    result = studio.make(small_request(model="tiny"), tmp_path / "out")
    assert result.pictures[0].recipe.model.id == "models:tiny"


def test_a_folder_in_the_models_folder_makes_pictures(folder: Path, tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data").create()
    shutil.copytree(folder, data.models / "My Tiny Model")
    result = open_studio(data, "cpu").make(small_request(model="My Tiny Model"), tmp_path / "out")
    assert result.pictures[0].recipe.model.id == "models:my_tiny_model"


def test_a_checkpoint_of_no_known_family_says_what_to_do(tmp_path: Path, loader: Loader) -> None:
    save_file({"model.diffusion_model.odd": torch.zeros(1)}, tmp_path / "odd.safetensors")
    assert "put its diffusers configs into a folder odd there" in refusal(loader, tmp_path / "odd.safetensors")


def test_a_checkpoint_that_lacks_nearly_everything_is_refused(tmp_path: Path, loader: Loader) -> None:
    key = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
    save_file({key: torch.zeros(320, 768)}, tmp_path / "odd.safetensors")
    refusal(loader, tmp_path / "odd.safetensors")


@pytest.mark.parametrize(
    "missing",
    [
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
        "text_encoder/config.json",
        "text_encoder/model.safetensors",
        "scheduler/scheduler_config.json",
        "tokenizer",
    ],
)
def test_a_missing_part_is_named(copy: Path, loader: Loader, missing: str) -> None:
    target = copy / missing
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    assert missing in refusal(loader, copy)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "tokenizer", "scheduler"])
def test_a_missing_folder_is_named(copy: Path, loader: Loader, part: str) -> None:
    shutil.rmtree(copy / part)
    assert part in refusal(loader, copy)


WEIGHTS = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model"}


@pytest.mark.parametrize("part", WEIGHTS)
@pytest.mark.parametrize("keep", [0, 4, 200, 0.5, -1])
def test_a_weight_file_cut_off_anywhere_is_refused_by_name(copy: Path, loader: Loader, part: str, keep: float) -> None:
    file = copy / part / f"{WEIGHTS[part]}.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * keep) if keep == 0.5 else int(keep)])
    assert file.name in refusal(loader, copy)


def test_an_absurd_header_is_refused_before_it_is_read(copy: Path, loader: Loader) -> None:
    file = copy / "unet" / "diffusion_pytorch_model.safetensors"
    file.write_bytes((2**40).to_bytes(8, "little") + b"{}")
    assert "header of 1099511627776 bytes and is not to be trusted" in refusal(loader, copy)


def test_a_pickle_is_refused_whatever_its_name(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(2)}, tmp_path / "evil.safetensors")
    with pytest.raises(UnusableModel, match=r"evil\.safetensors"):
        check_safetensors(tmp_path / "evil.safetensors")


def test_pickled_weights_are_not_read_and_the_reason_is_said(copy: Path, loader: Loader) -> None:
    file = copy / "unet" / "diffusion_pytorch_model.safetensors"
    torch.save(load_file(file), file.with_suffix(".bin"))
    file.unlink()
    assert "pickled .bin and .ckpt files are not read" in refusal(loader, copy)


@pytest.mark.parametrize("part", WEIGHTS)
def test_weights_that_lack_a_tensor_are_refused(copy: Path, loader: Loader, part: str) -> None:
    file = copy / part / f"{WEIGHTS[part]}.safetensors"
    tensors = load_file(file)
    tensors.pop(next(key for key in tensors if key.endswith("weight") and "norm" not in key))
    save_file(tensors, file, {"format": "pt"})
    assert part in refusal(loader, copy)


@pytest.mark.parametrize("part", WEIGHTS)
def test_weights_of_the_wrong_shape_are_refused(copy: Path, loader: Loader, part: str) -> None:
    file = copy / part / f"{WEIGHTS[part]}.safetensors"
    tensors = load_file(file)
    key = next(key for key in tensors if tensors[key].ndim > 1)
    tensors[key] = tensors[key][:1].clone()
    save_file(tensors, file, {"format": "pt"})
    assert part in refusal(loader, copy)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
@pytest.mark.parametrize("text", ["{", "null", ""])
def test_a_damaged_config_is_refused_by_part(copy: Path, loader: Loader, part: str, text: str) -> None:
    (copy / part / "config.json").write_text(text)
    assert part in refusal(loader, copy)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("unet", {"block_out_channels": "many"}),
        ("unet", {"attention_head_dim": 0}),
        ("unet", {"down_block_types": ["NoSuchBlock", "DownBlock2D"]}),
        ("vae", {"block_out_channels": None}),
        ("text_encoder", {"hidden_size": "wide"}),
        ("text_encoder", {"num_attention_heads": 0}),
    ],
)
def test_a_config_with_an_absurd_value_is_refused_by_part(
    copy: Path, loader: Loader, part: str, change: dict[str, Any]
) -> None:
    file = copy / part / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert part in refusal(loader, copy)


@pytest.mark.parametrize(
    "change", [{"beta_schedule": "odd"}, {"num_train_timesteps": 1}, {"beta_start": "small"}, {"beta_end": 2.0}]
)
def test_an_absurd_scheduler_is_refused(copy: Path, loader: Loader, change: dict[str, Any]) -> None:
    file = copy / "scheduler" / "scheduler_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    refusal(loader, copy)


def test_a_damaged_model_is_listed_and_refused_when_it_is_chosen(copy: Path, tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data").create()
    (data.models / "torn.safetensors").write_bytes((16).to_bytes(8, "little") + b"torn")
    studio = open_studio(data, "cpu")
    with pytest.raises(UnusableModel, match=r"torn\.safetensors is damaged"):
        studio.make(small_request(model="torn"), tmp_path)


def test_things_in_the_models_folder_that_are_no_models_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "model_index.json").write_text('{"_class_name": "FluxPipeline"}')
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "model_index.json").write_text("{")
    save_file({"lora_unet.weight": torch.zeros(1)}, tmp_path / "lora.safetensors")
    save_file({"conditioner.embedders.0": torch.zeros(1)}, tmp_path / "sdxl.safetensors")
    assert list(models_in(tmp_path)) == []


def test_odd_file_names_keep_no_other_model_out(folder: Path, tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data").create()
    for name in ("Ünï cödé", "two\nlines", "dots...", "x" * 200, "--", "a b", "a_b"):
        shutil.copytree(folder, data.models / name)
    registry = open_registry(data)
    registry = registry[0] if isinstance(registry, tuple) else registry
    ids = [offer.id for offer in registry.models]
    assert len(ids) == len(set(ids)) > 4


def test_the_text_of_clip_becomes_clips_own_numbers() -> None:
    tokens = tokenizer_for(SD1)("a photo of a cat").input_ids
    assert tokens == [49406, 320, 1125, 539, 320, 2368, 49407]


def test_the_digest_is_that_of_the_weights_and_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import hashlib

    weights, cache = tmp_path / "w", tmp_path / "digests.json"
    weights.write_bytes(b"weights")
    digest = DigestCache(cache).of([weights])
    assert digest == hashlib.sha256(b"weights").hexdigest()
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert DigestCache(cache).of([weights]) == digest


def test_a_changed_file_gets_a_new_digest(tmp_path: Path) -> None:
    weights, cache = tmp_path / "w", DigestCache(tmp_path / "digests.json")
    weights.write_bytes(b"one")
    before = cache.of([weights])
    weights.write_bytes(b"three")
    assert cache.of([weights]) != before


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "\xff"])
def test_a_damaged_cache_of_digests_starts_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "digests.json").write_text(content, encoding="latin-1")
    (tmp_path / "w").write_bytes(b"weights")
    assert len(DigestCache(tmp_path / "digests.json").of([tmp_path / "w"])) == 64


def test_the_shelf_keeps_one_model(folder: Path, tmp_path: Path, loader: Loader) -> None:
    shutil.copytree(folder, tmp_path / "one")
    shutil.copytree(folder, tmp_path / "two")
    one, two = models_in(tmp_path)
    shelf = Shelf(loader)
    first = shelf.get(one)
    assert shelf.get(one) is first
    second = shelf.get(two)
    assert second is not first
    assert shelf.get(one) is not first
