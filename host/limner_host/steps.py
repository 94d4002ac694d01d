"""How many steps a pass schedules and runs, and how often that calls the network."""

from __future__ import annotations

from dataclasses import dataclass

from limner_sdk import Hires, PictureStart, Recipe, Request

from .registry import Registry

#: Redrawing everything still leaves the last step of the schedule's top to the picture, as A1111 does.
_MOST_DENOISE = 0.999


@dataclass(frozen=True)
class Steps:
    """`scheduled` levels are planned, and the last `run` of their steps are walked."""

    scheduled: int
    run: int


def steps_of(steps: int, start: PictureStart | None) -> Steps:
    """A1111's count: a picture that is redrawn by the share d walks int(d · steps) + 1 steps, none at 0.

    With `exact_steps`, so many are scheduled that `steps` of them are walked.
    """
    if start is None:
        return Steps(steps, steps)
    if start.denoise == 0:
        return Steps(steps, 0)
    share = min(start.denoise, _MOST_DENOISE)
    if start.exact_steps:
        return Steps(max(steps, int(steps / share)), steps)
    return Steps(steps, int(share * steps) + 1)


def second_pass_start(hires: Hires) -> PictureStart:
    """The second pass is a redrawing of the enlarged first one."""
    return PictureStart(denoise=hires.denoise)


def evaluations_of(request: Request | Recipe, registry: Registry) -> int:
    """How often the network is called for all pictures of a request; a guided call counts once.

    Adaptive samplers give an estimate. Raises `UnknownName` or `AmbiguousName`.
    """
    if isinstance(request, Recipe):
        request = request.as_request()
    steps, sampler = request.steps, request.sampler.name if request.sampler else None
    if steps is None or sampler is None:
        liked = (registry.model(request.model) if request.model else registry.default_model).definition.defaults
        steps, sampler = steps or liked.steps, sampler or liked.sampler
    start = (request.start or PictureStart()) if request.image else None
    calls = calls_of(registry, sampler, steps_of(steps, start).run)
    if request.hires:
        again = steps_of(request.hires.steps or steps, second_pass_start(request.hires)).run
        calls += calls_of(registry, request.hires.sampler or sampler, again)
    return calls * (request.count or 1)


def calls_of(registry: Registry, sampler: str, steps: int) -> int:
    """How often a sampler calls the network in one pass of so many steps."""
    definition = registry.sampler_and_schedule(sampler)[0].definition
    return max(1, definition.evaluations(steps)) if steps else 0
