"""Autoencoders by name: a picture may ask for another one than its model's own."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file

from limner_host.house import open_studio
from limner_host.studio import Studio
from limner_plugins.pocket import WEIGHTS
from limner_sdk import InvalidRequest, Request, UnknownName, UnusableModel
from limner_sdk.folders import DataFolder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A data folder with Pocket's autoencoder turned negative, and one of another shape."""
    data = DataFolder(tmp_path_factory.mktemp("data")).create()
    own = AutoencoderKL.from_pretrained(WEIGHTS / "vae")
    negative = {name: tensor.float().clone() for name, tensor in own.state_dict().items()}
    for name in ("decoder.conv_out.weight", "decoder.conv_out.bias"):
        negative[name] *= -1
    save_file(negative, data.vaes / "negative.safetensors")
    other = AutoencoderKL(latent_channels=8, block_out_channels=(4,), norm_num_groups=2, sample_size=8)
    other.save_pretrained(data.vaes / "other")
    save_file({"x": torch.zeros(1)}, data.vaes / "nothing.safetensors")
    return data


@pytest.fixture(scope="module")
def house(data: DataFolder) -> Studio:
    return open_studio(data, "cpu")


def made(house: Studio, folder: Path, **values: Any) -> Any:
    asked = Request.parse({"prompt": "a red circle on a blue background", "seed": 1, "steps": 2, **values})
    return house.make(asked, folder).pictures[0]


def mean(folder: Path) -> float:
    from limner_host.pictures import read_rgb
    from limner_sdk import to_pixels

    return float(to_pixels(read_rgb(folder / "1.png")).mean())


def test_another_autoencoder_decodes_the_picture(house: Studio, tmp_path: Path) -> None:
    made(house, tmp_path / "own")
    picture = made(house, tmp_path / "negative", vae="negative")
    assert mean(tmp_path / "own") == pytest.approx(1 - mean(tmp_path / "negative"), abs=0.01)
    assert (picture.recipe.vae.name, len(picture.recipe.vae.hash)) == ("negative", 10)


def test_a_recipe_asks_for_its_autoencoder_again(house: Studio, tmp_path: Path) -> None:
    first = made(house, tmp_path, vae="negative")
    again = house.make(first.recipe.as_request(), tmp_path / "again").pictures[0]
    assert again.digest == first.digest


@pytest.mark.parametrize("name", ["none", "Automatic"])
def test_none_and_automatic_mean_the_models_own(house: Studio, tmp_path: Path, name: str) -> None:
    assert made(house, tmp_path, vae=name).recipe.vae is None


def test_the_same_autoencoder_is_loaded_once(house: Studio) -> None:
    model = house.model(house.registry.default_model)
    vae = house.library.vaes.reference("negative")
    assert house.library.vaes.fitted(model, vae) is house.library.vaes.fitted(model, vae)


def test_another_model_lets_go_of_what_was_fitted_before(house: Studio, tmp_path: Path) -> None:
    made(house, tmp_path, vae="negative")
    network = weakref.ref(house.model(house.registry.default_model).networks["unet"])  # type: ignore[attr-defined]
    house.shelf.clear()
    house.model(house.registry.default_model)
    gc.collect()
    assert network() is None


def test_one_of_another_shape_is_refused_in_a_sentence(house: Studio, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"vae: 'other/diffusion_pytorch_model' has 8 channels"):
        made(house, tmp_path, vae="other/diffusion_pytorch_model")


def test_a_file_that_is_no_autoencoder_is_named(house: Studio, tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match=r"nothing"):
        made(house, tmp_path, vae="nothing")


def test_an_unknown_name_is_refused(house: Studio, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="vae: 'negativ' is unknown; did you mean negative"):
        made(house, tmp_path, vae="negativ")


def test_the_catalogue_lists_them(house: Studio) -> None:
    names = [file.name for file in house.catalogue().files if file.kind == "vae"]
    assert "negative" in names
