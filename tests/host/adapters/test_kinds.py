"""Every kind of LoRA and LyCORIS file: its formula written out, and what peft makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoHaConfig, LoKrConfig, LoraConfig
from torch import Tensor, nn

from limner_host.adapters.applying import LoraApplier
from limner_host.adapters.files import Adapter

from .making import CONV, QUERY, by_peft, kohya, numbers, written

Networks = dict[str, nn.Module]

LAYERS = ["to_q", "conv1", "proj_in"]
PEFT = {
    "lora": LoraConfig(r=4, lora_alpha=4, target_modules=LAYERS),
    "dora": LoraConfig(r=4, lora_alpha=4, target_modules=LAYERS, use_dora=True),
    "loha": LoHaConfig(r=3, alpha=3, target_modules=LAYERS),
    "loha with a core": LoHaConfig(r=3, alpha=3, target_modules=LAYERS, use_effective_conv2d=True),
    "lokr": LoKrConfig(r=4, alpha=4, target_modules=LAYERS),
    "lokr in factors": LoKrConfig(r=1, alpha=1, target_modules=LAYERS, decompose_both=True),
    "lokr with a core": LoKrConfig(r=1, alpha=1, target_modules=LAYERS, use_effective_conv2d=True),
}


def delta(networks: Networks, tensors: dict[str, Tensor], folder: Path, module: str, *, weight: float = 1) -> Tensor:
    """What a file of these tensors adds to one module's weight."""
    file = written(folder / "mine.safetensors", tensors)
    layer: Any = networks["unet"].get_submodule(module)
    before = layer.weight.detach().clone()
    with LoraApplier().applied(networks, [Adapter(file, "mine", weight, weight)]):
        return layer.weight.detach() - before


def weight_of(networks: Networks, module: str) -> Tensor:
    layer: Any = networks["unet"].get_submodule(module)
    return layer.weight.detach().clone()  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", PEFT)
def test_a_file_changes_the_weights_as_peft_does(kind: str, networks: Networks, tmp_path: Path) -> None:
    tensors, merged = by_peft(networks["unet"], PEFT[kind])
    before = {key: value.clone() for key, value in networks["unet"].state_dict().items()}
    file = written(tmp_path / "mine.safetensors", tensors)
    with LoraApplier().applied(networks, [Adapter(file, "mine")]) as notices:
        after = networks["unet"].state_dict()
        for key, value in merged.items():
            torch.testing.assert_close(after[key], value, rtol=0, atol=1e-6)
        assert sum(not torch.equal(after[key], before[key]) for key in after) >= 20
    assert notices == ()


def test_a_lora_is_up_times_down_times_alpha_over_rank(networks: Networks, tmp_path: Path) -> None:
    up, down = numbers(16, 4, seed=1), numbers(4, 16, seed=2)
    stem = kohya(QUERY)
    tensors = {f"{stem}.lora_up.weight": up, f"{stem}.lora_down.weight": down, f"{stem}.alpha": torch.tensor(3.0)}
    wanted = torch.tensor([[sum(up[o, r] * down[r, i] for r in range(4)) for i in range(16)] for o in range(16)])
    torch.testing.assert_close(delta(networks, tensors, tmp_path, QUERY), wanted * 3 / 4, rtol=0, atol=1e-6)


def test_a_locon_with_a_core_is_three_convolutions_in_a_row(networks: Networks, tmp_path: Path) -> None:
    down, mid, up = numbers(3, 16, 1, 1, seed=1), numbers(3, 3, 3, 3, seed=2), numbers(16, 3, 1, 1, seed=3)
    stem = kohya(CONV)
    tensors = {f"{stem}.lora_down.weight": down, f"{stem}.lora_mid.weight": mid, f"{stem}.lora_up.weight": up}
    whole = delta(networks, tensors, tmp_path, CONV)
    x = numbers(1, 16, 6, 6, seed=4)
    conv = nn.functional.conv2d
    torch.testing.assert_close(conv(x, whole), conv(conv(conv(x, down), mid), up), rtol=0, atol=1e-5)


def test_a_loha_is_the_product_of_two_products(networks: Networks, tmp_path: Path) -> None:
    stem, parts = kohya(CONV), {"w1_a": (16, 2), "w1_b": (2, 144), "w2_a": (16, 2), "w2_b": (2, 144)}
    tensors = {f"{stem}.hada_{part}": numbers(*shape, seed=len(part) + shape[0]) for part, shape in parts.items()}
    a, b, c, d = (tensors[f"{stem}.hada_{part}"] for part in parts)
    tensors |= {f"{stem}.alpha": torch.tensor(1.0)}
    wanted = ((a @ b) * (c @ d)).reshape(16, 16, 3, 3) * 0.5
    torch.testing.assert_close(delta(networks, tensors, tmp_path, CONV), wanted, rtol=0, atol=1e-6)


def test_a_lokr_in_factors_is_scaled_and_a_whole_one_is_not(networks: Networks, tmp_path: Path) -> None:
    stem = kohya(QUERY)
    first, a, b = numbers(4, 4, seed=1), numbers(4, 2, seed=2), numbers(2, 4, seed=3)
    alpha = {f"{stem}.alpha": torch.tensor(1.0), f"{stem}.lokr_w1": first}
    factors = delta(networks, {f"{stem}.lokr_w2_a": a, f"{stem}.lokr_w2_b": b} | alpha, tmp_path, QUERY)
    torch.testing.assert_close(factors, torch.kron(first, a @ b) * 0.5, rtol=0, atol=1e-6)
    whole = delta(networks, {f"{stem}.lokr_w2": a @ b} | alpha, tmp_path, QUERY)
    torch.testing.assert_close(whole, torch.kron(first, a @ b), rtol=0, atol=1e-6)


@pytest.mark.parametrize("on_input", [True, False])
def test_ia3_scales_a_layers_inputs_or_its_outputs(on_input: bool, networks: Networks, tmp_path: Path) -> None:
    stem, factors = kohya(QUERY), numbers(1, 16)
    tensors = {f"{stem}.weight": factors, f"{stem}.on_input": torch.tensor(on_input)}
    weight = weight_of(networks, QUERY)
    wanted = weight * factors if on_input else weight * factors.T
    torch.testing.assert_close(delta(networks, tensors, tmp_path, QUERY), wanted, rtol=0, atol=1e-6)


def test_differences_change_whole_weights_biases_and_norms(networks: Networks, tmp_path: Path) -> None:
    norm: Any = networks["unet"].get_submodule("down_blocks.0.resnets.0.norm1")
    conv: Any = networks["unet"].get_submodule(CONV)
    before = [part.detach().clone() for part in (conv.weight, conv.bias, norm.weight, norm.bias)]
    values = numbers(16, 16, 3, 3), numbers(16, seed=1), numbers(16, seed=2), numbers(16, seed=3)
    name = kohya("down_blocks.0.resnets.0.norm1")
    keys = f"{kohya(CONV)}.diff", f"{kohya(CONV)}.diff_b", f"{name}.w_norm", f"{name}.b_norm"
    file = written(tmp_path / "mine.safetensors", dict(zip(keys, values, strict=True)))
    with LoraApplier().applied(networks, [Adapter(file, "mine", 0.5, 0)]):
        for part, old, value in zip((conv.weight, conv.bias, norm.weight, norm.bias), before, values, strict=True):
            torch.testing.assert_close(part.detach(), old + value / 2)


@pytest.mark.parametrize("per_output", [True, False])
def test_dora_gives_rows_or_columns_the_learnt_lengths(per_output: bool, networks: Networks, tmp_path: Path) -> None:
    stem, lengths = kohya(QUERY), torch.linspace(0.5, 2, 16)
    tensors = {
        f"{stem}.lora_up.weight": numbers(16, 2, seed=1),
        f"{stem}.lora_down.weight": numbers(2, 16, seed=2),
        f"{stem}.dora_scale": lengths[:, None] if per_output else lengths[None],
    }
    changed = weight_of(networks, QUERY) + delta(networks, tensors, tmp_path, QUERY)
    torch.testing.assert_close(changed.norm(dim=1 if per_output else 0), lengths)


def test_half_a_dora_is_half_the_way_to_it(networks: Networks, tmp_path: Path) -> None:
    tensors, _ = by_peft(networks["unet"], PEFT["dora"])
    whole = delta(networks, tensors, tmp_path, QUERY)
    torch.testing.assert_close(delta(networks, tensors, tmp_path, QUERY, weight=0.5), whole / 2, rtol=0, atol=1e-6)


def test_a_linear_lora_fits_a_convolution_of_one_pixel(networks: Networks, tmp_path: Path) -> None:
    stem, up, down = kohya("down_blocks.0.attentions.0.proj_in"), numbers(16, 2), numbers(2, 16, seed=1)
    tensors = {f"{stem}.lora_up.weight": up, f"{stem}.lora_down.weight": down}
    found = delta(networks, tensors, tmp_path, "down_blocks.0.attentions.0.proj_in")
    torch.testing.assert_close(found, (up @ down)[:, :, None, None], rtol=0, atol=1e-6)


def test_half_precision_files_are_read_as_exactly_as_they_are(networks: Networks, tmp_path: Path) -> None:
    stem, up, down = kohya(QUERY), numbers(16, 2).bfloat16(), numbers(2, 16, seed=1).half()
    tensors = {f"{stem}.lora_up.weight": up, f"{stem}.lora_down.weight": down}
    found = delta(networks, tensors, tmp_path, QUERY)
    torch.testing.assert_close(found, up.float() @ down.float(), rtol=0, atol=1e-6)
