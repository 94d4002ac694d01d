"""A YOLO network's look at a picture: letterbox, prediction, one box for each thing, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

import torch
from torch import Tensor

from limner_sdk import Context, Detection, Image, InvalidRequest, LastUsed, Size, WeightFile

from .letterbox import Letterbox, whole_pixels
from .networks import Network
from .params import YoloParams
from .quiet import ultralytics

#: How long masks are made at most, in seconds; the least sure things are left out.
MOST_SECONDS: Final = 20.0
#: How many bytes the masks of one picture may take together.
MOST_BYTES: Final = 2**30


@dataclass(frozen=True)
class YoloDetector:
    """A `DetectorDef`'s function: the network of one file, which is loaded when it is first used."""

    file: WeightFile
    networks: LastUsed[Network]

    def __call__(self, image: Image, ctx: Context, params: YoloParams) -> list[Detection]:
        """What is found, surest first. Raises `InvalidRequest` for unknown classes, and `UnusableModel`."""
        network = self.networks.of(self.file)
        wanted = _wanted(params.classes, network.built.names)
        side = _rounded(params.size or network.built.side, network.multiple)
        letterbox = Letterbox(Size(*image.size), side)
        predicted, prototypes = network.predictions(self._square(image, side).to(ctx.device), wanted)
        rows = self._sorted_out(network, predicted, wanted, params)
        return list(_Look(letterbox, network, _asked(network, wanted)).things(rows, prototypes, ctx))

    def _square(self, image: Image, side: int) -> Tensor:
        """What the network looks at, (1, 3, S, S) in 0 … 1."""
        import numpy as np

        fit = ultralytics("data.augment", self.file.file).LetterBox((side, side), auto=False)
        pixels = np.ascontiguousarray(fit(image=np.asarray(image.convert("RGB"))))
        return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255

    def _sorted_out(self, network: Network, predicted: Tensor, wanted: list[int], params: YoloParams) -> Tensor:
        """One row for each thing: corners in the square, confidence, class, and what makes its mask; surest first."""
        names = _asked(network, wanted)
        rows: Tensor = ultralytics("utils.nms", self.file.file).non_max_suppression(
            predicted,
            params.confidence,
            params.overlap,
            classes=wanted if len(wanted) < len(names) else None,
            max_det=params.most,
            nc=len(names),
            end2end=network.sorts_out,
        )[0]
        rows = rows[rows.isfinite().all(1)]
        return rows[rows[:, 4].argsort(descending=True, stable=True)][: params.most]


@dataclass(frozen=True)
class _Look:
    """One look at one picture: the way back from the square."""

    letterbox: Letterbox
    network: Network
    names: Sequence[str]

    def things(self, rows: Tensor, prototypes: Tensor | None, ctx: Context) -> Iterator[Detection]:
        """Each row's record, box and mask together; what lies beside the picture is none."""
        picture, until = self.letterbox.picture, monotonic() + MOST_SECONDS
        most = len(rows) if prototypes is None else MOST_BYTES // (picture.width * picture.height)
        for done, (row, corners) in enumerate(zip(rows, self.letterbox.boxes(rows[:, :4]), strict=True)):
            ctx.check_cancelled()
            if done >= max(most, 1) or monotonic() > until:
                ctx.log.warning("%s found %d things; only %d are looked at", self.network.file, len(rows), done)
                return
            if bool((corners[2:] <= corners[:2]).any()):
                continue
            yield self._thing(row, corners, prototypes)

    def _thing(self, row: Tensor, corners: Tensor, prototypes: Tensor | None) -> Detection:
        mask = None if prototypes is None else self._mask(row[6:], corners, prototypes[0])
        box = whole_pixels(corners, self.letterbox.picture)
        return Detection(box, min(float(row[4]), 1.0), self.names[int(row[5])], mask)

    def _mask(self, weights: Tensor, corners: Tensor, prototypes: Tensor) -> Image:
        """White where the weighted sum of the prototypes (M, h, w) is above 0, inside of the box (YOLACT, 2019)."""
        from PIL import Image as Pillow

        scores = self.letterbox.mask(torch.einsum("m,mhw->hw", weights, prototypes.float()))
        box = whole_pixels(corners, self.letterbox.picture)
        mask = torch.zeros(scores.shape, dtype=torch.uint8)
        place = slice(box.top, box.bottom), slice(box.left, box.right)
        mask[place] = (scores[place] > 0).byte().cpu() * 255
        return Pillow.fromarray(mask.numpy())


def _wanted(classes: str, names: tuple[str, ...]) -> list[int]:
    """The numbers of the classes that `classes` names, all of them if it is empty."""
    asked = [name.strip().casefold() for name in classes.split(",") if name.strip()]
    known = [name.casefold() for name in names]
    unknown = [name for name in asked if name not in known]
    if unknown:
        shown = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
        raise InvalidRequest("detector.classes", unknown[0], f"is no class of this detector; it knows {shown}")
    return [number for number, name in enumerate(known) if name in asked or not asked]


def _asked(network: Network, wanted: list[int]) -> Sequence[str]:
    """The names of the classes that the network has been asked for: one of open classes knows no others."""
    names = network.built.names
    return names if network.texts is None else [names[number] for number in wanted]


def _rounded(side: int, multiple: int) -> int:
    return max(-(-side // multiple) * multiple, multiple)
