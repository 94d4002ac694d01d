"""What `limner grid` says: the cost before, the progress on the way, the sheets and the failures afterwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from limner_host.grids.axes import Axis
from limner_host.grids.checking import check_cells
from limner_host.grids.finding import all_axes
from limner_host.grids.making import Step, make, missing
from limner_host.grids.plan import Place, check_sheet, estimate
from limner_host.grids.record import CellRecord, GridRecord
from limner_host.registry import Registry
from limner_sdk import Request
from limner_sdk.folders import DataFolder

from .terminal import Terminal

if TYPE_CHECKING:
    from torch import Tensor

    from limner_host.studio import Studio


def tell_axes(registry: Registry, as_json: bool) -> None:
    """List every axis with what its values may be."""
    axes = all_axes(registry, Request(prompt="any")).values()
    if as_json:
        print(json.dumps([_as_json(axis) for axis in axes], indent=2))
        return
    table = Table("axis", "known as", "values", box=None, pad_edge=False, header_style="bold")
    for axis in axes:
        table.add_row(axis.name, axis.label, _range(axis))
    console = Terminal()
    console.print(table, markup=False, soft_wrap=not console.is_terminal)


def _as_json(axis: Axis) -> dict[str, object]:
    least, most = axis.bounds
    kind = {"name": axis.name, "label": axis.label, "form": axis.form, "choices": axis.choices}
    return kind | {"least": least, "most": most, "optional": axis.optional}


def _range(axis: Axis) -> str:
    said = {"whole": "whole numbers", "number": "numbers", "switch": "on, off", "text": "texts"}
    kind = ", ".join(axis.choices) if axis.form == "choice" else said[axis.form]
    least, most = axis.bounds
    bounds = "" if least is None or most is None else f" {least:g} to {most:g}"
    return f"{kind}{bounds}{', none' if axis.optional else ''}".removeprefix(", ")


def tell_cost(record: GridRecord, waiting: Sequence[CellRecord], registry: Registry, *, with_sheet: bool) -> None:
    """Say what is about to be spent. Raises `InvalidRequest` for a sheet that would be too large."""
    whole = estimate((cell.request for cell in record.cells), registry)
    if with_sheet:
        check_sheet(whole)
    left = estimate((cell.request for cell in waiting), registry)
    begun = f", {left.cells} of them to make" if left.cells < whole.cells else ""
    cost = f"{left.evaluations} network evaluations, {left.megapixels:.2g} megapixels"
    say(f"{whole.cells} cells{begun}: {cost}")


def tell_cells(record: GridRecord, as_json: bool) -> None:
    """List the cells in the order in which they are made."""
    if as_json:
        print(record.model_dump_json(indent=2))
        return
    for cell in record.cells:
        print(_described(record, cell))


def _described(record: GridRecord, cell: CellRecord) -> str:
    pairs = zip(record.axes, cell.place, strict=True)
    values = (f"{axis.label} {axis.values[number - 1]}" for axis, number in pairs if axis.label)
    return f"{cell.x},{cell.y},{cell.z}  {'; '.join(values)}"


def checked_studio(waiting: Sequence[CellRecord]) -> Studio:
    """The studio, which can make these cells as far as that is known before. Raises `LimnerError`."""
    with Console(stderr=True).status("Loading"):
        from limner_host.house import open_studio

        studio = open_studio(DataFolder.from_environment())
        check_cells(waiting, studio)
    return studio


def made(record: GridRecord, folder: Path, again: Sequence[Place], studio: Studio) -> GridRecord:
    """Make what is missing under a progress bar; after Ctrl+C, say how to go on."""
    waiting = len(missing(record, folder, again))
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = _Bar(progress, waiting)
        try:
            return make(record, studio, folder, again=again, watcher=bar, heard=bar.heard)
        except KeyboardInterrupt:
            say(f"what is done is kept; go on with limner grid --resume {folder}")
            raise


class _Bar:
    """A progress bar over all cells, which also says which cells fail, and after the first one how long it takes."""

    def __init__(self, progress: Progress, cells: int) -> None:
        self._progress, self._done = progress, 0
        self._task = progress.add_task(f"0 of {cells}", total=cells)

    def progress(self, stage: str, done: float, latent: Tensor | None) -> None:
        """Move the bar within a cell."""
        self._progress.update(self._task, completed=self._done + done)

    def cancelled(self) -> bool:
        """Ctrl+C ends the process by itself."""
        return False

    def heard(self, step: Step) -> None:
        """Move on to the next cell."""
        self._done = step.done
        left = f"about {_duration(step.seconds_left)} left"
        self._progress.update(self._task, completed=step.done, description=f"{step.done} of {step.total}, {left}")
        if step.cell.error:
            say(f"cell {step.cell.x},{step.cell.y},{step.cell.z}: {step.cell.error}", self._progress.console)
        elif step.done == 1 and step.total > 1:
            say(left, self._progress.console)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def tell(record: GridRecord, folder: Path, sheets: Sequence[Path], as_json: bool) -> None:
    """Say where everything is, and how to make what failed."""
    failed = sum(1 for cell in record.cells if cell.error)
    if failed:
        say(f"{failed} of {len(record.cells)} cells failed; limner grid --resume {folder} tries them again")
    if as_json:
        places = {"folder": str(folder), "sheets": [str(sheet) for sheet in sheets]}
        print(json.dumps(places | record.model_dump(mode="json"), indent=2))
        return
    for place in sheets or (folder,):
        print(place)


def say(sentence: str, console: Console | None = None) -> None:
    """Print a sentence on standard error, above the progress bar if there is one."""
    (console or Console(stderr=True)).print(Text(sentence), soft_wrap=True)
