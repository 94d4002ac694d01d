"""What the host offers, as last heard: checks names, and suggests them while somebody types. It asks nobody."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from limner_bot.queue.identity import new_seed
from limner_sdk import (
    Catalogue,
    Choice,
    ConfigurationError,
    InvalidRequest,
    ModelEntry,
    Recipe,
    Request,
    Size,
    Variation,
)
from limner_sdk.catalogue import DEFAULT_MODEL, DEFAULT_TILER, check_area, named
from limner_sdk.shapes import needs_parts

from .completing import completed
from .finishing import OPTION, check_pictures, parse_finish
from .shortcuts import Shortcut, Shortcuts, buttons, check_buttons, choice_of
from .sizes import beginning, in_parts, labelled, last_size, parse_size, suggested
from .suggesting import ranked

log = logging.getLogger(__name__)

#: How /finish calls what /imagine calls `finish`.
UPLOAD_OPTION: Final = "with"
PICTURES: Final = 4
#: How far a variation goes from its picture: close enough to be recognised, far enough to be another.
VARIATION_STRENGTH: Final = 0.22
#: How far a strong one goes: what the picture shows stays, and how it is laid out does not.
STRONG: Final = 0.45
MOST_SUGGESTIONS: Final = 25
#: What comes with Limner and draws nothing anew, whatever its parameters: another seed gives the same picture.
NEVER_DRAW: Final = frozenset({"finishing:upscale", "finishing:colour_fix"})
#: What sizes are suggested for while no model is known.
UNKNOWN: Final = Size(512, 512)
#: The name in a tag of a prompt that adds a LoRA; wildcards and choices in it are filled in by the host.
_LORA: Final = re.compile(r"(?<!\\)<\s*(?:lora|lyco)\s*:([^<>:{}|]+)[:>]", re.IGNORECASE)
_ENDING: Final = ".safetensors"


class Menu:
    """Keeps the newest catalogue, and what the admin wants below a picture."""

    def __init__(self, catalogue: Catalogue | None = None, shortcuts: Shortcuts = None) -> None:
        self._catalogue, self._shortcuts = catalogue or Catalogue(), shortcuts
        self._is_checked = False

    def renew(self, catalogue: Catalogue) -> None:
        """A host has announced what it offers.

        Raises `ConfigurationError` if the first one does not offer what the admin wants below a picture. What vanishes
        later is only left out: a bot that serves others goes on.
        """
        self._catalogue = catalogue
        try:
            check_buttons(self._shortcuts, catalogue)
        except ConfigurationError as error:
            if not self._is_checked:
                raise
            log.warning("a button is left out: %s", error)
        self._is_checked = True

    @property
    def catalogue(self) -> Catalogue:
        """What the host offers; empty as long as none has spoken."""
        return self._catalogue

    def native(self, model: str | None = None) -> Size:
        """The size in pixels that a model likes, by any of its names; that of the host's own model if nobody says."""
        try:
            entry = self._catalogue.model(model) if model else self._model(None)
        except InvalidRequest:
            entry = None
        return _native(entry) if entry else UNKNOWN

    def sampler_of(self, model: str | None) -> str | None:
        """The full id of the sampler that a model takes by itself; None if that is not known."""
        try:
            entry = self._catalogue.model(model) if model else self._model(None)
        except InvalidRequest:
            return None
        return entry.sampler if entry else None

    def request(self, values: Mapping[str, Any], option: str = OPTION) -> Request:
        """What somebody asked for, checked; `option` is how post-processors are asked for.

        Raises `InvalidRequest` with one clear sentence.
        """
        given = {name: value for name, value in values.items() if value is not None}
        if (finish := given.pop("finish", None)) is not None:
            given["postprocess"] = self._finish(str(finish), option)
        size = given.pop("size", None)
        if size is not None:
            given |= zip(("width", "height"), parse_size(str(size)), strict=True)
        # The seed is drawn here, so that a job begun again after a crash makes the same picture.
        return self._in_parts(self.known(Request.parse({"count": PICTURES, "seed": new_seed()} | given)))

    def finishing(self, values: Mapping[str, Any]) -> Request:
        """The request for post-processing a picture that somebody uploads. Raises `InvalidRequest`.

        The seed is left to the host, which finds it in the picture: the one it was made by, or one of its bytes.
        """
        whole = {**values, "prompt": values.get("prompt") or "", "count": 1, "finished": "upload"}
        return self.request(whole, UPLOAD_OPTION).model_copy(update={"seed": None})

    def finishing_file(self, request: Request, picture: str, recipe: Recipe | None) -> Request:
        """The same for the file at `picture`; what was made here by `recipe` keeps its model and its words."""
        if recipe is not None:
            said = {"prompt": request.prompt} if request.prompt.strip() else {}
            request = self.known(recipe.to_finish(picture, *request.postprocess, **said))
        return request.model_copy(update={"finished": picture})

    def finish_of(self, recipe: Recipe, picture: str, name: str) -> Request | None:
        """The request for the button of one post-processor, by full id, on the picture at `picture`.

        None if it is not offered. Raises `InvalidRequest` if it is no longer offered as the admin has set it.
        """
        if not self._catalogue.stages:
            return self.known(recipe.to_finish(picture, Choice(name=name)))
        if not self._catalogue.offers("postprocessor", name):
            return None
        return self.known(recipe.to_finish(picture, choice_of(name, self._shortcuts, self._catalogue)))

    def buttons(self) -> Sequence[Shortcut]:
        """What the buttons below a single picture do."""
        return buttons(self._shortcuts, self._catalogue)

    def label(self, name: str) -> str:
        """What people call the post-processor of a full id; its short name if it is not offered."""
        known = {stage.id: stage.label for stage in self._catalogue.stages_of("postprocessor")}
        return known.get(name) or name.rpartition(":")[2]

    def _finish(self, text: str, option: str) -> tuple[Choice, ...]:
        offered = self._catalogue.stages_of("postprocessor")
        return parse_finish(text, offered, strict=bool(self._catalogue.stages), option=option)

    def _in_parts(self, request: Request) -> Request:
        """The request, drawn in parts if it is too large for its model to draw at once."""
        model, offered = self._model(request.model), self._catalogue
        if model is None or request.tiler is not None or not offered.offers("tiler", DEFAULT_TILER):
            return request
        return in_parts(request, _native(model))

    def entry_of(self, request: Request) -> ModelEntry | None:
        """The model that will work on a request; None if that is not known."""
        return self._model(request.model)

    def work(self, request: Request) -> float:
        """What drawing a request costs, in evaluations times megapixels; 0 if nobody can say yet."""
        entry = self._model(request.model)
        try:
            return self._catalogue.work(request.model_copy(update={"model": entry.id}) if entry else request)
        except InvalidRequest:
            return 0.0

    def redrawn(self, request: Request) -> Request:
        """`known`, for a picture that is drawn on: in parts if it is too large for its model. Raises alike."""
        return self._in_parts(self.known(request))

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
        changes |= self._known_sampling(request)
        if request.variations and request.noise and offered.stages_of("noise"):
            noise = offered.stage("noise", request.noise.name)
            # A plugin's noise that cannot be varied makes room for the host's own.
            changes["noise"] = request.noise if noise.mixes_variations else None
        if offered.stages:
            changes["postprocess"] = tuple(self._known_finisher(choice) for choice in request.postprocess)
        if request.finished is None:
            changes["styles"] = tuple(self.style(name) for name in request.styles)
            self._check_loras(request.prompt)
        known = request.model_copy(update=changes)
        if known.finished is None and (model := self._model(known.model)) is not None:
            check_area("size", last_size(known, _native(model)), offered.largest_pixels)
        return known

    def _known_sampling(self, request: Request) -> dict[str, Any]:
        offered, changes = self._catalogue, dict[str, Any]()
        if request.sampler and offered.stages_of("sampler"):
            sampler, schedule = offered.sampler(request.sampler.name)
            changes["sampler"] = request.sampler.model_copy(update={"name": sampler.id})
            # An old name such as "DPM++ 2M Karras" holds the schedule too.
            changes["schedule"] = request.schedule or (Choice(name=schedule.id) if schedule else None)
        if request.schedule and offered.stages_of("schedule"):
            name = offered.stage("schedule", request.schedule.name).id
            changes["schedule"] = request.schedule.model_copy(update={"name": name})
        return changes

    def style(self, name: str) -> str:
        """The style that `name` means, believed until a host spoke. Raises `UnknownName`."""
        return named("style", name, self._files("style")).name if self._catalogue.models else name

    def _check_loras(self, prompt: str) -> None:
        """Raises `UnknownName` or `AmbiguousName` for a tag of a LoRA that the host does not have."""
        files = self._files("lora")
        for found in _LORA.findall(prompt) if self._catalogue.models else ():
            name = found.strip().removesuffix(_ENDING)
            # An exact name counts before a stem; what a wildcard will be, only the host knows.
            if "__" not in name and all(file.name != name for file in files):
                named("lora", name, files)

    def _files(self, kind: Literal["lora", "style"]) -> list[_File]:
        return [_File(kind, file.name) for file in self._catalogue.files if file.kind == kind]

    def _known_finisher(self, choice: Choice) -> Choice:
        entry = named(OPTION, choice.name, self._catalogue.stages_of("postprocessor"))
        check_pictures(choice, entry, OPTION)
        return choice.model_copy(update={"name": entry.id})

    def cost(self, request: Request) -> int | None:
        """How often the network will be called for a request; None if nobody can say yet."""
        if request.finished is not None:
            return None
        try:
            return self._catalogue.evaluations(request)
        except InvalidRequest:
            return None

    def models(self, typed: str) -> list[tuple[str, str]]:
        """Labels and ids of models that fit what was typed."""
        return ranked(typed, ((model.label, model.id) for model in self._catalogue.models))

    def stages(self, kind: str, typed: str) -> list[tuple[str, str]]:
        """Labels and ids of definitions of one kind that fit what was typed."""
        return ranked(typed, ((stage.label, stage.id) for stage in self._catalogue.stages_of(kind)))

    def finishers(self, typed: str) -> list[tuple[str, str]]:
        """What completes a list of post-processors, as label and value."""
        return list(completed(typed, self._catalogue))[:MOST_SUGGESTIONS]

    def sizes(self, typed: str, model: str | None = None) -> list[tuple[str, str]]:
        """Sizes that suit the model, and larger ones if there is a tiler for them, as label and value."""
        offered, liked = self._catalogue, self._model(model) or self._model(None)
        tiled = liked is not None and offered.offers("tiler", DEFAULT_TILER)
        native = _native(liked) if liked else UNKNOWN
        found = [
            (labelled(size, in_parts=tiled and needs_parts(size, native)), f"{size}")
            for size in suggested(typed, native, larger=tiled)
            if offered.allows(size)
        ]
        return [pair for pair in found if pair[1].startswith(beginning(typed))][:MOST_SUGGESTIONS]


@dataclass(frozen=True)
class _File:
    """A file by the names that the host finds it by: its path in its folder, or its stem alone."""

    kind: str
    name: str

    @property
    def id(self) -> str:
        return f"{self.kind}s:{self.name}"

    @property
    def label(self) -> str:
        return self.name if self.kind == "style" else self.name.rpartition("/")[2]

    @property
    def aliases(self) -> tuple[str, ...]:
        return ()


def _native(model: ModelEntry) -> Size:
    return Size(model.width, model.height)


def variations_of(recipe: Recipe, strength: float = VARIATION_STRENGTH) -> Request:
    """Four pictures close to this one, or to the one that was drawn if it was only finished."""
    recipe = drawn(recipe) or recipe
    return varied(recipe.as_request(count=PICTURES), recipe, strength)


def varied(request: Request, recipe: Recipe, strength: float) -> Request:
    """The request with the noise of `recipe`, mixed with some of a fresh seed."""
    another = Variation(seed=new_seed(), strength=strength)
    mixed = {"seed": recipe.seed.seed, "variations": (*recipe.seed.variations, another)}
    return request.model_copy(update=mixed)


def reroll_of(recipe: Recipe, count: int) -> Request:
    """The same with a fresh seed."""
    if recipe.finished is not None:
        done = (stage.as_choice() for stage in recipe.postprocess)
        return recipe.to_finish(recipe.finished.image.name, *done, seed=new_seed(), variations=())
    return recipe.as_request(seed=new_seed(), variations=(), count=count)


def drawn(recipe: Recipe) -> Recipe | None:
    """The recipe by which a picture was drawn before it was finished; None if it came from elsewhere."""
    found: Recipe | None = recipe
    while found is not None and found.finished is not None:
        found = found.finished.recipe
    return found


def rerolls(recipe: Recipe) -> bool:
    """Whether another seed can give another picture; what nobody knows may draw."""
    return recipe.finished is None or any(stage.id not in NEVER_DRAW for stage in recipe.postprocess)
