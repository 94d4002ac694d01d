"""The contexts that a post-processor gets in a check: pictures that are redrawn without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from limner_sdk.errors import InvalidRequest, UnknownName
from limner_sdk.params import Scalar
from limner_sdk.pixels import to_pixels
from limner_sdk.records import Detection
from limner_sdk.redrawing import Part, Redrawing, checked_key
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

    def require(self, kind: str, name: str | None) -> None:
        """Everything is there that is not called ``unknown``."""
        if name == "unknown":
            raise UnknownName(kind, name, "is unknown; the check has no such thing")

    def has_picture(self, name: str) -> bool:
        """Only a reference."""
        return name == "reference"


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
        if name not in self.shown:
            raise InvalidRequest("postprocess.picture", name, "is the name of no picture; give it")
        return self.shown[name]

    def redraw_parts(self, parts: Sequence[Part], how: Redrawing) -> list[Tensor]:
        """Paler pixels with a grain. Raises `ValueError` for parts that a host would refuse."""
        self.check_cancelled()
        if problem := next(filter(None, (how.problem(), *(part.problem(how.canvas) for part in parts))), None):
            raise ValueError(problem)
        self.redrawn += [(part, how) for part in parts]
        return [self._paler(part, how) for part in parts]

    def _paler(self, part: Part, how: Redrawing) -> Tensor:
        pixels = to_pixels(part.image.convert("RGB"))
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
        return self.kept.get(checked_key(key))

    def keep(self, key: str, image: Image) -> None:
        """Keep it."""
        self.kept[checked_key(key)] = image.convert("RGB")


@dataclass(frozen=True)
class FakeWeightFile:
    """A file of an admin's that is none: what it would tell, and what it would hold."""

    name: str = "tiny"
    told: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Its name."""
        return self.name

    @property
    def file(self) -> str:
        """Its name with an ending."""
        return f"{self.name}.safetensors"

    @property
    def path(self) -> Path:
        """Nowhere."""
        return Path("no-such-folder") / self.file

    def metadata(self) -> Mapping[str, str]:
        """What it tells."""
        return self.told

    def tensors(self) -> dict[str, Tensor]:
        """What it holds."""
        return dict(self.weights)
