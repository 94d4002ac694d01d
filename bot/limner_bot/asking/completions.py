"""Completions of options that hold several things: LoRAs and their weights, styles, parameters, axes of a grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from limner_sdk import Catalogue, FileEntry, StageEntry
from limner_sdk.catalogue import AxisEntry

from .completing import pairs
from .finishing import parts, schemas
from .suggesting import LONGEST, MOST, Entry, folded, ranked

#: Weights that are suggested behind a LoRA.
WEIGHTS: Final = ("0.8", "1", "0.6", "0.4", "1.2")
#: The axes that people want most, and what their values look like.
USUAL_AXES: Final[Mapping[str, str]] = {
    "seed": "1, 2, 3",
    "steps": "10, 20, 30",
    "cfg": "4, 6, 8",
    "sampler": "",
    "schedule": "",
    "model": "",
    "prompt_sr": "red, green, blue",
    "size": "512x512, 768x512",
    "width": "512, 768",
    "height": "512, 768",
    "start.denoise": "0.4, 0.6, 0.8",
}


def listed(typed: str, files: Iterable[FileEntry], *, weighted: bool = False) -> list[Entry]:
    """What completes the last of several names, ``ink:0.8, ni`` for example; after a colon, its weights."""
    *before, last = parts(typed, ",")
    said = [part.strip() for part in before if part.strip()]
    head = "".join(f"{part}, " for part in said)
    taken = {folded(part.partition(":")[0]) for part in said}
    offered = [file for file in files if "," not in file.name and folded(file.name) not in taken]
    name, colon, weight = last.partition(":")
    if weighted and colon:
        found: Iterable[Entry] = _weights(name.strip(), weight.strip(), offered)
    else:
        found = ranked(last, [(_called(file), file.name) for file in offered])
    return _headed(head, found)


def _weights(name: str, typed: str, files: Iterable[FileEntry]) -> Iterator[Entry]:
    known = next((file.name for file in files if folded(file.name) == folded(name)), None)
    fitting = [weight for weight in WEIGHTS if weight.startswith(typed)] or ([typed] if typed else [])
    yield from ((f"{known}:{weight}", f"{known}:{weight}") for weight in fitting if known)


def _called(file: FileEntry) -> str:
    return f"{file.name} · {file.family}" if file.family else file.name


def parameters(typed: str, stage: StageEntry | None, catalogue: Catalogue) -> list[Entry]:
    """What completes ``eta=0.5; noi`` for a sampler."""
    if stage is None:
        return []
    *before, last = parts(typed.replace(",", ";"), ";")
    head = "".join(f"{part.strip()}; " for part in before if part.strip())
    found = pairs(last, schemas(stage), catalogue)
    return _headed(head, ((f"{pair} · {help_text}" if help_text else pair, pair) for pair, help_text in found))


def axes(typed: str, catalogue: Catalogue) -> list[Entry]:
    """What completes an axis of a grid: its name, and after ``=`` the last of its values."""
    name, equals, values = typed.partition("=")
    if equals:
        known = next((axis for axis in catalogue.axes if folded(name) in (folded(axis.name), folded(axis.label))), None)
        return _values(known, values) if known else []
    order = {axis: place for place, axis in enumerate(USUAL_AXES)}
    offered = sorted(catalogue.axes, key=lambda axis: order.get(axis.name, len(order)))
    return ranked(name, [(f"{axis.label} · {axis.name}={_hint(axis)}", f"{axis.name}=") for axis in offered])


def _values(axis: AxisEntry, typed: str) -> list[Entry]:
    *before, last = typed.split(",")
    said = [part.strip() for part in before if part.strip()]
    names = (*axis.values, *(("none",) if axis.optional else ()))
    head = f"{axis.name}=" + "".join(f"{part}, " for part in said)
    if not names:
        return _headed("", [(f"{typed.strip() or _hint(axis)}", f"{axis.name}={typed.strip() or _hint(axis)}")])
    return _headed(head, ranked(last, [(name, name) for name in names if name not in said]))


def _hint(axis: AxisEntry) -> str:
    """What values of an axis look like."""
    if usual := USUAL_AXES.get(axis.name):
        return usual
    if axis.form == "switch":
        return "true, false"
    if axis.values:
        return ", ".join(axis.values[:2])
    if axis.form == "text":
        return "one, two"
    first = 1 if axis.least is None else max(axis.least, min(0, axis.most or 0))
    return f"{first:g}, {_second(axis, first):g}"


def _second(axis: AxisEntry, first: float) -> float:
    step = 1.0 if axis.form == "whole" else 0.5
    return first + step if axis.most is None else min(axis.most, first + step)


def _headed(head: str, found: Iterable[Entry]) -> list[Entry]:
    """Completions behind what stands already; what would be too long for Discord is left out."""
    whole = [(f"{head}{text}", f"{head}{value}") for text, value in found]
    return [(text[-LONGEST:], value) for text, value in whole if len(value) <= LONGEST][:MOST]
