"""The axes of a request's own fields and of its groups of settings, of its size, seeds and words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations
from math import factorial
from typing import Any, Final

from limner_sdk import Hires, Inpaint, InvalidRequest, Outpaint, Params, PictureStart, Request, Steering, Variation
from limner_sdk.params import bounds_of
from limner_sdk.seeds import following

from .axes import ENCODING, FREE, LOADING, Axis, Put, Value, form_of
from .values import MOST_VALUES, items, listed

GROUPS: Final[dict[str, type[Params]]] = {
    "steering": Steering,
    "start": PictureStart,
    "inpaint": Inpaint,
    "outpaint": Outpaint,
    "hires": Hires,
}
#: A count belongs to each cell, and models need the registry.
_NOT_HERE: Final = ("count", "model")
#: A grid fixes its seed, and a picture needs a prompt.
_FIXED: Final = ("seed", "prompt")
_ENCODED: Final = ("prompt", "negative", "steering.clip_skip", "steering.weighting")
#: How strongly a variation is mixed in when nobody says.
_STRENGTH: Final = 0.1
_SIZE: Final = re.compile(r"(\d{1,9})\s*[x×]\s*(\d{1,9})", re.IGNORECASE | re.ASCII)


def axes_of_fields() -> Iterator[Axis]:
    """One axis for each scalar field of a request."""
    for name, field in Request.model_fields.items():
        found = form_of(field.annotation)
        if found is None or name in _NOT_HERE:
            continue
        form, choices = found
        cost = LOADING if name == "vae" else ENCODING if name in _ENCODED else FREE
        yield Axis(name, "", form, _field(name), choices, optional=name not in _FIXED, cost=cost)


def changed(request: Request, **changes: Any) -> Request:
    """The request with some fields changed, all of it checked. Raises `InvalidRequest`."""
    return Request.parse(dict(request) | changes)


def _field(name: str) -> Put:
    return lambda request, value: changed(request, **{name: value})


def axes_of_settings() -> Iterator[Axis]:
    """One axis for each field of each group of settings, such as ``hires.scale``."""
    for group, model in GROUPS.items():
        yield from axes_of_params(group, model, partial(_setting, group, model))


def axes_of_params(prefix: str, model: type[Params], put: Callable[[str], Put]) -> Iterator[Axis]:
    """One axis for each field of a parameter model; `put` makes what sets a field of that name."""
    for field, info in model.model_fields.items():
        found = form_of(info.annotation)
        if found is None:
            continue
        (form, choices), path = found, f"{prefix}.{field}"
        optional = info.default is None
        cost = ENCODING if path in _ENCODED else FREE
        yield Axis(path, "", form, put(field), choices, bounds_of(info), optional, cost, rank=1)


def _setting(group: str, model: type[Params], field: str) -> Put:
    def put(request: Request, value: Value) -> Request:
        before = getattr(request, group)
        # What nobody said stays unsaid, or else a refusal would name it.
        said = {name: getattr(before, name) for name in before.model_fields_set} if before else {}
        return changed(request, **{group: model.parse(said | {field: value}, f"{group}.")})

    return put


def axis_of_size() -> Axis:
    """Width and height at once, ``512x768``."""

    def put(request: Request, value: Value) -> Request:
        match = _SIZE.fullmatch(str(value).strip())
        if match is None:
            raise InvalidRequest("size", value, "is no size; write it as 512x768")
        return changed(request, width=int(match[1]), height=int(match[2]))

    return Axis("size", "", "text", put)


def axes_of_variation() -> Iterator[Axis]:
    """The last variation's seed and strength; without one, the next seed is mixed in a little."""
    yield Axis("variation.seed", "", "whole", _variation("seed"), rank=1)
    yield Axis("variation.strength", "", "number", _variation("strength"), bounds=(0, 1), rank=1)


def _variation(field: str) -> Put:
    def put(request: Request, value: Value) -> Request:
        *chain, last = request.variations or (Variation(seed=following(request.seed or 0, 1), strength=_STRENGTH),)
        values = {"variations": (*map(dict, chain), dict(last) | {field: value})}
        return changed(request, **values)

    return put


def axis_of_styles() -> Axis:
    """The styles of the prompt; a value may hold several, joined by ``+``."""

    def put(request: Request, value: Value) -> Request:
        names = () if value is None else tuple(name.strip() for name in str(value).split("+"))
        return changed(request, styles=names)

    return Axis("styles", "", "text", put, optional=True, cost=ENCODING)


def axis_of_search() -> Axis:
    """Search and replace: each value takes the place of the first one, wherever that stands in the prompts."""

    def gather(base: Request, texts: tuple[str, ...]) -> tuple[Put, tuple[Value, ...]]:
        search = texts[0]
        if not search or not any(search in text for text in _prompts(base).values()):
            raise InvalidRequest(
                "prompt_sr", search, "is in no prompt; begin with words that are, then their replacements"
            )
        return partial(_replaced, search), texts

    return Axis("prompt_sr", "", "text", partial(_replaced, ""), cost=ENCODING, rank=2, gather=gather)


def _replaced(search: str, request: Request, value: Value) -> Request:
    said = {field: text.replace(search, str(value)) for field, text in _prompts(request).items()}
    own = {field: text for field, text in said.items() if "." not in field}
    second = {field.removeprefix("hires."): text for field, text in said.items() if "." in field}
    hires = request.hires and Hires.parse(dict(request.hires) | second, "hires.")
    return changed(request, **own, hires=hires)


def _prompts(request: Request) -> dict[str, str]:
    """The texts that words can be replaced in, by field."""
    second = request.hires
    said = {
        "prompt": request.prompt,
        "negative": request.negative,
        "hires.prompt": second and second.prompt,
        "hires.negative": second and second.negative,
    }
    return {field: text for field, text in said.items() if text}


def axis_of_order() -> Axis:
    """Words of the prompt in every order; a value lists them."""

    def gather(base: Request, texts: tuple[str, ...]) -> tuple[Put, tuple[Value, ...]]:
        return _reordered, _orders(texts)

    return Axis("prompt_order", "", "text", _reordered, cost=ENCODING, rank=1, gather=gather)


def _orders(words: tuple[str, ...]) -> tuple[str, ...]:
    if len(words) < 2 or len(set(words)) < len(words):
        raise InvalidRequest("prompt_order", listed(words), "needs several different words; list those to reorder")
    if len(words) > MOST_VALUES or factorial(len(words)) > MOST_VALUES:
        raise InvalidRequest("prompt_order", listed(words), f"has more than {MOST_VALUES} orders; list 4 words at most")
    return tuple(listed(order) for order in permutations(words))


def _reordered(request: Request, value: Value) -> Request:
    """The request whose prompt has the listed words in this order, in the places where they stood."""
    order = [item.text for item in items("prompt_order", str(value))]
    missing = next((word for word in order if word not in request.prompt), None)
    if missing is not None:
        raise InvalidRequest("prompt_order", missing, "is not in the prompt; list words that are")
    places = re.compile("|".join(map(re.escape, sorted(order, key=len, reverse=True))))
    found = list(dict.fromkeys(places.findall(request.prompt)))
    if set(found) != set(order):
        raise InvalidRequest("prompt_order", str(value), "has words inside one another; list words that stand apart")
    told = dict(zip(found, order, strict=True))
    return changed(request, prompt=places.sub(lambda match: told[match[0]], request.prompt))
