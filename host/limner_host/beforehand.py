"""What a request would be and cost, found out without a model and from any thread: nothing is kept, nothing changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from limner_sdk import PictureReference, Recipe, Request, Size

from .digests import DigestCache
from .estimating import estimates
from .inputs import Inputs, content_of
from .library import Library
from .limits import Limits
from .pictures import read_rgb
from .registry import Registry
from .stages.resolve import resolve
from .studio import last_size, native_of
from .work import finishing_work, passes_of

#: Nobody reads digests here, and to find them may take long.
NO_DIGEST: Final = "0" * 64


class _NoDigests(DigestCache):
    """Knows no digest, and opens no file."""

    def __init__(self) -> None:
        super().__init__(None)

    def of(self, files: Iterable[Path]) -> str:
        return NO_DIGEST

    def of_tensors(self, file: Path) -> str:
        return NO_DIGEST


@dataclass(frozen=True)
class _Looked(Inputs):
    """Kept pictures, and those that are only looked at: `elsewhere` tells by digest where they lie."""

    elsewhere: dict[str, Path] = field(default_factory=dict)
    known: dict[str, PictureReference] = field(default_factory=dict)

    def keep(self, field: str, name: str) -> PictureReference:
        """The picture that `name` means; one that is a file stays where it is."""
        if name.startswith("sha256:"):
            return super().keep(field, name)
        if name not in self.known:
            digest = hashlib.sha256(content_of(field, Path(name))).hexdigest()
            read_rgb(Path(name))
            self.elsewhere[digest] = Path(name)
            self.known[name] = PictureReference(digest=digest)
        return self.known[name]

    def _file(self, digest: str) -> Path:
        return self.elsewhere.get(digest) or super()._file(digest)


class Looking(Library):
    """A library of which nothing is taken and to which nothing is added."""

    @classmethod
    def at(cls, library: Library) -> Looking:
        """One that looks at the same folder."""
        return cls(library.data, _NoDigests(), library.device, library.dtype)

    @cached_property
    def inputs(self) -> Inputs:
        return _Looked(self.data.inputs)


@dataclass(frozen=True)
class Cost:
    """What a request would be: the recipe of its first picture, and what all of them cost; see `Planned`."""

    recipe: Recipe
    pictures: int
    evaluations: int
    work: float
    size: Size
    finishing: tuple[str, ...]
    prompts: tuple[str, ...]


def cost_of(request: Request, registry: Registry, library: Looking, limits: Limits) -> Cost:
    """What a request would be and cost. Raises what resolving it and asking its post-processors does."""
    recipes = resolve(request, registry, library, limits, lambda offer: NO_DIGEST, {})
    first, count = recipes[0], len(recipes)
    native = native_of(registry.model(first.model.id))
    told = estimates(first, last_size(first), native, registry, library, limits)
    finishing = finishing_work(told, count, native)
    passes = list(passes_of(first, registry, native))
    return Cost(
        recipe=first,
        pictures=count,
        evaluations=count * sum(each.calls for each in passes) + sum(each.evaluations for each in finishing),
        work=count * sum(each.work for each in passes) + sum(each.work for each in finishing),
        size=told[-1][1].size if told else last_size(first),
        finishing=tuple(estimate.what for _, estimate in told if estimate.what),
        prompts=tuple(dict.fromkeys(text for recipe in recipes for text in _texts(recipe))),
    )


def _texts(recipe: Recipe) -> Iterable[str]:
    """Every text that a picture is drawn by."""
    said = [recipe.prompt, recipe.negative]
    if recipe.hires is not None:
        said += [recipe.hires.prompt or "", recipe.hires.negative or ""]
    for stage in (*recipe.denoisers, *recipe.postprocess):
        said += [value for value in stage.params.values() if isinstance(value, str)]
    return filter(None, said)
