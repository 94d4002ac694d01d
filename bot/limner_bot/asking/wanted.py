"""Wanted: from what a member has typed, and the defaults that hold for them, to one request for each job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Final

from limner_bot.queue.identity import new_seed
from limner_bot.queue.limits import Limits, shrunk
from limner_bot.words import Mistake
from limner_sdk import Catalogue, Choice, InvalidRequest, Request, Size
from limner_sdk.request import LARGEST_SIDE, SMALLEST_SIDE

from .finishing import checked, parameters_of, parts
from .jobs import jobs_of, settled
from .menu import PICTURES, Menu
from .reading import lora
from .sizes import parse_size

#: The option with the sampler's parameters.
PARAMETERS: Final = "options"
#: Among the defaults: the most pixels of a picture whose size nobody has said.
MOST_PIXELS: Final = "most_pixels"
#: Defaults that name something which the host may have lost since.
_NAMES: Final = ("model", "sampler", "schedule")
_STEP: Final = 8


@dataclass(frozen=True)
class Wanted:
    """What was typed: the text with its flags, the options by name, and the defaults for what neither says."""

    text: str
    options: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def jobs(self, most: int) -> list[dict[str, Any]]:
        """The values of each job. Raises `InvalidRequest`, also for more than `most`."""
        given = {name: value for name, value in self.options.items() if value is not None}
        tags = "".join(f" {tag}" for tag in _tags(given.pop("lora", "")))
        jobs = jobs_of(self.text, given, most, int(self.defaults.get("count", PICTURES)))
        # Drawn here, so that what is looked at twice keeps it.
        return [{"seed": new_seed(), **job, "prompt": f"{job['prompt']}{tags}"} for job in jobs]

    def private(self, jobs: list[dict[str, Any]]) -> bool:
        """Whether only the person shall see the answer: one that says so says it for all."""
        said = [job["private"] for job in jobs if "private" in job]
        return any(said) if said else bool(self.defaults.get("private", False))


@dataclass(frozen=True)
class Begun:
    """The picture that drawing begins with, and its mask: their paths, and the picture's pixels if they are known."""

    image: str
    mask: str | None = None
    size: Size | None = None


def requests_of(wanted: Wanted, jobs: list[dict[str, Any]], menu: Menu, begun: Begun | None = None) -> list[Request]:
    """One request for each of the jobs. Raises `InvalidRequest` with one clear sentence."""
    return [menu.request(_values(job, wanted.defaults, menu, begun)) for job in jobs]


def _values(job: Mapping[str, Any], defaults: Mapping[str, Any], menu: Menu, begun: Begun | None) -> dict[str, Any]:
    values = {**_fitting(defaults, job, menu.catalogue, begun), **job}
    if begun is not None:
        values |= {"image": begun.image} | ({"mask": begun.mask} if begun.mask else {})
    parameters, most = values.pop(PARAMETERS, None), values.pop(MOST_PIXELS, None)
    values = settled(values, native := menu.native(values.get("model")))
    if begun is not None and begun.size is not None and "size" not in values:
        values["size"] = str(size_like(begun.size, native))
    if most is not None and "size" in values and "size" not in job:
        values["size"] = str(shrunk(parse_size(values["size"]), (Limits(largest_pixels=most),)))
    if parameters:
        values["sampler"] = _sampler(values.get("sampler"), values.get("model"), str(parameters), menu)
    return values


def _fitting(
    defaults: Mapping[str, Any], job: Mapping[str, Any], catalogue: Catalogue, begun: Begun | None
) -> dict[str, Any]:
    """Defaults that go with what was said, and that the host has."""
    left = {name: value for name, value in defaults.items() if name not in job and _offered(name, value, catalogue)}
    if "styles" in left and catalogue.models:
        left["styles"] = tuple(style for style in left["styles"] if _has_style(style, catalogue))
    if "ratio" in job or begun is not None:
        left.pop("size", None)
    if "sampler" in job and _holds_a_schedule(str(job["sampler"]), catalogue):
        left.pop("schedule", None)
    return left


def _offered(name: str, value: Any, catalogue: Catalogue) -> bool:
    """Whether a default still means something."""
    if name not in _NAMES or not catalogue.models:
        return True
    try:
        _ = catalogue.model(value) if name == "model" else catalogue.stage(name, value)
    except InvalidRequest:
        return False
    return True


def _has_style(name: str, catalogue: Catalogue) -> bool:
    try:
        Menu(catalogue).style(name)
    except InvalidRequest:
        return False
    return True


def _holds_a_schedule(sampler: str, catalogue: Catalogue) -> bool:
    try:
        return catalogue.sampler(sampler)[1] is not None
    except InvalidRequest:
        return False


def _sampler(name: str | None, model: str | None, text: str, menu: Menu) -> Choice | dict[str, Any]:
    """The sampler with its parameters: the one that was said, or the model's own."""
    catalogue, given = menu.catalogue, parameters_of(text.replace(",", ";"), PARAMETERS)
    if name is None:
        name = menu.sampler_of(model)
    if name is None:
        raise Mistake(PARAMETERS, text, "mistake-unknown-sampler")
    if not catalogue.stages_of("sampler"):
        return Choice(name=name, params=given)
    known = Choice(name=catalogue.sampler(name)[0].id, params=given)
    return {"name": name, "params": checked(known, catalogue.stages_of("sampler"), PARAMETERS).params}


def size_like(picture: Size, native: Size) -> Size:
    """The size of about the area that a model likes with the shape of a picture, each side a multiple of 8.

    Raises `InvalidRequest` for a shape that is too long.
    """
    scale = sqrt(native.width * native.height / (picture.width * picture.height))
    sides = [_STEP * round(side * scale / _STEP) for side in picture]
    if min(sides) < SMALLEST_SIDE or max(sides) > LARGEST_SIDE:
        raise Mistake("image", str(picture), "mistake-shape-too-long")
    return Size(*sides)


def _tags(text: str) -> Iterator[str]:
    """The tags of ``ink:0.8, night``. Raises `InvalidRequest`."""
    for each in parts(text, ","):
        if each.strip():
            yield lora("lora", [each])
