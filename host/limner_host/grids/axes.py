"""An axis: what a grid can vary, what its values look like, and how a request gets one of them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias, get_args, get_origin

from limner_sdk import InvalidRequest, Request
from limner_sdk.params import choices_of, without_none
from limner_sdk.seeds import LARGEST_SEED

from .values import MOST_VALUES, Item, items, numbers, whole_numbers

Value: TypeAlias = bool | int | float | str | None
Put: TypeAlias = Callable[[Request, Value], Request]
#: What sets a value that depends on the whole list of texts, and the values that the list means.
Gather: TypeAlias = Callable[[Request, tuple[str, ...]], tuple[Put, tuple[Value, ...]]]
#: What the values of an axis are.
Form: TypeAlias = Literal["whole", "number", "switch", "choice", "text"]

#: How dear a change is, so that the dearest happens least often.
FREE, ENCODING, LOADING = 0, 1, 2

_SWITCH: Final = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False}
_NONE: Final = ("none", "default")
#: What A1111's people type for a seed that nobody chose.
_FRESH: Final = -1


@dataclass(frozen=True)
class Axis:
    """Something that a grid varies, by the `name` that people type; `label` is what a sheet calls it.

    `put` gives a request one value. `rank` tells in which order several axes do that: parameters come after what they
    belong to. An `optional` axis also takes ``none``. `gather` is for axes whose values depend on one another. `values`
    is empty until the axis is filled.
    """

    name: str
    label: str
    form: Form
    put: Put
    choices: tuple[str, ...] = ()
    bounds: tuple[float | None, float | None] = (None, None)
    optional: bool = False
    cost: int = FREE
    rank: int = 0
    gather: Gather | None = None
    values: tuple[Value, ...] = ()

    def shown(self, value: Value) -> str:
        """A value as a sheet and a list write it."""
        if value is None:
            return "none"
        if isinstance(value, bool):
            return "on" if value else "off"
        return f"{value:.6g}" if isinstance(value, float) else str(value)


def _as_it_is(request: Request, value: Value) -> Request:
    return request


#: The axis of a direction that does not vary.
NOTHING: Final = Axis("nothing", "", "text", _as_it_is, values=(None,))


def form_of(annotation: Any) -> tuple[Form, tuple[str, ...]] | None:
    """The form and the choices of a field's values; None for a field that is no scalar."""
    kind = without_none(annotation)
    while get_origin(kind) is not None and hasattr(kind, "__metadata__"):
        kind = get_args(kind)[0]
    choices = choices_of(kind)
    if choices is not None:
        return "choice", choices
    forms: dict[Any, Form] = {int: "whole", float: "number", bool: "switch", str: "text"}
    return (forms[kind], ()) if kind in forms else None


def filled(axis: Axis, text: str, base: Request, drawn: Sequence[str] = ()) -> Axis:
    """The axis with the values of `text`, which are checked when a grid is planned. Raises `InvalidRequest`.

    A seed of -1 becomes a fresh one, or the one that was `drawn` in its place when the same axis was filled before.
    """
    listed = items(axis.name, text)
    if axis.gather is not None:
        put, values = axis.gather(base, tuple(item.text for item in listed))
        return _within(replace(axis, put=put, values=values))
    values = tuple(value for item in listed for value in _read(axis, item))
    return _within(replace(axis, values=_with_seeds(values, drawn) if axis.name == "seed" else values))


def _with_seeds(values: Sequence[Value], drawn: Sequence[str]) -> tuple[Value, ...]:
    """The seeds, with another one for each -1."""
    before = [int(text) if re.fullmatch("[0-9]{1,20}", text) else None for text in drawn]
    pairs = list(zip(values, before, strict=False))
    if len(before) != len(values) or any(value not in (_FRESH, seed) for value, seed in pairs):
        pairs = [(value, None) for value in values]
    return tuple(_fresh(seed) if value == _FRESH else value for value, seed in pairs)


def _fresh(drawn: int | None) -> int:
    return secrets.randbelow(LARGEST_SEED + 1) if drawn is None else drawn


def _within(axis: Axis) -> Axis:
    if len(axis.values) > MOST_VALUES:
        raise InvalidRequest(axis.name, len(axis.values), f"values are too many; the most on one axis is {MOST_VALUES}")
    twice = [value for k, value in enumerate(axis.values) if value in axis.values[:k]]
    if twice:
        raise InvalidRequest(axis.name, axis.shown(twice[0]), "is there twice; leave one of them out")
    return axis


def checked(axis: Axis, request: Request, value: Value) -> Request:
    """The request with a value of the axis. Raises `InvalidRequest` that names the axis."""
    try:
        return axis.put(request, value)
    except InvalidRequest as error:
        if error.field == axis.name:
            raise
        raise InvalidRequest(axis.name, value, _remedy(axis, error)) from None


def _remedy(axis: Axis, error: InvalidRequest) -> str:
    """What to do about a part of a value, such as the height of a size."""
    part = error.field.rpartition(".")[2]
    own = axis.name.rpartition(".")[2]
    return error.remedy if part in (own, "denoisers", "postprocessor") else f"has a {part} that {error.remedy}"


def _read(axis: Axis, item: Item) -> Iterator[Value]:
    """The values that one item means: several for a range and for ``*``."""
    if axis.optional and not item.quoted and item.text.casefold() in _NONE:
        yield None
    elif axis.form == "whole":
        yield from whole_numbers(axis.name, item.text)
    elif axis.form == "number":
        yield from numbers(axis.name, item.text)
    elif item.text == "*" and not item.quoted and axis.form in ("choice", "switch"):
        yield from _all(axis)
    elif axis.form == "switch":
        yield _switched(axis, item.text)
    elif axis.form == "choice":
        yield next((choice for choice in axis.choices if choice.casefold() == item.text.casefold()), item.text)
    else:
        yield item.text


def _all(axis: Axis) -> tuple[Value, ...]:
    """What ``*`` means. Raises `InvalidRequest` if that is nothing."""
    if axis.form == "switch":
        return False, True
    if not axis.choices:
        raise InvalidRequest(axis.name, "*", "means nothing, as there is none to choose; add a plugin that has some")
    return axis.choices


def _switched(axis: Axis, text: str) -> bool:
    known = _SWITCH.get(text.casefold())
    if known is None and text != "0":
        raise InvalidRequest(axis.name, text, "is neither on nor off; write one of them")
    return bool(known)


def plain(name: str) -> str:
    """A name without what people write in different ways: "CFG Scale" and ``cfg-scale`` are the same."""
    return re.sub(r"[^\w.]+", "_", name.strip().casefold()).strip("_.")
