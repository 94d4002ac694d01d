"""Draws parts of a picture anew, those of one size together: what tiles and faces are made with."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

import torch
from torch import Tensor

from limner_sdk import Box, ImageSeed, Part, PictureReference, PictureStart, Recipe, Redrawing, Size, to_pixels

from .batching import most_in_batch
from .canvas import Canvas, Place
from .controls.choosing import control_stage
from .drawing import Drawing
from .library import Library
from .prompting import networks_of
from .randomness import Placed
from .redraw import anew, denoisers_for
from .registry import Registry
from .tensors import to_grey, to_tensor
from .wording import words_of

#: What a control of a part's own hints with: the part itself.
THE_PART: Final = PictureReference(digest="0" * 64)


@dataclass(frozen=True)
class PartDrawer:
    """Draws the parts of one post-processor; `drawing` gives what draws a recipe, with the model that it names."""

    recipe: Recipe
    registry: Registry
    library: Library
    drawing: Callable[[Recipe], Drawing]

    def __call__(self, parts: Sequence[Part], how: Redrawing) -> list[Tensor]:
        """New pixels (3, H, W) in 0 … 1 of each part. Raises what resolving and drawing raise."""
        recipes = [self._recipe(part, how) for part in parts]
        if how.strength == 0:
            return [to_pixels(part.image.convert("RGB")) for part in parts]
        drawn: dict[int, Tensor] = {}
        for numbers in self._batches(parts, recipes, how):
            made = self._drawn([parts[n] for n in numbers], [recipes[n] for n in numbers], how)
            drawn |= zip(numbers, made, strict=True)
        return [drawn[n] for n in range(len(parts))]

    def _recipe(self, part: Part, how: Redrawing) -> Recipe:
        """What one part is drawn by."""
        start = PictureStart(denoise=how.strength, noise_multiplier=how.noise_multiplier)
        recipe = anew(self.recipe, part.image, start, masked=part.mask is not None)
        seed = self.recipe.seed if part.seed is None else ImageSeed(seed=part.seed)
        changes: dict[str, Any] = {
            **self._words(part, seed),
            **self._said(how),
            "seed": seed,
            "image": THE_PART,
            "mask": None,
            "denoisers": denoisers_for(part.image, self.recipe, self.registry),
            "controls": (
                *(self.recipe.controls if how.keeps_controls and _has_place(part, how) else ()),
                *(control_stage(choice, self.registry, self.library, THE_PART) for choice in how.controls),
            ),
        }
        return recipe.model_copy(update=changes)

    def _words(self, part: Part, seed: ImageSeed) -> dict[str, Any]:
        """The prompts of one part, and the files that they name."""
        if part.prompt is None and part.negative is None:
            return {}
        prompt = self.recipe.prompt if part.prompt is None else part.prompt
        negative = self.recipe.negative if part.negative is None else part.negative
        return words_of(prompt, negative, None, self.library, seed)

    def _said(self, how: Redrawing) -> dict[str, Any]:
        """What is drawn otherwise than the picture was."""
        said: dict[str, Any] = {name: getattr(how, name) for name in ("steps", "cfg") if getattr(how, name) is not None}
        if how.clip_skip is not None:
            said["steering"] = self.recipe.steering.model_copy(update={"clip_skip": how.clip_skip})
        if how.model is not None:
            said["model"] = self.recipe.model.model_copy(update={"id": self.registry.model(how.model).id})
        if how.vae is not None:
            said["vae"] = self.library.vaes.chosen(how.vae)
        return said | self._walk(how)

    def _walk(self, how: Redrawing) -> dict[str, Any]:
        """Another sampler and another schedule; an old name such as "DPM++ 2M Karras" holds both."""
        said: dict[str, Any] = {}
        if how.sampler is not None:
            sampler, schedule = self.registry.sampler_and_schedule(how.sampler)
            said = {"sampler": sampler.default_stage, "discard_penultimate": sampler.definition.discards_penultimate}
            said |= {"schedule": schedule.default_stage} if schedule else {}
        if how.schedule is not None:
            said["schedule"] = self.registry.schedule(how.schedule).default_stage
        return said

    def _batches(self, parts: Sequence[Part], recipes: Sequence[Recipe], how: Redrawing) -> Iterator[list[int]]:
        """The numbers of the parts that go through the network together."""
        forms = self._forms(recipes)
        downscale = self.drawing(recipes[0]).kit.downscale
        keys = [(forms[n], *_kind(part, how, downscale)) for n, part in enumerate(parts)]
        order = {key: place for place, key in enumerate(dict.fromkeys(keys))}
        ranked = sorted(range(len(parts)), key=lambda n: order[keys[n]])
        for _, same in groupby(ranked, key=lambda n: order[keys[n]]):
            numbers = list(same)
            most = most_in_batch(recipes[numbers[0]], self.registry)
            yield from (numbers[k : k + most] for k in range(0, len(numbers), most))

    def _forms(self, recipes: Sequence[Recipe]) -> list[Hashable]:
        """A key for each recipe; those that share one may have different prompts, and can be drawn together."""
        forms: dict[Hashable, Hashable] = {}
        firsts: dict[Hashable, list[Recipe]] = {}
        for recipe in recipes:
            if (said := _said_of(recipe)) not in forms:
                tags = tuple(networks_of(recipe.prompt)[1])
                files = tags, recipe.embeddings, recipe.size, len(recipe.controls)
                known = firsts.setdefault(files, [])
                number = self.drawing(recipe).form_among(recipe, known) if known else 0
                if number == len(known):
                    known.append(recipe)
                forms[said] = files, number
        return [forms[_said_of(recipe)] for recipe in recipes]

    def _drawn(self, parts: Sequence[Part], recipes: Sequence[Recipe], how: Redrawing) -> list[Tensor]:
        """New pixels of parts that go through the network together."""
        first = recipes[0]
        whole = how.canvas or self.recipe.last_size
        kit = replace(self.drawing(first).kit, whole=None if first.size == whole else whole)
        words = tuple((recipe.prompt, recipe.negative) for recipe in recipes)
        placed = _placed(parts, how, kit.downscale)
        return Drawing(kit).parts(first, [recipe.seed for recipe in recipes], words, _canvas(parts, how), placed)


def _said_of(recipe: Recipe) -> Hashable:
    return recipe.prompt, recipe.negative, recipe.size, len(recipe.controls)


def _kind(part: Part, how: Redrawing, downscale: int) -> tuple[Hashable, ...]:
    """What must be the same for parts to be drawn together, beside their recipes' form."""
    return part.image.size, part.mask is None, _has_place(part, how), _cells(part, how, downscale) is None


def _has_place(part: Part, how: Redrawing) -> bool:
    return part.box is not None and how.canvas is not None


def _canvas(parts: Sequence[Part], how: Redrawing) -> Canvas:
    """All parts as rows of one canvas, each at its place."""
    picture = torch.cat([to_tensor(part.image) for part in parts])
    masks = [to_grey(part.mask) for part in parts if part.mask is not None]
    places = tuple(Place(part.box, how.canvas) for part in parts if part.box is not None and how.canvas is not None)
    return Canvas(picture, torch.cat(masks) if masks else None, places=places if len(places) == len(parts) else ())


def _placed(parts: Sequence[Part], how: Redrawing, downscale: int) -> Placed | None:
    """Where the parts lie on the canvas' noise; None if they are no cut-outs of it."""
    boxes = [_cells(part, how, downscale) for part in parts]
    if how.canvas is None or not all(boxes):
        return None
    return Placed(_up(how.canvas, downscale), tuple(box for box in boxes if box is not None))


def _cells(part: Part, how: Redrawing, downscale: int) -> Box | None:
    """A part's box in latent cells; None for one that is enlarged, or does not begin at a whole cell."""
    box = part.box
    if box is None or how.canvas is None or part.image.size != (box.width, box.height):
        return None
    if box.left % downscale or box.top % downscale:
        return None
    size = _up(Size(box.width, box.height), downscale)
    return Box(box.left // downscale, box.top // downscale, *size)


def _up(size: Size, downscale: int) -> Size:
    return Size(-(-size.width // downscale), -(-size.height // downscale))
