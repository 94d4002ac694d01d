"""The guard itself: whatever keeps it from looking at a picture withholds that picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch

from limner_sdk import Cancelled, Image, Params, PictureWithheld, PostprocessContext, param

from .files import Stamp, stamp
from .judges import Judge, judge_in
from .views import views


class SafetyParams(Params):
    """What counts as unsafe."""

    threshold: float = param(0.5, "From which probability on a picture is withheld.", ge=0, le=1)
    labels: str = param("nsfw, porn, hentai, sexy, unsafe", "The classifier's labels that are unsafe.", max_length=1000)

    @property
    def unsafe(self) -> frozenset[str]:
        """The labels, each by itself and in lower case."""
        return frozenset(label.strip().casefold() for label in self.labels.split(",") if label.strip())


@dataclass
class SafetyFilter:
    """A `PostprocessDef`'s function, which keeps the classifier for as long as its files stay what they are."""

    _kept: tuple[Path, Stamp, Judge] | None = field(default=None, init=False, repr=False)

    def __call__(self, image: Image, ctx: PostprocessContext, params: SafetyParams) -> Image:
        """The picture as it is. Raises `PictureWithheld` if it is unsafe, or if nobody can tell."""
        try:
            reason = self._reason(image, ctx, params)
        except (Cancelled, PictureWithheld):
            raise
        # A filter that breaks down must not let anything through.
        except Exception as error:
            raise PictureWithheld(f"the safety filter failed: {error or type(error).__name__}") from error
        if reason is not None:
            raise PictureWithheld(reason)
        return image

    def _reason(self, image: Image, ctx: PostprocessContext, params: SafetyParams) -> str | None:
        judge, shown = self._judge(ctx), views(image)
        try:
            judge.network.to(ctx.device)
            return judge.reason(shown, params.unsafe, params.threshold, ctx)
        except torch.OutOfMemoryError:
            ctx.log.warning("not enough memory on %s for the safety filter; it goes on on the CPU", ctx.device)
        judge.network.to("cpu")
        return judge.reason(shown, params.unsafe, params.threshold, ctx)

    def _judge(self, ctx: PostprocessContext) -> Judge:
        now = stamp(ctx.folder)
        if self._kept is None or self._kept[:2] != (ctx.folder, now):
            self._kept = None
            self._kept = ctx.folder, now, judge_in(ctx.folder)
        return self._kept[2]
