"""Opens pictures with distrust: three kinds by their content, a size that is checked first, one sentence otherwise."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Each registers itself; Pillow would otherwise import all its readers as soon as one is missing.
from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, UnidentifiedImageError, WebPImagePlugin

from limner_host.pictures import DAMAGE, MOST_BYTES, eight_bits
from limner_sdk import InvalidRequest
from limner_sdk.darkroom import LARGEST_OWN, PictureKind

READERS: Final = (PngImagePlugin, JpegImagePlugin, WebPImagePlugin)
KINDS: Final[tuple[PictureKind, ...]] = ("PNG", "JPEG", "WEBP")
#: Bytes of the largest colour profile that is applied; those of printers have two million.
LARGEST_PROFILE: Final = 4 * 2**20

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """A file, the most pixels that it may have, and what sentences call it."""

    path: Path
    largest: int = LARGEST_OWN
    field: str = "picture"
    called: str = ""

    def refusal(self, remedy: str) -> InvalidRequest:
        """The sentence that says what is wrong with it."""
        return InvalidRequest(self.field, self.called or self.path.name, remedy)


@dataclass(frozen=True)
class Opened:
    """A decoded picture as it is stored; of an animation the first one."""

    image: Image.Image
    kind: PictureKind
    animated: bool = False


def open_picture(source: Source) -> Opened:
    """Decode a PNG, JPEG or WebP. Raises `InvalidRequest` with one sentence."""
    with damage_told(source):
        if source.path.stat().st_size > MOST_BYTES:
            raise source.refusal(f"is larger than {MOST_BYTES // 2**20} MiB; use a smaller file")
        with Image.open(source.path, formats=KINDS) as image:
            check_size(image, source)
            animated = image.format != "MPO" and bool(getattr(image, "is_animated", False))
            image.load()
            return Opened(image.copy(), kind_of(image), animated)


def kind_of(image: Image.Image) -> PictureKind:
    """What kind of file an opened picture has; cameras put several JPEGs into one."""
    return next((kind for kind in KINDS if kind == image.format), "JPEG")


def check_size(image: Image.Image, source: Source) -> None:
    """Refuse by its header what would take too much room. Raises `InvalidRequest`."""
    pixels, size = image.width * image.height, f"{image.width}x{image.height}"
    if pixels > source.largest:
        raise source.refusal(f"is {size} pixels; the most is {source.largest / 1e6:g} million: make it smaller")
    if not pixels:
        raise source.refusal(f"is {size} and has no pixels; use another one")


@contextmanager
def damage_told(source: Source) -> Iterator[None]:
    """Turn what Pillow raises for a missing, foreign or damaged file into `InvalidRequest`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (InvalidRequest, MemoryError):
        raise
    except FileNotFoundError:
        raise source.refusal("is not there any more; give it again") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise source.refusal(f"is too large; the most is {source.largest / 1e6:g} million pixels") from None
    except UnidentifiedImageError:
        raise source.refusal("is no PNG, JPEG or WebP picture; use one of these") from None
    except DAMAGE as error:
        # What Pillow says may name folders of ours.
        log.info("a picture cannot be read: %s", error)
        raise source.refusal("is damaged or cut off; use an intact copy") from None


def upright(image: Image.Image) -> Image.Image:
    """The picture as its EXIF turns it, in sRGB with 8 bits, in mode L, RGB or RGBA, and nothing else of it."""
    plain = eight_bits(in_srgb(ImageOps.exif_transpose(image)))
    grey = "L" if plain.mode in ("1", "L") else "RGB"
    clean = plain.convert("RGBA") if plain.has_transparency_data else plain.convert(grey)
    if clean.mode == "RGBA" and clean.getchannel("A").getextrema() == (255, 255):
        clean = clean.convert("RGB")
    # Pillow would write the profile and a JPEG's comment again.
    clean.info.clear()
    return clean


def in_srgb(image: Image.Image) -> Image.Image:
    """The picture in the colours that screens take for granted; one whose profile is damaged stays as it is."""
    profile = image.info.get("icc_profile") or b""
    if image.mode not in ("L", "RGB", "RGBA", "CMYK") or not 0 < len(profile) <= LARGEST_PROFILE:
        return image
    from PIL import ImageCms

    try:
        theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(theirs):
            return image
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(image, theirs, ImageCms.createProfile("sRGB"), outputMode=mode) or image
    except (ImageCms.PyCMSError, *DAMAGE) as error:
        log.info("a colour profile is left out: %s", error)
        return image
