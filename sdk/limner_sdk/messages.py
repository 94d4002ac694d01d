"""The handful of messages between whoever wants pictures (the bot) and a host that makes them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from .catalogue import Catalogue
from .request import Recipe, Request

#: An axis and its values as people type them.
Axis: TypeAlias = Annotated[str, Field(max_length=4000)]


class _Message(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )


class GridWish(_Message):
    """A grid of pictures that differ along up to three axes, each written as ``sampler=euler, dpmpp_2m``.

    `vary_seeds` gives each cell a seed of its own, `most` is how many cells there may be. `legend`, `margin` (pixels
    between pictures) and `font_size` (pixels; it follows the pictures if it is None) are about the sheet.
    """

    x: Axis | None = None
    y: Axis | None = None
    z: Axis | None = None
    vary_seeds: bool = False
    most: int = Field(64, ge=1, le=1000)
    legend: bool = True
    margin: int = Field(4, ge=0, le=500)
    font_size: int | None = Field(None, ge=1, le=1000)


class Submit(_Message):
    """Make the pictures of `request`, or of a `grid` of it, and put the files into `folder`, a path that the host can
    write to.

    `attempt` counts from 1; answers carry it back, so that those of an abandoned attempt can be told apart.
    """

    type: Literal["submit"] = "submit"
    job: str
    attempt: int
    request: Request
    folder: str
    grid: GridWish | None = None


class Plan(_Message):
    """Tell what `request`, or a `grid` of it, would be and cost, as `Planned` with the same `number`.

    It is answered while a job runs, without a model, and nothing of it is kept.
    """

    type: Literal["plan"] = "plan"
    number: int
    request: Request
    grid: GridWish | None = None


class Cancel(_Message):
    """Stop the job within one step, or forget it if it waits. Unknown jobs are ignored."""

    type: Literal["cancel"] = "cancel"
    job: str


class Shutdown(_Message):
    """Finish the jobs that were submitted before, and leave. One that is submitted later fails as ``internal``."""

    type: Literal["shutdown"] = "shutdown"


class Ready(_Message):
    """The host is up, and offers this."""

    type: Literal["ready"] = "ready"
    catalogue: Catalogue


class Alive(_Message):
    """The host lives, and works on `job` (None when idle). Sent every second."""

    type: Literal["alive"] = "alive"
    job: str | None = None


class Progress(_Message):
    """How far a job is.

    `done` is 0 … 1 of the work (see `limner_sdk.work`) over all stages and never falls, so that the time that is left
    follows from the time that went by. `preview` is a small JPEG grid of what the pictures will be, or of a grid's
    sheet so far.
    """

    type: Literal["progress"] = "progress"
    job: str
    attempt: int
    stage: str
    done: float
    preview: bytes | None = None


class Planned(_Message):
    """What a `Plan` comes to, or the `problem` that makes it impossible, in one sentence; all else is nothing then.

    `cells` are those of the grid, 1 without one. `pictures`, network `evaluations` and `work` (megapixels, see
    `limner_sdk.work`) are those of all cells, with what post-processors will draw as far as they can tell; `finishing`
    is what they say of it. `width` and `height` are the pixels of the largest picture, `steps` the most of any,
    `models` their full ids, and `prompts` all texts that pictures are drawn by, those of parameters too. A sheet has
    `sheet_width` and `sheet_height` pixels.
    """

    type: Literal["planned"] = "planned"
    number: int
    problem: str = ""
    cells: int = 0
    pictures: int = 0
    evaluations: int = 0
    work: float = 0.0
    finishing: tuple[str, ...] = ()
    width: int = 0
    height: int = 0
    steps: int = 0
    models: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    sheet_width: int = 0
    sheet_height: int = 0


class Picture(_Message):
    """One finished picture: a PNG called `file` in the job's folder, with the SHA-256 of its bytes.

    `cell` tells a grid's pictures apart, as in ``Steps 20, Sampler euler``.
    """

    file: str
    width: int
    height: int
    digest: str
    recipe: Recipe
    cell: str = ""


class Result(_Message):
    """What a job came to.

    `grid` is one PNG of all pictures (equal to the only picture's file if there is just one), or the sheet that a
    `GridWish` asks for. `notices` are sentences that the person should read, `seconds` the time on the clock per stage,
    with ``load`` for the loading of the model, `evaluations` how often the network was called, a guided call for one
    picture counting once, and `work` what those calls cost in megapixels (see `limner_sdk.work`).
    """

    pictures: tuple[Picture, ...]
    grid: str
    notices: tuple[str, ...] = ()
    seconds: dict[str, float] = {}
    evaluations: int = 0
    work: float = 0.0


class Finished(_Message):
    """The files are on disk."""

    type: Literal["finished"] = "finished"
    job: str
    attempt: int
    result: Result


#: Why a job failed. Only `internal` is worth a second attempt: the others would fail again.
Reason: TypeAlias = Literal["request", "model", "plugin", "memory", "disk", "cancelled", "internal"]


class Failed(_Message):
    """The job is over without pictures; `sentence` is for the person, `details` (a traceback) for the log.

    `plugin` names the one that is to blame, if one is.
    """

    type: Literal["failed"] = "failed"
    job: str
    attempt: int
    reason: Reason
    sentence: str
    details: str = ""
    plugin: str = ""


ToHost: TypeAlias = Annotated[Submit | Plan | Cancel | Shutdown, Field(discriminator="type")]
FromHost: TypeAlias = Annotated[Ready | Alive | Progress | Planned | Finished | Failed, Field(discriminator="type")]

TO_HOST: TypeAdapter[ToHost] = TypeAdapter(ToHost)
FROM_HOST: TypeAdapter[FromHost] = TypeAdapter(FromHost)
