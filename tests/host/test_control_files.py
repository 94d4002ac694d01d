"""Control networks on disk: found by name, loaded from folders and single files, kept and let go."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import init_empty_weights
from diffusers import ControlNetModel, UNet2DConditionModel
from safetensors.torch import load_file, save_file

from limner_host.cli import main
from limner_host.controls import files, loading
from limner_host.controls.files import controls_in
from limner_host.controls.making import hints_for
from limner_host.controls.shelf import ControlShelf
from limner_host.digests import DigestCache
from limner_sdk import Control, ControlStage, FileReference, PictureReference, UnknownName, UnusableModel

from .tiny_controls import save_original, tiny_control
from .tiny_models import tiny_parts

WEIGHTS = "diffusion_pytorch_model.safetensors"


@pytest.fixture(scope="module")
def unet() -> UNet2DConditionModel:
    return tiny_parts()[0]


@pytest.fixture(scope="module")
def tiny(unet: UNet2DConditionModel) -> ControlNetModel:
    return tiny_control(unet)


@pytest.fixture
def shelf(tmp_path: Path) -> ControlShelf:
    return ControlShelf(tmp_path, torch.device("cpu"), torch.float32, DigestCache(None))


def same(loaded: Any, original: ControlNetModel) -> bool:
    mine, theirs = loaded.state_dict(), original.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[key], theirs[key]) for key in theirs)


def save_folder(network: ControlNetModel, folder: Path) -> Path:
    network.save_pretrained(folder)
    return folder


def save_with_config(network: ControlNetModel, file: Path) -> Path:
    """A single file with the original keys, and its config in the folder beside it."""
    network.save_config(file.with_suffix(""))
    return save_original(network, file)


def test_a_folder_is_loaded_as_it_was_saved(shelf: ControlShelf, tiny: ControlNetModel, tmp_path: Path) -> None:
    folder = save_folder(tiny, tmp_path / "edges")
    loaded = shelf.load("edges")
    assert same(loaded.network, tiny)
    assert loaded.digest == hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    assert loaded.reference == shelf.reference("edges") == FileReference(name="edges", digest=loaded.digest)


@pytest.mark.parametrize("prefix", ["control_model.", ""])
def test_a_single_file_in_the_original_layout_is_loaded(
    shelf: ControlShelf, tiny: ControlNetModel, tmp_path: Path, prefix: str
) -> None:
    tiny.save_config(tmp_path / "edges")
    save_original(tiny, tmp_path / "edges.safetensors", prefix)
    assert same(shelf.load("edges").network, tiny)
    assert [file.name for file in controls_in(tmp_path)] == ["edges"]


def test_a_single_file_in_diffusers_layout_is_loaded(
    shelf: ControlShelf, tiny: ControlNetModel, tmp_path: Path
) -> None:
    save_folder(tiny, tmp_path / "edges")
    (tmp_path / "edges" / WEIGHTS).rename(tmp_path / "edges.safetensors")
    assert same(shelf.load("edges").network, tiny)


def test_a_single_file_of_a_known_family_needs_no_config(
    shelf: ControlShelf, tiny: ControlNetModel, unet: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unet.save_config(tmp_path / "configs" / "tiny" / "unet")
    monkeypatch.setattr(loading, "_FAMILY_CONFIGS", tmp_path / "configs")
    monkeypatch.setitem(files.FAMILIES, 16, "tiny")
    save_original(tiny, tmp_path / "edges.safetensors")
    assert same(shelf.load("edges").network, tiny)
    assert [file.family for file in controls_in(tmp_path)] == ["tiny"]


@pytest.mark.parametrize(("family", "width"), [(family, width) for width, family in files.FAMILIES.items()])
def test_the_shipped_config_of_each_family_is_that_of_its_control_networks(family: str, width: int) -> None:
    folder = loading._FAMILY_CONFIGS / family / "unet"
    with init_empty_weights():
        ours = ControlNetModel.from_config(ControlNetModel.load_config(str(folder), local_files_only=True))
        theirs = ControlNetModel.from_unet(
            UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(str(folder))),
            load_weights_from_unet=False,
        )
    shapes = {key: value.shape for key, value in ours.state_dict().items()}
    assert shapes == {key: value.shape for key, value in theirs.state_dict().items()}
    assert ours.config["cross_attention_dim"] == width


def test_names_are_looked_up_in_the_folder_only(shelf: ControlShelf, tiny: ControlNetModel, tmp_path: Path) -> None:
    save_folder(tiny, tmp_path / "edges")
    (tmp_path / "edges" / "notes.txt").write_text("no network")
    assert shelf.load(" EDGES ").name == "edges"
    for name in ("../edges", str(tmp_path / "edges"), "edges/.", "edges.safetensors"):
        with pytest.raises(UnknownName):
            shelf.load(name)


def test_an_unknown_name_gets_a_near_one(shelf: ControlShelf, tiny: ControlNetModel, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="control: 'edgs' is unknown; put control networks into the folder controls"):
        shelf.load("edgs")
    save_folder(tiny, tmp_path / "edges")
    with pytest.raises(UnknownName, match="control: 'edgs' is unknown; did you mean edges"):
        shelf.reference("edgs")


def test_other_things_in_the_folder_are_not_listed(tiny: ControlNetModel, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "old.pth").write_bytes(b"pickle")
    (tmp_path / ".hidden.safetensors").write_bytes(b"")
    (tmp_path / "two\nlines.safetensors").write_bytes(b"")
    save_with_config(tiny, tmp_path / "edges.safetensors")
    assert [file.name for file in controls_in(tmp_path)] == ["edges"]
    assert controls_in(tmp_path / "nowhere") == ()


@pytest.mark.parametrize("width", [768, 1024, 2048, 9])
def test_the_family_is_told_without_loading(tmp_path: Path, width: int) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "config.json").write_text(json.dumps({"cross_attention_dim": width}))
    save_file({"x.attn2.to_k.weight": torch.zeros(2, width)}, tmp_path / "b.safetensors")
    family = {768: "sd1", 1024: "sd2", 2048: "sdxl", 9: ""}[width]
    assert [(file.entry.name, file.entry.family) for file in controls_in(tmp_path)] == [("a", family), ("b", family)]


def test_a_damaged_file_is_listed_and_has_no_family(tmp_path: Path) -> None:
    (tmp_path / "broken.safetensors").write_bytes(b"not safetensors")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "config.json").write_text("[]")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "config.json").write_text("[" * 100_000)
    save_file({"x.attn2.to_k.weight": torch.zeros(2)}, tmp_path / "flat.safetensors")
    found = [(file.name, file.family) for file in controls_in(tmp_path)]
    assert found == [("broken", ""), ("deep", ""), ("flat", ""), ("odd", "")]


def _cut(folder: Path) -> None:
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[: len(data) // 2])


def _incomplete(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    del tensors["controlnet_mid_block.weight"]
    save_file(tensors, folder / WEIGHTS)


def _configured(**values: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | values))

    return change


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda folder: (folder / WEIGHTS).unlink(), f"^control network edges: its file {WEIGHTS} is missing"),
        (_cut, f"{WEIGHTS} is damaged"),
        (_incomplete, "edges: it lacks 1 tensors, such as controlnet_mid_block.weight; fetch it again"),
        (_configured(block_out_channels=[16, 64]), "edges.* cannot be loaded"),
        (
            _configured(_class_name="ControlNetUnionModel"),
            "edges: it is a ControlNetUnionModel; only a ControlNetModel",
        ),
        (_configured(global_pool_conditions=True), "edges: it pools its hint"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json cannot be read"),
        (
            lambda folder: (folder / "config.json").write_text("[" * 100_000),
            "^control network edges: its file config.json cannot be read",
        ),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_in_a_sentence(
    shelf: ControlShelf, tiny: ControlNetModel, tmp_path: Path, harm: Callable[[Path], None], sentence: str
) -> None:
    harm(save_folder(tiny, tmp_path / "edges"))
    with pytest.raises(UnusableModel, match=sentence) as caught:
        shelf.load("edges")
    assert "\n" not in str(caught.value)


def test_a_network_whose_hint_is_no_rgb_picture_is_refused(
    shelf: ControlShelf, unet: UNet2DConditionModel, tmp_path: Path
) -> None:
    save_folder(tiny_control(unet, conditioning_channels=1), tmp_path / "edges")
    with pytest.raises(UnusableModel, match="edges: its hint is no RGB picture"):
        shelf.load("edges")


@pytest.mark.parametrize("key", ["input_blocks.1.0.in_layers.2.weight", "input_blocks.2.0.op.bias"])
def test_an_incomplete_single_file_is_refused(
    shelf: ControlShelf, tiny: ControlNetModel, tmp_path: Path, key: str
) -> None:
    file = save_with_config(tiny, tmp_path / "edges.safetensors")
    tensors = load_file(file)
    del tensors[f"control_model.{key}"]
    save_file(tensors, file)
    with pytest.raises(UnusableModel, match="edges: some of its tensors are missing or have unknown names; fetch"):
        shelf.load("edges")


def test_a_single_file_of_no_known_family_says_what_to_put_beside_it(
    shelf: ControlShelf, tiny: ControlNetModel, tmp_path: Path
) -> None:
    save_original(tiny, tmp_path / "edges.safetensors")
    with pytest.raises(UnusableModel, match=r"put its config\.json into a folder edges beside it"):
        shelf.load("edges")


def test_networks_in_use_stay_loaded_and_others_are_let_go(
    shelf: ControlShelf, tiny: ControlNetModel, tmp_path: Path
) -> None:
    for name in ("edges", "depth"):
        save_folder(tiny, tmp_path / name)
    edges, _ = shelf.load("edges"), shelf.load("depth")
    hint, picture = torch.zeros(1, 3, 64, 64), PictureReference(digest="0" * 64)
    stage = ControlStage(network=edges.reference, image=picture, settings=Control(weight=0.5, start=0.5))
    (made,) = hints_for([stage], [8.0, 4.0, 0.0], [hint], shelf)
    assert (shelf.loaded, made.network is edges) == (("edges",), True)
    assert (made.hint is hint, made.weight, made.begin_sigma, made.end_sigma) == (True, 0.5, 4.0, 0.0)
    assert (hints_for([], [8.0, 0.0], [], shelf), shelf.loaded) == ((), ())


def test_a_network_that_was_replaced_on_disk_is_loaded_again(
    shelf: ControlShelf, tiny: ControlNetModel, unet: UNet2DConditionModel, tmp_path: Path
) -> None:
    save_folder(tiny, tmp_path / "edges")
    first, other = shelf.load("edges"), tiny_control(unet, seed=5)
    assert shelf.load("edges") is first
    save_folder(other, tmp_path / "edges")
    assert same(shelf.load("edges").network, other)


def test_networks_and_preprocessors_are_listed_on_the_command_line(
    data_dir: Path, tiny: ControlNetModel, capsys: pytest.CaptureFixture[str]
) -> None:
    save_folder(tiny, data_dir / "controls" / "edges")
    assert main(["controls", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["kind"], entry["name"]) == ("control", "edges")
    assert main(["controls"]) == main(["preprocessors"]) == 0
    shown = capsys.readouterr().out
    assert "edges" in shown
    assert "--preprocessor.low" in shown
