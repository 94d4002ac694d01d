"""Says who is to blame: the plugin for what it raises, and of several post-processors the one that cannot do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import torch
from PIL import Image

from limner_sdk import InvalidRequest, LimnerError, StageFailed

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def blaming(definition: str, stage: str) -> Iterator[None]:
    """Blame `definition` for what is raised inside; our own errors, and a lack of memory, stay what they are.

    An empty `definition` means the host itself, whose accidents are not dressed up.
    """
    try:
        yield
    except (LimnerError, MemoryError, torch.OutOfMemoryError):
        raise
    # A plugin that calls sys.exit must not take the process that the next job needs.
    except (Exception, SystemExit) as error:
        if not definition or is_allocation(error):
            raise
        raise StageFailed(definition, f"{stage} failed: {str(error) or type(error).__name__}") from error


def blamed(definition: str, stage: str, function: Callable[P, R]) -> Callable[P, R]:
    """`function`, for whose errors `definition` is blamed."""

    def call(*args: P.args, **options: P.kwargs) -> R:
        with blaming(definition, stage):
            return function(*args, **options)

    return call


@contextmanager
def of_several(names: Sequence[str], place: int) -> Iterator[None]:
    """Say which of the post-processors called `names` is meant by a refusal inside: "detailer 2", if there are two.

    A lone one is not told apart.
    """
    try:
        yield
    except InvalidRequest as error:
        if len(names) == 1:
            raise
        name = names[place]
        which = f"{name} {names[: place + 1].count(name)}" if names.count(name) > 1 else name
        field = error.field.removeprefix("postprocessor").removeprefix("postprocess").removeprefix(".")
        raise type(error)(f"{which}: {field}" if field else which, error.value, error.remedy) from None


def checked_picture(definition: str, made: object) -> Image.Image:
    """`made`, if it is an RGB picture. Raises `StageFailed` with the name of the plugin that made it."""
    if isinstance(made, Image.Image) and made.mode == "RGB":
        return made
    what = f"a picture in mode {made.mode}" if isinstance(made, Image.Image) else type(made).__name__
    raise StageFailed(definition, f"it gave {what} instead of an RGB picture")


def is_allocation(error: BaseException) -> bool:
    """Whether the CPU's allocator, which has no exception class of its own, has refused."""
    text = str(error)
    return isinstance(error, RuntimeError) and ("can't allocate memory" in text or "not enough memory" in text)
