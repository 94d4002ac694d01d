"""Pocket's drawn world, and its training: short, but the real thing."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from limner_plugins.pocket import WEIGHTS
from limner_plugins.pocket.scenes import COLOURS, KINDS, LIGHTS, MOODS, SHAPES, Scene, draw, phrase, random_scene
from limner_plugins.pocket.training import autoencoder, denoiser, text
from limner_plugins.pocket.training.__main__ import export
from limner_plugins.pocket.training.loop import Plan, train


@pytest.mark.parametrize(
    ("scene", "caption"),
    [
        (Scene("circle", "red", "blue"), "a red circle on a blue background"),
        (Scene("star", "orange", "white"), "an orange star on a white background"),
        (Scene("happy", "brown", "pink"), "a happy face with brown hair on a pink background"),
        (Scene("moon", "yellow", "black"), "a yellow house under the moon on a black background"),
    ],
)
def test_a_scene_says_what_it_shows(scene: Scene, caption: str) -> None:
    assert scene.caption == caption


def test_one_combination_in_eight_is_held_out_for_good() -> None:
    every = [Scene(k, c, b) for k in KINDS for c in COLOURS for b in COLOURS if c != b]
    held = sum(scene.held_out for scene in every)
    assert 0.1 < held / len(every) < 0.15
    assert [scene.caption for scene in every if scene.held_out][:2] == HELD_OUT


#: They must never move: the released weights have not seen them.
HELD_OUT = ["a red circle on a blue background", "a red circle on a black background"]


def test_random_scenes_keep_to_their_side_of_the_divide() -> None:
    rng = random.Random(1)
    assert not any(random_scene(rng).held_out for _ in range(200))
    assert all(random_scene(rng, held_out=True).held_out for _ in range(50))


def test_random_scenes_come_from_the_stream_they_are_given() -> None:
    assert random_scene(random.Random(3)) == random_scene(random.Random(3))
    assert {random_scene(random.Random(k)).kind for k in range(300)} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [16, 61, 128, 256])
def test_every_scene_can_be_drawn_at_any_size(kind: str, side: int) -> None:
    image = draw(Scene(kind, "red", "green"), side)
    assert (image.mode, image.size) == ("RGB", (side, side))
    assert {COLOURS["red"], COLOURS["green"]} <= {colour for _, colour in image.getcolors(side * side)}  # type: ignore[arg-type]


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("kind", SHAPES)
def test_a_shape_and_its_background_have_their_colours(kind: str, colour: str) -> None:
    background = "black" if colour != "black" else "white"
    image = draw(Scene(kind, colour, background))
    middle = (64, 64 - 34) if kind == "ring" else (64, 64)
    assert image.getpixel(middle) == COLOURS[colour]
    assert image.getpixel((2, 2)) == COLOURS[background]


def test_a_house_has_its_colour_below_its_roof_and_a_light_above() -> None:
    sun, moon = (draw(Scene(kind, "blue", "white", x=0.5, y=0.63, size=0.27)) for kind in LIGHTS)
    assert sun.getpixel((48, 100)) == COLOURS["blue"]
    assert sun.getpixel((19, 19)) == (255, 205, 40)
    assert sun.tobytes() != moon.tobytes()


def test_moods_differ_in_the_face_alone() -> None:
    faces = [draw(Scene(mood, "red", "white")) for mood in MOODS]
    assert len({face.tobytes() for face in faces}) == 3
    assert {face.getpixel((64, 26)) for face in faces} == {COLOURS["red"]}


def test_phrases_say_the_same_in_many_ways() -> None:
    rng, scene = random.Random(2), Scene("circle", "red", "blue")
    said = {phrase(scene, rng) for _ in range(200)}
    assert scene.caption in said
    assert len(said) > 8
    assert all("red circle" in words for words in said)


def test_the_weights_are_an_ordinary_diffusers_folder() -> None:
    index = json.loads((WEIGHTS / "model_index.json").read_text())
    assert index["_class_name"] == "StableDiffusionPipeline"
    assert {file.suffix for file in WEIGHTS.rglob("*") if file.is_file()} == {".json", ".safetensors"}


def test_the_weights_tell_nothing_about_the_machine_that_made_them() -> None:
    for file in WEIGHTS.rglob("*.json"):
        assert "_name_or_path" not in file.read_text(), file.name


@pytest.mark.parametrize("seen", ["a red circle on a blue background", "a green square on a white background"])
def test_pocket_draws_what_it_is_told(pocket: Any, studio: Any, tmp_path: Path, seen: str) -> None:
    from PIL import Image

    from limner_sdk import Request

    studio.make(Request.parse({"prompt": seen, "seed": 3, "steps": 12}), tmp_path)
    _, colour, _, _, _, background, _ = seen.split()
    with Image.open(tmp_path / "1.png") as image:
        found = [_nearest(pixel) for pixel in _pixels(image)]
    assert found.count(background) > 0.3 * len(found)
    assert found.count(colour) > 0.05 * len(found)


def _pixels(image: Any) -> list[tuple[int, int, int]]:
    data = image.convert("RGB").tobytes()
    return [tuple(data[k : k + 3]) for k in range(0, len(data), 3)]  # type: ignore[misc]


def _nearest(pixel: tuple[int, int, int]) -> str:
    return min(COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(COLOURS[name], pixel, strict=True)))


def small(monkeypatch: pytest.MonkeyPatch, module: Any, steps: int, **changes: Any) -> None:
    monkeypatch.setattr(module, "PLAN", replace(module.PLAN, steps=steps, checkpoint_every=1))
    for name, value in changes.items():
        monkeypatch.setattr(module, name, value)


def same(one: nn.Module, two: nn.Module) -> bool:
    mine, yours = one.state_dict(), two.state_dict()
    return mine.keys() == yours.keys() and all(torch.equal(mine[key], yours[key]) for key in mine)


def test_a_run_that_was_cut_off_ends_as_if_it_never_had(tmp_path: Path) -> None:
    def run(steps: int, folder: Path, cut: int | None = None) -> nn.Module:
        torch.manual_seed(0)
        model = nn.Linear(3, 1)

        def loss_at(step: int, generator: torch.Generator) -> torch.Tensor:
            if step == cut:
                raise KeyboardInterrupt
            return model(torch.randn(4, 3, generator=generator)).square().mean()

        return train(Plan("line", steps, 0.1, warmup=2, checkpoint_every=1), model, loss_at, folder)

    whole = run(6, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(6, tmp_path / "cut", cut=3)
    assert same(run(6, tmp_path / "cut"), whole)


def test_the_autoencoder_trains_and_resumes_bit_by_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch, autoencoder, 2, POOL=6, CROPS=2, CROP=32, PICTURES=1)
    monkeypatch.setattr(autoencoder, "WHOLE_PICTURES_FROM", 1)
    whole = autoencoder.train_autoencoder(tmp_path / "a")
    _cut(monkeypatch, lambda: autoencoder.train_autoencoder(tmp_path / "b"), tmp_path / "b")
    assert same(autoencoder.train_autoencoder(tmp_path / "b"), whole)
    assert whole.config.scaling_factor > 0


def _cut(monkeypatch: pytest.MonkeyPatch, run: Any, folder: Path) -> None:
    """Stop a run of two steps after its first one, as a power cut would."""
    from limner_plugins.pocket.training import loop

    real = loop.generator_for

    def stopping(step: int) -> torch.Generator:
        if step == 1:
            raise KeyboardInterrupt
        return real(step)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "generator_for", stopping)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert list(folder.glob("*.pt"))


def test_the_text_encoder_trains_and_resumes_bit_by_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch, text, 2, BATCH=4)
    tokenizer, whole = text.train_text_encoder(tmp_path / "a")
    _cut(monkeypatch, lambda: text.train_text_encoder(tmp_path / "b"), tmp_path / "b")
    assert same(text.train_text_encoder(tmp_path / "b")[1], whole)
    assert tokenizer("a red circle").input_ids[0] == tokenizer.bos_token_id


def test_the_tokenizer_reads_any_text() -> None:
    tokenizer = text.new_tokenizer()
    for words in ("a red circle", "Kätzchen 🐱", "\x00\x01"):
        tokens = text.tokens_of(tokenizer, [words])
        assert tokens.shape == (1, 77)
        assert tokenizer.unk_token_id is None or tokenizer.eos_token_id in tokens


def test_the_denoiser_trains_resumes_and_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from diffusers import StableDiffusionPipeline

    small(monkeypatch, denoiser, 2, POOL=6, BATCH=2)
    vae = autoencoder.new_autoencoder().eval()
    tokenizer = text.new_tokenizer()
    encoder = text.new_text_encoder(tokenizer).eval()

    def run(folder: Path) -> Any:
        folder.mkdir(exist_ok=True)
        return denoiser.train_denoiser(folder, vae, tokenizer, encoder)

    whole = run(tmp_path / "a")
    _cut(monkeypatch, lambda: run(tmp_path / "b"), tmp_path / "b")
    assert same(run(tmp_path / "b"), whole)
    export(tmp_path / "out", vae, tokenizer, encoder, whole, denoiser.new_scheduler())
    assert StableDiffusionPipeline.from_pretrained(tmp_path / "out").unet.config.sample_size == 16
