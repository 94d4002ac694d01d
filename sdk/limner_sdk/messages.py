"""The handful of messages between whoever wants pictures (the bot) and a host that makes them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from .catalogue import Catalogue
from .request import Recipe, Request


class _Message(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )


class Submit(_Message):
    """Make the pictures of `request` and put the files into `folder`, a path that the host can write to.

    `attempt` counts from 1; answers carry it back, so that those of an abandoned attempt can be told apart.
    """

    type: Literal["submit"] = "submit"
    job: str
    attempt: int
    request: Request
    folder: str


class Cancel(_Message):
    """Stop the job within one step, or forget it if it waits. Unknown jobs are ignored."""

    type: Literal["cancel"] = "cancel"
    job: str


class Shutdown(_Message):
    """Finish the running job and leave."""

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
    """How far a job is. `done` is 0 … 1 over all stages, `preview` a small JPEG grid of what the pictures will be."""

    type: Literal["progress"] = "progress"
    job: str
    attempt: int
    stage: str
    done: float
    preview: bytes | None = None


class Picture(_Message):
    """One finished picture: a PNG called `file` in the job's folder, with the SHA-256 of its bytes."""

    file: str
    width: int
    height: int
    digest: str
    recipe: Recipe


class Result(_Message):
    """What a job came to.

    `grid` is one PNG of all pictures (equal to the only picture's file if there is just one), `notices` are sentences
    that the person should read, `seconds` the time on the clock per stage, `evaluations` how often the network was
    called, a guided call for one picture counting once.
    """

    pictures: tuple[Picture, ...]
    grid: str
    notices: tuple[str, ...] = ()
    seconds: dict[str, float] = {}
    evaluations: int = 0


class Finished(_Message):
    """The files are on disk."""

    type: Literal["finished"] = "finished"
    job: str
    attempt: int
    result: Result


#: Why a job failed. Only `internal` is worth a second attempt: the others would fail again.
Reason: TypeAlias = Literal["request", "model", "plugin", "memory", "disk", "cancelled", "internal"]


class Failed(_Message):
    """The job is over without pictures; `sentence` is for the person, `details` (a traceback) for the log."""

    type: Literal["failed"] = "failed"
    job: str
    attempt: int
    reason: Reason
    sentence: str
    details: str = ""


ToHost: TypeAlias = Annotated[Submit | Cancel | Shutdown, Field(discriminator="type")]
FromHost: TypeAlias = Annotated[Ready | Alive | Progress | Finished | Failed, Field(discriminator="type")]

TO_HOST: TypeAdapter[ToHost] = TypeAdapter(ToHost)
FROM_HOST: TypeAdapter[FromHost] = TypeAdapter(FromHost)
