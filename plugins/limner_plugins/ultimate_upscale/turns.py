"""Draws the passes: in which order, what is handed over together, and what an earlier run has left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import Final

import torch
from torch import Tensor

from limner_sdk import (
    Image,
    Part,
    PostprocessContext,
    Redrawing,
    Size,
    colour_matched,
    to_picture,
    to_pixels,
)

from .canvas import Canvas, is_flat, mask_of, say_of
from .guiding import guidance
from .params import UltimateParams
from .passes import Pass, Patch
from .prompts import Prompts, prompts_of

#: How many are handed over at once: enough for any batch, few enough that little is lost when work is cut short.
_TOGETHER: Final = 16


@dataclass
class Turns:
    """All passes over one canvas. `done` counts the patches that are finished."""

    ctx: PostprocessContext
    params: UltimateParams
    passes: Sequence[Pass]
    done: int = field(default=0, init=False)

    def drawn(self, canvas: Canvas) -> Canvas:
        """The canvas after all passes."""
        for turn in self.passes:
            canvas = canvas.turned()
            with torch.inference_mode():
                self._draw(turn, canvas)
        return canvas

    def _draw(self, turn: Pass, canvas: Canvas) -> None:
        wanted = [patch for patch in turn.patches if self._is_wanted(patch, turn, canvas)]
        self.done += len(turn.patches) - len(wanted)
        for group in in_order(wanted, self.params.redraw == "linear"):
            # All are cut before one is laid, so that what is drawn together does not depend on how it is split.
            pictures = [canvas.cut(patch.box) for patch in group]
            for first in range(0, len(group), _TOGETHER):
                some = slice(first, first + _TOGETHER)
                self._lay(turn, canvas, group[some], pictures[some])

    def _lay(self, turn: Pass, canvas: Canvas, patches: Sequence[Patch], pictures: Sequence[Image]) -> None:
        for patch, picture in zip(patches, self._redrawn(turn, canvas, patches, pictures), strict=True):
            canvas.lay(to_pixels(picture), patch.box, say_of(patch, turn.blur))
        self.done += len(patches)
        total = sum(len(each.patches) for each in self.passes)
        self.ctx.report(self.done / total, f"tile {self.done} of {total}")

    def _redrawn(self, turn: Pass, canvas: Canvas, patches: Sequence[Patch], pictures: Sequence[Image]) -> list[Image]:
        """What an earlier run has kept, and the rest drawn now."""
        kept = [self.ctx.recall(_key(turn, patch)) for patch in patches]
        missing = [number for number, picture in enumerate(kept) if picture is None]
        parts = [self._part(turn, patches[number], pictures[number]) for number in missing]
        new = iter(self.ctx.redraw_parts(parts, self._how(turn, canvas)) if parts else ())
        return [
            self._finished(turn, canvas, patch, next(new)) if picture is None else picture
            for patch, picture in zip(patches, kept, strict=True)
        ]

    def _finished(self, turn: Pass, canvas: Canvas, patch: Patch, pixels: Tensor) -> Image:
        """A patch in its old colours, kept for a run that goes on.

        All are laid in 8-bit levels, so that such a run gives the same picture.
        """
        old = canvas.old(patch.box)
        picture = to_picture(colour_matched(pixels.to(old), old, self.params.colour_fix))
        self.ctx.keep(_key(turn, patch), picture)
        return picture

    def _part(self, turn: Pass, patch: Patch, picture: Image) -> Part:
        prompt, negative = self._prompts[patch.tile] or (None, None)
        return Part(picture, mask_of(say_of(patch, turn.blur)), patch.box, prompt, negative)

    def _how(self, turn: Pass, canvas: Canvas) -> Redrawing:
        height, width = canvas.pixels.shape[-2:]
        how = Redrawing.by(self.params, turn.strength, Size(width, height))
        return replace(how, cfg=guidance(self.params, turn, self.ctx.recipe.cfg))

    def _is_wanted(self, patch: Patch, turn: Pass, canvas: Canvas) -> bool:
        if self._prompts[patch.tile] is None:
            return False
        return not (self.params.skip_flat and is_flat(canvas.old(patch.box), self.params.skip_flat))

    @cached_property
    def _prompts(self) -> list[Prompts | None]:
        tiles = max(patch.tile + 1 for turn in self.passes for patch in turn.patches)
        return prompts_of(self.params, self.ctx.recipe.prompt, self.ctx.recipe.negative, tiles)


def in_order(patches: Sequence[Patch], one_by_one: bool) -> Iterator[list[Patch]]:
    """The patches in groups that do not see each other: each alone, or the two colours of a chess board."""
    if one_by_one:
        yield from ([patch] for patch in patches)
        return
    for _, group in groupby(sorted(patches, key=_colour), key=_colour):
        yield list(group)


def _colour(patch: Patch) -> int:
    return (patch.row + patch.column) % 2


def _key(turn: Pass, patch: Patch) -> str:
    return f"{turn.name}-{patch.row}-{patch.column}"
