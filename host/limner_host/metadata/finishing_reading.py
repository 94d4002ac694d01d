"""Post-processors that an infotext tells of: ours, ADetailer's units, Ultimate SD upscale, and the tab "Extras"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from limner_host.offers import Offer
from limner_host.registry import Registry
from limner_sdk import InvalidRequest, Scalar
from limner_sdk.errors import quote
from limner_sdk.request import MOST_POSTPROCESSORS

from . import names
from .draft import Draft
from .fields import Settings, listed_model, sampler_of, take_size
from .finishing import FINISHED, POSTPROCESS
from .finishing_names import (
    AD,
    ADETAILERS_WAY,
    DETAILER,
    ENLARGED,
    ENLARGED_TO,
    EXTRAS,
    NOBODY,
    OLDER,
    PASSTHROUGH,
    SAME,
    TILES,
    ULTIMATE,
    UNIT,
    UPSCALE,
    USDU,
    Said,
    tiles_here,
)
from .parts import PICTURES, note_lost, values_of

_KEY: Final = re.compile(r"(?P<label>.+?)(?: (?P<number>\d{1,2})(?:st|nd|rd|th))?")
_ENDING: Final = re.compile(r"\.(safetensors|pth?|onnx)$", re.IGNORECASE)
#: Fields that say nothing by themselves.
_SILENT: Final = frozenset({"version", "tab enable", *(field.switch for field in UNIT)})
_LARGEST: Final = 2048
_SIDES: Final = ("tile_width", "tile_height")


def read_finishing(settings: Settings, draft: Draft, registry: Registry) -> None:
    """Take all of them out of an infotext. Where ours are, others only repeat them."""
    own = [settings.take(f"{POSTPROCESS} {number}") for number in range(1, MOST_POSTPROCESSORS + 1)]
    units, tiles, enlarged = (settings.take_behind(prefix) for prefix in (AD, USDU, EXTRAS))
    if settings.take(FINISHED) is not None:
        draft.note("it was made of a finished picture, which it does not carry; give that one to `limner apply`")
    if any(own):
        for number, text in enumerate(own, 1):
            if text is not None:
                _own(f"{POSTPROCESS} {number}", text, draft, registry)
        return
    if tiles:
        _tiles(tiles, draft, registry)
    for number, unit in sorted(_units(units).items()):
        _unit(number, unit, settings, draft, registry)
    if enlarged:
        _enlarged(enlarged, draft, registry)


def _own(said: str, text: str, draft: Draft, registry: Registry) -> None:
    values = values_of(text)
    lost, name = values.pop(PICTURES, ()), str(values.pop("Name", ""))
    _add(said, draft.look_up(said, name, registry.postprocessor), values, draft)
    note_lost(draft, lost, "postprocess")


def _add(said: str, offer: Offer[Any] | None, params: Mapping[str, Any], draft: Draft) -> None:
    """One more post-processor, with those parameters that it has and that can be."""
    if offer is None:
        return
    kept: dict[str, Scalar] = {}
    for name, value in params.items():
        try:
            kept[name] = offer.definition.params.parse({**kept, name: value}).model_dump(mode="json")[name]
        except InvalidRequest as error:
            draft.note(f"left out {quote(name)} of {said}: {quote(error.value)} {error.remedy}")
    draft.put(said, postprocess=(*(draft.get("postprocess") or ()), {"name": offer.id, "params": kept}))


def _units(fields: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """ADetailer's fields by the number of their unit and today's label."""
    units: dict[int, dict[str, str]] = {}
    for key, value in fields.items():
        found = _KEY.fullmatch(key)
        if found is not None:
            label = found["label"].replace("/", " ")
            units.setdefault(int(found["number"] or 1), {})[OLDER.get(label, label)] = value
    return units


def _unit(number: int, unit: dict[str, str], settings: Settings, draft: Draft, registry: Registry) -> None:
    said = f"{AD}unit {number}"
    model = unit.pop("model", NOBODY)
    detector = None if model == NOBODY else _detector(said, model, draft, registry)
    if detector is None:
        return
    known = {field.label: field for field in UNIT}
    for label in unit.keys() - known.keys() - _SILENT:
        draft.note(f"left out {quote(label)} of {said}: it is not known here")
    params = {"detector": detector, **ADETAILERS_WAY, **_picture_size(draft)}
    # It says nothing of padding where the whole picture is drawn.
    params["only_masked"] = "inpaint padding" in unit or "mask blur" not in unit
    for label, field in known.items():
        if label in unit:
            params |= _value(field, unit[label], said, settings, draft, registry)
    _add(said, draft.look_up(said, DETAILER, registry.postprocessor), params, draft)


def _picture_size(draft: Draft) -> Mapping[str, Scalar]:
    """ADetailer draws each thing at the size of the picture."""
    sides = {name: draft.get(name) for name in ("width", "height")}
    return {name: min(side, _LARGEST) for name, side in sides.items() if isinstance(side, int)}


def _detector(said: str, model: str, draft: Draft, registry: Registry) -> str | None:
    """The detector of that name, or of the file's; None with a notice."""
    stem = re.sub(r"[^a-z0-9_.-]+", "_", _ENDING.sub("", model.casefold()))
    offer = draft.look_up(f"{said}, model", stem, registry.detector)
    return None if offer is None else offer.id


def _value(
    field: Said, value: str, said: str, settings: Settings, draft: Draft, registry: Registry
) -> Mapping[str, Scalar]:
    """What one field means for our parameters; nothing where it is as the picture has it."""
    if field.name in ("prompt", "negative"):
        return {field.name: settings.words(value)}
    if value.casefold() in SAME and field.name in ("sampler", "schedule", "model", "vae", "control"):
        return {}
    if field.name == "sampler":
        pair = zip(("sampler", "schedule"), sampler_of(draft, said, value, registry), strict=True)
        return {name: offer.id for name, offer in pair if offer is not None}
    if field.name == "schedule":
        schedule = draft.look_up(said, value, registry.schedule)
        return {} if schedule is None else {"schedule": schedule.id}
    if field.name == "model":
        known = draft.look_up(said, _ENDING.sub("", value), lambda text: listed_model(text, registry))
        return {} if known is None else {"model": known.id}
    return _word(field, value)


def _word(field: Said, value: str) -> Mapping[str, Scalar]:
    if field.name == "control" and value == PASSTHROUGH:
        return {"control": value.casefold()}
    if field.name == "control_preprocessor" and value == NOBODY:
        return {}
    return {field.name: names.ours(field.values, value) or value if field.values else value}


def _tiles(fields: dict[str, str], draft: Draft, registry: Registry) -> None:
    """Ultimate SD upscale, which names no target; its strength is that of the whole picture."""
    draft.note("how much larger Ultimate SD upscale made it is not written there; give it with --postprocess.scale")
    strength = (draft.get("start") or {}).get("denoise")
    params = {"denoise": strength} if strength is not None else {}
    offer, read = _few(USDU.strip(), ULTIMATE, TILES, fields, params, draft, registry)
    width, height, padding = (_pixels(fields.get(key)) for key in ("tile_width", "tile_height", "padding"))
    tiles = tiles_here(width, height, padding)
    _add(USDU.strip(), offer, {name: value for name, value in read.items() if name not in _SIDES} | tiles, draft)


def _pixels(text: str | None) -> int:
    """A number of pixels; 0 for what is none."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,5}", text) else 0


def _enlarged(fields: dict[str, str], draft: Draft, registry: Registry) -> None:
    """The tab "Extras"."""
    said = EXTRAS.strip()
    size = take_size(Settings(fields), ENLARGED_TO, draft)
    sides = dict(zip(("width", "height"), size, strict=True)) if size else {}
    fields.pop(ENLARGED_TO, None)
    _add(said, *_few(said, UPSCALE, ENLARGED, fields, sides, draft, registry), draft)


def _few(
    said: str,
    name: str,
    table: tuple[Said, ...],
    fields: Mapping[str, str],
    params: Mapping[str, Any],
    draft: Draft,
    registry: Registry,
) -> tuple[Offer[Any] | None, dict[str, Any]]:
    """A post-processor and its parameters, `params` and what a table knows of the fields."""
    known = {field.label: field for field in table}
    for label in fields.keys() - known.keys():
        draft.note(f"left out {quote(label)} of {said}: it is not known here")
    read = dict(_plain(said, known[label], value, draft, registry) for label, value in fields.items() if label in known)
    return draft.look_up(said, name, registry.postprocessor), {**params, **read}


def _plain(said: str, field: Said, value: str, draft: Draft, registry: Registry) -> tuple[str, str]:
    """One field; an upscaler that is not here has a filter take its place."""
    if field.name != "upscaler":
        return field.name, value
    known = names.ours(names.PLAIN_UPSCALERS, value)
    offer = None if known else draft.look_up(f"{said}, upscaler", value, registry.upscaler)
    if known is None and offer is None:
        draft.note(f"{names.OTHER_UPSCALER} enlarges the picture instead")
    return field.name, known or (offer.id if offer is not None else names.OTHER_UPSCALER)
