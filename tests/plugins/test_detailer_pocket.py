"""Small faces that Pocket has spoilt, found by its detector and drawn anew: better, and nothing else changes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.plugins.detailing import changed, levels

from limner_host.studio import Studio
from limner_plugins.detectors.params import YoloParams
from limner_plugins.pocket.scenes import COLOURS, MOODS, Scene, draw, draw_together
from limner_sdk import Box, Choice, Context, Detection, DetectorDef, Request
from limner_sdk.testing import FakeContext

#: Pixels of the pictures, and of the faces in them.
SIDE, FACE = 128, 24


@dataclass(frozen=True)
class Spoilt:
    """A face, how it was drawn, and what an image to image run has left of it."""

    scene: Scene
    drawn: Image.Image
    file: Path

    @property
    def image(self) -> Image.Image:
        """What is left."""
        return Image.open(self.file).convert("RGB")


def small_face(rng: random.Random) -> Scene:
    """A face of 24 pixels somewhere near the middle."""
    hair, back = rng.sample(tuple(COLOURS), 2)
    x, y = (rng.uniform(0.25, 0.75) for _ in range(2))
    return Scene(rng.choice(MOODS), hair, back, x, y, FACE / 2 / SIDE, skin=rng.randrange(2))


def spoilt(studio: Studio, folder: Path, image: Image.Image, prompt: str, seed: int) -> Path:
    """The file of `image` once it has gone through Pocket, too small for it."""
    folder.mkdir(parents=True, exist_ok=True)
    image.save(folder / "drawn.png")
    start = {"image": str(folder / "drawn.png"), "start": {"denoise": 0.1}}
    size = {"width": image.width, "height": image.height}
    studio.make(Request.parse({"prompt": prompt, "steps": 10, "seed": seed} | start | size), folder)
    return folder / "1.png"


@pytest.fixture(scope="module")
def faces(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> list[Spoilt]:
    """Eight spoilt faces."""
    rng, folder, made = random.Random(1), tmp_path_factory.mktemp("faces"), []
    for seed in range(8):
        scene = small_face(rng)
        file = spoilt(studio, folder / str(seed), draw(scene, SIDE), scene.caption, seed)
        made.append(Spoilt(scene, draw(scene, SIDE), file))
    return made


def detailed(studio: Studio, file: Path, folder: Path, own: str, **params: Any) -> Image.Image:
    """The picture after the detailer."""
    wanted = {"finished": str(file), "prompt": own, "steps": 10, "seed": 3}
    choice = Choice(name="detailer", params=params)
    studio.make(Request.parse(wanted | {"postprocess": (choice,)}), folder)
    return Image.open(folder / "1.png").convert("RGB")


def sureness(studio: Studio, image: Image.Image) -> float:
    """How sure the detector is of the face."""
    definition = studio.registry.detector("pocket_faces").definition
    seen: list[Detection] = list(definition.run(image, FakeContext(), definition.params(confidence=0.01)))
    return max((detection.confidence for detection in seen), default=0.0)


def likeness(image: Image.Image, face: Spoilt) -> float:
    """How much a picture correlates with what was drawn, where the face is."""
    left, top = (round(place * SIDE - FACE / 2) for place in (face.scene.x, face.scene.y))
    pieces = [each.crop((left, top, left + FACE, top + FACE)) for each in (image, face.drawn)]
    return float(np.corrcoef(*(levels(piece).ravel().astype(float) for piece in pieces))[0, 1])


def test_spoilt_faces_become_faces_again(studio: Studio, faces: list[Spoilt], tmp_path: Path) -> None:
    after = [
        detailed(studio, face.file, tmp_path / str(k), face.scene.caption, padding=16) for k, face in enumerate(faces)
    ]
    sure = [(sureness(studio, face.image), sureness(studio, new)) for face, new in zip(faces, after, strict=True)]
    alike = [(likeness(face.image, face), likeness(new, face)) for face, new in zip(faces, after, strict=True)]
    (unsure, surer), (before, better) = np.mean(sure, axis=0), np.mean(alike, axis=0)
    assert surer > unsure + 0.1
    assert better > before + 0.03


@pytest.mark.parametrize("params", [{}, {"blur": 16, "dilate_erode": 16}, {"only_masked": False}])
def test_pixels_outside_the_masks_blur_stay(
    studio: Studio, faces: list[Spoilt], tmp_path: Path, params: dict[str, Any]
) -> None:
    face = faces[-1]
    after = changed(face.image, detailed(studio, face.file, tmp_path, face.scene.caption, **params))
    definition = studio.registry.detector("pocket_faces").definition
    (found,) = definition.run(face.image, FakeContext(), definition.params(confidence=0.3))
    # A quarter of dilation and blur, as Pocket likes 128 pixels.
    reach = params.get("dilate_erode", 4) // 8 + int(2.5 * params.get("blur", 4) / 4 + 0.5)
    assert after.any()
    box = found.box
    after[box.top - reach : box.bottom + reach, box.left - reach : box.right + reach] = False
    assert not after.any()


@pytest.fixture(scope="module")
def couple(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two spoilt faces in a wide picture."""
    scenes = [
        Scene("happy", "yellow", "blue", 0.25, 0.5, 0.12, skin=1),
        Scene("sad", "red", "blue", 0.75, 0.5, 0.12, skin=1),
    ]
    picture = draw_together(scenes, 192)
    return spoilt(studio, tmp_path_factory.mktemp("couple"), picture, "a blue background", 1)


def test_a_face_drawn_with_others_is_the_same_as_alone(studio: Studio, couple: Path, tmp_path: Path) -> None:
    words = "a happy face with yellow hair", "a sad face with red hair"
    both = detailed(studio, couple, tmp_path / "both", "two faces", prompt=" [SEP] ".join(words))
    right = detailed(studio, couple, tmp_path / "right", "two faces", prompt=f"[SKIP] [SEP] {words[1]}")
    before = Image.open(couple).convert("RGB")
    assert changed(before, right)[:, :96].sum() == 0
    assert changed(before, both)[:, :96].any()
    assert changed(before, right)[:, 96:].any()
    assert not changed(both, right)[:, 96:].any()


def test_two_units_follow_each_other_and_the_recipe_makes_the_picture_again(
    studio: Studio, couple: Path, tmp_path: Path
) -> None:
    units = tuple(Choice(name="detailer", params={"prompt": words, "top_k": 1}) for words in ("a face", "a sad face"))
    wanted = {"finished": str(couple), "prompt": "two faces", "steps": 4, "seed": 3, "postprocess": units}
    made = studio.make(Request.parse(wanted), tmp_path / "first")
    recipe = made.pictures[0].recipe
    assert [stage.params["prompt"] for stage in recipe.postprocess] == ["a face", "a sad face"]
    studio.make(recipe.as_request(), tmp_path / "again")
    first, again = (Image.open(tmp_path / name / "1.png") for name in ("first", "again"))
    assert first.tobytes() == again.tobytes()


def everything(image: Image.Image, ctx: Context, params: YoloParams) -> list[Detection]:
    """All of the picture is one thing."""
    return [Detection(Box(0, 0, *image.size), 0.9, "everything")]


@pytest.mark.parametrize("size", [(1, 1), (150, 3), (72, 40)])
@pytest.mark.parametrize("merge", ["none", "merge"])
def test_pictures_of_any_size_that_are_all_mask_work(
    studio_with: Callable[..., Studio], tmp_path: Path, size: tuple[int, int], merge: str
) -> None:
    studio = studio_with(DetectorDef("everything", "Finds it.", YoloParams, everything))
    before = draw(Scene("star", "red", "blue"), SIDE).resize(size)
    before.save(tmp_path / "small.png")
    made = detailed(
        studio,
        tmp_path / "small.png",
        tmp_path,
        "a star",
        detector="everything",
        dynamic_denoise=0,
        steps=2,
        merge=merge,
    )
    assert made.size == size
    assert changed(before, made).any()


def test_a_picture_without_faces_passes_and_the_result_says_so(studio: Studio, tmp_path: Path) -> None:
    draw(Scene("square", "red", "blue"), SIDE).save(tmp_path / "square.png")
    choice = Choice(name="detailer", params={"confidence": 0.9})
    wanted = {"finished": str(tmp_path / "square.png"), "prompt": "a square", "postprocess": (choice,)}
    made = studio.make(Request.parse(wanted), tmp_path / "made")
    assert Image.open(tmp_path / "made" / "1.png").tobytes() == Image.open(tmp_path / "square.png").tobytes()
    assert "No face found by pocket_faces at confidence 0.9: nothing was drawn anew" in made.notices
