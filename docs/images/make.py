"""Makes the pictures of docs/tiling.md anew, with Pocket.

``python docs/images/make.py`` makes all of them beside this file, ``python docs/images/make.py ring`` makes one. All
together take some minutes on a CPU.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

from limner_host.house import open_studio
from limner_host.studio import Studio
from limner_host.tensors import to_image, to_tensor
from limner_sdk import Request
from limner_sdk.folders import DataFolder
from limner_sdk.testing import FakeContext

HERE: Final = Path(__file__).parent
GAP, TITLE = 8, 22
STAR: Final = "a yellow star"


@dataclass(frozen=True)
class Painter:
    """Draws pictures with one studio, and keeps them in `folder`."""

    studio: Studio
    folder: Path

    def picture(self, prompt: str, **asked: Any) -> Image.Image:
        """One picture of 12 steps."""
        request = Request.parse({"prompt": prompt, "seed": 3, "steps": 12} | asked)
        with Image.open(self.folder / self.studio.make(request, self.folder).grid) as image:
            return image.convert("RGB")

    def kept(self, image: Image.Image) -> str:
        """The file of a picture to start from."""
        path = self.folder / "start.png"
        image.save(path)
        return str(path)


def tiler(name: str, **params: object) -> dict[str, Any]:
    """The field of a request that chooses a tiler."""
    return {"tiler": {"name": name, "params": params}}


def sheet(images: Mapping[str, Image.Image], columns: int) -> Image.Image:
    """Pictures of one size with their titles above them."""
    width, height = next(iter(images.values())).size
    rows = -(-len(images) // columns)
    made = Image.new("RGB", (columns * (width + GAP) - GAP, rows * (height + TITLE + GAP) - GAP), "white")
    draw, font = ImageDraw.Draw(made), ImageFont.load_default(15)
    for number, (title, image) in enumerate(images.items()):
        left, top = number % columns * (width + GAP), number // columns * (height + TITLE + GAP)
        draw.text((left, top + 1), title, "black", font)
        made.paste(image, (left, top + TITLE))
    return made


def windows(painter: Painter) -> Image.Image:
    """512 x 256 pixels out of tiles of 128, each tiler's way."""
    size = {"width": 512, "height": 256}
    chosen = {
        "multidiffusion, overlap 0": tiler("multidiffusion", overlap=0),
        "multidiffusion, overlap 4": tiler("multidiffusion", overlap=4),
        "mixture, overlap 4": tiler("mixture", overlap=4),
        "cosine, overlap 4": tiler("cosine", overlap=4),
        "jittered, overlap 4": tiler("jittered", overlap=4),
        "no tiler": {},
    }
    return sheet({title: painter.picture(STAR, **size, **each) for title, each in chosen.items()}, 2)


def overlaps(painter: Painter) -> Image.Image:
    """Cosine tiles that overlap by more and more cells."""
    size = {"width": 384, "height": 128}
    made = {
        f"cosine, overlap {cells}": painter.picture(STAR, **size, **tiler("cosine", overlap=cells))
        for cells in (0, 2, 4, 8)
    }
    return sheet(made, 2)


def ring(painter: Painter) -> Image.Image:
    """A panorama, turned by half so that its two ends meet in the middle."""
    size = {"width": 512, "height": 128}
    made = {
        f"wrap {'true' if wrap else 'false'}, turned by half": turned(
            painter.picture(STAR, **size, **tiler("cosine", wrap=wrap))
        )
        for wrap in (False, True)
    }
    return sheet(made, 1)


def turned(image: Image.Image) -> Image.Image:
    """The picture moved to the right by half of its width; what leaves comes in again."""
    return ImageChops.offset(image, image.width // 2, 0)


def regions(painter: Painter) -> Image.Image:
    """Two things asked for in one prompt, and in two regions."""
    size, both = {"width": 256, "height": 128}, "a red circle and a blue star on a white background"
    areas = "left | a red circle on a white background\nright | a blue star on a white background"
    chosen = {"name": "regions", "params": {"areas": areas}}
    made = {"one prompt": painter.picture(both, **size)}
    return sheet(made | {"two regions": painter.picture("a white background", **size, denoisers=(chosen,))}, 2)


def enlarged(painter: Painter) -> Image.Image:
    """A small picture drawn over at twice its size in tiles, with fresh noise and with its own."""
    prompt = "a happy face with green hair on a white background"
    start = painter.picture(prompt, steps=20)
    asked: dict[str, Any] = {"image": painter.kept(start), "steps": 20, **tiler("cosine")}
    asked["start"] = {"scale": 2, "denoise": 0.3}
    inverted = {"inversion": {"name": "noise_inversion", "params": {"renoise": 0, "steps": 20}}}
    made = {
        "enlarged": start.resize((256, 256), Image.Resampling.LANCZOS),
        "drawn over, fresh noise": painter.picture(prompt, **asked),
        "drawn over, inverted noise": painter.picture(prompt, **asked, **inverted),
    }
    return sheet(made, 3)


def decoding(painter: Painter) -> Image.Image:
    """One latent decoded in parts, and how far from decoding it whole that is, ten times as strong."""
    codec: Any = painter.studio.model(painter.studio.registry.model("pocket")).codec
    tiled = painter.studio.registry.codec("tiled_vae").definition
    scene = to_tensor(painter.picture(STAR, width=384, height=256, **tiler("cosine")))
    latent = codec.encode(scene).detach()
    whole = to_image(codec.decode(latent).detach())
    made = {}
    for mode in ("exact", "fast"):
        wrapped = tiled.wrap(codec, FakeContext(), tiled.params(mode=mode, estimate=16))
        made[f"tiled_vae, {mode}"] = to_image(wrapped.decode(latent))
    codec.autoencoder.enable_tiling()
    codec.autoencoder.tile_latent_min_size, codec.autoencoder.tile_sample_min_size = 16, 128
    made["overlapping tiles, blended"] = to_image(codec.decode(latent).detach())
    errors = {
        f"{title}: error x 10": ImageChops.difference(whole, image).point(lambda level: level * 10)
        for title, image in made.items()
    }
    return sheet({"decoded whole": whole, **errors}, 2)


PICTURES: Final[Mapping[str, Callable[[Painter], Image.Image]]] = {
    each.__name__: each for each in (windows, overlaps, ring, regions, enlarged, decoding)
}


def main(names: Sequence[str]) -> None:
    """Make those pictures."""
    with tempfile.TemporaryDirectory() as folder:
        painter = Painter(open_studio(DataFolder(Path(folder) / "data").create(), "cpu"), Path(folder))
        for name in names or PICTURES:
            PICTURES[name](painter).save(HERE / f"{name}.webp", quality=85, method=6)


if __name__ == "__main__":
    main(sys.argv[1:])
