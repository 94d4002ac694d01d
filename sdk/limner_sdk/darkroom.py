"""What the bot and the darkroom say to each other: the process that decodes and encodes pictures for the bot.

Files are paths that both can reach. Every task is answered once, by what it says below or by `Refused`, with its
`number`; before that, whoever opens a stranger's file says `Decoded`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from .catalogue import Catalogue
from .request import Recipe, Request

#: Pixels of the largest picture that is taken from anybody, and of the largest of our own.
LARGEST_UPLOAD: Final = 32_000_000
LARGEST_OWN: Final = 80_000_000
MOST_THUMBNAILS: Final = 100

PictureKind: TypeAlias = Literal["PNG", "JPEG", "WEBP"]
#: A file's name up to its ending: nothing that leads elsewhere.
Stem: TypeAlias = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]


class _Frame(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Ready(_Frame):
    """The darkroom takes tasks. Said once, before everything else."""

    type: Literal["ready"] = "ready"


class Know(_Frame):
    """What a host offers, so that what pictures say of themselves can be understood. Nothing answers it."""

    type: Literal["know"] = "know"
    catalogue: Catalogue


class Fit(_Frame):
    """Make a file of at most `most_bytes` of the picture `file`, one of our own, called `name` in the folder `into`.

    With `metadata` it goes on carrying its recipe and its infotext, otherwise nothing at all.
    """

    type: Literal["fit"] = "fit"
    number: int
    file: str
    into: str
    name: Stem
    most_bytes: int = Field(ge=16 * 1024)
    metadata: bool = True


class Fitted(_Frame):
    """The file to send, which is the given one if that fits as it is.

    `quality` is 100 if no pixel has changed, `width` and `height` are pixels, and `note` says what had to be given up,
    "" if it is nothing.
    """

    type: Literal["fitted"] = "fitted"
    number: int
    file: str
    format: PictureKind
    bytes: int
    width: int
    height: int
    quality: int
    note: str = ""


class Inspect(_Frame):
    """Look at a stranger's `file`, and write a clean copy to `clean_to`, a path to which the ending is added.

    The copy is upright, in sRGB with 8 bits, and carries nothing but pixels; with `carry` also what the file says of
    how it was made, as far as that was understood. Sentences name the `field` and what the person has `called` it.
    """

    type: Literal["inspect"] = "inspect"
    number: int
    file: str
    clean_to: str
    called: str = ""
    field: str = "picture"
    largest_pixels: int = Field(LARGEST_UPLOAD, ge=1, le=LARGEST_UPLOAD)
    carry: bool = False


class Says(_Frame):
    """What a picture says of how it was made.

    `program` is "unknown" if what it says cannot be used; `notes` tell what was not understood. Only our own pictures
    have a `recipe`. `infotext` is A1111's text as it stands there, "" if there is none or none that may be kept.
    """

    program: Literal["limner", "a1111", "comfyui", "unknown"]
    infotext: str = ""
    request: Request | None = None
    recipe: Recipe | None = None
    notes: tuple[str, ...] = ()


class Inspected(_Frame):
    """The clean copy `file`, and what the original is: its `kind`, whether it is `animated` (the first picture of it
    was taken), and the SHA-256 `digest` of its bytes. `width` and `height` are the pixels of the upright copy.

    `says` is None if the picture says nothing of itself.
    """

    type: Literal["inspected"] = "inspected"
    number: int
    file: str
    kind: PictureKind
    width: int
    height: int
    bytes: int
    digest: str
    animated: bool = False
    says: Says | None = None


class Mask(_Frame):
    """Look at a stranger's mask for a picture of `width` and `height` pixels; the clean PNG gets `clean_to` and .png.

    White is drawn anew, what is transparent is black.
    """

    type: Literal["mask"] = "mask"
    number: int
    file: str
    clean_to: str
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    called: str = ""
    field: str = "mask"
    largest_pixels: int = Field(LARGEST_UPLOAD, ge=1, le=LARGEST_UPLOAD)


class Masked(_Frame):
    """The mask in grey levels (mode L) at the picture's size; `scaled` if it had another one.

    `painted` is how much of the picture is drawn anew, above 0 and up to 1.
    """

    type: Literal["masked"] = "masked"
    number: int
    file: str
    scaled: bool
    painted: float


class Gallery(_Frame):
    """A contact sheet of our own pictures: thumbnails of `side` pixels at most, numbered from `first`."""

    type: Literal["gallery"] = "gallery"
    number: int
    files: tuple[str, ...] = Field(min_length=1, max_length=MOST_THUMBNAILS)
    into: str
    name: Stem
    columns: int = Field(4, ge=1, le=10)
    side: int = Field(256, ge=32, le=512)
    first: int = Field(1, ge=0)


class Combine(_Frame):
    """A grid of our own pictures, as nearly square as they fit, without anything about how they were made."""

    type: Literal["combine"] = "combine"
    number: int
    files: tuple[str, ...] = Field(min_length=1, max_length=16)
    into: str
    name: Stem


class Sheet(_Frame):
    """Several pictures in one file; `missing` are the places (from 0) of those that are not there or cannot be read."""

    type: Literal["sheet"] = "sheet"
    number: int
    file: str
    format: PictureKind
    bytes: int
    width: int
    height: int
    missing: tuple[int, ...] = ()


class Decoded(_Frame):
    """A stranger's file has been decoded, which is the dangerous part; the answer follows."""

    type: Literal["decoded"] = "decoded"
    number: int


#: Why a task was refused. `request` is the person's matter, the others are ours.
Why: TypeAlias = Literal["request", "disk", "memory", "internal"]


class Refused(_Frame):
    """It cannot be done; `sentence` names the field, the value and the remedy."""

    type: Literal["refused"] = "refused"
    number: int
    sentence: str
    why: Why = "request"


Task: TypeAlias = Fit | Inspect | Mask | Gallery | Combine
Answer: TypeAlias = Fitted | Inspected | Masked | Sheet | Refused
ToDarkroom: TypeAlias = Annotated[Know | Task, Field(discriminator="type")]
FromDarkroom: TypeAlias = Annotated[Ready | Decoded | Answer, Field(discriminator="type")]

TO_DARKROOM: TypeAdapter[ToDarkroom] = TypeAdapter(ToDarkroom)
FROM_DARKROOM: TypeAdapter[FromDarkroom] = TypeAdapter(FromDarkroom)
