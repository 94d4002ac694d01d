"""Fits a model with what a recipe names: LoRAs, textual inversions, control hints."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from PIL import Image
from torch import Tensor

from limner_sdk import Conditioning, ControlStage, InvalidRequest, Model, Recipe, Size

from .adapters.applying import LoraApplier
from .adapters.files import Adapter
from .canvas import Canvas, Place, cut
from .controls.making import hint_picture, hint_tensor, hinting, hints_for, marked
from .framing import edges
from .library import Library
from .prompt_cache import PromptCache
from .prompting import networks_of
from .registry import Registry
from .run import RunContext
from .tensors import to_image
from .wording import texts_of


@dataclass(frozen=True)
class Fitting:
    """Fits one model for the recipes of one job; `note` takes sentences that the person should read.

    `whole_hints` remembers the hints of whole pictures that are drawn in parts.
    """

    model: Model
    registry: Registry
    library: Library
    loras: LoraApplier
    prompts: PromptCache
    note: Callable[[str], None]
    whole_hints: dict[Hashable, Image.Image] = field(default_factory=dict)

    def embedded(self, recipe: Recipe) -> Model:
        """The model, for which the textual inversions in the recipe's prompts are words.

        Raises `InvalidRequest` for a model that has none, and `UnusableModel` for a damaged file.
        """
        files = self.library.embeddings
        texts = texts_of(recipe.prompt, recipe.negative, recipe.hires)
        words = {word for text in texts for word in files.in_prompt(networks_of(text)[0])}
        if not words:
            return self.model
        taking = getattr(self.model, "with_embeddings", None)
        if taking is None:
            raise InvalidRequest("embedding", min(words), "cannot be used with this model; leave it out")
        fitted: Model = taking({word.lower(): files.read(word) for word in sorted(words)})
        return fitted

    @contextmanager
    def adapted(self, recipe: Recipe) -> Iterator[None]:
        """Inside, the LoRAs of the prompt are part of the networks; prompts are remembered for this state of them."""
        adapters = self._adapters(recipe)
        self.prompts.enter((recipe.model, tuple(adapters), recipe.loras, recipe.embeddings))
        if not adapters:
            yield
            return
        networks = getattr(self.model, "networks", {})
        with self.loras.applied(networks, adapters) as notices:
            for notice in notices:
                self.note(notice)
            yield

    def _adapters(self, recipe: Recipe) -> list[Adapter]:
        tags = networks_of(recipe.prompt)[1]
        return [self.library.loras.adapter(tag.name, tag.weight, tag.text_weight) for tag in tags]

    def hinted(
        self, recipe: Recipe, canvas: Canvas | None, sigmas: Sequence[float], ctx: RunContext
    ) -> Callable[[Conditioning], Conditioning]:
        """What shows a conditioning the hints of one walk down `sigmas`; networks that are not used are let go.

        Raises `InvalidRequest` for a network of another family, and what loading one raises.
        """
        tensors = [self._hint(control, recipe, canvas, ctx) for control in recipe.controls]
        return hinting(self.model, hints_for(recipe.controls, sigmas, tensors, self.library.controls))

    def _hint(self, control: ControlStage, recipe: Recipe, canvas: Canvas | None, ctx: RunContext) -> Tensor:
        maker = control.preprocessor
        offer = self.registry.preprocessor(maker.id) if maker else None
        if canvas is not None and canvas.place is not None and control.image != recipe.image:
            return self._placed_hint(control, canvas.place, recipe.size, ctx)
        image = self._shown(control, recipe, canvas)
        hint = hint_tensor(hint_picture(image, recipe.size, offer, maker, ctx), Size(*recipe.size))
        if offer is not None and offer.definition.marks_mask:
            return marked(hint, None if canvas is None else canvas.white, offer.name)
        return hint

    def _placed_hint(self, control: ControlStage, place: Place, size: Size, ctx: RunContext) -> Tensor:
        """A part of the hint of the whole picture, which is made once for all parts."""
        maker = control.preprocessor
        offer = self.registry.preprocessor(maker.id) if maker else None
        key = control.image, maker and maker.model_dump_json(), place.size
        if key not in self.whole_hints:
            image = self.library.inputs.open("controls.image", control.image)
            self.whole_hints[key] = hint_picture(image, place.size, offer, maker, ctx)
        return hint_tensor(self.whole_hints[key].crop(edges(place.box)), size)

    def _shown(self, control: ControlStage, recipe: Recipe, canvas: Canvas | None) -> Image.Image:
        """The picture to hint with; that of the start, or the part of another one that is drawn."""
        if canvas is not None and control.image == recipe.image:
            return to_image(canvas.picture)
        image = self.library.inputs.open("controls.image", control.image)
        return image if canvas is None or canvas.part is None else cut(image, canvas, recipe.size)
