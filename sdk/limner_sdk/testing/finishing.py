"""The contexts that a post-processor gets in a check: pictures that are redrawn without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from limner_sdk.params import Scalar
from limner_sdk.pixels import to_pixels
from limner_sdk.records import Detection
from limner_sdk.redrawing import Part, Redrawing
from limner_sdk.request import ModelReference, Recipe, Stage
from limner_sdk.seeds import ImageSeed
from limner_sdk.types import Image, Size, Tensor

from .fakes import FakeContext


def fake_recipe(prompt: str = "a red circle", seed: int = 5) -> Recipe:
    """What a picture of 128 by 128 pixels was made by."""
    return Recipe(
        prompt=prompt,
        negative="",
        model=ModelReference(id="pocket:pocket", digest="0" * 64),
        width=128,
        height=128,
        steps=8,
        cfg=4.0,
        seed=ImageSeed(seed=seed),
        noise=Stage(id="noises:gaussian"),
        sampler=Stage(id="samplers:euler"),
        schedule=Stage(id="schedules:karras"),
    )


@dataclass(frozen=True)
class FakeEstimateContext:
    """A model that likes 128 by 128 pixels, and calls its network ten times for a whole schedule."""

    native: Size = field(default=Size(128, 128))

    def calls(self, strength: float, steps: int | None = None, sampler: str | None = None) -> int:
        """As many as the share of the schedule wants."""
        return round(strength * (steps or 10))


@dataclass(eq=False)
class FakePostprocessContext(FakeContext):
    """What a post-processor gets in a check; `found` is what every detector finds.

    What is redrawn becomes paler, and gets a grain that belongs to its seed and, on a canvas, to its place. `redrawn`
    remembers every part in its turn, with how it was asked for; `notes` the sentences; `kept` what was kept.
    """

    recipe: Recipe = field(default_factory=fake_recipe)
    found: tuple[Detection, ...] = ()
    number: int = 0
    folder: Path = Path("no-such-folder")
    shown: Mapping[str, Image] = field(default_factory=dict)
    cancel_after: int | None = None
    notes: list[str] = field(default_factory=list)
    redrawn: list[tuple[Part, Redrawing]] = field(default_factory=list)
    kept: dict[str, Image] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(cancel_after=self.cancel_after, seed=self.recipe.seed.seed)
        self.native = Size(128, 128)
        self.pictures = tuple(self.shown)

    def note(self, sentence: str) -> None:
        """Remember it."""
        self.notes.append(sentence)

    def picture(self, name: str = "") -> Image:  # type: ignore[override]
        """The picture that the choice calls so."""
        return self.shown[name]

    def redraw_parts(self, parts: Sequence[Part], how: Redrawing) -> list[Tensor]:
        """Paler pixels with a grain."""
        self.check_cancelled()
        self.redrawn += [(part, how) for part in parts]
        return [self._paler(part, how) for part in parts]

    def _paler(self, part: Part, how: Redrawing) -> Tensor:
        pixels = to_pixels(part.image)
        return (pixels + (1 - pixels) * how.strength / 4 + how.strength * self._grain(part, how)).clamp(0, 1)

    def _grain(self, part: Part, how: Redrawing) -> Tensor:
        import torch

        seed = self.seed if part.seed is None else part.seed
        placed = how.canvas is not None and part.box is not None and part.image.size == tuple(part.box[2:])
        width, height = how.canvas if placed and how.canvas else part.image.size
        grain = torch.randn(height, width, generator=self.generator(seed)) / 50
        if not placed or part.box is None:
            return grain
        return grain[part.box.top : part.box.bottom, part.box.left : part.box.right]

    def redraw(self, image: Image, *, strength: float, **options: Any) -> Image:
        """A copy, a little paler the stronger the redrawing."""
        return image.point(lambda level: level + (255 - level) * strength / 4)

    def upscale(self, image: Image, name: str, size: Size | None = None) -> Image:
        """By interpolation, twice as large if no size is asked for."""
        from PIL import Image as Pillow

        return image.resize(size or (2 * image.width, 2 * image.height), Pillow.Resampling.LANCZOS)

    def detect(self, image: Image, name: str, params: Mapping[str, Scalar] | None = None) -> tuple[Detection, ...]:
        """The same for every picture."""
        return self.found

    def recall(self, key: str) -> Image | None:
        """What was kept."""
        return self.kept.get(key)

    def keep(self, key: str, image: Image) -> None:
        """Keep it."""
        self.kept[key] = image.copy()
