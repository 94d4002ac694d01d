"""What a host offers: models, definitions with their parameters, plugins. The bot builds its menus from it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from math import isqrt
from typing import Any, ClassVar, Final, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from .errors import AmbiguousName, InvalidRequest, UnknownName
from .request import Request
from .settings import PictureStart
from .steps import Steps, second_pass_start, steps_of
from .types import Size

#: What requests get that name none: full ids, which no plugin that takes the short name can make ambiguous.
DEFAULT_MODEL: Final = "pocket:pocket"
DEFAULT_NOISE: Final = "noises:gaussian"
#: What draws a large picture in parts where nobody chose anything.
DEFAULT_TILER: Final = "tilers:cosine"
#: Times a model's own side. Up to the first a picture is drawn in one piece without a word; beyond the second it will
#: most likely show the same thing several times.
ROOMY, TOO_ROOMY = 1.5, 2.0


class _Entry(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)


class StageEntry(_Entry):
    """One definition. `parameters` is the JSON schema of its `Params`, `aliases` are names of it elsewhere.

    A sampler's `evaluations` tells how often it calls the network for 1, 2, 3 … steps, its `schedule` is its own
    default's full id; `mixes_variations` whether a noise can be varied; `button` is what a post-processor's button
    says, "" if it has none, and `pictures` are the names of those that it asks for; `missing` is what a detector still
    needs to work, "" if it can.
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
    schedule: str = ""
    button: str = ""
    pictures: tuple[str, ...] = ()
    missing: str = ""


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

    def outgrown(self, size: Size, times: float = ROOMY) -> bool:
        """Whether a side of `size` is more than `times` the model's own."""
        return outgrows(size, Size(self.width, self.height), times)


class FileEntry(_Entry):
    """A file that prompts and requests name by `name`: a ``lora``, an ``embedding``, a ``control``, a ``style`` …"""

    kind: Literal["lora", "embedding", "control", "style", "wildcard", "vae"]
    name: str
    summary: str = ""
    family: str = ""


class PluginEntry(_Entry):
    """One plugin; `source` says where it came from.

    `error` is the traceback of a broken one, and why an admin has disabled one or it was quarantined. What is neither
    ok nor broken has not been imported, and nobody knows its `kinds`.
    """

    name: str
    version: str
    source: str
    kinds: tuple[str, ...]
    status: Literal["ok", "broken", "disabled", "quarantined"]
    error: str = ""


class AxisEntry(_Entry):
    """Something that a grid can vary, by the `name` that people type; `label` is what its sheet calls it.

    `form` tells what its values are; `values` are those of a ``choice``, `least` and `most` bound numbers. An
    `optional` axis also takes ``none``.
    """

    name: str
    label: str
    form: Literal["whole", "number", "switch", "choice", "text"]
    values: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    optional: bool = False


class Catalogue(_Entry):
    """All that a host offers, and the `axes` that its grids can have.

    `guard` is the full id of what every picture must pass, "" if there is none. `largest_pixels` is the area of the
    largest picture it draws; 0 if it does not say.
    """

    models: tuple[ModelEntry, ...] = ()
    stages: tuple[StageEntry, ...] = ()
    plugins: tuple[PluginEntry, ...] = ()
    files: tuple[FileEntry, ...] = ()
    axes: tuple[AxisEntry, ...] = ()
    guard: str = ""
    largest_pixels: int = 0

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

        What post-processors draw is not counted: only they can tell, see `PostprocessDef.estimate`. Adaptive samplers
        give an estimate. Raises `UnknownName` or `AmbiguousName`.
        """
        return sum(self.passes(request)) * (request.count or 1)

    def passes(self, request: Request) -> tuple[int, ...]:
        """How often each pass calls the network for one picture: the first, the second if there is one."""
        if request.finished is not None:
            return ()
        steps, sampler = request.steps, request.sampler.name if request.sampler else None
        if steps is None or sampler is None:
            liked = self.model_of(request)
            steps, sampler = steps or liked.steps, sampler or liked.sampler
        start = (request.start or PictureStart()) if request.image else None
        calls = self._calls(sampler, steps_of(steps, start))
        if request.hires is None:
            return (calls,)
        second = steps_of(request.hires.steps or steps, second_pass_start(request.hires))
        return calls, self._calls(request.hires.sampler or sampler, second)

    def work(self, request: Request) -> float:
        """The work of drawing all pictures of `request`, in megapixels, see `limner_sdk.work`.

        It leaves out what `evaluations` does, and raises the same. A host that is asked to `Plan` knows more.
        """
        # It knows catalogues.
        from .work import work_of

        return work_of(self, request)

    def _calls(self, sampler: str, steps: Steps) -> int:
        """The sampler's own count; once per step if its host has told none for so many steps."""
        told = self.sampler(sampler)[0].evaluations
        return told[steps.run - 1] if 0 < steps.run <= len(told) else steps.run

    def model(self, name: str) -> ModelEntry:
        """The model that `name` means. Raises `UnknownName` or `AmbiguousName`."""
        return named("model", name, self.models)

    def model_of(self, request: Request) -> ModelEntry:
        """The model that `request` means. Raises `UnknownName` or `AmbiguousName`."""
        return self.model(request.model or DEFAULT_MODEL)

    def offers(self, kind: str, full_id: str) -> bool:
        """Whether there is a definition of this kind with this full id."""
        return any(stage.id == full_id for stage in self.stages_of(kind))

    def allows(self, size: Size) -> bool:
        """Whether the host draws pictures as large as this."""
        return not self.largest_pixels or size.width * size.height <= self.largest_pixels


def outgrows(size: Size, native: Size, times: float) -> bool:
    """Whether a side of `size` is more than `times` that of `native`."""
    return size.width > times * native.width or size.height > times * native.height


def check_area(field: str, size: Size, most: int) -> None:
    """Raises `InvalidRequest` for a picture of `size` pixels whose area is more than `most`; 0 allows any."""
    if most and size.width * size.height > most:
        side = isqrt(most)
        remedy = f"is larger than this host allows; ask for {most} pixels at most, such as {side}x{side}"
        raise InvalidRequest(field, str(size), remedy, "too_large_here", {"most": most, "side": side})


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
            ids = [entry.id for entry in found]
            remedy = f"could be {_listed(ids)}; write the full name"
            raise AmbiguousName(kind, name, remedy, "ambiguous_name", {"names": ids})
        if found:
            return found[0]
    names = sorted({entry.name for entry in offers})
    close = _close(name, names)
    facts = {"names": names, "close": close}
    raise UnknownName(kind, name, _suggestion(kind, close, names), "unknown_name" if names else "", facts)


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


def _close(name: str, names: Iterable[str]) -> str:
    """The name that was most likely meant, "" if there is none."""
    folded = {known.casefold(): known for known in names}
    return next((folded[close] for close in difflib.get_close_matches(name.casefold(), folded, 1)), "")


def _suggestion(kind: str, close: str, names: list[str]) -> str:
    if not names:
        return f"is unknown, and there is no {kind} at all here; leave it out"
    hint = f"did you mean {close}? " if close else ""
    return f"is unknown; {hint}there is {_listed(names)}"


def _listed(names: Iterable[str], most: int = 12) -> str:
    every = list(names)
    shown = ", ".join(every[:most])
    return shown if len(every) <= most else f"{shown} and {len(every) - most} more"
