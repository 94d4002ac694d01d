"""Request: what a person asked for. Recipe: the same, resolved into everything that remakes one picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from .errors import explain
from .params import Scalar
from .seeds import LARGEST_SEED, ImageSeed, Variation
from .settings import Control, Hires, Inpaint, Outpaint, PictureStart, Steering
from .types import Size

LONGEST_PROMPT: Final = 6000
SMALLEST_SIDE: Final = 64
LARGEST_SIDE: Final = 16384
MOST_PICTURES: Final = 16
MOST_STEPS: Final = 150
MOST_STYLES: Final = 8
MOST_CONTROLS: Final = 4
MOST_DENOISERS: Final = 8
MOST_CHOICE_PICTURES: Final = 16
MOST_POSTPROCESSORS: Final = 16
LONGEST_FINISHED_TEXT: Final = 16384


class _Frozen(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=100)]
PictureName: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]


class Choice(_Frozen):
    """A definition that somebody chose, by full id or short name, and the parameters they set.

    `pictures` are those that a definition asks for by name, such as masks: a path that the host can read, or
    ``sha256:…`` of one that it has kept. `optional` lets the host skip the choice when it fails; the result says so. A
    wrong parameter is refused all the same.
    """

    name: str = Field(min_length=1, max_length=100)
    params: dict[str, Scalar] = {}
    pictures: dict[Name, PictureName] = Field({}, max_length=MOST_CHOICE_PICTURES)
    optional: bool = False


def _choice_from_text(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


Chosen: TypeAlias = Annotated[Choice, BeforeValidator(_choice_from_text)]
Side: TypeAlias = Annotated[int, Field(ge=SMALLEST_SIDE, le=LARGEST_SIDE)]
Prompt: TypeAlias = Annotated[str, Field(max_length=LONGEST_PROMPT)]
Negative: TypeAlias = Annotated[str, Field(max_length=LONGEST_PROMPT)]
Steps: TypeAlias = Annotated[int, Field(ge=1, le=MOST_STEPS)]
Cfg: TypeAlias = Annotated[float, Field(ge=0, le=30)]
Seed: TypeAlias = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
Count: TypeAlias = Annotated[int, Field(ge=1, le=MOST_PICTURES)]


class ControlChoice(_Frozen):
    """A control network by name, the picture that it hints with, and what makes the hint of that picture.

    Without an `image`, the hint is made of the picture that the request starts from.
    """

    name: str = Field(min_length=1, max_length=100)
    image: PictureName | None = None
    preprocessor: Chosen | None = None
    settings: Control = Control()


class Request(_Frozen):
    """What a person said. Everything but the prompt may stay unsaid (None); the host fills it in.

    `width` and `height` are pixels; what is no multiple of 8 is drawn a little larger, and cut. With `count` above
    one, picture k takes the k-th seed after `seed`; if there are `variations`, all pictures share `seed` and the last
    variation's seed counts up instead.

    `prompt` may use the whole language of docs/prompts.md, which the recipe keeps with its random choices made.
    `image` and `mask` are a path that the host can read, or ``sha256:…`` of a picture that it has kept.

    With a `finished` picture nothing is drawn: the post-processors are let loose on it, and what they draw anew
    follows the rest of the request, whose prompt may then be empty. `vae` names an autoencoder that replaces the
    model's own.
    """

    finished: PictureName | None = None
    prompt: Prompt
    negative: Negative | None = None
    styles: tuple[str, ...] = Field((), max_length=MOST_STYLES)
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
    discard_penultimate: bool | None = None
    steering: Steering = Steering()
    image: PictureName | None = None
    mask: PictureName | None = None
    start: PictureStart | None = None
    inpaint: Inpaint | None = None
    outpaint: Outpaint | None = None
    hires: Hires | None = None
    controls: tuple[ControlChoice, ...] = Field((), max_length=MOST_CONTROLS)
    inversion: Chosen | None = None
    tiler: Chosen | None = None
    denoisers: tuple[Chosen, ...] = Field((), max_length=MOST_DENOISERS)
    codec: Chosen | None = None
    vae: str | None = Field(None, min_length=1, max_length=100)
    postprocess: tuple[Chosen, ...] = Field((), max_length=MOST_POSTPROCESSORS)

    @field_validator("prompt")
    @classmethod
    def _something(cls, prompt: str, info: ValidationInfo) -> str:
        if not prompt.strip() and info.data.get("finished") is None:
            raise ValueError("is empty; write what the picture should show")
        return prompt

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Build a request from loose values. Raises `InvalidRequest` with one clear sentence."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise explain(error) from None


class PictureReference(_Frozen):
    """A picture that a recipe starts from: the SHA-256 of its file's bytes, which the host keeps."""

    digest: str = Field(pattern="^[0-9a-f]{64}$")

    @property
    def name(self) -> str:
        """What asks for it in a request."""
        return f"sha256:{self.digest}"


class Stage(_Frozen):
    """A resolved choice: the full id ``plugin:name``, the plugin's version, every parameter and its pictures."""

    id: str
    version: str = ""
    params: dict[str, Scalar] = {}
    pictures: dict[str, PictureReference] = {}
    optional: bool = False

    def as_choice(self) -> Choice:
        """The choice that asks for this stage again."""
        pictures = {name: picture.name for name, picture in self.pictures.items()}
        return Choice(name=self.id, params=self.params, pictures=pictures, optional=self.optional)


class ModelReference(_Frozen):
    """A model by full id, and the SHA-256 of the weights that made the picture."""

    id: str
    digest: str


class FileReference(_Frozen):
    """A file that the prompt named, and its SHA-256. `hash` is what other tools know a LoRA by (AutoV3)."""

    name: str
    digest: str
    hash: str = ""


class ControlStage(_Frozen):
    """A resolved control: the network and its digest, the picture, what makes the hint, and the settings."""

    network: FileReference
    image: PictureReference
    preprocessor: Stage | None = None
    settings: Control

    def as_choice(self) -> ControlChoice:
        """The choice that asks for this control again."""
        preprocessor = self.preprocessor and self.preprocessor.as_choice()
        return ControlChoice(
            name=self.network.name, image=self.image.name, preprocessor=preprocessor, settings=self.settings
        )


class Finished(_Frozen):
    """The finished picture that post-processors were let loose on, and the recipe that it carried, if any.

    `text` is what a picture of another program says of itself, as an infotext in A1111's form.
    """

    image: PictureReference
    recipe: Recipe | None = None
    text: str = Field("", max_length=LONGEST_FINISHED_TEXT)


class Recipe(_Frozen):
    """Everything that remakes one picture. It lies in the PNG and in the database; buttons are edits of it.

    `prompt` and `negative` have their styles and random choices filled in; `template` is what was typed, if that
    differs. `loras` and `embeddings` are the files that the prompts name. If there is a `finished` picture, it was
    made before and nothing was drawn but what the post-processors draw.
    """

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
    template: str = ""
    loras: tuple[FileReference, ...] = ()
    embeddings: tuple[FileReference, ...] = ()
    discard_penultimate: bool = False
    steering: Steering = Steering()
    image: PictureReference | None = None
    mask: PictureReference | None = None
    start: PictureStart | None = None
    inpaint: Inpaint | None = None
    outpaint: Outpaint | None = None
    hires: Hires | None = None
    controls: tuple[ControlStage, ...] = ()
    inversion: Stage | None = None
    tiler: Stage | None = None
    denoisers: tuple[Stage, ...] = ()
    codec: Stage | None = None
    vae: FileReference | None = None
    postprocess: tuple[Stage, ...] = ()
    finished: Finished | None = None
    software: dict[str, str] = {}

    @property
    def size(self) -> Size:
        """Width and height in pixels."""
        return Size(self.width, self.height)

    @property
    def last_size(self) -> Size:
        """Width and height in pixels of the last pass: of the second one, if there are two."""
        hires = self.hires
        return Size(hires.width, hires.height) if hires and hires.width and hires.height else self.size

    def as_request(self, **changes: Any) -> Request:
        """The request for this picture again, with some fields changed."""
        values: dict[str, Any] = {
            "prompt": self.prompt,
            "negative": self.negative,
            "styles": (),
            "model": self.model.id,
            # A finished picture has the size that it has, which may be none that is drawn.
            "width": None if self.finished else self.width,
            "height": None if self.finished else self.height,
            "steps": self.steps,
            "cfg": self.cfg,
            "seed": self.seed.seed,
            "variations": self.seed.variations,
            "count": 1,
            "noise": self.noise.as_choice(),
            "sampler": self.sampler.as_choice(),
            "schedule": self.schedule.as_choice(),
            "discard_penultimate": self.discard_penultimate,
            "steering": self.steering,
            "image": self.image and self.image.name,
            "mask": self.mask and self.mask.name,
            "start": self.start,
            "inpaint": self.inpaint,
            "outpaint": self.outpaint,
            "hires": self.hires,
            "controls": tuple(control.as_choice() for control in self.controls),
            "inversion": self.inversion and self.inversion.as_choice(),
            "tiler": self.tiler and self.tiler.as_choice(),
            "denoisers": tuple(stage.as_choice() for stage in self.denoisers),
            "codec": self.codec and self.codec.as_choice(),
            "vae": self.vae and self.vae.name,
            "postprocess": tuple(stage.as_choice() for stage in self.postprocess),
            "finished": self.finished and self.finished.image.name,
        }
        return Request.parse(values | changes)

    def to_finish(self, picture: str, *postprocess: Choice, **changes: Any) -> Request:
        """The request for post-processing this recipe's picture, which lies at `picture` or is kept as ``sha256:…``.

        What the picture was begun with plays no part in it any more.
        """
        begun = ("image", "mask", "start", "inpaint", "outpaint", "hires", "inversion", "tiler")
        nothing = {**dict.fromkeys(begun), "width": None, "height": None, "controls": (), "denoisers": ()}
        return self.as_request(**nothing, finished=picture, postprocess=postprocess, **changes)

    def same_but_seed(self, other: Recipe) -> bool:
        """Whether both pictures can be made in one batch."""
        return self.model_copy(update={"seed": other.seed}) == other
