"""`limner grid`: one picture for every combination of values on up to three axes, and a sheet of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import count
from pathlib import Path
from typing import Any, Final

import click

from limner_host.grids.beginning import Wish, begun
from limner_host.grids.layout import Look
from limner_host.grids.making import missing
from limner_host.grids.plan import LARGEST_GRID, MOST_CELLS, Place
from limner_host.grids.record import GridRecord, read_record
from limner_host.grids.sheet import write_sheets
from limner_host.house import open_registry
from limner_host.registry import Registry
from limner_sdk import InvalidRequest, Request
from limner_sdk.folders import DataFolder

from .flags import Flags
from .grid_report import checked_studio, made, say, tell, tell_axes, tell_cells, tell_cost
from .imagine import imagine, request_of

_PLACE: Final = re.compile(r"(\d{1,4})\s*,\s*(\d{1,4})(?:\s*,\s*(\d{1,4}))?", re.ASCII)
#: Options that mean something else here.
_OTHERWISE: Final = ("prompt", "output", "as_json", "resize_seed")


class _Whole(click.IntRange):
    """Whole numbers in plain digits; Python's own reading takes ``1_0`` and the digits of every script."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and not re.fullmatch(r"\s*[+-]?[0-9]{1,20}\s*", value):
            self.fail(f"{value!r} is not a whole number.", param, ctx)
        return super().convert(value, param, ctx)


@dataclass(frozen=True)
class _Said:
    """What the person typed about the grid itself."""

    prompt: str | None
    source: Path | None
    x: str | None
    y: str | None
    z: str | None
    list_axes: bool
    vary_seeds: bool
    most: int
    dry_run: bool
    resume: Path | None
    again: tuple[str, ...]
    output: Path | None
    no_sheet: bool
    no_legend: bool
    margin: int
    font_size: int | None
    font: str
    as_json: bool


@click.command(
    cls=type(imagine),
    params=[parameter for parameter in imagine.params if parameter.name not in _OTHERWISE],
    epilog="VALUES are 1, 2, 3 or 1..10 or 1..10/2 (every second) or 1..10*4 (four of them), names, or * for all. "
    "The other options say what does not vary, as they do for `limner imagine`.",
)
@click.argument("prompt", required=False)
@click.option("--x", metavar="NAME=VALUES", help='What varies from column to column, such as "steps=10..30/10".')
@click.option("--y", metavar="NAME=VALUES", help='What varies from row to row, such as "sampler=euler, dpmpp_2m".')
@click.option("--z", metavar="NAME=VALUES", help="What varies from sheet to sheet.")
@click.option("--axes", "list_axes", is_flag=True, help="List the axes that there are.")
@click.option("--vary-seeds", is_flag=True, help="Give each cell a seed of its own.")
@click.option(
    "--most", type=_Whole(1, LARGEST_GRID), default=MOST_CELLS, show_default=True, help="Allow so many cells."
)
@click.option("--dry-run", is_flag=True, help="Tell the cost and the cells, and make nothing.")
@click.option("--resume", type=click.Path(path_type=Path), help="Make what is missing of the grid in this folder.")
@click.option("--retry", "again", metavar="X,Y[,Z]", multiple=True, help="Make this cell once more, counted from 1.")
@click.option("--output", type=click.Path(path_type=Path), help="The folder for the grid.")
@click.option("--no-sheet", is_flag=True, help="Make the cells only.")
@click.option("--no-legend", is_flag=True, help="Write nothing beside the pictures.")
@click.option("--margin", type=_Whole(), default=4, show_default=True, help="Pixels between pictures, 0 to 500.")
@click.option(
    "--font-size", type=_Whole(), metavar="PIXELS", help="Height of the words; they follow the pictures else."
)
@click.option("--font", default="", metavar="FILE", help="A .ttf or .otf file, for signs that the usual fonts lack.")
@click.option("--json", "as_json", is_flag=True, help="Print the record, or the axes, as JSON.")
@click.pass_obj
def grid(flags: Flags, /, **options: Any) -> int:
    """Make a grid of pictures of PROMPT that differ along up to three axes."""
    said = _Said(**{field.name: options.pop(field.name) for field in fields(_Said)})
    registry = open_registry(DataFolder.from_environment())
    if said.list_axes:
        tell_axes(registry, said.as_json)
        return 0
    look = Look(not said.no_legend, said.margin, said.font_size, said.font)
    folder, record = _resumed(said, options, flags) if said.resume else _asked(said, options, flags, registry)
    again = tuple(_place(record, text) for text in said.again)
    waiting = missing(record, folder, again)
    studio = checked_studio(waiting) if waiting else None
    tell_cost(record, waiting, registry, with_sheet=not said.no_sheet)
    if said.dry_run:
        tell_cells(record, said.as_json)
        return 0
    record = made(record, folder, again, studio) if studio else record
    sheets = () if said.no_sheet else write_sheets(record, folder, look)
    tell(record, folder, sheets, said.as_json)
    return 1 if any(cell.error for cell in record.cells) else 0


def _resumed(said: _Said, options: Mapping[str, Any], flags: Flags) -> tuple[Path, GridRecord]:
    """The grid in a folder. Raises `InvalidRequest` if something is said that would make it another grid."""
    others = (said.prompt, said.source, said.x, said.y, said.z, said.output, flags or None, *options.values())
    if said.vary_seeds or any(other not in (None, ()) for other in others):
        raise InvalidRequest("resume", str(said.resume), "knows its grid; leave out all but --retry and sheet options")
    folder = said.resume or Path()
    return folder.absolute(), read_record(folder)


def _asked(said: _Said, options: Mapping[str, Any], flags: Flags, registry: Registry) -> tuple[Path, GridRecord]:
    """The folder and the record of the grid that the person describes; both are there if it was begun before."""
    request = request_of(said.prompt, _origin(said.source, registry), options, flags)
    wish = Wish(said.x, said.y, said.z, said.most, said.vary_seeds)
    for folder in _folders(request, said.output):
        record = begun(request, wish, registry, folder)
        if record is not None:
            return folder, record
    raise InvalidRequest("output", str(said.output), "holds another grid; name another folder, or go on with --resume")


def _origin(source: Path | None, registry: Registry) -> Request | None:
    """What the picture that the person starts from carries."""
    if source is None:
        return None
    from limner_host.metadata.origin import read_origin

    origin = read_origin(source, registry)
    for notice in origin.notices:
        say(f"note: {notice}")
    return origin.request


def _folders(request: Request, output: Path | None) -> Iterator[Path]:
    """The folder that was named, or else one after the other that could be its default."""
    if output is not None:
        yield output.absolute()
        return
    slug = re.sub(r"[^a-z0-9]+", "-", request.prompt.lower()).strip("-")[:48].strip("-") or "picture"
    yield from (Path(f"grid-{slug}{f'-{number}' if number > 1 else ''}").absolute() for number in count(1))


def _place(record: GridRecord, text: str) -> Place:
    match = _PLACE.fullmatch(text.strip())
    if match is None:
        raise InvalidRequest("retry", text, "is no cell; write its column and row, such as 2,1")
    return record.cell((int(match[1]), int(match[2]), int(match[3] or 1))).place
