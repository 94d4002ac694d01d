"""The names that trainers and libraries give modules, and what diffusers itself writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import SD3Transformer2DModel, StableDiffusionPipeline
from diffusers.loaders.lora_conversion_utils import _maybe_map_sgm_blocks_to_diffusers
from peft import LoraConfig
from tests.host import original_keys
from tests.host.tiny_models import LAYERS, tiny_unet
from torch import nn

from limner_host.adapters.applying import LoraApplier
from limner_host.adapters.files import Adapter
from limner_host.adapters.names import parsed
from limner_host.adapters.original import original_names
from limner_host.adapters.places import places_in

from .making import QUERY, by_peft, kohya, low_rank, product, written

Networks = dict[str, nn.Module]

ATTENTION = QUERY.removesuffix(".to_q")
UNETS: dict[str, dict[str, Any]] = {
    "sd1": {},
    "sd2": {"use_linear_projection": True},
    "sdxl": {
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 8,
        "projection_class_embeddings_input_dim": 72,
        "transformer_layers_per_block": (1, 2),
    },
}
SWAPPED = ("norm_out.linear", "transformer_blocks.1.norm1_context.linear")
TEXT = "encoder.layers.1.self_attn.q_proj"


@pytest.mark.parametrize(
    ("key", "role"),
    [
        (f"{kohya(QUERY)}.lora_down.weight", "down"),
        (f"{kohya(QUERY)}.alpha", "alpha"),
        (f"lora_transformer_{QUERY.replace('.', '_')}.lora_up.weight", "up"),
        ("lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_mid.weight", "mid"),
        ("diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q.lora_B.weight", "up"),
        (f"unet.{QUERY}.lora_A.weight", "down"),
        (f"unet.{QUERY}.lora.up.weight", "up"),
        (f"base_model.model.{QUERY}.lora_B.weight", "up"),
        (f"base_model.model.unet.{QUERY}.lora_magnitude_vector", "magnitude"),
        (f"unet.{QUERY}.lora_A.default.weight", "down"),
        (f"{ATTENTION}.processor.to_q_lora.down.weight", "down"),
        (f"unet.{ATTENTION}.processor.to_q_lora.up.weight", "up"),
        (f"{kohya(QUERY)}.hada_w1_a", "hada_w1_a"),
        (f"lycoris_{QUERY.replace('.', '_')}.lokr_w2", "lokr_w2"),
    ],
)
def test_a_layer_of_the_unet_is_found_by_every_name_it_has(key: str, role: str, networks: Networks) -> None:
    found = parsed(key)
    assert found is not None
    assert found[1] == role
    assert places_in(networks).modules[found[0]][0] is networks["unet"].get_submodule(QUERY)


@pytest.mark.parametrize(
    "stem",
    [
        kohya(f"text_model.{TEXT}", "lora_te_"),
        kohya(f"text_model.{TEXT}", "lora_te1_"),
        f"text_encoder.text_model.{TEXT}",
        f"text_encoder.{TEXT}",
    ],
)
@pytest.mark.parametrize("ending", ["lora_down", "lora_A", "lora.down", "lora_linear_layer.down"])
def test_a_layer_of_the_text_encoder_is_found_too(stem: str, ending: str, networks: Networks) -> None:
    found = parsed(f"{stem}.{ending}.weight")
    assert found is not None
    assert found[1] == "down"
    assert places_in(networks).modules[found[0]][0] is networks["text_encoder"].get_submodule(TEXT)


def test_sdxls_two_text_encoders_are_told_apart(networks: Networks) -> None:
    both = places_in({"text_encoder": nn.Module(), "text_encoder_2": networks["text_encoder"]})
    for stem in (kohya(f"text_model.{TEXT}", "lora_te2_"), f"text_encoder_2.text_model.{TEXT}"):
        found = parsed(f"{stem}.lora_up.weight")
        assert found is not None
        assert both.modules[found[0]][0] is networks["text_encoder"].get_submodule(TEXT)


def test_early_files_leave_out_the_number_of_the_output_layer(networks: Networks) -> None:
    found = parsed(f"{ATTENTION}.processor.to_out_lora.down.weight")
    assert found is not None
    assert places_in(networks).modules[found[0]][0] is networks["unet"].get_submodule(f"{ATTENTION}.to_out.0")


@pytest.mark.parametrize("family", ["sd1", "sd2", "sdxl", "sd3"])
def test_an_original_checkpoint_as_a_difference_doubles_every_weight(family: str, tmp_path: Path) -> None:
    name, network, original, swapped = tiny_backbone(family)
    state = {key: value.detach().clone() for key, value in network.named_parameters()}
    endings = {"weight": "diff", "bias": "diff_b"}
    tensors = {}
    for key, value in original.items():
        module, _, parameter = key.rpartition(".")
        tensors[f"diffusion_model.{module}.{endings[parameter]}"] = value
    adapter = Adapter(written(tmp_path / "mine.safetensors", tensors), "mine")
    with LoraApplier().applied({name: network}, [adapter]) as notices:
        changed = {key for key, value in network.named_parameters() if torch.equal(value, 2 * state[key])}
    assert set(state) - changed == swapped
    assert len(notices) == bool(swapped)


def tiny_backbone(family: str) -> tuple[str, Any, dict[str, torch.Tensor], set[str]]:
    """A network, its weights in the original layout, and those whose halves diffusers has swapped."""
    if family != "sd3":
        unet = tiny_unet(**UNETS[family])
        return "unet", unet, original_keys.unet(dict(unet.named_parameters()), LAYERS), set()
    options = {"sample_size": 8, "num_layers": 2, "attention_head_dim": 8, "num_attention_heads": 2}
    widths = {"joint_attention_dim": 16, "caption_projection_dim": 16, "pooled_projection_dim": 16}
    transformer = SD3Transformer2DModel(**options, **widths, pos_embed_max_size=8)
    swapped = {f"{name}.{kind}" for name in SWAPPED for kind in ("weight", "bias")}
    return "transformer", transformer, original_keys.sd3(dict(transformer.named_parameters()), 2), swapped


def test_a_decomposed_query_key_and_value_in_one_are_left_out(tmp_path: Path) -> None:
    name, network, _, _ = tiny_backbone("sd3")
    stem, other = (f"lora_unet_joint_blocks_0_x_block_{part}" for part in ("attn_qkv", "attn_proj"))
    tensors = low_rank(stem, out=48) | {f"{stem}.dora_scale": torch.ones(48, 1)} | low_rank(other)
    with LoraApplier().applied(
        {name: network}, [Adapter(written(tmp_path / "a.safetensors", tensors), "a")]
    ) as notices:
        pass
    assert notices == ("lora a: 1 of its 2 parts have no place in this model and are left out",)


def test_sdxls_original_names_mean_what_diffusers_makes_of_them() -> None:
    unet = tiny_unet(
        block_out_channels=(8, 8, 8),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=2,
        transformer_layers_per_block=(1, 2, 3),
    )
    places = places_in({"unet": unet}).modules
    stems = {name for name, module in unet.named_modules() if name.endswith("attn2.to_k")}
    assert len(stems) == 2 * 2 + 2 * 3 + 3 * 2 + 3 * 3 + 3
    names = [name for path, name in original_names(dict(unet.named_modules())).items() if path in stems]
    keys = [f"lora_unet_{name.replace('.', '_')}.lora_up.weight" for name in names]
    mapped = _maybe_map_sgm_blocks_to_diffusers({key: key for key in keys}, unet.config)
    assert len(mapped) == len(stems)
    for mapped_key, ours in mapped.items():
        theirs = mapped_key
        for old, new in (
            ("input_blocks", "down_blocks"),
            ("output_blocks", "up_blocks"),
            ("middle_block", "mid_block"),
        ):
            theirs = theirs.replace(old, new)
        found = [places[place[0]][0] for key in (theirs, ours) if (place := parsed(key))]
        assert found[0] is found[1]


def test_what_diffusers_saves_is_applied_as_diffusers_fuses_it(networks: Networks, tmp_path: Path) -> None:
    config = LoraConfig(r=4, lora_alpha=8, target_modules=["to_q", "to_out.0"], rank_pattern={"attn2.to_q": 2})
    tensors, merged = by_peft(networks["unet"], config)
    layers = {key.removeprefix("base_model.model."): value for key, value in tensors.items()}
    StableDiffusionPipeline.save_lora_weights(
        tmp_path, unet_lora_layers=layers, unet_lora_adapter_metadata=config.to_dict()
    )
    adapter = Adapter(tmp_path / "pytorch_lora_weights.safetensors", "mine")
    with LoraApplier().applied(networks, [adapter]):
        for key, value in networks["unet"].state_dict().items():
            torch.testing.assert_close(value, merged[key], rtol=0, atol=1e-6)


def test_text_encoders_are_changed_by_their_own_weight(networks: Networks, tmp_path: Path) -> None:
    stem = kohya(f"text_model.{TEXT}", "lora_te_")
    tensors = low_rank(stem)
    layer: Any = networks["text_encoder"].get_submodule(TEXT)
    before = layer.weight.detach().clone()
    file = written(tmp_path / "mine.safetensors", low_rank(kohya(QUERY)) | tensors)
    with LoraApplier().applied(networks, [Adapter(file, "mine", 0.0, 0.5)]):
        torch.testing.assert_close(layer.weight.detach(), before + product(tensors, stem) / 2)


def test_an_sd3_file_fits_its_transformer(tmp_path: Path) -> None:
    name, transformer, _, _ = tiny_backbone("sd3")
    stem = "transformer.transformer_blocks.0.attn.add_k_proj"
    tensors = {key.replace("lora_down", "lora_A").replace("lora_up", "lora_B"): t for key, t in low_rank(stem).items()}
    layer: Any = transformer.get_submodule(stem.removeprefix("transformer."))
    before = layer.weight.detach().clone()
    adapter = Adapter(written(tmp_path / "mine.safetensors", tensors), "mine")
    with LoraApplier().applied({name: transformer}, [adapter]):
        torch.testing.assert_close(layer.weight.detach() - before, product(low_rank(stem), stem))
