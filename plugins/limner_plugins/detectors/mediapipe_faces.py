"""MediaPipe's detectors of photographed faces: boxes, the outline of the face mesh, and the eyes alone.

The package brings no networks since its version 0.10.31, so they are taken from the folder of detectors:
``blaze_face_short_range.tflite``, ``blaze_face_full_range.tflite`` and ``face_landmarker.task``.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from limner_sdk import Box, Context, Detection, DetectorDef, Image, Size, UnusableModel, WeightFile

from .params import FaceParams

#: How many faces are given at most.
MOST_FACES: Final = 20
#: Each detector's network is the file whose name begins so.
_FILES: Final = {
    "mediapipe_face_full": "blaze_face_full_range",
    "mediapipe_face_short": "blaze_face_short_range",
    "mediapipe_face_mesh": "face_landmarker",
    "mediapipe_face_mesh_eyes_only": "face_landmarker",
}
_SUMMARIES: Final = {
    "mediapipe_face_full": "Photographed faces, also distant ones; needs mediapipe and its file.",
    "mediapipe_face_short": "Photographed faces near the camera; needs mediapipe and its file.",
    "mediapipe_face_mesh": "Photographed faces by their outline; needs mediapipe and its file.",
    "mediapipe_face_mesh_eyes_only": "The eyes of photographed faces; needs mediapipe and its file.",
}
_LABELS: Final = {
    "mediapipe_face_full": "MediaPipe faces, full range",
    "mediapipe_face_short": "MediaPipe faces, short range",
    "mediapipe_face_mesh": "MediaPipe face mesh",
    "mediapipe_face_mesh_eyes_only": "MediaPipe eyes",
}


@runtime_checkable
class OnDisk(Protocol):
    """A weight file that tells where it lies."""

    @property
    def path(self) -> Path: ...


def is_for_mediapipe(file: WeightFile) -> bool:
    """Whether only MediaPipe can read it."""
    return file.file.lower().endswith((".task", ".tflite"))


def definitions(files: Sequence[WeightFile]) -> Iterator[DetectorDef[FaceParams]]:
    """All four detectors; those that cannot work here say what is missing."""
    usable = [file for file in files if is_for_mediapipe(file)]
    for name, beginning in _FILES.items():
        file = next((file for file in usable if file.name.startswith(beginning)), None)
        found = FaceDetector(name, file)
        missing = _missing(name, file)
        yield DetectorDef(name, _SUMMARIES[name], FaceParams, found, label=_LABELS[name], missing=missing)


def _missing(name: str, file: WeightFile | None) -> str:
    if file is None:
        return _wanted(name)
    return "" if "mediapipe" in sys.modules or importlib.util.find_spec("mediapipe") else "mediapipe"


def _wanted(name: str) -> str:
    """The file that a detector's network is fetched as."""
    return f"{_FILES[name]}.{'task' if 'mesh' in name else 'tflite'}"


@dataclass(frozen=True)
class FaceDetector:
    """A `DetectorDef`'s function. `file` is its network, None if the folder has none."""

    name: str
    file: WeightFile | None

    def __call__(self, image: Image, ctx: Context, params: FaceParams) -> list[Detection]:
        """The faces, surest first. Raises `UnusableModel` if the package or the network is missing."""
        mediapipe, network = _package(self.name), _network(self.name, self.file)
        picture = _picture(mediapipe, image)
        ctx.check_cancelled()
        if "mesh" not in self.name:
            found = _boxes(mediapipe, network, picture, params, Size(*image.size))
        else:
            found = _meshes(mediapipe, network, picture, params, Size(*image.size), "eyes" in self.name)
        return sorted(found, key=lambda detection: -detection.confidence)[:MOST_FACES]


def _package(name: str) -> Any:
    try:
        return importlib.import_module("mediapipe")
    except ImportError as error:
        raise UnusableModel(f"detector {name} needs mediapipe ({error}); run: pip install mediapipe") from error


def _network(name: str, file: WeightFile | None) -> bytes:
    if not isinstance(file, OnDisk):
        raise UnusableModel(
            f"detector {name} needs {_wanted(name)} in the folder of detectors; fetch it from MediaPipe"
        )
    try:
        return file.path.read_bytes()
    except OSError as error:
        raise UnusableModel(f"detector {name} cannot read its file ({error}); put it there again") from error


def _picture(mediapipe: Any, image: Image) -> Any:
    import numpy as np

    pixels = np.array(image.convert("RGB"))
    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)


def _boxes(mediapipe: Any, network: bytes, picture: Any, params: FaceParams, size: Size) -> Iterator[Detection]:
    vision = mediapipe.tasks.vision
    base = mediapipe.tasks.BaseOptions(model_asset_buffer=network)
    options = vision.FaceDetectorOptions(base_options=base, min_detection_confidence=params.confidence)
    with vision.FaceDetector.create_from_options(options) as detector:
        found = detector.detect(picture).detections
    for face in found:
        box = face.bounding_box
        edges = box.origin_x, box.origin_y, box.origin_x + box.width, box.origin_y + box.height
        cut = _cut(edges, size)
        if cut:
            yield Detection(cut, min(max(float(face.categories[0].score), 0.0), 1.0), "face")


def _meshes(
    mediapipe: Any, network: bytes, picture: Any, params: FaceParams, size: Size, eyes_only: bool
) -> Iterator[Detection]:
    """Faces by the hull of their landmarks. MediaPipe does not say how sure it is of one, so all count as sure."""
    vision = mediapipe.tasks.vision
    options = vision.FaceLandmarkerOptions(
        base_options=mediapipe.tasks.BaseOptions(model_asset_buffer=network),
        num_faces=MOST_FACES,
        min_face_detection_confidence=params.confidence,
    )
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        found = landmarker.detect(picture).face_landmarks
    for face in found:
        points = [(mark.x * size.width, mark.y * size.height) for mark in face]
        parts = [[points[i] for i in part] for part in _eyes(vision)] if eyes_only else [points]
        detection = _outlined(parts, size, "eyes" if eyes_only else "face")
        if detection:
            yield detection


def _eyes(vision: Any) -> list[list[int]]:
    """The numbers of the landmarks around each eye."""
    connections = vision.FaceLandmarksConnections
    sides = connections.FACE_LANDMARKS_LEFT_EYE, connections.FACE_LANDMARKS_RIGHT_EYE
    return [sorted({end for line in side for end in (line.start, line.end)}) for side in sides]


def _outlined(parts: Iterable[list[tuple[float, float]]], size: Size, label: str) -> Detection | None:
    """One record for all parts, whose convex hulls make its mask."""
    import cv2
    import numpy as np
    from PIL import Image as Pillow

    mask = np.zeros((size.height, size.width), np.uint8)
    for part in parts:
        hull = cv2.convexHull(np.array(part, np.float32))
        cv2.fillConvexPoly(mask, np.round(hull).astype(np.int32), 255)
    drawn = Pillow.fromarray(mask)
    place = drawn.getbbox()
    box = _cut(place, size) if place else None
    return Detection(box, 1.0, label, drawn) if box else None


def _cut(edges: tuple[float, float, float, float], size: Size) -> Box | None:
    """The part of a box that lies on the picture, None if there is none."""
    left, top = (max(round(edge), 0) for edge in edges[:2])
    right, bottom = min(round(edges[2]), size.width), min(round(edges[3]), size.height)
    return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None
