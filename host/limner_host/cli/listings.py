"""`limner models`, `limner samplers` and the like: what can be chosen here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import click
from pydantic import BaseModel
from rich.table import Table

from limner_host.adapters.embeddings import EmbeddingFiles
from limner_host.adapters.files import AdapterFiles, NamedFiles
from limner_host.controls.files import controls_in
from limner_host.digests import DigestCache
from limner_host.house import open_registry
from limner_sdk import Catalogue, StageEntry, UnknownName
from limner_sdk.catalogue import named, named_sampler
from limner_sdk.folders import DataFolder

from .terminal import Terminal

json_option = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")


def catalogue_here() -> Catalogue:
    """What the data folder and the installed plugins offer."""
    return open_registry(DataFolder.from_environment()).catalogue()


@click.command()
@json_option
def models(as_json: bool) -> None:
    """List the models."""
    entries = catalogue_here().models
    if as_json:
        return print_json(entries)
    rows = [(e.name, e.family, f"{e.width}x{e.height}", e.summary) for e in entries]
    print_table(("name", "family", "size", ""), rows)
    print(f"Put more into {DataFolder.from_environment().models}: diffusers folders or .safetensors checkpoints.")
    return None


@click.command()
@click.argument("name", required=False)
@json_option
def samplers(name: str | None, as_json: bool) -> None:
    """List samplers, schedules and noises; with NAME, what is called so and its parameters."""
    entries = _of_kinds(name, "sampler", "schedule", "noise")
    return print_json(entries) if as_json else _print_stages(entries, name)


@click.command()
@click.argument("name", required=False)
@json_option
def tilers(name: str | None, as_json: bool) -> None:
    """List what draws pictures in parts: tilers, denoisers, inversions, codecs; with NAME, also its parameters."""
    entries = _of_kinds(name, "tiler", "denoiser", "inversion", "codec")
    if as_json or name is not None:
        return print_json(entries) if as_json else _print_stages(entries, name)
    print_table(("kind", "name", "label", ""), [(e.kind, e.name, e.label, e.summary) for e in entries])
    print("`limner tilers NAME` shows the parameters.")
    return None


@click.command()
@json_option
def preprocessors(as_json: bool) -> None:
    """List what makes hints for control networks of pictures, with its parameters."""
    entries = _of_kinds(None, "preprocessor")
    return print_json(entries) if as_json else _print_stages(entries, "preprocessors")


@click.command()
@json_option
def controls(as_json: bool) -> None:
    """List the control networks."""
    folder = DataFolder.from_environment().controls
    entries = [file.entry for file in controls_in(folder)]
    if as_json:
        return print_json(entries)
    print_table(("name", "family"), [(entry.name, entry.family) for entry in entries])
    print(f"Put more into {folder}: diffusers folders or .safetensors files.")
    return None


@click.command()
@json_option
def loras(as_json: bool) -> None:
    """List the LoRA and LyCORIS files."""
    folder = DataFolder.from_environment().loras
    _list_files(AdapterFiles(folder, DigestCache(None)), as_json)
    if not as_json:
        print(f"Put more into {folder}: .safetensors files; <lora:name:0.8> in a prompt uses one.")


@click.command()
@json_option
def embeddings(as_json: bool) -> None:
    """List the textual inversions."""
    folder = DataFolder.from_environment().embeddings
    _list_files(EmbeddingFiles(folder, DigestCache(None)), as_json)
    if not as_json:
        print(f"Put more into {folder}: .safetensors files; the name of one in a prompt uses it.")


def _of_kinds(name: str | None, *kinds: str) -> list[StageEntry]:
    """The definitions of these kinds, or those of them that go by `name`. Raises `UnknownName`."""
    catalogue = catalogue_here()
    entries = [entry for kind in kinds for entry in catalogue.stages_of(kind)]
    if name is None:
        return entries
    wanted = name.strip().casefold()
    called = [entry for entry in entries if wanted in map(str.casefold, (entry.name, entry.id, entry.label))]
    return called or _by_any_name(name, kinds, entries, catalogue)


def _by_any_name(
    name: str, kinds: Sequence[str], entries: Sequence[StageEntry], catalogue: Catalogue
) -> list[StageEntry]:
    """What an alias means, or the sampler and the schedule of an old name such as "DPM++ 2M Karras"."""
    try:
        return [named(f"{', '.join(kinds[:-1])} or {kinds[-1]}", name, entries)]
    except UnknownName:
        if "sampler" not in kinds:
            raise
        sampler, schedule = named_sampler(name, catalogue.stages_of("sampler"), catalogue.stages_of("schedule"))
        return [sampler, schedule] if schedule else [sampler]


def _print_stages(entries: Iterable[StageEntry], name: str | None) -> None:
    """A line for each, or, for those that somebody asked for by name, also their parameters."""
    if name is None:
        rows = [(e.kind, e.name, e.label, _calls(e), e.summary) for e in entries]
        print_table(("kind", "name", "label", "calls", ""), rows)
        print("Calls are evaluations of the network for 20 steps. `limner samplers NAME` shows the parameters.")
        return
    found = []
    for entry in entries:
        found.append((entry.kind, entry.name, entry.label, entry.summary))
        found.extend(("", f"  --{entry.kind}.{param}", default, help) for param, default, help in _parameters(entry))
    print_table(("kind", "name", "label", ""), found, uncut=2)


def tell_stages(entries: Sequence[StageEntry], as_json: bool) -> None:
    """List definitions of one kind, a line for each."""
    if as_json:
        return print_json(entries)
    return print_table(("name", "label", ""), [(entry.name, entry.label, entry.summary) for entry in entries])


def tell_parameters(entry: StageEntry, flag: Callable[[str], str], as_json: bool) -> None:
    """List the parameters of one definition; `flag` gives the flag of each."""
    if as_json:
        return print_json([entry])
    rows = [(flag(param), default, said) for param, default, said in _parameters(entry)]
    return print_table((entry.name, "default", entry.summary), rows)


def _calls(entry: StageEntry) -> str:
    return str(entry.evaluations[19]) if entry.evaluations else ""


def _list_files(files: NamedFiles, as_json: bool) -> None:
    entries = files.entries()
    if as_json:
        return print_json(entries)
    print_table(("name", "family", ""), [(entry.name, entry.family, entry.summary) for entry in entries])
    return None


def _parameters(entry: StageEntry) -> Iterable[tuple[str, str, str]]:
    for name, schema in entry.parameters.get("properties", {}).items():
        kinds = [*_kinds(schema, entry.parameters.get("$defs", {}))]
        said = f"{schema['description']} {_range(kinds)}{_choices(kinds)}".strip()
        yield name.replace("_", "-"), f"{schema.get('default')}", said


def _kinds(schema: Mapping[str, Any], defined: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schemas of what a value may be; those of enums stand elsewhere and are referred to."""
    for kind in (schema, *schema.get("anyOf", []), *schema.get("allOf", [])):
        yield defined.get(str(kind.get("$ref", "")).rpartition("/")[2], kind)


def _range(kinds: Iterable[Mapping[str, Any]]) -> str:
    bounds = next(((k["minimum"], k["maximum"]) for k in kinds if "minimum" in k and "maximum" in k), None)
    return f"({bounds[0]} to {bounds[1]})" if bounds else ""


def _choices(kinds: Iterable[Mapping[str, Any]]) -> str:
    found = next((kind["enum"] for kind in kinds if "enum" in kind), ())
    return f"({', '.join(found)})" if found else ""


def print_json(entries: Sequence[BaseModel]) -> None:
    """Print entries of the catalogue as JSON."""
    print(json.dumps([entry.model_dump(mode="json") for entry in entries], indent=2))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], uncut: int = 1) -> None:
    """Print a table, whose first `uncut` columns are as wide as what is in them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(columns):
        table.add_column(name, no_wrap=place < uncut, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Terminal()
    console.print(table, markup=False, soft_wrap=not console.is_terminal)
