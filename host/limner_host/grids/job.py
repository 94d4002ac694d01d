"""A grid as one job: its cells go on where a worker that died has left them, and come out as one result."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from limner_host.beforehand import Looking, cost_of
from limner_host.pictures import read_image, read_recipe, write_durably
from limner_sdk import InvalidRequest, Request
from limner_sdk.messages import GridWish, Picture, Result

from .beginning import Wish, begun, wished
from .making import Step, files_of, make, missing
from .offered import look_of, wish_of
from .record import CellRecord, GridRecord
from .seen import SheetSoFar
from .sheet import write_sheets

if TYPE_CHECKING:
    from torch import Tensor

    from limner_host.studio import Studio

log = logging.getLogger(__name__)

SHEET: Final = "grid.png"
#: Work of cells that draw nothing, which still take a moment.
_LEAST_WORK: Final = 1e-6


class Ear(Protocol):
    """Whoever follows a grid."""

    def tell(self, stage: str, done: float, preview: bytes | None) -> None:
        """How far it is, 0 … 1 of the work; `preview` is a small JPEG of the sheet so far, if that has changed."""
        ...

    def cancelled(self) -> bool:
        """Whether nobody wants it any more."""
        ...


@dataclass
class GridWatch:
    """Follows the cells that are still to be made, whose `works` are in their order, as a `Watcher` and an ear."""

    ear: Ear
    works: Sequence[float]
    shown: SheetSoFar
    steps: list[Step] = field(default_factory=list)

    def progress(self, stage: str, done: float, latent: Tensor | None) -> None:
        """The cell at work is `done` so far."""
        number = len(self.steps)
        share = sum(self.works[:number]) + done * self.works[number]
        self.ear.tell(f"{stage}: cell {number + 1} of {len(self.works)}", share / sum(self.works), None)

    def cancelled(self) -> bool:
        """Pass it on."""
        return self.ear.cancelled()

    def heard(self, step: Step) -> None:
        """A cell is done."""
        self.steps.append(step)
        self.shown.add(step.cell)
        said = f"cell {step.done} of {step.total}"
        self.ear.tell(said, sum(self.works[: step.done]) / sum(self.works), self.shown.jpeg())


def make_grid(studio: Studio, request: Request, grid: GridWish, folder: Path, job: str, ear: Ear) -> Result:
    """Make the grid of the `job`, and put the sheet and the pictures of its cells into `folder`.

    A cell that fails is told in a notice. Raises what planning the grid does, `Cancelled`, `DiskFull`, and the first
    cell's error if all of them fail.
    """
    look, wish = look_of(grid), wish_of(grid, request, studio.registry)
    work = studio.library.data.scratch / _name(job, request, wish)
    record = _begun(request, wish, studio, work)
    library = Looking.at(studio.library)
    works = [
        max(_LEAST_WORK, cost_of(cell.request, studio.registry, library, studio.limits).work)
        for cell in missing(record, work)
    ]
    watch = GridWatch(ear, works, SheetSoFar(record, work))
    record = make(record, studio, work, watcher=watch, heard=watch.heard)
    _check_any(record, watch.steps)
    sheet, *_ = write_sheets(record, work, look)
    write_durably(folder / SHEET, sheet.read_bytes())
    result = _result(record, watch.steps, tuple(_pictures(record, work, folder)))
    shutil.rmtree(work, ignore_errors=True)
    return result


def _name(job: str, request: Request, wish: Wish) -> str:
    """The name of this work, which no other work has."""
    told = f"{job}\n{request.model_dump_json()}\n{wish!r}"
    return f"grid-{hashlib.sha256(told.encode()).hexdigest()}"


def _begun(request: Request, wish: Wish, studio: Studio, folder: Path) -> GridRecord:
    """The record of what was begun before, or a fresh one if nothing was that can be used."""
    try:
        record = begun(request, wish, studio.registry, folder)
    except InvalidRequest as error:
        # Either the record cannot be used, or the wish is wrong, which is told below.
        log.info("a grid is begun anew: %s", error)
        record = None
    if record is not None:
        return record
    shutil.rmtree(folder, ignore_errors=True)
    return wished(request, wish, studio.registry)


def _check_any(record: GridRecord, steps: Sequence[Step]) -> None:
    """Raises the first cell's error if no cell was made."""
    errors = [step.error for step in steps if step.error is not None]
    if len(errors) == len(record.cells):
        raise errors[0]


def _pictures(record: GridRecord, work: Path, folder: Path) -> Iterator[Picture]:
    """The pictures of all cells that were made, in the order of reading, each put into the job's folder."""
    for cell in sorted(record.cells, key=lambda cell: (cell.z, cell.y, cell.x)):
        if not cell.file or cell.error:
            continue
        for file in files_of(cell):
            content, image = (work / file).read_bytes(), read_image(work / file)
            name = Path(file).name
            write_durably(folder / name, content)
            yield Picture(
                file=name,
                width=image.width,
                height=image.height,
                digest=hashlib.sha256(content).hexdigest(),
                recipe=read_recipe(work / file),
                cell=label_of(record, cell),
            )


def label_of(record: GridRecord, cell: CellRecord) -> str:
    """What tells a cell from the others: ``Steps 20, Sampler euler``."""
    pairs = zip(record.axes, cell.place, strict=True)
    return ", ".join(f"{axis.label} {axis.values[number - 1]}" for axis, number in pairs if axis.label)


def _result(record: GridRecord, steps: Sequence[Step], pictures: tuple[Picture, ...]) -> Result:
    """All cells' results as one; what an earlier attempt has made is not counted again."""
    results = [step.result for step in steps if step.result is not None]
    seconds: dict[str, float] = {}
    for result in results:
        for stage, taken in result.seconds.items():
            seconds[stage] = seconds.get(stage, 0.0) + taken
    failed = [f"{label_of(record, cell)}: {cell.error}" for cell in record.cells if cell.error]
    return Result(
        pictures=pictures,
        grid=SHEET,
        notices=tuple(dict.fromkeys([*failed, *(notice for result in results for notice in result.notices)])),
        seconds=seconds,
        evaluations=sum(result.evaluations for result in results),
        work=sum(result.work for result in results),
    )
