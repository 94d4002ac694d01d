"""What the host offers, as last heard: checks names, and suggests them while somebody types. It asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from limner_sdk import Catalogue, Choice, InvalidRequest, ModelEntry, Recipe, Request, Size, Variation
from limner_sdk.catalogue import DEFAULT_MODEL, DEFAULT_TILER, check_area
from limner_sdk.request import LARGEST_SIDE

from .identity import new_seed

PICTURES: Final = 4
#: How far a variation goes from its picture: close enough to be recognised, far enough to be another.
VARIATION_STRENGTH: Final = 0.22
MOST_SUGGESTIONS: Final = 25
_SIZE: Final = re.compile(r"\s*(-?\d{1,9})\s*(?:[xX×*]\s*(-?\d{1,9})\s*)?")
_SHAPES: Final = ((1, 1), (3, 2), (2, 3), (4, 3), (3, 4), (16, 9), (9, 16), (2, 1), (1, 2))
#: Larger ones: the shorter side as a multiple of the model's own, and the shape.
_LARGE: Final = (
    *((1.5, shape) for shape in ((1, 1), (3, 2), (2, 3))),
    *((2, shape) for shape in ((1, 1), (3, 2), (2, 3), (16, 9), (9, 16), (2, 1))),
    *((1, shape) for shape in ((3, 1), (4, 1), (1, 3))),
)


class Menu:
    """Keeps the newest catalogue."""

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self._catalogue = catalogue or Catalogue()

    def renew(self, catalogue: Catalogue) -> None:
        """A host has announced what it offers."""
        self._catalogue = catalogue

    def request(self, values: Mapping[str, Any]) -> Request:
        """What somebody asked for, checked. Raises `InvalidRequest` with one clear sentence."""
        given = {name: value for name, value in values.items() if value is not None}
        size = given.pop("size", None)
        if size is not None:
            given |= zip(("width", "height"), parse_size(str(size)), strict=True)
        # The seed is drawn here, so that a job begun again after a crash makes the same picture.
        return self._in_parts(self.known(Request.parse({"count": PICTURES, "seed": new_seed()} | given)))

    def _in_parts(self, request: Request) -> Request:
        """The request, drawn in parts if it is too large for its model to draw at once."""
        model, offered = self._model(request.model), self._catalogue
        if model is None or request.tiler is not None or not offered.offers("tiler", DEFAULT_TILER):
            return request
        if not model.outgrown(_size_of(request, model)):
            return request
        return request.model_copy(update={"tiler": Choice(name=DEFAULT_TILER)})

    def _model(self, name: str | None) -> ModelEntry | None:
        """The model that is meant, the host's own if nobody says; None if that is not known."""
        models = self._catalogue.models
        wanted = next((model for model in models if name in (model.id, model.name)), None)
        own = next((model for model in models if model.id == DEFAULT_MODEL), next(iter(models), None))
        return wanted or (own if name is None else None)

    def known(self, request: Request) -> Request:
        """The same request by full ids, believed until a host spoke.

        Raises `UnknownName` or `AmbiguousName`, and `InvalidRequest` for a size that the host does not allow.
        """
        offered, changes = self._catalogue, dict[str, Any]()
        if request.model and offered.models:
            changes["model"] = offered.model(request.model).id
        if request.sampler and offered.stages_of("sampler"):
            sampler, schedule = offered.sampler(request.sampler.name)
            changes["sampler"] = request.sampler.model_copy(update={"name": sampler.id})
            # An old name such as "DPM++ 2M Karras" holds the schedule too.
            changes["schedule"] = request.schedule or (Choice(name=schedule.id) if schedule else None)
        if request.schedule and offered.stages_of("schedule"):
            name = offered.stage("schedule", request.schedule.name).id
            changes["schedule"] = request.schedule.model_copy(update={"name": name})
        if request.variations and request.noise and offered.stages_of("noise"):
            noise = offered.stage("noise", request.noise.name)
            # A plugin's noise that cannot be varied makes room for the host's own.
            changes["noise"] = request.noise if noise.mixes_variations else None
        known = request.model_copy(update=changes)
        if (model := self._model(known.model)) is not None:
            check_area("size", _size_of(known, model), offered.largest_pixels)
        return known

    def cost(self, request: Request) -> int | None:
        """How often the network will be called for a request; None while no host has said what it offers."""
        try:
            return self._catalogue.evaluations(request)
        except InvalidRequest:
            return None

    def models(self, typed: str) -> list[tuple[str, str]]:
        """Labels and ids of models that fit what was typed."""
        return _fitting(typed, ((model.label, model.id) for model in self._catalogue.models))

    def stages(self, kind: str, typed: str) -> list[tuple[str, str]]:
        """Labels and ids of definitions of one kind that fit what was typed."""
        return _fitting(typed, ((stage.label, stage.id) for stage in self._catalogue.stages_of(kind)))

    def sizes(self, typed: str, model: str | None = None) -> list[tuple[str, str]]:
        """Sizes that suit the model, and larger ones if there is a tiler for them, as label and value."""
        offered, wanted = self._catalogue, typed.strip().lower().replace("×", "x")
        liked = self._model(model) or self._model(None)
        tiled = liked is not None and offered.offers("tiler", DEFAULT_TILER)
        side = min(liked.width, liked.height) if liked else 512
        shapes = (*((1, shape) for shape in _SHAPES), *(_LARGE if tiled else ()))
        sizes = dict.fromkeys(_sized(side * times, shape) for times, shape in shapes)
        allowed = [size for size in sizes if offered.allows(size) and max(size) <= LARGEST_SIDE]
        found = [
            (f"{size} · tiled" if tiled and liked and liked.outgrown(size) else f"{size}", f"{size}")
            for size in allowed
        ]
        return [pair for pair in found if pair[1].startswith(wanted)][:MOST_SUGGESTIONS]


def _size_of(request: Request, model: ModelEntry) -> Size:
    """What a request asks for; where it says nothing, the model's own."""
    return Size(request.width or model.width, request.height or model.height)


def _sized(side: float, shape: tuple[int, int]) -> Size:
    """The size of a shape whose shorter side is given."""
    across, down = shape
    return Size(_eight(side * max(1, across / down)), _eight(side * max(1, down / across)))


def _eight(side: float) -> int:
    return round(side / 8) * 8


def _fitting(typed: str, entries: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    wanted = typed.strip().casefold()
    found = [(label, name) for label, name in entries if wanted in f"{label} {name}".casefold()]
    found.sort(key=lambda entry: not entry[0].casefold().startswith(wanted))
    return [(label[:100], name) for label, name in found if len(name) <= 100][:MOST_SUGGESTIONS]


def parse_size(text: str) -> Size:
    """A size as people write it: 512x768, or 512 for a square. Raises `InvalidRequest`."""
    found = _SIZE.fullmatch(text)
    if not found:
        raise InvalidRequest("size", text, "is not a size in pixels; write it like 512x768")
    return Size(int(found[1]), int(found[2] or found[1]))


def variations_of(recipe: Recipe) -> Request:
    """Four pictures close to this one."""
    another = Variation(seed=new_seed(), strength=VARIATION_STRENGTH)
    return recipe.as_request(variations=(*recipe.seed.variations, another), count=PICTURES)


def reroll_of(recipe: Recipe, count: int) -> Request:
    """The same with a fresh seed."""
    return recipe.as_request(seed=new_seed(), variations=(), count=count)
