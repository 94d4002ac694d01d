"""What a recipe names is found, applied and undone: LoRAs, textual inversions, control networks, wildcards, styles."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from tests.conftest import small_request

from limner_host.pictures import read_texts
from limner_host.studio import Studio
from limner_sdk import InvalidRequest, NoParams, PreprocessorDef, Recipe, StageFailed, UnknownName

PROMPT = "a red circle on a blue background"


@pytest.fixture
def shelf(studio: Studio) -> Iterator[Path]:
    """The studio's data folder, whose files are taken away again."""
    data = studio.library.data
    before = set(data.root.rglob("*"))
    yield data.root
    for path in sorted(set(data.root.rglob("*")) - before, reverse=True):
        if path.is_dir():
            path.rmdir()
        elif path.parent != data.inputs:
            path.unlink()


def made(studio: Studio, folder: Path, **changes: Any) -> tuple[bytes, Recipe]:
    picture = studio.make(small_request(**changes), folder).pictures[0]
    with Image.open(folder / picture.file) as image:
        return image.tobytes(), picture.recipe


def a_lora(file: Path, pocket: Any, size: float = 0.3) -> None:
    """Rank two for every attention of Pocket's UNet."""
    generator, tensors = torch.Generator().manual_seed(5), {}
    for name, module in pocket.unet.named_modules():
        if name.endswith(("to_q", "to_v")):
            key = "lora_unet_" + name.replace(".", "_")
            tensors[f"{key}.lora_down.weight"] = torch.randn(2, module.in_features, generator=generator) * size
            tensors[f"{key}.lora_up.weight"] = torch.randn(module.out_features, 2, generator=generator) * size
    save_file(tensors, file)


def state_of(pocket: Any) -> str:
    """A digest of every weight."""
    parts = [tensor.numpy().tobytes() for net in pocket.networks.values() for tensor in net.state_dict().values()]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def test_a_lora_changes_the_picture_and_leaves_the_model_as_it_was(
    studio: Studio, pocket: Any, shelf: Path, tmp_path: Path
) -> None:
    a_lora(shelf / "loras" / "style.safetensors", pocket)
    before, plain = state_of(pocket), made(studio, tmp_path / "a")[0]
    changed, recipe = made(studio, tmp_path / "b", prompt=f"{PROMPT} <lora:style:0.8>")
    assert changed != plain
    assert state_of(pocket) == before
    assert [lora.name for lora in recipe.loras] == ["style"]
    assert f'"style: {recipe.loras[0].hash}"' in read_texts(tmp_path / "b" / "1.png")["parameters"]
    assert made(studio, tmp_path / "c")[0] == plain


def test_a_lora_of_weight_nothing_changes_nothing(studio: Studio, pocket: Any, shelf: Path, tmp_path: Path) -> None:
    a_lora(shelf / "loras" / "style.safetensors", pocket)
    assert made(studio, tmp_path / "a", prompt=f"{PROMPT} <lora:style:0>")[0] == made(studio, tmp_path / "b")[0]


def test_an_unknown_lora_is_named(studio: Studio, shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="lora: 'nope' is unknown"):
        made(studio, tmp_path, prompt=f"{PROMPT} <lora:nope:1>")


def test_a_lora_for_another_family_is_refused_and_harms_nothing(
    studio: Studio, pocket: Any, shelf: Path, tmp_path: Path
) -> None:
    tensors = {f"lora_unet_elsewhere_to_q.lora_{way}.weight": torch.ones(2, 2) for way in ("up", "down")}
    save_file(tensors, shelf / "loras" / "other.safetensors")
    before = state_of(pocket)
    with pytest.raises(InvalidRequest, match="lora: 'other' belongs to another family"):
        made(studio, tmp_path, prompt=f"{PROMPT} <lora:other:1>")
    assert state_of(pocket) == before


def test_a_textual_inversion_is_a_word(studio: Studio, pocket: Any, shelf: Path, tmp_path: Path) -> None:
    width = pocket.networks["text_encoder"].config.hidden_size
    vectors = torch.randn(2, width, generator=torch.Generator().manual_seed(1))
    plain = made(studio, tmp_path / "a", prompt="a wobble circle")[0]
    save_file({"emb_params": vectors}, shelf / "embeddings" / "wobble.safetensors")
    changed, recipe = made(studio, tmp_path / "b", prompt="a Wobble circle")
    assert changed != plain
    assert [word.name for word in recipe.embeddings] == ["wobble"]


def test_wildcards_are_chosen_by_the_seed_and_the_recipe_holds_the_choice(
    studio: Studio, shelf: Path, tmp_path: Path
) -> None:
    (shelf / "wildcards" / "colours.txt").write_text("red\ngreen\nyellow\nwhite\n")
    prompt = "a __colours__ {circle|star} on a blue background"
    result = studio.make(small_request(prompt=prompt, count=6, steps=1), tmp_path / "a")
    recipes = [picture.recipe for picture in result.pictures]
    assert {recipe.template for recipe in recipes} == {prompt}
    assert len({recipe.prompt for recipe in recipes}) > 1
    assert not any(sign in recipe.prompt for recipe in recipes for sign in "_{|}")
    again = studio.make(recipes[3].as_request(), tmp_path / "b").pictures[0].recipe
    assert (again.prompt, again.seed) == (recipes[3].prompt, recipes[3].seed)


def test_styles_are_put_around_the_prompt(studio: Studio, shelf: Path, tmp_path: Path) -> None:
    (shelf / "styles.csv").write_text('name,prompt,negative_prompt\ninked,"{prompt}, in ink",grey\n')
    recipe = made(studio, tmp_path, styles=["inked"], steps=1)[1]
    assert (recipe.prompt, recipe.negative) == (f"{PROMPT}, in ink", "grey")


def test_a_prompt_that_changes_on_its_way_is_another_picture(studio: Studio, tmp_path: Path) -> None:
    red = made(studio, tmp_path / "a", steps=4)[0]
    edited = made(studio, tmp_path / "b", steps=4, prompt="a [red:green:0.5] circle on a blue background")[0]
    late = made(studio, tmp_path / "c", steps=4, prompt="a [red:green:9] circle on a blue background")[0]
    assert red != edited
    assert late == red


def test_guidance_outside_its_interval_is_off(studio: Studio, tmp_path: Path) -> None:
    never = made(studio, tmp_path / "a", steering={"start": 1.0})[0]
    assert never == made(studio, tmp_path / "b", cfg=1)[0]
    assert never != made(studio, tmp_path / "c", steering={"start": 0.5})[0]


@pytest.mark.parametrize("steering", [{"rescale": 0.7}, {"weighting": "comfy"}, {"weighting": "no_norm"}])
def test_every_way_of_steering_is_heard(studio: Studio, tmp_path: Path, steering: dict[str, Any]) -> None:
    prompt = "a (red:1.4) circle on a blue background"
    steered, recipe = made(studio, tmp_path / "a", prompt=prompt, steering=steering)
    assert steered != made(studio, tmp_path / "b", prompt=prompt)[0]
    assert recipe.steering.model_dump(exclude_unset=True) == steering


def test_a_control_network_is_heard_and_its_hint_comes_back_with_the_recipe(
    studio: Studio, pocket: Any, shelf: Path, tmp_path: Path
) -> None:
    a_control(shelf / "controls" / "shapes", pocket)
    Image.linear_gradient("L").convert("RGB").save(tmp_path / "hint.png")
    control = {"name": "shapes", "image": str(tmp_path / "hint.png"), "preprocessor": "invert"}
    heard, recipe = made(studio, tmp_path / "a", controls=[control])
    assert heard != made(studio, tmp_path / "b")[0]
    (tmp_path / "hint.png").unlink()
    studio.make(recipe.as_request(), tmp_path / "c")
    assert Image.open(tmp_path / "c" / "1.png").tobytes() == heard


def a_control(folder: Path, pocket: Any) -> None:
    """A control network of Pocket's shape whose zero convolutions were never trained."""
    from diffusers import ControlNetModel

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = ControlNetModel.from_unet(pocket.unet)
        for block in (*network.controlnet_down_blocks, network.controlnet_mid_block):
            torch.nn.init.normal_(block.weight, std=0.2)
        network.save_pretrained(folder)


def test_a_control_without_a_picture_is_refused(studio: Studio, pocket: Any, shelf: Path, tmp_path: Path) -> None:
    a_control(shelf / "controls" / "shapes", pocket)
    with pytest.raises(InvalidRequest, match="controls: 'shapes' has no picture to hint with; give it an image"):
        made(studio, tmp_path, controls=[{"name": "shapes"}])


def test_the_catalogue_names_every_file(studio: Studio, pocket: Any, shelf: Path) -> None:
    a_lora(shelf / "loras" / "style.safetensors", pocket)
    (shelf / "wildcards" / "colours.txt").write_text("red")
    (shelf / "styles.csv").write_text("name,prompt,negative_prompt\ninked,ink,\n")
    assert [(file.kind, file.name) for file in studio.catalogue().files] == [
        ("lora", "style"),
        ("style", "inked"),
        ("wildcard", "colours"),
    ]


def test_a_preprocessor_that_gives_no_picture_is_blamed(
    studio_with: Any, studio: Studio, pocket: Any, shelf: Path, tmp_path: Path
) -> None:
    a_control(shelf / "controls" / "shapes", pocket)
    Image.new("RGB", (64, 64)).save(tmp_path / "hint.png")
    nothing = PreprocessorDef("nothing", "Gives nothing.", NoParams, lambda image, ctx, params: None)  # type: ignore
    control = {"name": "shapes", "image": str(tmp_path / "hint.png"), "preprocessor": "nothing"}
    with pytest.raises(StageFailed, match="plugin mine:nothing: it gave NoneType instead of an RGB picture"):
        made(studio_with(nothing), tmp_path, controls=[control])


def test_a_damaged_file_of_styles_stops_nobody_who_asks_for_none(studio: Studio, shelf: Path, tmp_path: Path) -> None:
    (shelf / "styles.csv").write_bytes(b"\xff\xfe\xff")
    assert made(studio, tmp_path)[1].prompt == PROMPT
