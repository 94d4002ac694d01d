"""The record of a grid: what each cell is and what became of it, kept beside the pictures so that work can go on."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import ClassVar, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from limner_host.pictures import write_durably
from limner_host.registry import Registry
from limner_sdk import InvalidRequest, Request
from limner_sdk.errors import explain

from .axes import NOTHING, Axis
from .plan import Place, Plan, size_of

RECORD_FILE: Final = "record.json"
_LARGEST_RECORD: Final = 64 * 2**20


class _Frozen(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")


class AxisRecord(_Frozen):
    """One axis as a sheet shows it; a direction that does not vary has no `label` and one value."""

    name: str
    label: str
    values: tuple[str, ...]


class CellRecord(_Frozen):
    """One cell: column, row and sheet counted from 1, its request, and what became of it.

    `file` lies in the grid's folder and `digest` is its SHA-256; both are empty until it is made. `error` is why it
    failed. `width` and `height` are pixels, `seconds` the time that it took.
    """

    x: int
    y: int
    z: int
    request: Request
    width: int
    height: int
    #: A record may come from elsewhere: it must not point outside of its folder.
    file: str = Field("", pattern=r"^(cells/[\w.-]+\.png)?$")
    digest: str = ""
    error: str = ""
    seconds: float = 0.0

    @property
    def place(self) -> Place:
        """Column, row and sheet."""
        return self.x, self.y, self.z


class GridRecord(_Frozen):
    """A whole grid; the cells stand in the order in which they are made."""

    format: Literal[1] = 1
    base: Request
    x: AxisRecord
    y: AxisRecord
    z: AxisRecord
    cells: tuple[CellRecord, ...]

    @property
    def axes(self) -> tuple[AxisRecord, AxisRecord, AxisRecord]:
        """All three."""
        return self.x, self.y, self.z

    def cell(self, place: Place) -> CellRecord:
        """The cell at a place. Raises `InvalidRequest` for a place outside."""
        for cell in self.cells:
            if cell.place == place:
                return cell
        sides = "x".join(str(len(axis.values)) for axis in self.axes)
        raise InvalidRequest("cell", ",".join(map(str, place)), f"is not in the grid of {sides}; count from 1")

    def with_cell(self, changed: CellRecord) -> Self:
        """The record with another cell in its place."""
        cells = tuple(changed if cell.place == changed.place else cell for cell in self.cells)
        return self.model_copy(update={"cells": cells})

    def shareable(self) -> Self:
        """The record without the folders of this machine's pictures, fit for a file that goes to others."""
        cells = tuple(cell.model_copy(update={"request": _without_folders(cell.request)}) for cell in self.cells)
        return self.model_copy(update={"base": _without_folders(self.base), "cells": cells})

    def same_grid(self, other: GridRecord) -> bool:
        """Whether both are records of the same grid, whatever became of their cells so far."""
        asked = {cell.place: cell.request for cell in self.cells}
        return self.axes == other.axes and asked == {cell.place: cell.request for cell in other.cells}


def record_of(plan: Plan, registry: Registry) -> GridRecord:
    """The record of a grid of which nothing is made yet."""
    x, y, z = (_axis(axis) for axis in plan.axes)
    cells = []
    for cell in plan.cells:
        width, height = size_of(cell.request, registry)
        cells.append(CellRecord(x=cell.x, y=cell.y, z=cell.z, request=cell.request, width=width, height=height))
    return GridRecord(base=plan.base, x=x, y=y, z=z, cells=tuple(cells))


def _without_folders(request: Request) -> Request:
    controls = tuple(
        choice.model_copy(update={"image": choice.image and Path(choice.image).name}) for choice in request.controls
    )
    image, mask = (name and Path(name).name for name in (request.image, request.mask))
    return request.model_copy(update={"image": image, "mask": mask, "controls": controls})


def _axis(axis: Axis) -> AxisRecord:
    if axis is NOTHING:
        return AxisRecord(name=axis.name, label="", values=("",))
    return AxisRecord(name=axis.name, label=axis.label, values=tuple(map(axis.shown, axis.values)))


def read_record(folder: Path) -> GridRecord:
    """The record in a grid's folder. Raises `InvalidRequest` if there is none, or if it cannot be used."""
    file = folder / RECORD_FILE
    if not file.is_file():
        raise InvalidRequest("folder", str(folder), f"holds no grid; it needs a {RECORD_FILE}")
    if file.stat().st_size > _LARGEST_RECORD:
        raise InvalidRequest("folder", str(folder), f"has a {RECORD_FILE} that is too large to be genuine")
    try:
        return GridRecord.model_validate_json(file.read_bytes())
    except ValidationError as error:
        remedy = f"has a {RECORD_FILE} that cannot be used ({explain(error)}); make the grid in another folder"
        raise InvalidRequest("folder", str(folder), remedy) from None


def write_record(record: GridRecord, folder: Path) -> None:
    """Keep the record durably. Raises `DiskFull`."""
    write_durably(folder / RECORD_FILE, record.model_dump_json(indent=1, exclude_defaults=True).encode())


def is_made(cell: CellRecord, folder: Path) -> bool:
    """Whether the cell's picture is there, whole and unchanged."""
    file = folder / cell.file
    if not cell.file or cell.error or not file.is_file():
        return False
    return hashlib.sha256(file.read_bytes()).hexdigest() == cell.digest
