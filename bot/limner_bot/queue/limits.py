"""What members may ask for: limits by role, the most generous of a member's roles, and whether a request keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from math import sqrt
from typing import Annotated, Any, ClassVar, Final, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from limner_sdk import InvalidRequest, Request, Size
from limner_sdk.errors import explain
from limner_sdk.request import LARGEST_SIDE, MOST_PICTURES, MOST_STEPS, SMALLEST_SIDE

#: A day begins at midnight, in UTC.
DAY: Final = 86400.0
MOST_JOBS: Final = 10_000
#: In the list of models: all of them.
ANY: Final = "*"

Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]


class Limits(BaseModel):
    """What a role allows; None says nothing about it, and what none of a member's roles says is not limited.

    `waiting` counts jobs at once, `seconds_per_day` is time on the GPU, `largest_pixels` the area of the largest
    picture, `count` pictures per job, `repeat` jobs per command. `models` are full ids or short names, ``*`` is any.
    `weight` is the share of the GPU beside others'. The largest value of a field lifts a limit that another role has.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    waiting: int | None = Field(None, ge=0, le=MOST_JOBS)
    seconds_per_day: float | None = Field(None, ge=0, le=DAY * 1000)
    largest_pixels: int | None = Field(None, ge=64 * 64, le=LARGEST_SIDE**2)
    steps: int | None = Field(None, ge=1, le=MOST_STEPS)
    count: int | None = Field(None, ge=1, le=MOST_PICTURES)
    repeat: int | None = Field(None, ge=1, le=MOST_JOBS)
    models: tuple[Name, ...] | None = Field(None, max_length=1000)
    weight: float | None = Field(None, ge=0.01, le=100)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The limits that stand in JSON. Raises `InvalidRequest` with one clear sentence."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise explain(error) from None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Limits out of loose values. Raises `InvalidRequest` with one clear sentence."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise explain(error) from None

    @property
    def share(self) -> float:
        """The weight in the queue; 1 if no role says anything."""
        return 1.0 if self.weight is None else self.weight

    def allows(self, model: str) -> bool:
        """Whether a model of this full id may be used."""
        if self.models is None or ANY in self.models:
            return True
        names = {model.casefold(), model.rpartition(":")[2].casefold()}
        return any(name.casefold() in names for name in self.models)


class OverLimit(InvalidRequest):
    """A member asks for more than their roles allow.

    `limit` is the field of `Limits`, `most` what it allows, and `room_in` the seconds until there is room again, None
    if waiting does not help.
    """

    def __init__(self, limit: str, value: object, most: object, remedy: str, room_in: float | None = None) -> None:
        super().__init__(limit, value, remedy)
        self.limit, self.most, self.room_in = limit, most, room_in


def merged(roles: Iterable[Limits]) -> Limits:
    """The most generous of a member's roles, field by field."""
    told = [role.model_dump(exclude_none=True) for role in roles]
    names = {name for role in told for name in role}
    return Limits(**{name: _most_generous([role[name] for role in told if name in role]) for name in names})


def check(
    request: Request,
    limits: Limits,
    used_today: float,
    waiting_now: int,
    predicted: float,
    *,
    now: float,
    jobs: int = 1,
    place_in: float | None = None,
) -> None:
    """Raise `OverLimit` for the first limit that `jobs` jobs of this `request` would break.

    What the request leaves open is not looked at, so its model, size, steps and count should be filled in. It knows
    `used_today` and `predicted` (of all the `jobs`) in GPU seconds, `now` as Unix seconds, and how many jobs of this
    person are waiting; the next of those is done in `place_in` seconds, if that is known.
    """
    check_request(request, limits)
    check_room(limits, used_today, waiting_now, predicted, now=now, jobs=jobs, place_in=place_in)


def check_room(
    limits: Limits,
    used_today: float,
    waiting_now: int,
    predicted: float,
    *,
    now: float,
    jobs: int = 1,
    place_in: float | None = None,
) -> None:
    """The part of `check` that depends on what else somebody has asked for. Raises `OverLimit`."""
    _check_jobs(limits, waiting_now, jobs, place_in)
    _check_day(limits, used_today, predicted, DAY - now % DAY)


def pixels_of(request: Request) -> int | None:
    """The area of a request's largest pass; None if it says no size. An outpaint's size holds what it adds already."""
    if request.width is None or request.height is None:
        return None
    width, height = request.width, request.height
    if hires := request.hires:
        # With one side, the other one follows in proportion.
        scale = max((hires.width or 0) / width, (hires.height or 0) / height) or hires.scale
        width, height = hires.width or round(width * scale), hires.height or round(height * scale)
    return max(width * height, request.width * request.height)


def least(name: str, limits: Iterable[Limits], value: int) -> int:
    """A value, or the most of it that all these limits allow."""
    most: list[int] = [told for each in limits if (told := getattr(each, name)) is not None]
    return min([value, *most])


def shrunk(size: Size, limits: Iterable[Limits]) -> Size:
    """A size, or one of its shape that all these limits allow, each side a multiple of 8 pixels."""
    pixels = size.width * size.height
    scale = sqrt(least("largest_pixels", limits, pixels) / pixels)
    if scale == 1:
        return size
    return Size(*(max(SMALLEST_SIDE, int(side * scale) // 8 * 8) for side in size))


def check_request(request: Request, limits: Limits) -> None:
    """The part of `check` that depends on the request alone. Raises `OverLimit`."""
    if request.model is not None and not limits.allows(request.model):
        allowed = ", ".join(limits.models or ()) or "none"
        remedy = f"is not among the models that your roles allow; take one of these: {allowed}"
        raise OverLimit("models", request.model, limits.models, remedy)
    pixels = pixels_of(request)
    steps = max(request.steps or 0, (request.hires and request.hires.steps) or 0)
    _check_size("largest_pixels", "pixels", pixels, limits.largest_pixels, "ask for a smaller picture")
    _check_size("steps", "steps", steps, limits.steps, "ask for fewer")
    _check_size("count", "pictures", request.count, limits.count, "ask for fewer at a time")


def _check_size(limit: str, unit: str, value: int | None, most: int | None, remedy: str) -> None:
    if value is not None and most is not None and value > most:
        raise OverLimit(limit, value, most, f"{unit} are more than the {most} that your roles allow; {remedy}")


def _check_jobs(limits: Limits, waiting_now: int, jobs: int, place_in: float | None) -> None:
    _check_size("repeat", "jobs in one command", jobs, limits.repeat, "ask for fewer at a time")
    most = limits.waiting
    if most is None or waiting_now + jobs <= most:
        return
    wanted = f"jobs would wait, and your roles allow {most} at once"
    if jobs > most:
        remedy = f"ask for {most} at most" if most else "an admin of this server can change that"
        raise OverLimit("waiting", waiting_now + jobs, most, f"{wanted}; {remedy}")
    free = f"there is room {_in(place_in)}" if place_in is not None else "ask again when one of yours is done"
    raise OverLimit("waiting", waiting_now + jobs, most, f"{wanted}; {free}", place_in)


def _check_day(limits: Limits, used: float, predicted: float, until_tomorrow: float) -> None:
    most = limits.seconds_per_day
    if most is None or used + predicted <= most:
        return
    needed = f"seconds of the GPU are needed for this, and your roles allow {most:.0f} a day"
    if predicted > most:
        raise OverLimit("seconds_per_day", max(1, round(predicted)), most, f"{needed}; ask for less work")
    left = f"of which {max(0.0, most - used):.0f} are left"
    remedy = f"{needed}, {left}; there is room again {_in(until_tomorrow)}"
    raise OverLimit("seconds_per_day", max(1, round(predicted)), most, remedy, until_tomorrow)


def _in(seconds: float) -> str:
    """A span of time as people say it, never too short."""
    if seconds >= 5400:
        return f"in {-(-seconds // 3600):.0f} h"
    return f"in {-(-seconds // 60):.0f} min" if seconds > 90 else f"in {max(1, -(-seconds // 1)):.0f} s"


def _most_generous(values: list[Any]) -> Any:
    return tuple(dict.fromkeys(chain(*values))) if isinstance(values[0], tuple) else max(values)
