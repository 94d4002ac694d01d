"""Pocket's faces are found where they were drawn, and what the folder of detectors holds becomes detectors."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest
from PIL import Image
from tests.plugins.detecting import MemoryFile, found, needs_ultralytics

from limner_plugins.detectors import limner_detectors
from limner_plugins.detectors.bundled import POCKET_FACES
from limner_plugins.detectors.networks import loaded
from limner_plugins.detectors.yolo import YoloDetector
from limner_plugins.pocket.crowds import Crowd, face_box, random_crowd
from limner_plugins.pocket.scenes import Scene, draw, random_scene
from limner_sdk import Box, BundledWeights, Detection, DetectorDef, LastUsed, UnusableModel
from limner_sdk.testing import check_detector

needs_ultralytics()


@cache
def faces() -> DetectorDef[Any]:
    """Pocket's detector, loaded once."""
    return next(definition for definition in limner_detectors([]) if definition.name == "pocket_faces")


def seen(picture: Image.Image, **values: Any) -> list[Detection]:
    """What Pocket's detector finds."""
    return found(faces().run, picture, **values)  # type: ignore[arg-type]


def shared(box: Box, truth: tuple[float, float, float, float]) -> float:
    """Intersection over union."""
    wide = min(box.right, truth[2]) - max(box.left, truth[0])
    high = min(box.bottom, truth[3]) - max(box.top, truth[1])
    both = max(wide, 0.0) * max(high, 0.0)
    return both / (box.width * box.height + (truth[2] - truth[0]) * (truth[3] - truth[1]) - both)


def test_the_contract_is_kept() -> None:
    check_detector(faces())


def test_held_out_faces_of_any_size_are_found_where_they_were_drawn() -> None:
    rng, hits, total = random.Random(11), 0, 0
    for _ in range(25):
        crowd = random_crowd(rng, held_out=True)
        boxes = [thing.box for thing in seen(crowd.draw())]
        hits += sum(any(shared(box, truth) > 0.6 for box in boxes) for truth in crowd.boxes)
        total += len(crowd.faces)
    assert hits >= 0.9 * total > 20


def test_a_face_at_the_border_is_found() -> None:
    face = Scene("happy", "blue", "orange", x=0.06, y=0.5, size=0.15)
    (thing,) = seen(Crowd(256, "orange", (), (face,)).draw())
    assert thing.box.left <= 4
    assert shared(thing.box, face_box(face, 256)) > 0.75


def test_nothing_is_found_where_there_is_no_face() -> None:
    rng = random.Random(4)
    scenes = [random_scene(rng) for _ in range(60)]
    things = [scene for scene in scenes if scene.kind not in ("happy", "sad", "surprised")][:20]
    assert sum(bool(seen(draw(scene), confidence=0.5)) for scene in things) <= 1


@pytest.mark.parametrize("size", [(1, 1), (2000, 3), (5, 900), (9, 9)])
def test_odd_pictures_are_looked_at(size: tuple[int, int]) -> None:
    assert seen(Image.new("RGB", size, (250, 140, 25))) == []


def test_a_face_in_a_wide_picture_is_found_in_its_place() -> None:
    canvas = Image.new("RGB", (480, 160), (40, 80, 215))
    face = Scene("surprised", "red", "blue", size=0.4)
    canvas.paste(draw(face, 160), (300, 0))
    (thing,) = seen(canvas)
    left, top, right, bottom = face_box(face, 160)
    assert shared(thing.box, (left + 300, top, right + 300, bottom)) > 0.8


@pytest.mark.parametrize("mode", ["L", "P", "RGBA"])
def test_pictures_of_other_modes_are_looked_at(mode: str) -> None:
    picture = draw(Scene("happy", "blue", "orange"), 128)
    assert len(seen(picture.convert(mode), confidence=0.05)) >= (0 if mode == "L" else 1)


def test_files_become_detectors_of_their_names() -> None:
    files = [MemoryFile({}, name="hands_v8.n", label="Hands_v8.n"), MemoryFile({}, name="pocket_faces")]
    by_name = [definition.name for definition in limner_detectors(files)]
    assert by_name.count("pocket_faces") == 1
    assert {"hands_v8.n", "mediapipe_face_full", "mediapipe_face_mesh_eyes_only"} <= set(by_name)


def test_a_missing_bundled_file_is_told_in_a_sentence() -> None:
    gone = BundledWeights(POCKET_FACES.path.with_name("gone.safetensors"), "gone", "Gone")
    with pytest.raises(
        UnusableModel, match=r"^Gone: its file gone\.safetensors is missing or damaged; install its plugin again$"
    ):
        found(YoloDetector(gone, LastUsed(loaded)), Image.new("RGB", (32, 32)))


def test_the_bundled_weights_are_small() -> None:
    assert POCKET_FACES.path.stat().st_size <= 2_000_000
