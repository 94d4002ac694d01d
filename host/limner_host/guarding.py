"""The guard: looks at every picture before anybody else does, and puts a grey card where it withholds one."""

from __future__ import annotations

import hashlib
import logging
import os
import queue
import shlex
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from PIL import Image, ImageDraw

from limner_sdk import (
    Cancelled,
    Choice,
    ConfigurationError,
    InvalidRequest,
    PictureWithheld,
    PostprocessDef,
    Recipe,
    Stage,
    StageFailed,
    UserError,
)

from .finishing import Finisher
from .grids.lettering import Pen
from .offers import Offer
from .pictures import grid_of
from .registry import Registry
from .scratch import Scratch

VARIABLE: Final = "LIMNER_SAFETY"
#: Loading a classifier from a slow disk takes a while; looking at a picture does not.
SECONDS: Final = 180.0
_WORD: Final = "withheld"
_GREY: Final = (112, 112, 112)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Guard:
    """The guard that the admin has set, at its parameters, and the seconds that it may take for one picture."""

    offer: Offer[PostprocessDef[Any]]
    stage: Stage
    seconds: float = SECONDS

    @classmethod
    def from_environment(cls, registry: Registry) -> Guard | None:
        """The one that `LIMNER_SAFETY` names, with parameters such as ``threshold=0.3`` behind its name.

        Raises `ConfigurationError` for an unknown name or a wrong parameter: a guard that cannot be set up must not
        be left out.
        """
        text = os.environ.get(VARIABLE, "")
        if not text.strip():
            return None
        try:
            name, *settings = shlex.split(text)
            offer = registry.guard(name)
            params = {key: value for key, _, value in (setting.partition("=") for setting in settings)}
            return cls(offer, offer.stage(Choice(name=offer.id, params=params)))
        except InvalidRequest as error:
            raise ConfigurationError(f"{VARIABLE}: {error}") from None
        except ValueError as error:
            raise ConfigurationError(f"{VARIABLE}: {text!r} cannot be read ({error}); write it as on a shell") from None


def guarded(
    guard: Guard | None, pictures: Sequence[tuple[Recipe, Image.Image]], finisher: Finisher
) -> tuple[list[tuple[Recipe, Image.Image]], Image.Image | None]:
    """The pictures that may be shown, cards for the others, and all of them in one grid if there are several.

    Whatever goes wrong withholds the picture; only `Cancelled` is raised.
    """
    if guard is None:
        return list(pictures), _grid(pictures)
    shown = []
    for number, (recipe, image) in enumerate(pictures, 1):
        what = f"picture {number}" if len(pictures) > 1 else "the picture"
        shown.append((recipe, _passed(guard, what, recipe, image, finisher)))
    grid = _grid(shown)
    return shown, grid and _passed(guard, "the grid", shown[0][0], grid, finisher)


def _grid(pictures: Sequence[tuple[Recipe, Image.Image]]) -> Image.Image | None:
    return grid_of([image for _, image in pictures]) if len(pictures) > 1 else None


def _passed(guard: Guard, what: str, recipe: Recipe, image: Image.Image, finisher: Finisher) -> Image.Image:
    """The picture itself, or a card in its place."""
    run = finisher.run
    try:
        with run.stage("check", guard.stage.id) as ctx:
            number = len(recipe.postprocess)
            scratch = Scratch(finisher.library.data.scratch, partial(Scratch.work_of, recipe, number, image))
            own = finisher.context(number, guard.stage, recipe, ctx, scratch)
            params = guard.offer.params_of(guard.stage)
            run_guard = guard.offer.definition.run
            made = in_time(lambda: run_guard(image.copy(), own, params), guard.seconds, ctx.check_cancelled)
            _check_unchanged(guard, image, made)
        return image
    except Cancelled:
        raise
    # A guard that breaks down must not let anything through.
    except Exception as error:
        _log(f"job {run.name}: {what}", image, error)
        run.notices.append(f"{what} is withheld by the safety filter")
        return card(image)


def _log(subject: str, image: Image.Image, error: Exception) -> None:
    """For the admin: a verdict as a warning, an accident as an error, with its whole story if no sentence tells it."""
    digest = hashlib.sha256(f"{image.size}".encode() + image.tobytes()).hexdigest()
    withheld = isinstance(error, PictureWithheld)
    reason = error.reason if isinstance(error, PictureWithheld) else f"the guard failed: {error}"
    cause = error.__cause__ if withheld else error
    level = logging.WARNING if cause is None else logging.ERROR
    story = None if isinstance(cause, UserError) else cause
    log.log(level, "%s is withheld (%s); SHA-256 of its pixels: %s", subject, reason, digest, exc_info=story)


def _check_unchanged(guard: Guard, image: Image.Image, made: object) -> None:
    """A guard says yes by giving the very same picture back; anything else is a mistake of it."""
    same = isinstance(made, Image.Image) and (made.mode, made.size) == (image.mode, image.size)
    if not same or made.tobytes() != image.tobytes():  # type: ignore[attr-defined]
        raise StageFailed(guard.stage.id, "it gave another picture than the one that it was shown")


def in_time(work: Callable[[], object], seconds: float, check: Callable[[], None]) -> object:
    """What `work` returns or raises, if it comes within so many seconds; `check` is called meanwhile, and may raise.

    Raises `PictureWithheld` otherwise. The work goes on by itself then: nothing can stop a thread.
    """
    answers: queue.SimpleQueue[tuple[object, BaseException | None]] = queue.SimpleQueue()
    threading.Thread(target=_answer, args=(work, answers), daemon=True).start()
    latest = time.monotonic() + seconds
    while True:
        try:
            made, error = answers.get(timeout=min(0.2, max(0.0, latest - time.monotonic())))
        except queue.Empty:
            check()
            if time.monotonic() >= latest:
                raise PictureWithheld(f"the guard took longer than {seconds:g} seconds") from None
            continue
        if error is not None:
            raise error
        return made


def _answer(work: Callable[[], object], answers: queue.SimpleQueue[tuple[object, BaseException | None]]) -> None:
    try:
        answers.put((work(), None))
    # It is raised again where somebody waits for it.
    except BaseException as error:
        answers.put((None, error))


def card(image: Image.Image) -> Image.Image:
    """A plain grey picture of the same size, with one word in its middle; nothing in it comes from the picture."""
    plain = Image.new("RGB", image.size, _GREY)
    largest = min(160, max(10, min(image.width // 6, image.height // 2)))
    pen = Pen.of([_WORD])
    block = pen.fitted(_WORD, image.width, image.height, largest)
    pen.write(ImageDraw.Draw(plain), block, (image.width / 2, image.height / 2), "white")
    return plain
