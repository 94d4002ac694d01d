"""Upscalers: networks that enlarge pictures, from files that spandrel can read, and Pocket's own small one."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from limner_sdk import LastUsed, UpscalerDef, WeightFile, hookimpl

from .bundled import POCKET
from .enlarging import Enlarger
from .networks import loaded
from .params import UpscaleParams

log = logging.getLogger(__name__)


@hookimpl
def limner_upscalers(files: Sequence[WeightFile]) -> Iterator[UpscalerDef[Any]]:
    networks = LastUsed(loaded)
    yield UpscalerDef(
        POCKET.name,
        "Four times as large, trained on Pocket's drawn world.",
        UpscaleParams,
        Enlarger(POCKET, networks),
        scale=4,
        label=POCKET.label,
    )
    for file in files:
        if file.name == POCKET.name:
            log.warning("the upscaler %s is left out: Pocket's own one has that name; rename the file", file.file)
            continue
        yield UpscalerDef(
            file.name,
            "A network from the folder of upscalers.",
            UpscaleParams,
            Enlarger(file, networks),
            label=file.label,
        )
