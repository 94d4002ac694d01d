"""MediaPipe's faces, by a stand-in for the package that answers as its documentation says."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace as Made
from typing import Any, Self

import pytest
from PIL import Image
from tests.plugins.detecting import MemoryFile

from limner_plugins.detectors.mediapipe_faces import definitions
from limner_plugins.detectors.params import FaceParams
from limner_sdk import Detection, Size, UnusableModel
from limner_sdk.testing import FakeContext


@dataclass(frozen=True)
class FileOnDisk(MemoryFile):
    path: Path = Path()
    told: dict[str, str] = field(default_factory=dict)


def on_disk(folder: Path, file: str) -> FileOnDisk:
    (folder / file).write_bytes(b"network")
    return FileOnDisk({}, name=file.rsplit(".", 1)[0], file=file, path=folder / file)


class Finder:
    """Both a face detector and a landmarker: two faces, one of them partly beside the picture."""

    def __init__(self, options: Any) -> None:
        assert options.base_options.model_asset_buffer == b"network"
        self.options = options

    @classmethod
    def create_from_options(cls, options: Any) -> Self:
        return cls(options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def detect(self, picture: Any) -> Any:
        assert picture.data.shape == (60, 100, 3)
        boxes = [
            Made(origin_x=-5, origin_y=10, width=25, height=20),
            Made(origin_x=50, origin_y=20, width=30, height=30),
        ]
        faces = [
            Made(bounding_box=box, categories=[Made(score=score)]) for box, score in zip(boxes, (0.4, 0.9), strict=True)
        ]
        marks = [Made(x=x, y=y) for x, y in ((0.2, 0.2), (0.4, 0.2), (0.4, 0.8), (0.2, 0.8), (0.3, 0.5), (0.35, 0.5))]
        return Made(detections=faces, face_landmarks=[marks])


@pytest.fixture
def mediapipe(monkeypatch: pytest.MonkeyPatch) -> None:
    eyes = Made(FACE_LANDMARKS_LEFT_EYE=[Made(start=0, end=1), Made(start=1, end=4)])
    eyes.FACE_LANDMARKS_RIGHT_EYE = [Made(start=2, end=3), Made(start=3, end=5)]
    vision = Made(
        FaceDetector=Finder, FaceLandmarker=Finder, FaceDetectorOptions=Made, FaceLandmarkerOptions=Made,
        FaceLandmarksConnections=eyes,
    )  # fmt: skip
    package = Made(Image=Made, ImageFormat=Made(SRGB=1), tasks=Made(BaseOptions=Made, vision=vision))
    monkeypatch.setitem(sys.modules, "mediapipe", package)  # type: ignore[arg-type]


def faces(name: str, *files: MemoryFile) -> list[Detection]:
    detector = next(definition for definition in definitions(files) if definition.name == name)
    picture = Image.new("RGB", (100, 60))
    things = list(detector.run(picture, FakeContext(), FaceParams()))
    assert [thing.problem(Size(100, 60)) for thing in things] == [None] * len(things)
    return things


@pytest.mark.usefixtures("mediapipe")
@pytest.mark.parametrize("kind", ["full", "short"])
def test_faces_are_boxes_on_the_picture_surest_first(kind: str, tmp_path: Path) -> None:
    things = faces(f"mediapipe_face_{kind}", on_disk(tmp_path, f"blaze_face_{kind}_range.tflite"))
    assert [tuple(thing.box) for thing in things] == [(50, 20, 30, 30), (0, 10, 20, 20)]
    assert [thing.confidence for thing in things] == [0.9, 0.4]


@pytest.mark.usefixtures("mediapipe")
def test_a_mesh_is_the_outline_of_its_landmarks(tmp_path: Path) -> None:
    (face,) = faces("mediapipe_face_mesh", on_disk(tmp_path, "face_landmarker.task"))
    assert face.mask is not None
    assert [face.mask.getpixel(place) for place in ((30, 30), (22, 14), (10, 30))] == [255, 255, 0]


@pytest.mark.usefixtures("mediapipe")
def test_both_eyes_of_a_face_are_one_record(tmp_path: Path) -> None:
    (eyes,) = faces("mediapipe_face_mesh_eyes_only", on_disk(tmp_path, "face_landmarker.task"))
    assert eyes.mask is not None
    assert [eyes.mask.getpixel(place) for place in ((30, 15), (33, 44), (25, 30))] == [255, 255, 0]


@pytest.mark.usefixtures("mediapipe")
def test_a_missing_network_is_named() -> None:
    with pytest.raises(
        UnusableModel, match=r"face_short needs blaze_face_short_range.tflite in the folder of detectors"
    ):
        faces("mediapipe_face_short")


def test_without_mediapipe_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(UnusableModel, match=r"mediapipe_face_full needs mediapipe .*run: pip install mediapipe"):
        faces("mediapipe_face_full")


@pytest.mark.usefixtures("mediapipe")
def test_a_detector_says_what_it_lacks(tmp_path: Path) -> None:
    found = {each.name: each.missing for each in definitions([on_disk(tmp_path, "face_landmarker.task")])}
    assert (found["mediapipe_face_mesh"], found["mediapipe_face_full"]) == ("", "blaze_face_full_range.tflite")
