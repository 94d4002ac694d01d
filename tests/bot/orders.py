"""Ready-made orders, results and jobs for tests of the queue."""

from __future__ import annotations

import itertools

from limner_bot.queue.identity import new_id
from limner_bot.queue.records import Kind, Order, Origin
from limner_sdk import ImageSeed, ModelReference, Recipe, Request, Stage
from limner_sdk.messages import Picture, Result

_numbers = itertools.count(1)


def order(user: int = 1, guild: int | None = 9, interaction: int | None = None, kind: Kind = "imagine") -> Order:
    """An order of `user`; each comes from an interaction of its own."""
    origin = Origin(user, guild, 5, interaction or next(_numbers), "token", 2e9, 10**7)
    return Order(new_id(), kind, origin, Request(prompt=f"a circle for {user}"))


def recipe(prompt: str = "a circle", seed: int = 7) -> Recipe:
    """A complete recipe."""
    stage = Stage(id="stub:any")
    model = ModelReference(id="stub:flat", digest="0" * 64)
    return Recipe(
        prompt=prompt,
        negative="",
        model=model,
        width=64,
        height=64,
        steps=5,
        cfg=3,
        seed=ImageSeed(seed=seed),
        noise=stage,
        sampler=stage,
        schedule=stage,
    )


def result(count: int = 2) -> Result:
    """A result of `count` pictures."""
    pictures = tuple(
        Picture(file=f"{k}.png", width=64, height=64, digest="0" * 64, recipe=recipe(seed=k)) for k in range(count)
    )
    return Result(pictures=pictures, grid="grid.png", notices=("a notice",))
