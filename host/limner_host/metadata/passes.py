"""The parts of an infotext about more than one pass: hires fix, image to image, and drawing inside a mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from limner_host.registry import Registry
from limner_sdk.settings import PICTURE_UPSCALERS

from . import names
from .draft import Draft
from .fields import SWITCH, Settings, sampler_of, take_size

_SAME: Final = ("use same sampler", "use same scheduler", "automatic")


def read_hires(settings: Settings, draft: Draft, registry: Registry) -> None:
    """The second pass. Its strength is the denoising strength, unless that belongs to a first picture."""
    denoise = settings.take(names.HIRES_DENOISE)
    if not settings.has((*names.HIRES, "Hires resize")):
        return
    draft.put_in("hires", "Hires")
    size = take_size(settings, "Hires resize", draft)
    if size:
        draft.put_in("hires", "Hires resize", width=size[0] or None, height=size[1] or None)
    for key, (name, value) in settings.take_all(names.HIRES).items():
        _hires_field(settings, draft, registry, key, name, value)
    if denoise is None:
        denoise = settings.take("Denoising strength")
    if denoise is not None:
        draft.put_in("hires", "Denoising strength", denoise=denoise)


def _hires_field(settings: Settings, draft: Draft, registry: Registry, key: str, name: str, value: str) -> None:
    same = name in ("sampler", "schedule") and value.casefold() in _SAME
    if same or (name == "steps" and value == "0"):
        return
    if name == "sampler":
        sampler, schedule = sampler_of(draft, key, value, registry)
        found = {"sampler": sampler and sampler.id, "schedule": schedule and schedule.id}
        draft.put_in("hires", key, **{kind: chosen for kind, chosen in found.items() if chosen})
    elif name in ("upscaler", "schedule"):
        known = names.ours(names.UPSCALERS, value) if name == "upscaler" else None
        lookup = registry.upscaler if name == "upscaler" else registry.schedule
        offer = None if known else draft.look_up(key, value, lookup)
        chosen = known or (offer.id if offer is not None else None)
        if chosen is None and name == "upscaler":
            draft.note(f"{names.OTHER_UPSCALER} enlarges the picture instead")
            chosen = names.OTHER_UPSCALER
        if chosen:
            draft.put_in("hires", key, **{name: chosen})
    elif name in ("prompt", "negative"):
        draft.put_in("hires", key, **{name: settings.words(value)})
    else:
        draft.put_in("hires", key, **{name: value})


def read_start(settings: Settings, draft: Draft, registry: Registry) -> None:
    """Image to image: the settings are here, the picture that it began from is not."""
    denoise = settings.take("Denoising strength")
    if denoise is None and (draft.get("hires") is not None or not settings.has(names.START)):
        return
    draft.note("it was begun from another picture, which this one does not carry; give that one as the image")
    draft.put_in("start", "Denoising strength", **({} if denoise is None else {"denoise": denoise}))
    for key, (name, value) in settings.take_all({**names.START, **names.TILED_START}).items():
        if name == "upscaler":
            _start_upscaler(draft, registry, key, value)
            continue
        known = names.ours(names.RESIZE, value) if name == "resize" else SWITCH.get(value.casefold())
        draft.put_in("start", key, **{name: value if known is None else known})


def _start_upscaler(draft: Draft, registry: Registry, key: str, value: str) -> None:
    """What enlarged the picture: a filter that the host has, or a plugin's; else the usual filter with a notice."""
    filters = {name.casefold(): name for name in PICTURE_UPSCALERS}
    known = filters.get(value.casefold())
    offer = None if known else draft.look_up(key, value, registry.upscaler)
    if known is None and offer is None:
        draft.note(f"{names.OTHER_UPSCALER} enlarges the picture instead")
    draft.put_in("start", key, upscaler=known or (offer.id if offer is not None else names.OTHER_UPSCALER))


def read_inpaint(settings: Settings, draft: Draft, registry: Registry) -> None:
    tables: Mapping[str, Mapping[str, Any]] = {"area": names.AREA, "content": names.CONTENT, "invert": names.MODE}
    found = settings.take_all(names.INPAINT)
    if found:
        draft.note("part of it was drawn inside a mask, which it does not carry; give that one as the mask")
    for key, (name, value) in found.items():
        table = {known.casefold(): mine for known, mine in tables.get(name, SWITCH).items()}
        draft.put_in("inpaint", key, **{name: table.get(value.casefold(), value)})
