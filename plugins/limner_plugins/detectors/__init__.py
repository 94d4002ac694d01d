"""Detectors: YOLO networks from files, Pocket's own small one for faces, and MediaPipe's faces."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from limner_sdk import DetectorDef, LastUsed, WeightFile, hookimpl

from .bundled import POCKET_FACES
from .mediapipe_faces import definitions, is_for_mediapipe
from .networks import loaded
from .params import YoloParams
from .yolo import YoloDetector

log = logging.getLogger(__name__)


@hookimpl
def limner_detectors(files: Sequence[WeightFile]) -> Iterator[DetectorDef[Any]]:
    networks = LastUsed(loaded)
    own: list[DetectorDef[Any]] = [
        DetectorDef(
            POCKET_FACES.name,
            "The faces of Pocket's drawn world; not those of photographs.",
            YoloParams,
            YoloDetector(POCKET_FACES, networks),
            label=POCKET_FACES.label,
        ),
        *definitions(files),
    ]
    yield from own
    for file in files:
        if is_for_mediapipe(file):
            continue
        if file.name in {definition.name for definition in own}:
            log.warning("the detector %s is left out: a bundled one has that name; rename the file", file.file)
            continue
        summary = "A YOLO network from the folder of detectors."
        yield DetectorDef(file.name, summary, YoloParams, YoloDetector(file, networks), label=file.label)
