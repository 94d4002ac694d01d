"""LoRA files in the weights of real networks: added up, refused, and gone again bit by bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.host.tiny_models import tiny_unet
from torch import nn

from limner_host.adapters import applying
from limner_host.adapters.applying import LoraApplier
from limner_host.adapters.deltas import LowRank
from limner_host.adapters.files import Adapter
from limner_sdk import Encoding, InvalidRequest, Size, Span

from .making import QUERY, kohya, low_rank, numbers, print_of, product, written

Networks = dict[str, nn.Module]

STEM = kohya(QUERY)
TEXT = "lora_te_text_model_encoder_layers_0_mlp_fc1"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A LoRA of one layer of the UNet and one of the text encoder."""
    return written(tmp_path / "mine.safetensors", low_rank(STEM) | low_rank(TEXT, out=32))


def weight_of(networks: Networks) -> torch.Tensor:
    layer: Any = networks["unet"].get_submodule(QUERY)
    return layer.weight  # type: ignore[no-any-return]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_afterwards_every_bit_is_as_it_was(dtype: torch.dtype, file: Path) -> None:
    networks: Networks = {"unet": tiny_unet().to(dtype)}
    before = print_of(networks["unet"])
    with LoraApplier().applied(networks, [Adapter(file, "mine", 0.7, 0.7), Adapter(file, "mine", 5, 5)]):
        assert print_of(networks["unet"]) != before
        assert weight_of(networks).dtype == dtype
    assert print_of(networks["unet"]) == before


def test_an_error_inside_leaves_nothing_behind(networks: Networks, file: Path) -> None:
    before = print_of(*networks.values())
    with pytest.raises(RuntimeError, match="stop"), LoraApplier().applied(networks, [Adapter(file, "mine")]):
        raise RuntimeError("stop")
    assert print_of(*networks.values()) == before


def test_an_error_half_way_through_applying_leaves_nothing_behind(
    networks: Networks, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [print_of(*networks.values())]
    real = LowRank.delta

    def failing(patch: LowRank, weight: torch.Tensor) -> torch.Tensor:
        seen.append(print_of(*networks.values()))
        if len(seen) == 3:
            raise MemoryError("no room")
        return real(patch, weight)

    monkeypatch.setattr(LowRank, "delta", failing)
    with pytest.raises(MemoryError), LoraApplier().applied(networks, [Adapter(file, "mine")]):
        pytest.fail("it went on")
    assert seen[0] == seen[1] != seen[2]
    assert print_of(*networks.values()) == seen[0]


def test_a_weight_that_overflows_is_refused_and_nothing_stays_changed(file: Path) -> None:
    networks: Networks = {"unet": tiny_unet().half()}
    before = print_of(networks["unet"])
    with pytest.raises(
        InvalidRequest, match=r"lora: 'mine' makes weights that are not finite, or beyond 1000000; lower"
    ):
        LoraApplier().applied(networks, [Adapter(file, "mine", 1e9, 0)]).__enter__()
    assert print_of(networks["unet"]) == before


def test_weights_that_are_finite_and_absurd_are_refused(networks: Networks, tmp_path: Path) -> None:
    before = print_of(*networks.values())
    file = written(tmp_path / "mine.safetensors", {f"{STEM}.diff": torch.full((16, 16), 1e30)})
    with pytest.raises(InvalidRequest, match="lora: 'mine' makes weights that are not finite, or beyond 1000000"):
        LoraApplier().applied(networks, [Adapter(file, "mine")]).__enter__()
    assert print_of(*networks.values()) == before


@pytest.mark.parametrize("weight", [float("nan"), float("inf")])
def test_a_weight_that_is_no_number_is_refused(weight: float, networks: Networks, file: Path) -> None:
    with pytest.raises(InvalidRequest, match="write an ordinary number"):
        LoraApplier().applied(networks, [Adapter(file, "mine", weight, 0)]).__enter__()


def test_the_weight_zero_changes_nothing_and_reads_nothing(networks: Networks, tmp_path: Path) -> None:
    before = print_of(*networks.values())
    with LoraApplier().applied(networks, [Adapter(tmp_path / "missing.safetensors", "missing", 0, 0)]) as notices:
        assert print_of(*networks.values()) == before
    assert notices == ()


def test_several_files_add_up_and_their_order_does_not_matter(networks: Networks, file: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other.safetensors", low_rank(STEM, rank=2, alpha=-1.0))
    before = weight_of(networks).clone()
    adapters = [Adapter(file, "mine", 0.5, 0), Adapter(other, "other", 2, 0), Adapter(file, "mine", 0.25, 0)]
    wanted = before + 0.75 * product(low_rank(STEM), STEM)
    wanted += 2 * product(low_rank(STEM, rank=2, alpha=-1.0), STEM)
    for order in (adapters, adapters[::-1]):
        with LoraApplier().applied(networks, order):
            torch.testing.assert_close(weight_of(networks).detach(), wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_rounded_once(dtype: torch.dtype, file: Path, tmp_path: Path) -> None:
    networks: Networks = {"unet": tiny_unet().to(dtype)}
    delta = product(low_rank(STEM), STEM)
    wanted = (weight_of(networks).detach().float() + delta * 0.25 + delta * 0.5).to(dtype)
    with LoraApplier().applied(networks, [Adapter(file, "mine", 0.25, 0), Adapter(file, "mine", 0.5, 0)]):
        assert (weight_of(networks) != wanted).sum() <= 2


def test_one_inside_another_is_undone_in_turn(networks: Networks, file: Path) -> None:
    applier, before = LoraApplier(), print_of(*networks.values())
    with applier.applied(networks, [Adapter(file, "mine")]):
        outer = print_of(*networks.values())
        with applier.applied(networks, [Adapter(file, "mine", 3, 3)]):
            assert print_of(*networks.values()) != outer
        assert print_of(*networks.values()) == outer
    assert print_of(*networks.values()) == before


def test_a_file_is_read_once_until_it_changes(networks: Networks, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, real = [], applying.read_lora
    monkeypatch.setattr(applying, "read_lora", lambda path, name: read.append(name) or real(path, name))
    applier = LoraApplier()
    for _ in range(3):
        with applier.applied(networks, [Adapter(file, "mine")]):
            pass
    written(file, low_rank(STEM, rank=8))
    with applier.applied(networks, [Adapter(file, "changed")]):
        pass
    assert read == ["mine", "changed"]


def test_files_beyond_the_room_are_forgotten(
    networks: Networks, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, real = [], applying.read_lora
    monkeypatch.setattr(applying, "read_lora", lambda path, name: read.append(name) or real(path, name))
    other = written(tmp_path / "other.safetensors", low_rank(STEM))
    written(file, low_rank(STEM))
    applier = LoraApplier(room=600)
    for path, name in ((file, "mine"), (other, "other"), (other, "other"), (file, "mine")):
        with applier.applied(networks, [Adapter(path, name)]):
            pass
    assert read == ["mine", "other", "mine"]


def test_a_file_of_another_family_is_refused_with_both_families(tmp_path: Path) -> None:
    stem = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"
    file = written(tmp_path / "mine.safetensors", low_rank(stem, out=640, into=2048))
    networks: Networks = {"unet": tiny_unet(cross_attention_dim=768)}
    remedy = r"belongs to another family of models \(its keys fit SDXL\); choose one for SD1"
    with pytest.raises(InvalidRequest, match=f"lora: 'mine' {remedy}"):
        LoraApplier().applied(networks, [Adapter(file, "mine")]).__enter__()


def test_a_file_that_fits_by_name_but_not_by_shape_changes_nothing(networks: Networks, tmp_path: Path) -> None:
    wrong = kohya(QUERY.replace("attn1.to_q", "attn2.to_k"))
    file = written(tmp_path / "mine.safetensors", low_rank(STEM) | low_rank(wrong, into=20))
    before = print_of(*networks.values())
    with pytest.raises(InvalidRequest, match="belongs to another family of models; choose one for this model"):
        LoraApplier().applied(networks, [Adapter(file, "mine")]).__enter__()
    assert print_of(*networks.values()) == before


def test_a_text_encoder_that_fits_does_not_save_a_file_of_another_family(networks: Networks, tmp_path: Path) -> None:
    tensors = low_rank("lora_unet_double_blocks_0_img_attn_qkv", out=9216, into=3072) | low_rank(TEXT, out=32)
    file = written(tmp_path / "mine.safetensors", tensors)
    with pytest.raises(InvalidRequest, match=r"\(its keys fit Flux\); choose one for this model"):
        LoraApplier().applied(networks, [Adapter(file, "mine")]).__enter__()


def test_parts_that_have_no_place_are_left_out_with_a_notice(networks: Networks, tmp_path: Path) -> None:
    tensors = (
        low_rank(STEM) | low_rank("lora_unet_down_blocks_7_conv") | {"bundle_emb.cat.string_to_param.*": numbers(1)}
    )
    file = written(tmp_path / "mine.safetensors", tensors)
    with LoraApplier().applied(networks, [Adapter(file, "mine")]) as notices:
        pass
    assert notices == (
        "lora mine: 1 of its 2 parts have no place in this model and are left out",
        "lora mine: 1 of its tensors are of no known kind and are left out, such as bundle_emb.cat.string_to_param.*",
    )


def test_a_model_for_inpainting_takes_all_but_the_first_convolution(tmp_path: Path) -> None:
    tensors = low_rank(STEM) | {f"{kohya('conv_in')}.diff": numbers(16, 4, 3, 3)}
    file = written(tmp_path / "mine.safetensors", tensors)
    unet = tiny_unet(in_channels=9)
    first = unet.conv_in.weight.detach().clone()
    with LoraApplier().applied({"unet": unet}, [Adapter(file, "mine")]) as notices:
        assert torch.equal(unet.conv_in.weight, first)
    assert notices == ("lora mine: 1 of its 2 parts have no place in this model and are left out",)


def test_pocket_draws_something_else_inside_and_the_same_afterwards(pocket: Any, tmp_path: Path) -> None:
    module = "up_blocks.1.attentions.1.proj_out"
    out, into = pocket.unet.get_submodule(module).weight.shape[:2]
    file = written(tmp_path / "mine.safetensors", low_rank(kohya(module), out, into, alpha=40.0))
    words = pocket.encode((Span("a red circle"),), Encoding(Size(64, 64)))
    x = numbers(1, 4, 8, 8) * 50
    with torch.inference_mode():
        before = pocket.predict(x, 5.0, words)
        with LoraApplier().applied(pocket.networks, [Adapter(file, "mine")]):
            assert (pocket.predict(x, 5.0, words) - before).abs().max() > 0.01
        assert torch.equal(pocket.predict(x, 5.0, words), before)
