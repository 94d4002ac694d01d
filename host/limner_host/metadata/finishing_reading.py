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
    tiles_drawn,
    tiles_here,
)
from .parts import PICTURES, note_lost, values_of

_KEY: Final = re.compile(r"(?P<label>.+?)(?: (?P<number>\d{1,2})(?:st|nd|rd|th))?")
_ENDING: Final = re.compile(r"\.(safetensors|pth?|onnx)$", re.IGNORECASE)
#: Fields that say nothing by themselves.
_SILENT: Final = frozenset({"version", "tab enable", *(field.switch for field in UNIT)})
_LARGEST: Final = 2048
_SIDES: Final = ("tile_width", "tile_height")


def read_tiles(settings: Settings, draft: Draft, registry: Registry) -> None:
    """Ultimate SD upscale, which takes the place of an image-to-image pass: what is said of that one means its tiles.

    So it is read before any pass. What it enlarged is not there, and no picture to begin from is of use.
    """
    if _repeats(settings):
        return
    tiles = settings.take_behind(USDU)
    if not tiles:
        return
    draft.note(
        "Ultimate SD upscale enlarged a picture that this one does not carry; here the prompt is drawn at first."
        " If you have that picture, give it to `limner apply ultimate-upscale`"
    )
    strength, noise = settings.take("Denoising strength"), settings.take("Noise multiplier")
    said = {"denoise": strength, "noise_multiplier": noise}
    for table in (names.START, names.TILED_START, names.INPAINT):
        settings.take_all(table)
    _tiles(tiles, {name: value for name, value in said.items() if value is not None}, draft, registry)


def read_finishing(settings: Settings, draft: Draft, registry: Registry) -> None:
    """Take all others out of an infotext. In one of ours, A1111's words only repeat ours; in A1111's own, they tell
    what was done before."""
    repeats = _repeats(settings)
    units, enlarged, _ = (settings.take_behind(prefix) for prefix in (AD, EXTRAS, USDU))
    if settings.take(FINISHED) is not None:
        draft.note("it was made of a finished picture, which it does not carry; give that one to `limner apply`")
    if not repeats:
        for number, unit in sorted(_units(units).items()):
            _unit(number, unit, settings, draft, registry)
        if enlarged:
            _enlarged(enlarged, draft, registry)
    for number in range(1, MOST_POSTPROCESSORS + 1):
        text = settings.take(f"{POSTPROCESS} {number}")
        if text is not None:
            _own(f"{POSTPROCESS} {number}", text, draft, registry)


def _repeats(settings: Settings) -> bool:
    """Whether A1111's words say once more what ours say."""
    return settings.is_ours and settings.has(f"{POSTPROCESS} {number}" for number in range(1, MOST_POSTPROCESSORS + 1))


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


def _tiles(fields: dict[str, str], params: Mapping[str, Any], draft: Draft, registry: Registry) -> None:
    """Its fields, which name no target; `params` are what the pass says of its tiles."""
    draft.note("how much larger Ultimate SD upscale made it is not written there; give it with --postprocess.scale")
    offer, read = _few(USDU.strip(), ULTIMATE, TILES, fields, params, draft, registry)
    width, height, padding = (_pixels(fields.get(key)) for key in ("tile_width", "tile_height", "padding"))
    tiles = tiles_here(width, height, padding)
    if (draft.get("width"), draft.get("height")) == tiles_drawn(width, height, padding):
        # A1111 writes down what was drawn last.
        draft.put("Size", width=None, height=None)
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
