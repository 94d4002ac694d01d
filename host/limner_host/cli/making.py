"""Making pictures from the command line: the progress on the way, and what is said of the result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from limner_sdk import Request
from limner_sdk.folders import DataFolder
from limner_sdk.messages import Result

if TYPE_CHECKING:
    from torch import Tensor

    from limner_host.studio import Studio


def loaded() -> Studio:
    """The studio of the data folder. Raises `ConfigurationError`."""
    with Console(stderr=True).status("Loading"):
        from limner_host.house import open_studio

        return open_studio(DataFolder.from_environment())


def made(request: Request, folder: Path, name: Callable[[str], str]) -> Result:
    """The pictures of a request, which are in the folder then; `name` is the studio's."""
    console, studio = Console(stderr=True), loaded()
    with Progress(*columns(), console=console, disable=not console.is_terminal) as progress:
        return studio.make(request, folder, watcher=Bar(progress), name=name)


def columns() -> tuple[ProgressColumn, ...]:
    """What a progress bar shows; the stage has room for "sample: tile 12 of 128" and may be a plugin's own words."""
    place = Column(width=24, no_wrap=True, overflow="ellipsis")
    stage = TextColumn("{task.description}", markup=False, table_column=place)
    return stage, BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()


class Bar:
    """A watcher that moves a progress bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("load", total=1.0)

    def progress(self, stage: str, done: float, latent: Tensor | None) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=done, description=stage)

    def cancelled(self) -> bool:
        """Ctrl+C ends the process by itself."""
        return False


def note(notices: Iterable[str]) -> None:
    """Say notices, beside the command's answer."""
    console = Console(stderr=True)
    for notice in notices:
        console.print(Text("note: ", "yellow").append(notice, "default"))


def tell(result: Result, folder: Path) -> None:
    """Say where the pictures are."""
    note(result.notices)
    for picture in result.pictures:
        seed = picture.recipe.seed.seed
        print(f"{folder / picture.file}  ({picture.width}x{picture.height}, seed {seed})")
    if len(result.pictures) > 1:
        print(folder / result.grid)


def as_json(result: Result, folder: Path) -> dict[str, Any]:
    """The result for programs."""
    return {"folder": str(folder)} | result.model_dump(mode="json")
