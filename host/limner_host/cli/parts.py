"""`limner upscalers`, `limner detectors` and `limner trust`: weight files of parts, converting and allowing pickles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import click
from rich.table import Column, Table

from limner_host.house import open_registry
from limner_host.part_files import PartFile, PickleShelf, files_in, form_of
from limner_host.pickles.trust import trust as write_down
from limner_host.weight_files import check_safetensors, shown_name
from limner_sdk import UnusableModel
from limner_sdk.folders import DataFolder

from .terminal import Terminal

#: Why a file that is no pickle need not and cannot be allowed.
NO_PICKLE: Final = {
    "safetensors": "is a safetensors file, which cannot run programs; it is read without being allowed",
    "mediapipe": "is a file of MediaPipe's; it is read without being allowed",
    "unknown": "is no checkpoint; there is nothing to allow",
}


#: Ways to enlarge that no plugin has to bring.
FILTERS: Final = {
    "lanczos": "A filter: smooth, and draws nothing.",
    "nearest": "A filter: every pixel becomes a square, as pixel art wants it.",
}


@dataclass(frozen=True)
class Row:
    """What can be chosen, the file it is in if it is not bundled, and why it cannot be used if it cannot."""

    name: str
    file: str
    summary: str
    problem: str | None


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_context
def upscalers(context: click.Context, as_json: bool) -> None:
    """List the upscalers, and why a file cannot be used; `convert` makes safetensors of a pickle."""
    if context.invoked_subcommand is None:
        _print("upscaler", as_json)


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_context
def detectors(context: click.Context, as_json: bool) -> None:
    """List the detectors, and why a file cannot be used; `convert` makes safetensors of a pickle."""
    if context.invoked_subcommand is None:
        _print("detector", as_json)


@upscalers.command("convert")
@click.argument("file")
@click.option("--output", type=click.Path(path_type=Path), help="Where to; beside the file if left out.")
def _convert_upscaler(file: str, output: Path | None) -> None:
    """Read the pickle FILE this once, in a process of its own, and write what it holds as safetensors."""
    _convert(file, output, "upscaler")


@detectors.command("convert")
@click.argument("file")
@click.option("--output", type=click.Path(path_type=Path), help="Where to; beside the file if left out.")
def _convert_detector(file: str, output: Path | None) -> None:
    """Read the pickle FILE this once, in a process of its own, and write what it holds as safetensors."""
    _convert(file, output, "detector")


@click.command()
@click.argument("file")
def trust(file: str) -> None:
    """Allow the pickle FILE, by its SHA-256, to be read in a process of its own; it is read once to see that it can."""
    data = DataFolder.from_environment().create()
    path = _found(file, data.upscalers, data.detectors)
    form, shelf = form_of(path), PickleShelf.of(data)
    if form != "pickle":
        raise UnusableModel(f"weight file {shown_name(path)} {NO_PICKLE[form]}")
    digest = shelf.digest(path, "weight file")
    shelf.convert(path, "weight file", digest)
    write_down(data.trusted, digest, path.name)
    print(f"{shown_name(path)} is allowed now: its SHA-256 {digest} is in {data.trusted}.")


def _convert(file: str, output: Path | None, kind: str) -> None:
    from limner_host.pickles.reading import safetensors_of

    data = DataFolder.from_environment()
    path = _found(file, {"upscaler": data.upscalers, "detector": data.detectors}[kind])
    beside = path.with_suffix(".safetensors")
    # A pickle may be called so already.
    target = output or (beside if beside != path else path.with_name(f"{path.stem}-converted.safetensors"))
    if form_of(path) == "safetensors":
        raise UnusableModel(f"{kind} {shown_name(path)} is a safetensors file already")
    if target.exists():
        raise click.ClickException(f"there is a file {target} already; remove it, or choose another one with --output")
    safetensors_of(path, target, kind)
    check_safetensors(target, kind)
    print(f"{target}: {_told(target, kind)}")


def _told(target: Path, kind: str) -> str:
    """What has been made, and a warning about a detector that does not say how it is built."""
    from safetensors import safe_open

    with safe_open(target, framework="numpy") as made:
        count, told = len(made.keys()), made.metadata() or {}
    if kind == "detector" and "cfg" not in told:
        return (
            f"{count} tensors, but the file does not say how the network is built, so it cannot be used as a detector"
        )
    return f"{count} tensors" + (f", task {told['task']}" if "task" in told else "")


def _found(file: str, *folders: Path) -> Path:
    """A path, or the name of a file in one of the folders. Raises `click.ClickException`."""
    named = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
    places = [Path(file), *(path for path in named if path.name == file)]
    found = next((path for path in places if path.is_file()), None)
    if found is None:
        where = " or ".join(map(str, folders))
        raise click.ClickException(f"there is no file {file}; give its path, or its name in {where}")
    return found


def _print(kind: str, as_json: bool) -> None:
    data = DataFolder.from_environment()
    rows = list(_rows(kind, data))
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    names = (Column(title, no_wrap=True, overflow="fold") for title in ("name", "file"))
    table = Table(*names, "", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(row.name, row.file, "cannot be used, see below" if row.problem else row.summary)
    console = Terminal()
    console.print(table, markup=False, soft_wrap=not console.is_terminal)
    for row in rows:
        if row.problem:
            print(f"\n{row.problem}.")
    print(f"Put more into {data.root / f'{kind}s'}: .safetensors files; pickles (.pt, .pth) have to be allowed.")


def _rows(kind: str, data: DataFolder) -> Iterator[Row]:
    """The filters, all definitions, and the files that none has been made of."""
    if kind == "upscaler":
        yield from (Row(name, "", summary, None) for name, summary in FILTERS.items())
    files = {file.name: file for file in files_in(data, kind)}
    for entry in open_registry(data).catalogue().stages_of(kind):
        file = files.get(entry.name)
        if file is None or file.label != entry.label:
            yield Row(entry.name, "", entry.summary, None)
        else:
            del files[entry.name]
            yield Row(entry.name, file.file, entry.summary, file.problem())
    for file in files.values():
        yield Row(file.name, file.file, *_unused(file))


def _unused(file: PartFile) -> tuple[str, str | None]:
    if file.form == "mediapipe" and file.kind == "detector":
        return "For the detectors of MediaPipe.", None
    return "", file.problem() or f"no {file.kind} is made of it; its name may be taken, so rename it"
