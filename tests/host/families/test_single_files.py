"""Single files tell their family by a few shapes, and the configs carried for them fit the real networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, SD3Transformer2DModel, UNet2DConditionModel
from safetensors.torch import save_file
from tests.host import original_keys
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from limner_host.families.layouts import DEFAULTS, LAYOUTS
from limner_host.model_files import models_in
from limner_host.single_file import config_name, scheduler_for, tokenizer_for

CONFIGS = Path(__file__).parents[3] / "host/limner_host/families/configs"
NETWORK = "model.diffusion_model."
FIRST = f"{NETWORK}input_blocks.0.0.weight"
SECOND = f"{NETWORK}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
FIFTH = f"{NETWORK}input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
PLACES = f"{NETWORK}pos_embed"
LARGE = f"{NETWORK}joint_blocks.37.x_block.mlp.fc1.weight"

SHAPES: list[tuple[str | None, dict[str, tuple[int, ...]]]] = [
    ("sd1", {FIRST: (320, 4, 3, 3), SECOND: (320, 768), FIFTH: (640, 768)}),
    ("sd1_inpaint", {FIRST: (320, 9, 3, 3), SECOND: (320, 768)}),
    ("sd2", {FIRST: (320, 4, 3, 3), SECOND: (320, 1024)}),
    ("sd2_inpaint", {FIRST: (320, 9, 3, 3), SECOND: (320, 1024)}),
    ("sdxl", {FIRST: (320, 4, 3, 3), FIFTH: (640, 2048)}),
    ("sdxl_inpaint", {FIRST: (320, 9, 3, 3), FIFTH: (640, 2048)}),
    ("sd3_medium", {PLACES: (1, 192**2, 8)}),
    ("sd3_5_medium", {PLACES: (1, 384**2, 8)}),
    ("sd3_5_large", {PLACES: (1, 192**2, 8), LARGE: (1, 1)}),
    # Edits pictures by instruction; the depth model of the second version; the refiner of SDXL; Playground v2.5.
    (None, {FIRST: (320, 8, 3, 3), SECOND: (320, 768)}),
    (None, {FIRST: (320, 5, 3, 3), SECOND: (320, 1024)}),
    (None, {FIRST: (384, 4, 3, 3), FIFTH: (768, 1280)}),
    (None, {FIRST: (320, 4, 3, 3), FIFTH: (640, 2048), "edm_mean": (1, 4, 1, 1)}),
]


def written(file: Path, shapes: dict[str, tuple[int, ...]], said: dict[str, str] | None = None) -> Path:
    save_file({key: torch.zeros(shape, dtype=torch.uint8) for key, shape in shapes.items()}, file, said)
    return file


@pytest.mark.parametrize(("name", "shapes"), SHAPES)
def test_a_few_shapes_tell_which_configs_fit(tmp_path: Path, name: str | None, shapes: Any) -> None:
    file = written(tmp_path / "model.safetensors", shapes)
    assert config_name(file) == name
    family = name.partition("_")[0] if name else "unknown"
    assert [offer.definition.family for offer in models_in(tmp_path)] == [family]


PROBED = [("sd1", SECOND, 768), ("sd2", SECOND, 1024), ("sdxl", FIFTH, 2048), ("sdxl_inpaint", FIRST, 9)]


@pytest.mark.parametrize(("name", "key", "width"), PROBED)
def test_the_tensors_that_tell_are_in_the_real_networks(name: str, key: str, width: int) -> None:
    config = json.loads((CONFIGS / name / "unet/config.json").read_text())
    with torch.device("meta"):
        state = UNet2DConditionModel.from_config(config).state_dict()
    named = original_keys.unet(state, config["layers_per_block"])
    assert named[key.removeprefix(NETWORK)].shape[1] == width


#: The published sizes of the networks, in weights.
SIZES = [
    ("sd1", "unet", UNet2DConditionModel, 859_520_964),
    ("sd1_inpaint", "unet", UNet2DConditionModel, 859_520_964 + 320 * 5 * 9),
    ("sd2", "unet", UNet2DConditionModel, 865_910_724),
    ("sdxl", "unet", UNet2DConditionModel, 2_567_463_684),
    ("sdxl", "vae", AutoencoderKL, 83_653_863),
    ("sdxl", "text_encoder", CLIPTextModel, 123_060_480),
    ("sdxl", "text_encoder_2", CLIPTextModelWithProjection, 694_659_840),
    ("sd3_medium", "transformer", SD3Transformer2DModel, 2_028_328_000),
]


@pytest.mark.parametrize(("name", "part", "kind", "count"), SIZES)
def test_the_configs_give_networks_of_the_published_size(name: str, part: str, kind: Any, count: int) -> None:
    config = CONFIGS / name / part
    with torch.device("meta"):
        if part.startswith("text_encoder"):
            network = kind(CLIPTextConfig.from_pretrained(config))
        else:
            network = kind.from_config(json.loads((config / "config.json").read_text()))
    assert sum(weight.numel() for weight in network.parameters()) == count


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in CONFIGS.glob("*/model_index.json")), ids=lambda f: f.name
)
def test_the_carried_configs_are_complete(folder: Path) -> None:
    layout = LAYOUTS[json.loads((folder / "model_index.json").read_text())["_class_name"]]
    assert {path.parent.name for path in folder.glob("*/config.json")} == set(layout.networks) - layout.optional
    assert (folder / "scheduler" / "scheduler_config.json").is_file()
    assert folder.name.partition("_")[0] in DEFAULTS


def test_a_file_that_says_it_predicts_velocities_is_believed(tmp_path: Path) -> None:
    shapes = {FIFTH: (640, 2048), "v_pred": (0,), "ztsnr": (0,)}
    scheduler = scheduler_for(written(tmp_path / "a.safetensors", shapes), CONFIGS / "sdxl")
    assert (scheduler["prediction_type"], scheduler["rescale_betas_zero_snr"]) == ("v_prediction", True)
    plain = scheduler_for(written(tmp_path / "b.safetensors", {FIFTH: (640, 2048)}), CONFIGS / "sdxl")
    assert (plain["prediction_type"], "rescale_betas_zero_snr" in plain) == ("epsilon", False)


def test_metadata_tell_the_two_kinds_of_the_second_version_apart(tmp_path: Path) -> None:
    said = {"modelspec.prediction_type": "epsilon"}
    base = written(tmp_path / "base.safetensors", {SECOND: (320, 1024)}, said)
    assert scheduler_for(base, CONFIGS / "sd2")["prediction_type"] == "epsilon"
    silent = written(tmp_path / "silent.safetensors", {SECOND: (320, 1024)})
    assert scheduler_for(silent, CONFIGS / "sd2")["prediction_type"] == "v_prediction"


@pytest.mark.parametrize(
    ("name", "part", "filler"),
    [("sdxl", "tokenizer", 49407), ("sdxl", "tokenizer_2", 0), ("sd2_inpaint", "tokenizer", 0)],
)
def test_each_text_encoder_gets_the_filler_that_it_was_trained_with(name: str, part: str, filler: int) -> None:
    assert tokenizer_for(CONFIGS / name, part).pad_token_id == filler
