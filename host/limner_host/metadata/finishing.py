"""Post-processors in an infotext: in A1111's words where it has any, and in full under names of our own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from limner_host.registry import Registry
from limner_sdk import Recipe, Scalar, Stage

from . import names
from .fields import Settings
from .finishing_names import (
    AD,
    AD_VERSION,
    DETAILER,
    ENLARGED,
    ENLARGED_TO,
    EXTRAS,
    NOBODY,
    PASSTHROUGH,
    TILES,
    ULTIMATE,
    UNIT,
    UPSCALE,
    USDU,
    Said,
    suffix,
    tiles_there,
)
from .generations import deeds, generations
from .grammar import Infotext
from .labels import Lookup, full_id, label_of
from .parts import named_with

Pair: TypeAlias = tuple[str, object]

#: Our own field for each, from 1.
POSTPROCESS: Final = "Post-process"
#: How the SHA-256 of a picture begins that was finished before, and whose recipe is not known.
FINISHED: Final = "Finished picture"


def finishing(recipe: Recipe, registry: Registry) -> Iterator[Pair]:
    """The pairs of an infotext that tell what was done to the finished picture, by all who had it in their hands."""
    first = generations(recipe)[0]
    if first.finished is not None:
        yield FINISHED, first.finished.image.digest[:12]
    done = [_spoken(stage, made, (first.prompt, first.negative)) for made, stage in deeds(recipe)]
    units = [stage.params for stage in done if stage.id == DETAILER]
    for number, params in enumerate(units, 1):
        yield from _unit(params, suffix(number), registry)
    if units:
        yield f"{AD}version", AD_VERSION
    # Of several, readers know but one.
    last = {stage.id: stage.params for stage in done}
    yield from _few(USDU, TILES, tiles_there(last.get(ULTIMATE, {})))
    yield from _enlarged(last.get(UPSCALE, {}))
    for number, stage in enumerate(done, 1):
        yield f"{POSTPROCESS} {number}", named_with(stage, registry.postprocessor)


def finishing_since(recipe: Recipe, told: Infotext, registry: Registry) -> Iterator[Pair]:
    """What was done to a picture that says of itself what is `told`: in full, behind what is there of ours already.

    A1111's words are not repeated: they tell of what was done before.
    """
    settings = Settings(told.settings)
    words = settings.words(told.prompt), settings.words(told.negative)
    done = (_spoken(stage, made, words) for made, stage in deeds(recipe))
    for number, stage in enumerate(done, 1 + sum(key.startswith(f"{POSTPROCESS} ") for key in told.settings)):
        yield f"{POSTPROCESS} {number}", named_with(stage, registry.postprocessor)


def _spoken(stage: Stage, made: Recipe, words: tuple[str, str]) -> Stage:
    """The stage with the prompts that it took from its recipe, if those are not the infotext's own, `words`."""
    own = {"prompt": (made.prompt, words[0]), "negative": (made.negative, words[1])}
    open_ones = [name for name in own if name in stage.params and not stage.params[name]]
    other = {name: own[name][0] for name in open_ones if own[name][0] != own[name][1]}
    return stage.model_copy(update={"params": {**stage.params, **other}})


def _unit(params: Mapping[str, Scalar], behind: str, registry: Registry) -> Iterator[Pair]:
    """ADetailer's fields of one unit."""
    switches = set()
    for field in UNIT:
        value = params.get(field.name)
        if value is None or (value == field.usual and not field.always) or _is_idle(field, params):
            continue
        if field.switch and field.switch not in switches:
            switches.add(field.switch)
            yield f"{AD}{field.switch}{behind}", True
        yield f"{AD}{field.label}{behind}", _theirs(field, value, registry)


def _is_idle(field: Said, params: Mapping[str, Scalar]) -> bool:
    """Whether a field says nothing because of another one."""
    if field.name == "padding":
        return params.get("only_masked") is False
    if field.name.startswith("control_"):
        return not params.get("control")
    return field.name == "top_k_by" and not params.get("top_k")


def _theirs(field: Said, value: Scalar, registry: Registry) -> object:
    """A value in ADetailer's words."""
    if field.values:
        return names.theirs(field.values, str(value))
    if field.name in ("sampler", "schedule"):
        lookup: Lookup = registry.sampler if field.name == "sampler" else registry.schedule
        return label_of(full_id(str(value), lookup), lookup)
    if field.name in ("detector", "model", "control_preprocessor"):
        return str(value).rpartition(":")[2] or NOBODY
    if field.name == "control" and str(value).casefold() == PASSTHROUGH.casefold():
        return PASSTHROUGH
    return value


def _few(prefix: str, fields: tuple[Said, ...], params: Mapping[str, Scalar]) -> Iterator[Pair]:
    for field in fields:
        value = params.get(field.name)
        if value is not None:
            plain = names.theirs(names.PLAIN_UPSCALERS, str(value)) if field.name == "upscaler" else value
            yield f"{prefix}{field.label}", plain


def _enlarged(params: Mapping[str, Scalar]) -> Iterator[Pair]:
    """The fields of the tab "Extras": a size takes the place of the factor."""
    exact = {name: value for name, value in params.items() if not (name == "scale" and _size(params))}
    if _size(params):
        yield f"{EXTRAS}{ENLARGED_TO}", _size(params)
    yield from _few(EXTRAS, ENLARGED, exact)


def _size(params: Mapping[str, Scalar]) -> str:
    width, height = params.get("width"), params.get("height")
    return f"{width or 0}x{height or 0}" if width or height else ""
