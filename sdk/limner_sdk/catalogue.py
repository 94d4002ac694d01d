"""What a host offers: models, definitions with their parameters, plugins. The bot builds its menus from it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Final, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from .errors import AmbiguousName, UnknownName
from .request import Request
from .settings import PictureStart
from .steps import Steps, second_pass_start, steps_of

#: What requests get that name none: full ids, which no plugin that takes the short name can make ambiguous.
DEFAULT_MODEL: Final = "pocket:pocket"
DEFAULT_NOISE: Final = "noises:gaussian"


class _Entry(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)


class StageEntry(_Entry):
    """One definition. `parameters` is the JSON schema of its `Params`, `aliases` are names of it elsewhere.

    A sampler's `evaluations` tells how often it calls the network for 1, 2, 3 … steps; `mixes_variations` whether a
    noise can be varied.
    """

    kind: str
    id: str
    name: str
    label: str
    summary: str
    plugin: str
    parameters: dict[str, Any]
    aliases: tuple[str, ...] = ()
    evaluations: tuple[int, ...] = ()
    mixes_variations: bool = False


class ModelEntry(_Entry):
    """One model and what it likes; `width` and `height` are pixels."""

    id: str
    name: str
    label: str
    summary: str
    family: str
    width: int
    height: int
    steps: int
    cfg: float
    sampler: str
    aliases: tuple[str, ...] = ()


class FileEntry(_Entry):
    """A file that prompts and requests name by `name`: a ``lora``, an ``embedding``, a ``control`` or a ``style``."""

    kind: Literal["lora", "embedding", "control", "style", "wildcard"]
    name: str
    summary: str = ""
    family: str = ""


class PluginEntry(_Entry):
    """One plugin. `error` is the traceback of a broken one; `source` says where it came from."""

    name: str
    version: str
    source: str
    kinds: tuple[str, ...]
    status: Literal["ok", "broken", "disabled"]
    error: str = ""


class Catalogue(_Entry):
    """All that a host offers."""

    models: tuple[ModelEntry, ...] = ()
    stages: tuple[StageEntry, ...] = ()
    plugins: tuple[PluginEntry, ...] = ()
    files: tuple[FileEntry, ...] = ()

    def stages_of(self, kind: str) -> tuple[StageEntry, ...]:
        """The definitions of one kind, such as ``sampler``."""
        return tuple(stage for stage in self.stages if stage.kind == kind)

    def stage(self, kind: str, name: str) -> StageEntry:
        """The definition that `name` means. Raises `UnknownName` or `AmbiguousName`."""
        return named(kind, name, self.stages_of(kind))

    def sampler(self, name: str) -> tuple[StageEntry, StageEntry | None]:
        """The sampler that `name` means, and the schedule if an old name such as "DPM++ 2M Karras" holds one."""
        return named_sampler(name, self.stages_of("sampler"), self.stages_of("schedule"))

    def evaluations(self, request: Request) -> int:
        """How often the network is called for all pictures of `request`; a guided call for one picture counts once.

        Adaptive samplers give an estimate. Raises `UnknownName` or `AmbiguousName`.
        """
        steps, sampler = request.steps, request.sampler.name if request.sampler else None
        if steps is None or sampler is None:
            liked = self.model(request.model or DEFAULT_MODEL)
            steps, sampler = steps or liked.steps, sampler or liked.sampler
        start = (request.start or PictureStart()) if request.image else None
        calls = self._calls(sampler, steps_of(steps, start))
        if request.hires:
            second = steps_of(request.hires.steps or steps, second_pass_start(request.hires))
            calls += self._calls(request.hires.sampler or sampler, second)
        return calls * (request.count or 1)

    def _calls(self, sampler: str, steps: Steps) -> int:
        """The sampler's own count; once per step if its host has told none for so many steps."""
        told = self.sampler(sampler)[0].evaluations
        return told[steps.run - 1] if 0 < steps.run <= len(told) else steps.run

    def model(self, name: str) -> ModelEntry:
        """The model that `name` means. Raises `UnknownName` or `AmbiguousName`."""
        return named("model", name, self.models)


class Named(Protocol):
    """Anything that goes by a full id, a short name and a label."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...


N = TypeVar("N", bound=Named)
M = TypeVar("M", bound=Named)


def named(kind: str, name: str, entries: Iterable[N]) -> N:
    """The one entry that `name` means: by full id, short name, label or alias, in this order.

    Case is ignored, and a hyphen is an underscore. Raises `UnknownName` or `AmbiguousName`.
    """
    offers = list(entries)
    wanted = _folded(name)
    ways: tuple[Callable[[N], Iterable[str]], ...] = (
        lambda entry: (entry.id,),
        lambda entry: (entry.name,),
        lambda entry: (entry.label,),
        lambda entry: (*entry.aliases, *(f"{entry.id.partition(':')[0]}:{alias}" for alias in entry.aliases)),
    )
    for way in ways:
        found = [entry for entry in offers if wanted in map(_folded, way(entry))]
        if len(found) > 1:
            raise AmbiguousName(kind, name, f"could be {_listed(e.id for e in found)}; write the full name")
        if found:
            return found[0]
    raise UnknownName(kind, name, _suggestion(kind, name, offers))


def _folded(name: str) -> str:
    return name.strip().casefold().replace("-", "_")


def named_sampler(name: str, samplers: Iterable[N], schedules: Iterable[M]) -> tuple[N, M | None]:
    """The sampler that `name` means, and the schedule if it ends in one: "DPM++ 2M Karras" as people used to write.

    Raises `UnknownName` or `AmbiguousName`.
    """
    offers, endings = list(samplers), list(schedules)
    try:
        return named("sampler", name, offers), None
    except UnknownName:
        for beginning, schedule in _split(name.strip(), endings):
            try:
                return named("sampler", beginning, offers), schedule
            except UnknownName:
                continue
        raise


def _split(name: str, schedules: Iterable[M]) -> Iterator[tuple[str, M]]:
    """The ways to read a name as a sampler's and a schedule's, with a space or an underscore between them."""
    folded = name.casefold()
    for schedule in schedules:
        for ending in (schedule.label, schedule.name, *schedule.aliases):
            if ending and folded.endswith((f" {ending.casefold()}", f"_{ending.casefold()}")):
                yield name[: -len(ending) - 1], schedule


def _suggestion(kind: str, name: str, offers: list[N]) -> str:
    names = sorted({entry.name for entry in offers})
    if not names:
        return f"is unknown, and there is no {kind} at all; look at `limner plugins`"
    folded = {known.casefold(): known for known in names}
    close = difflib.get_close_matches(name.casefold(), folded, 1)
    hint = f"did you mean {folded[close[0]]}? " if close else ""
    return f"is unknown; {hint}there is {_listed(names)}"


def _listed(names: Iterable[str], most: int = 12) -> str:
    every = list(names)
    shown = ", ".join(every[:most])
    return shown if len(every) <= most else f"{shown} and {len(every) - most} more"
