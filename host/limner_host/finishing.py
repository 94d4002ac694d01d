"""Finishing: a recipe's post-processors, let loose on its pictures one after the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeAlias

from PIL import Image

from limner_sdk import Recipe, Size, Stage, StageFailed

from .drawing import Drawing
from .estimating import BEGUN
from .job import Job
from .library import Library
from .limits import Limits
from .parts import PartDrawer
from .redraw import Redrawer
from .registry import Registry
from .run import RunContext
from .scratch import Scratch
from .stages.postprocess import PostprocessRun, postprocess

#: The key that a post-processor's result is kept under.
RESULT: Final = "result-of-all"
#: Hints of pictures that are drawn in parts, see `limner_host.fitting`.
WholeHints: TypeAlias = dict[Hashable, Image.Image]
#: What draws a recipe within the stage of a post-processor.
DrawingWithin: TypeAlias = Callable[[Recipe, RunContext, WholeHints], Drawing]


@dataclass(frozen=True)
class Finished:
    """A picture, the recipe that remakes it, the post-processors that have worked on it, and what they have kept."""

    recipe: Recipe
    image: Image.Image
    done: tuple[Stage, ...] = ()
    works: tuple[Scratch, ...] = ()


@dataclass(frozen=True)
class Finisher:
    """Finishes the pictures of one job. `native` is the size in pixels that its model likes best."""

    run: Job
    registry: Registry
    library: Library
    native: Size
    drawing: DrawingWithin
    limits: Limits
    hints: WholeHints = field(default_factory=dict)

    def finished(self, pictures: Sequence[tuple[Recipe, Image.Image]]) -> Iterator[tuple[Recipe, Image.Image]]:
        """Each picture with the recipe that remakes it, without the optional post-processors that failed.

        Every post-processor sees all pictures before the next one sees any, as it may need another model. What each
        has made is kept until all are done: a job that is cut short goes on there.
        """
        made = [Finished(recipe, image) for recipe, image in pictures]
        for number, stage in enumerate(pictures[0][0].postprocess):
            told = [f"picture {place}: " if len(made) > 1 else "" for place in range(1, len(made) + 1)]
            made = [self._after(number, stage, picture, who) for picture, who in zip(made, told, strict=True)]
        for picture in made:
            for scratch in picture.works:
                scratch.clear()
            yield picture.recipe.model_copy(update={"postprocess": picture.done}), picture.image

    def _after(self, number: int, stage: Stage, picture: Finished, who: str) -> Finished:
        """The picture after one post-processor, which is called `who` in what is said of it."""
        recipe = picture.recipe
        scratch = Scratch(self.library.data.scratch, partial(Scratch.work_of, recipe, number, picture.image))
        try:
            image = scratch.recall(RESULT) or self._made(number, stage, picture, who, scratch)
        except StageFailed as error:
            if not stage.optional:
                raise
            self.run.refused("post-process", stage, error)
            return picture
        return Finished(recipe, image, (*picture.done, stage), (*picture.works, scratch))

    def _made(self, number: int, stage: Stage, picture: Finished, who: str, scratch: Scratch) -> Image.Image:
        """What one post-processor makes of the picture, kept."""
        with self.run.stage("post-process", stage.id) as ctx:
            offer = self.registry.postprocessor(stage.id)
            told = replace(ctx, report_to=lambda done, what: self.run.within(0.0, what))
            context = replace(
                self.context(number, stage, picture.recipe, told, scratch),
                tell=lambda sentence: self.run.notices.append(f"{who}{sentence}"),
            )
            image = postprocess(offer, stage, picture.image, context)
            self.limits.check(f"{offer.name} result", Size(*image.size))
        scratch.clear()
        scratch.keep(RESULT, image)
        return image

    def context(self, number: int, stage: Stage, recipe: Recipe, ctx: RunContext, scratch: Scratch) -> PostprocessRun:
        """What a post-processor gets."""

        def drawing(drawn: Recipe) -> Drawing:
            return self.drawing(drawn, ctx, self.hints)

        return PostprocessRun(
            **vars(ctx),
            recipe=recipe,
            number=number,
            native=self.native,
            folder=self.library.data.root / stage.id.partition(":")[0],
            registry=self.registry,
            redrawer=Redrawer(self.registry, drawing),
            part_drawer=PartDrawer(recipe, self.registry, self.library, drawing),
            shown=self._shown(stage, recipe),
            scratch=scratch,
            limits=self.limits,
            tell=self.run.notices.append,
        )

    def _shown(self, stage: Stage, recipe: Recipe) -> dict[str, Callable[[], Image.Image]]:
        """The pictures of the choice, and what the picture was begun from if the host still has it."""
        begun = {BEGUN: recipe.image} if recipe.image and self.library.inputs.has(recipe.image) else {}
        return {
            name: partial(self.library.inputs.open, f"postprocess.picture.{name}", kept)
            for name, kept in {**begun, **stage.pictures}.items()
        }
