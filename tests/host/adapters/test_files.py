"""The shelf of LoRA files: names that are never paths, hashes that other tools know, what a file tells of itself."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from limner_host.adapters.applying import LoraApplier
from limner_host.adapters.files import Adapter, AdapterFiles
from limner_host.adapters.lora import read_lora
from limner_host.digests import DigestCache
from limner_sdk import AmbiguousName, FileEntry, UnknownName, UnusableModel

from .making import QUERY, kohya, low_rank, numbers, written

STEM = kohya(QUERY)


@pytest.fixture
def shelf(tmp_path: Path) -> AdapterFiles:
    """Three files, two of them in folders."""
    for name in ("ink", "people/ann", "people/bob", "places/bob"):
        written(tmp_path / f"{name}.safetensors", low_rank(STEM))
    (tmp_path / "ink.pt").write_bytes(b"pickle")
    written(tmp_path / ".hidden.safetensors", low_rank(STEM))
    return AdapterFiles(tmp_path, DigestCache(None))


def test_names_are_paths_in_the_folder_without_their_ending(shelf: AdapterFiles) -> None:
    assert shelf.names() == ("ink", "people/ann", "people/bob", "places/bob")


@pytest.mark.parametrize("name", ["people/ann", "ann", " People/ANN ", "loras:people/ann", "ann.safetensors"])
def test_a_file_is_found_by_its_name_or_its_stem_in_any_case(name: str, shelf: AdapterFiles, tmp_path: Path) -> None:
    assert shelf.find(name) == tmp_path / "people" / "ann.safetensors"


def test_a_stem_that_two_files_have_is_ambiguous(shelf: AdapterFiles, tmp_path: Path) -> None:
    with pytest.raises(AmbiguousName, match="loras:people/bob, loras:places/bob"):
        shelf.find("bob")
    assert shelf.find("places/bob") == tmp_path / "places" / "bob.safetensors"


def test_names_that_differ_in_case_only_are_told_apart_by_case(tmp_path: Path) -> None:
    for name in ("Ink", "ink"):
        written(tmp_path / f"{name}.safetensors", low_rank(STEM))
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("this file system ignores case")
    files = AdapterFiles(tmp_path, DigestCache(None))
    assert files.find("Ink").stem == "Ink"
    assert files.find("ink").stem == "ink"


@pytest.mark.parametrize(
    "name",
    [
        "../ink",
        "../../etc/passwd",
        "people/../ink",
        "people\\ann",
        "./ink",
        "/etc/passwd",
        "",
        "%2e",
    ],
)
def test_a_name_is_never_a_path(name: str, shelf: AdapterFiles, tmp_path: Path) -> None:
    for asked in (name, str(tmp_path / "ink"), str(tmp_path / "ink.safetensors")):
        with pytest.raises(UnknownName):
            shelf.find(asked)


def test_an_unknown_name_gets_a_near_one_as_a_hint(shelf: AdapterFiles) -> None:
    with pytest.raises(UnknownName, match=r"lora: 'inc' is unknown; did you mean ink\? there is ink, people/ann"):
        shelf.find("inc")


def test_a_link_to_a_large_file_elsewhere_is_read_like_any_other(shelf: AdapterFiles, tmp_path: Path) -> None:
    elsewhere = written(tmp_path.parent / f"{tmp_path.name}-elsewhere" / "big.safetensors", low_rank(STEM))
    (tmp_path / "linked.safetensors").symlink_to(elsewhere)
    assert shelf.summary("linked") == "LoRA, rank 4"


def test_an_empty_folder_says_where_files_go(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"put \.safetensors files into the folder loras of the data"):
        AdapterFiles(tmp_path / "none", DigestCache(None)).find("ink")


def test_the_hash_is_that_of_the_tensors_alone(shelf: AdapterFiles, tmp_path: Path) -> None:
    file = tmp_path / "ink.safetensors"
    before = shelf.reference("INK")
    content = file.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    assert before.hash == hashlib.sha256(content[8 + length :]).hexdigest()[:12]
    assert (before.name, before.digest) == ("ink", hashlib.sha256(content).hexdigest())
    written(file, load_file(file), {"ss_note": "renamed"})
    after = shelf.reference("ink")
    assert after.hash == before.hash
    assert after.digest != before.digest


@pytest.mark.parametrize(("noted", "counts"), [("ab" * 32, True), ("AB" * 32, True), ("../x", False), ("", False)])
def test_a_hash_that_the_trainer_noted_counts_if_it_is_one(noted: str, counts: bool, tmp_path: Path) -> None:
    written(tmp_path / "ink.safetensors", low_rank(STEM), {"sshs_model_hash": noted})
    found = AdapterFiles(tmp_path, DigestCache(None)).reference("ink").hash
    assert (found == "ab" * 6) is counts
    assert len(found) == 12


def test_hashes_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, folder = tmp_path / "digests.json", tmp_path / "loras"
    written(folder / "ink.safetensors", low_rank(STEM))
    first = AdapterFiles(folder, DigestCache(data)).reference("ink")
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("it was computed again"))
    assert AdapterFiles(folder, DigestCache(data)).reference("ink") == first


CROSS = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"


@pytest.mark.parametrize(
    ("family", "tensors", "metadata"),
    [
        ("sd1", low_rank(CROSS, into=768), {}),
        ("sd2", low_rank(CROSS, into=1024), {"ss_base_model_version": "sd_v1"}),
        ("sdxl", low_rank(CROSS, into=2048), {}),
        ("sdxl", {f"{CROSS}.lokr_w1": numbers(4, 8), f"{CROSS}.lokr_w2": numbers(4, 256)}, {}),
        ("sd1", low_rank("lora_te_text_model_encoder_layers_0_self_attn_q_proj", into=768), {}),
        ("sdxl", low_rank("lora_te2_text_model_encoder_layers_0_self_attn_q_proj", into=1280), {}),
        ("sd3", low_rank("transformer.transformer_blocks.0.attn.to_q", into=1536), {}),
        ("flux", low_rank("lora_unet_double_blocks_0_img_attn_qkv", into=3072), {}),
        ("sdxl", low_rank(STEM), {"modelspec.architecture": "stable-diffusion-xl-v1-base/lora"}),
        ("", low_rank(STEM), {}),
    ],
)
def test_the_family_is_told_from_shapes_first(
    family: str, tensors: dict[str, Tensor], metadata: dict[str, str], tmp_path: Path
) -> None:
    written(tmp_path / "ink.safetensors", tensors, metadata)
    assert AdapterFiles(tmp_path, DigestCache(None)).family("ink") == family


def test_the_summary_names_kind_rank_and_base(tmp_path: Path) -> None:
    dora = low_rank(STEM, rank=8) | {f"{STEM}.dora_scale": numbers(16, 1)}
    written(tmp_path / "ink.safetensors", dora, {"ss_base_model_version": "sd_v1"})
    assert AdapterFiles(tmp_path, DigestCache(None)).summary("ink") == "LoRA with DoRA, rank 8, for sd_v1"


def test_metadata_that_cannot_be_shown_is_not(tmp_path: Path) -> None:
    written(tmp_path / "ink.safetensors", low_rank(STEM), {"ss_base_model_version": "sd_v1\x1b[2J"})
    written(tmp_path / "odd.safetensors", {"x": numbers(1)}, {"ss_network_module": "m" * 1000})
    files = AdapterFiles(tmp_path, DigestCache(None))
    assert files.summary("ink") == "LoRA, rank 4"
    assert files.summary("odd") == "m" * 60


def test_a_damaged_file_is_listed_with_what_is_wrong(shelf: AdapterFiles, tmp_path: Path) -> None:
    (tmp_path / "worn.safetensors").write_bytes(b"\x08\x00")
    entries = {entry.name: entry for entry in shelf.entries()}
    assert entries["ink"] == FileEntry(kind="lora", name="ink", summary="LoRA, rank 4")
    assert "worn.safetensors is damaged" in entries["worn"].summary


def refused(file: Path) -> str:
    with pytest.raises(UnusableModel) as error:
        read_lora(file, "ink")
    return str(error.value)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "ink.safetensors", low_rank(STEM))
    file.write_bytes(file.read_bytes()[:-100])
    assert refused(file).startswith("lora file ink.safetensors is damaged")


def test_a_header_that_promises_more_than_the_file_holds_is_refused(tmp_path: Path) -> None:
    header = {f"{STEM}.lora_up.weight": {"dtype": "F32", "shape": [16, 1_000_000], "data_offsets": [0, 64_000_000]}}
    text = json.dumps(header).encode()
    (tmp_path / "ink.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"\0" * 64)
    assert "is damaged" in refused(tmp_path / "ink.safetensors")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(value: float, tmp_path: Path) -> None:
    tensors = low_rank(STEM)
    tensors[f"{STEM}.lora_up.weight"][3, 2] = value
    sentence = f"lora ink: its tensor {STEM}.lora_up.weight has numbers that are not finite; fetch it again"
    assert refused(written(tmp_path / "ink.safetensors", tensors)) == sentence


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lora_up.weight": numbers(16, 5)}, "ranks 5 and 4"),
        ({"lora_up.weight": numbers(16)}, "up and down that are no matrices"),
        ({"lora_mid.weight": numbers(4, 3, 3, 3)}, r"ranks 4 and 4"),
        ({"alpha": numbers(2)}, "an alpha of 2 numbers"),
        ({"lora_down.weight": numbers(20_000, 1), "lora_up.weight": numbers(1, 20_000)}, "a rank of 20000"),
        ({"lora_down.weight": numbers(0, 16), "lora_up.weight": numbers(16, 0)}, "a rank of 0"),
    ],
)
def test_tensors_that_do_not_fit_together_are_refused(changes: dict[str, Tensor], reason: str, tmp_path: Path) -> None:
    tensors = low_rank(STEM) | {f"{STEM}.{role}": value for role, value in changes.items()}
    sentence = f"lora ink: its tensors for {STEM} do not fit together ({reason}); fetch it again"
    assert refused(written(tmp_path / "ink.safetensors", tensors)) == sentence


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("[" * 100_000, "cannot be read (maximum recursion depth"),
        ('{"unet.r": -1, "unet.lora_alpha": 5, "unet.use_rslora": true}', "has the rank -1"),
        ('{"unet.r": NaN, "unet.lora_alpha": 5}', "has r nan, which is no number"),
        ('{"unet.r": 4, "unet.lora_alpha": 1%s}' % ("0" * 400), "has lora_alpha inf, which is no number"),
        ('{"unet.r": 4, "unet.alpha_pattern": {"attn1.to_q": -Infinity}}', "has lora_alpha -inf, which is no number"),
    ],
)
def test_metadata_that_cannot_be_is_refused(config: str, reason: str, tmp_path: Path) -> None:
    tensors = {f"unet.{QUERY}.lora_A.weight": numbers(4, 16), f"unet.{QUERY}.lora_B.weight": numbers(16, 4)}
    file = written(tmp_path / "ink.safetensors", tensors, {"lora_adapter_metadata": config})
    assert refused(file).startswith(f"lora ink: its lora_adapter_metadata {reason}")


def test_an_absurd_scale_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "ink.safetensors", low_rank(STEM, alpha=-1e30))
    sentence = f"lora ink: its scale alpha / rank for {STEM} is -2.5e+29; the most is 1e+06, take another file"
    assert refused(file) == sentence


@pytest.mark.parametrize("missing", ["hada_w1_a", "hada_w2_b"])
def test_a_missing_half_is_named(missing: str, tmp_path: Path) -> None:
    parts = {"hada_w1_a": (16, 2), "hada_w1_b": (2, 16), "hada_w2_a": (16, 2), "hada_w2_b": (2, 16)}
    tensors = {f"{STEM}.{part}": numbers(*shape) for part, shape in parts.items() if part != missing}
    assert f"{missing} is missing" in refused(written(tmp_path / "ink.safetensors", tensors))


def test_a_product_larger_than_the_weight_is_never_computed(tmp_path: Path) -> None:
    tensors = {f"{STEM}.lora_up.weight": numbers(1_000_000, 1), f"{STEM}.lora_down.weight": numbers(1, 1_000_000)}
    file = written(tmp_path / "ink.safetensors", tensors)
    patch = next(iter(read_lora(file, "ink").patches.values()))
    assert not patch.fits((16, 16))
    assert not patch.fits((1_000_000, 16))


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    file = written(
        tmp_path / "ink.safetensors", {"model.layer.weight": numbers(4, 4), f"{STEM}.oft_blocks": numbers(2)}
    )
    assert refused(file).startswith("lora ink: none of its tensors is of a kind that is read here, such as ")


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    adapter = Adapter(tmp_path / "gone.safetensors", "gone")
    with pytest.raises(UnusableModel, match="lora gone: its file cannot be read"):
        LoraApplier().applied({"unet": nn.Module()}, [adapter]).__enter__()


def test_a_file_that_is_rewritten_after_reading_does_not_change_what_was_read(tmp_path: Path) -> None:
    file = written(tmp_path / "ink.safetensors", low_rank(STEM))
    patch = next(iter(read_lora(file, "ink").patches.values()))
    before = patch.delta(torch.zeros(16, 16))
    with file.open("r+b") as stream:
        stream.seek(-64, 2)
        stream.write(b"\xff" * 64)
    assert torch.equal(patch.delta(torch.zeros(16, 16)), before)
