"""Makes the cells of a grid one after another; one that fails keeps its sentence, and the rest goes on."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from limner_host.pictures import read_image
from limner_host.steps import evaluations_of
from limner_sdk import Cancelled, DiskFull, InvalidRequest, LimnerError
from limner_sdk.messages import Result

from .plan import Place
from .record import CellRecord, GridRecord, is_made, write_record

if TYPE_CHECKING:
    from limner_host.run import Watcher
    from limner_host.studio import Studio

log = logging.getLogger(__name__)

CELLS_FOLDER: Final = "cells"
#: Stages whose time says nothing of the cells to come.
_NOT_COUNTED: Final = ("resolve", "load")


@dataclass(frozen=True)
class Step:
    """One cell is done: the how manieth of how many, and how many seconds the others will take, as measured so far.

    There is the `result` of a cell that was made, or the `error` of one that failed.
    """

    done: int
    total: int
    cell: CellRecord
    seconds_left: float
    result: Result | None = None
    error: LimnerError | None = None


def _unheard(step: Step) -> None:
    """Nobody listens."""


def missing(record: GridRecord, folder: Path, again: Collection[Place] = ()) -> tuple[CellRecord, ...]:
    """The cells that are still to be made, and those to be made `again`, in their order."""
    return tuple(cell for cell in record.cells if cell.place in again or not is_made(cell, folder))


def make(
    record: GridRecord,
    studio: Studio,
    folder: Path,
    *,
    again: Collection[Place] = (),
    watcher: Watcher | None = None,
    heard: Callable[[Step], None] = _unheard,
) -> GridRecord:
    """Make what is missing, and the places of `again` once more; the record in `folder` is never behind by a cell.

    A cell that fails with a `LimnerError` keeps its sentence. Raises `Cancelled` and `DiskFull`, after which the same
    call goes on where it stopped.
    """
    waiting = list(missing(record, folder, again))
    write_record(record, folder)
    total, spent, worked = len(waiting), 0.0, 0
    while waiting:
        cell, result, error = _made(waiting.pop(0), studio, folder, watcher)
        record = record.with_cell(cell)
        write_record(record, folder)
        if not cell.error:
            spent, worked = spent + cell.seconds, worked + _work(cell, studio)
        left = spent / worked * sum(_work(other, studio) for other in waiting) if worked else 0.0
        heard(Step(total - len(waiting), total, cell, left, result, error))
    return record


def _work(cell: CellRecord, studio: Studio) -> int:
    try:
        return max(1, evaluations_of(cell.request, studio.registry))
    except InvalidRequest:
        # A plugin may have gone since the grid was planned; making the cell tells so.
        return 1


def _made(
    cell: CellRecord, studio: Studio, folder: Path, watcher: Watcher | None
) -> tuple[CellRecord, Result | None, LimnerError | None]:
    """What became of a cell, and its result or its error. Raises `Cancelled` and `DiskFull`."""
    begun = time.perf_counter()
    stem, single = stem_of(cell), (cell.request.count or 1) == 1
    empty = {"file": "", "digest": "", "error": "", "seconds": 0.0}
    try:
        result = studio.make(
            cell.request,
            folder / CELLS_FOLDER,
            job=stem,
            watcher=watcher,
            name=lambda part: f"{stem}.png" if single else f"{stem}-{part}.png",
        )
    except (Cancelled, DiskFull):
        raise
    except LimnerError as error:
        log.warning("the cell %s failed", stem, exc_info=error)
        failed = cell.model_copy(update=empty | {"error": str(error), "seconds": time.perf_counter() - begun})
        return failed, None, error
    seconds = sum(taken for stage, taken in result.seconds.items() if stage not in _NOT_COUNTED)
    made = _finished(cell, folder, f"{CELLS_FOLDER}/{result.grid}").model_copy(update={"seconds": seconds})
    return made, result, None


def stem_of(cell: CellRecord) -> str:
    """What the files of a cell are called, up to their endings."""
    return f"x{cell.x}-y{cell.y}-z{cell.z}"


def files_of(cell: CellRecord) -> tuple[str, ...]:
    """The pictures of a cell that was made, in the grid's folder."""
    stem, count = f"{CELLS_FOLDER}/{stem_of(cell)}", cell.request.count or 1
    return (f"{stem}.png",) if count == 1 else tuple(f"{stem}-{number}.png" for number in range(1, count + 1))


def _finished(cell: CellRecord, folder: Path, file: str) -> CellRecord:
    """The cell with its picture, which is a grid of its own if the request asks for several."""
    image = read_image(folder / file)
    digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
    update = {"file": file, "digest": digest, "width": image.width, "height": image.height, "error": ""}
    return cell.model_copy(update=update)
