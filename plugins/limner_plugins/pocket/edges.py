"""How sharp the edges of an enlarged picture are, and how near it is to the truth, which can be drawn at any size."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter
from scipy.ndimage import map_coordinates

Values = NDArray[np.float64]

#: How far from an edge, in pixels, it is still looked at, and in what steps.
REACH: Final = 10.0
STEP: Final = 0.25
_FLAT_FROM: Final = 2.5
_LEAST_STEP: Final = 60.0
_MOST_EDGES: Final = 2000


class Edges(NamedTuple):
    """Points (N, 2) on clean edges as row and column, the directions (N, 2) across them, and the colours beside."""

    points: Values
    across: Values
    before: Values
    after: Values


def error_at_edges(made: Image.Image, truth: Image.Image, reach: int = 4) -> float:
    """The mean absolute error, in 8-bit levels, of pixels within `reach` of an edge of the truth."""
    near = np.asarray(_steep(truth).filter(ImageFilter.MaxFilter(2 * reach + 1))) > 0
    return float(np.abs(_levels(made) - _levels(truth))[near].mean())


def error(made: Image.Image, truth: Image.Image) -> float:
    """The mean absolute error of all pixels, in 8-bit levels."""
    return float(np.abs(_levels(made) - _levels(truth)).mean())


def edge_width(made: Image.Image, edges: Edges) -> float:
    """The mean distance in pixels over which a picture goes from a tenth to nine tenths of the step at `edges`."""
    shares = _shares(_levels(made), edges)
    return float(((shares > 0.1) & (shares < 0.9)).mean() * (2 * REACH + STEP))


def clean_edges(truth: Image.Image) -> Edges:
    """The places where one flat colour of the truth meets another, with nothing else within `REACH`."""
    levels = _levels(truth)
    slopes = np.stack([np.gradient(levels, axis=axis) for axis in (0, 1)])
    rows, columns = np.nonzero(np.asarray(_steep(truth)))
    every = max(1, len(rows) // _MOST_EDGES)
    rows, columns = rows[::every], columns[::every]
    across = _steepest(slopes[:, rows, columns])
    points = np.stack([rows, columns], axis=1).astype(np.float64)
    beside = [_sampled(levels, points + side * REACH * across) for side in (-1, 1)]
    found = Edges(points, across, beside[0], beside[1])
    return Edges(*(part[_is_clean(levels, found)] for part in found))


def _is_clean(levels: Values, edges: Edges) -> NDArray[np.bool_]:
    """Whether an edge is a large step between flat sides, all of it inside of the picture."""
    shares, places = _shares(levels, edges), _places()
    flat = np.where(places < 0, np.abs(shares), np.abs(1 - shares))[:, np.abs(places) > _FLAT_FROM].max(axis=1) < 0.03
    ends = np.concatenate([edges.points - REACH * edges.across, edges.points + REACH * edges.across], axis=1)
    inside = (ends.min(axis=1) >= 0) & (ends.max(axis=1) < min(levels.shape[:2]))
    return np.asarray(flat & inside & (np.linalg.norm(edges.after - edges.before, axis=1) > _LEAST_STEP))


def _shares(levels: Values, edges: Edges) -> Values:
    """How much of the step is made at each place across each edge, (N, places): 0 before it, 1 after it."""
    step = edges.after - edges.before
    size = np.maximum((step**2).sum(axis=1), 1e-9)
    places = edges.points[:, None] + _places()[:, None] * edges.across[:, None]
    colours = _sampled(levels, places)
    return np.asarray(((colours - edges.before[:, None]) * step[:, None]).sum(axis=2) / size[:, None])


def _places() -> Values:
    return np.arange(-REACH, REACH + STEP / 2, STEP)


def _steepest(slopes: Values) -> Values:
    """Unit vectors (N, 2) along the slope, from slopes (2, N, 3), of the colour that changes most."""
    strongest = np.hypot(*slopes).argmax(axis=1)
    chosen = slopes[:, np.arange(len(strongest)), strongest].T
    return np.asarray(chosen / np.maximum(np.linalg.norm(chosen, axis=1, keepdims=True), 1e-9))


def _sampled(levels: Values, places: Values) -> Values:
    """The colours (..., 3) at fractional rows and columns (..., 2)."""
    at = np.moveaxis(places, -1, 0)
    return np.stack([map_coordinates(levels[..., i], at, order=1, mode="nearest") for i in range(3)], axis=-1)


def _steep(picture: Image.Image) -> Image.Image:
    """A grey picture, white where some colour changes by more than a little from one pixel to the next."""
    spread = ImageChops.subtract(picture.filter(ImageFilter.MaxFilter(3)), picture.filter(ImageFilter.MinFilter(3)))
    red, green, blue = spread.split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return most.point(lambda level: 255 if level > _LEAST_STEP else 0)


def _levels(picture: Image.Image) -> Values:
    return np.asarray(picture.convert("RGB"), dtype=np.float64)
