"""A context that is none: what a stage gets in a check."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from limner_sdk.brownian import brownian_path
from limner_sdk.errors import Cancelled
from limner_sdk.model import Guidance, Increments
from limner_sdk.types import Size, Tensor

from .models import FakeConditioning, FakeLevels, FakeModel

if TYPE_CHECKING:
    import torch


class FakeContext:
    """A context for every kind of stage, with streams of its own; `cancel_after` counts looks at cancellation."""

    def __init__(self, seeds: Sequence[int] = (1, 2), cancel_after: int | None = None, seed: int = 0) -> None:
        import torch

        self.device: torch.device = torch.device("cpu")
        self.dtype: torch.dtype = torch.float32
        self.log = logging.getLogger("limner.testing")
        self.seed = seed
        self.sigmas: tuple[float, ...] = ()
        self.levels = FakeLevels()
        self.model = FakeModel()
        self.canvas: Any = None
        self.native = Size(16, 16)
        self.largest = Size(512, 512)
        self.asked = Size(192, 128)
        self.is_part = False
        self.pictures: tuple[str, ...] = ("left",)
        self.prompt = "a red circle"
        self.reports: list[float] = []
        self._seeds = tuple(seeds)
        self._streams = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._looks_left = cancel_after

    def check_cancelled(self) -> None:
        """Raise `Cancelled` once `cancel_after` looks are used up."""
        if self._looks_left is None:
            return
        self._looks_left -= 1
        if self._looks_left < 0:
            raise Cancelled("the test cancels here")

    def report(self, done: float, what: str = "") -> None:
        """Remember what was reported."""
        self.check_cancelled()
        self.reports.append(done)

    def generator(self, seed: int, /) -> torch.Generator:
        """A fresh stream."""
        import torch

        return torch.Generator().manual_seed(seed)

    def noise_like(self, x: Tensor, /) -> Tensor:
        """Fresh noise, row k from the k-th stream."""
        import torch

        return torch.stack([torch.randn(x.shape[1:], generator=stream) for stream in self._streams]).to(x)

    def brownian(self, x: Tensor, low: float, high: float, /) -> Increments:
        """A path per row, from the k-th seed."""
        import torch

        def draw(seed: int) -> Tensor:
            return torch.randn(x.shape[1:], generator=self.generator(seed))

        paths = [brownian_path(seed, low, high, draw) for seed in self._seeds]
        return lambda sigma, below: torch.stack([between(sigma, below) for between in paths]).to(x)

    def guidance(self, prompt: str, negative: str | None = None) -> Callable[[float, Guidance], Guidance]:
        """Guidance that knows a prompt by its length alone, with as many rows as the one that is asked for."""
        positive, unwanted = (FakeConditioning((float(len(text)),)) for text in (prompt, negative or ""))

        def at(sigma: float, asked: Guidance) -> Guidance:
            first = asked.positives[0][0]
            words = Guidance(((positive, 1.0),), unwanted, asked.scale, asked.rescale)
            count = len(first.values) if isinstance(first, FakeConditioning) else 1
            return words.each(lambda cond: cond.expand(count))

        return at

    def mask(self, name: str) -> Tensor:
        """The left half of the canvas."""
        import torch

        grey = torch.zeros(self._cells.height, self._cells.width)
        grey[:, : self._cells.width // 2] = 1
        return grey

    def picture(self) -> Tensor:
        """Stripes, (1, 3, H, W), for the canvas."""
        import torch

        height, width = 8 * self._cells.height, 8 * self._cells.width
        return torch.sin(torch.arange(width) / 9).expand(1, 3, height, width)

    @property
    def _cells(self) -> Size:
        return self.canvas or Size(24, 16)

    def free_memory(self) -> int:
        """A gigabyte."""
        return 2**30
