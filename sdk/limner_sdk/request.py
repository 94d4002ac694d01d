"""Request: what a person asked for. Recipe: the same, resolved into everything that remakes one picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from .errors import explain
from .params import Scalar
from .seeds import LARGEST_SEED, ImageSeed, Variation
from .types import Size

LONGEST_PROMPT: Final = 6000
SMALLEST_SIDE: Final = 64
LARGEST_SIDE: Final = 4096
MOST_PICTURES: Final = 16


class _Frozen(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Choice(_Frozen):
    """A definition that somebody chose, by full id or short name, and the parameters they set.

    `optional` lets the host skip it when it fails; the result says so.
    """

    name: str = Field(min_length=1, max_length=100)
    params: dict[str, Scalar] = {}
    optional: bool = False


def _choice_from_text(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _multiple_of_eight(side: int) -> int:
    if side % 8:
        raise ValueError(f"is not a multiple of 8; take {side // 8 * 8}")
    return side


def _something(prompt: str) -> str:
    if not prompt.strip():
        raise ValueError("is empty; write what the picture should show")
    return prompt


Chosen: TypeAlias = Annotated[Choice, BeforeValidator(_choice_from_text)]
Side: TypeAlias = Annotated[int, Field(ge=SMALLEST_SIDE, le=LARGEST_SIDE), AfterValidator(_multiple_of_eight)]
Prompt: TypeAlias = Annotated[str, Field(max_length=LONGEST_PROMPT), AfterValidator(_something)]
Negative: TypeAlias = Annotated[str, Field(max_length=LONGEST_PROMPT)]
Steps: TypeAlias = Annotated[int, Field(ge=1, le=150)]
Cfg: TypeAlias = Annotated[float, Field(ge=0, le=30)]
Seed: TypeAlias = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
Count: TypeAlias = Annotated[int, Field(ge=1, le=MOST_PICTURES)]


class Request(_Frozen):
    """What a person said. Everything but the prompt may stay unsaid (None); the host fills it in.

    `width` and `height` are pixels. With `count` above one, picture k takes the k-th seed after `seed`; if there are
    `variations`, all pictures share `seed` and the last variation's seed counts up instead.
    """

    prompt: Prompt
    negative: Negative | None = None
    model: str | None = Field(None, min_length=1, max_length=200)
    width: Side | None = None
    height: Side | None = None
    steps: Steps | None = None
    cfg: Cfg | None = None
    seed: Seed | None = None
    variations: tuple[Variation, ...] = ()
    count: Count | None = None
    noise: Chosen | None = None
    sampler: Chosen | None = None
    schedule: Chosen | None = None
    tiler: Chosen | None = None
    denoisers: tuple[Chosen, ...] = ()
    codec: Chosen | None = None
    postprocess: tuple[Chosen, ...] = ()

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Build a request from loose values. Raises `InvalidRequest` with one clear sentence."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise explain(error) from None


class Stage(_Frozen):
    """A resolved choice: the full id ``plugin:name``, the plugin's version and every parameter."""

    id: str
    version: str = ""
    params: dict[str, Scalar] = {}
    optional: bool = False

    def as_choice(self) -> Choice:
        """The choice that asks for this stage again."""
        return Choice(name=self.id, params=self.params, optional=self.optional)


class ModelReference(_Frozen):
    """A model by full id, and the SHA-256 of the weights that made the picture."""

    id: str
    digest: str


class Recipe(_Frozen):
    """Everything that remakes one picture. It lies in the PNG and in the database; buttons are edits of it."""

    format: Literal[1] = 1
    prompt: str
    negative: str
    model: ModelReference
    width: int
    height: int
    steps: int
    cfg: float
    seed: ImageSeed
    noise: Stage
    sampler: Stage
    schedule: Stage
    tiler: Stage | None = None
    denoisers: tuple[Stage, ...] = ()
    codec: Stage | None = None
    postprocess: tuple[Stage, ...] = ()
    software: dict[str, str] = {}

    @property
    def size(self) -> Size:
        """Width and height in pixels."""
        return Size(self.width, self.height)

    def as_request(self, **changes: Any) -> Request:
        """The request for this picture again, with some fields changed.

        A first variation leaves the choice of the noise to the host: the recipe's own may not mix any.
        """
        values: dict[str, Any] = {
            "prompt": self.prompt,
            "negative": self.negative,
            "model": self.model.id,
            "width": self.width,
            "height": self.height,
            "steps": self.steps,
            "cfg": self.cfg,
            "seed": self.seed.seed,
            "variations": self.seed.variations,
            "count": 1,
            "noise": self.noise.as_choice(),
            "sampler": self.sampler.as_choice(),
            "schedule": self.schedule.as_choice(),
            "tiler": self.tiler and self.tiler.as_choice(),
            "denoisers": tuple(stage.as_choice() for stage in self.denoisers),
            "codec": self.codec and self.codec.as_choice(),
            "postprocess": tuple(stage.as_choice() for stage in self.postprocess),
        }
        if changes.get("variations") and not self.seed.variations:
            values["noise"] = None
        return Request.parse(values | changes)

    def same_but_seed(self, other: Recipe) -> bool:
        """Whether both pictures can be made in one batch."""
        return self.model_copy(update={"seed": other.seed}) == other
