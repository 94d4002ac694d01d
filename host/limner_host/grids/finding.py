"""All axes that there are, and how they are found by name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Final

from limner_host.registry import Registry
from limner_sdk import AmbiguousName, InvalidRequest, Request, UnknownName

from .axes import Axis, plain
from .definitions import SEVERAL, axes_of_choices, axes_of_controls, axes_of_parameters, axes_of_second_pass
from .own_fields import (
    axes_of_fields,
    axes_of_settings,
    axes_of_variation,
    axis_of_order,
    axis_of_search,
    axis_of_size,
    axis_of_styles,
)

#: What A1111 calls an axis; such a name is understood, and stands in the sheet.
LABELS: Final[Mapping[str, str]] = {
    "cfg": "CFG Scale",
    "discard_penultimate": "Always discard next-to-last sigma",
    "hires.sampler": "Hires sampler",
    "hires.steps": "Hires steps",
    "hires.upscaler": "Hires upscaler",
    "model": "Checkpoint name",
    "prompt_order": "Prompt order",
    "prompt_sr": "Prompt S/R",
    "sampler": "Sampler",
    "sampler.churn": "Sigma churn",
    "sampler.churn_from": "Sigma min",
    "sampler.churn_to": "Sigma max",
    "sampler.eta": "Eta",
    "sampler.noise_scale": "Sigma noise",
    "schedule": "Schedule type",
    "schedule.alpha": "Beta schedule alpha",
    "schedule.beta": "Beta schedule beta",
    "schedule.rho": "Schedule rho",
    "schedule.sigma_max": "Schedule max sigma",
    "schedule.sigma_min": "Schedule min sigma",
    "seed": "Seed",
    "size": "Size",
    "start.denoise": "Denoising",
    "start.extra_noise": "Extra noise",
    "start.noise_multiplier": "Initial noise multiplier",
    "steering.clip_skip": "Clip skip",
    "steps": "Steps",
    "styles": "Styles",
    "variation.seed": "Var. seed",
    "variation.strength": "Var. strength",
}


#: How many names a sentence lists; those that every picture has come first.
_LISTED: Final = 20


def all_axes(registry: Registry, base: Request) -> dict[str, Axis]:
    """Every axis that `base` could be varied along, by name."""
    everything = chain(
        axes_of_fields(),
        (axis_of_size(), axis_of_search(), axis_of_order(), axis_of_styles()),
        axes_of_variation(),
        axes_of_choices(registry),
        axes_of_settings(),
        axes_of_second_pass(registry),
        axes_of_controls(),
        axes_of_parameters(registry, base),
    )
    return {axis.name: replace(axis, label=LABELS.get(axis.name) or _label(axis.name)) for axis in everything}


def axis_of(name: str, registry: Registry, base: Request) -> Axis:
    """The axis that `name` means: its own name, A1111's, or the last parts of its name if only one axis has them.

    A last part alone belongs to what every picture has before it belongs to a denoiser or a post-processor.

    Raises `UnknownName` or `AmbiguousName`.
    """
    axes = all_axes(registry, base)
    wanted = plain(name)
    for found in _ways(wanted, axes, base):
        if len(found) == 1:
            return axes[found[0]]
        if found:
            raise AmbiguousName("axis", name, f"could be {' or '.join(sorted(found))}; write the full name")
    raise UnknownName("axis", name, _suggestion(wanted, axes))


def parted(text: str) -> tuple[str, str]:
    """Name and values of ``steps=10..30/5``. Raises `InvalidRequest`."""
    name, equals, values = text.partition("=")
    if not equals:
        raise InvalidRequest("axis", text, "has no values; write them as steps=10, 20, 30")
    if not name.strip():
        raise InvalidRequest("axis", text, "has no name; write it as steps=10, 20, 30")
    return name, values


def _ways(wanted: str, axes: Mapping[str, Axis], base: Request) -> Iterator[list[str]]:
    yield [name for name in axes if name == wanted]
    if wanted in ("denoise", "denoising"):
        yield ["start.denoise" if base.image else "hires.denoise"]
    if wanted in ("scale", "upscaler"):
        yield [f"start.{wanted}" if base.image else f"hires.{wanted}"]
    yield [name for name, label in LABELS.items() if name in axes and plain(label) == wanted]
    # Such as "detailer.confidence".
    yield [name for name in axes if "." in wanted and name.endswith(f".{wanted}")]
    short = [name for name in axes if "." in name and name.rpartition(".")[2] == wanted]
    yield [name for name in short if name.partition(".")[0] not in SEVERAL]
    yield short


def _suggestion(wanted: str, axes: Iterable[str]) -> str:
    names = {name.rpartition(".")[2]: name for name in axes} | {name: name for name in axes}
    close = difflib.get_close_matches(wanted, names, 1)
    hint = f"did you mean {names[close[0]]}? " if close else ""
    every = sorted(set(names.values()), key=lambda name: ("." in name, name))
    return f"is no axis; {hint}there is {', '.join(every[:_LISTED])} and {len(every[_LISTED:])} more"


def _label(name: str) -> str:
    return name.replace("_", " ").replace(".", " ").capitalize()
