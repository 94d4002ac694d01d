"""A1111's infotext as a request: every version's names, and its defaults for what it does not write."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from limner_host.registry import Registry
from limner_sdk.errors import quote

from . import names
from .draft import Draft
from .fields import SWITCH, Settings, put_model, put_seed, sampler_of, take_size
from .finishing_reading import read_finishing, read_tiles
from .grammar import Infotext
from .parts import read_parts
from .passes import read_hires, read_inpaint, read_start

_OLD: Final = re.compile(r"v?1\.[0-8](?!\d)")
_UNIFORM: Final = "schedules:uniform"
#: Schedules that samplers had of their own only later.
_LATER: Final = ("schedules:karras", "schedules:exponential")
#: What is shown of the names of settings that nobody here knows.
_MOST_NAMED: Final = 6


Reader: TypeAlias = Callable[[Settings, Draft, Registry], None]


def read_settings(infotext: Infotext, draft: Draft, registry: Registry) -> None:
    """Fill `draft` with all that an infotext says."""
    settings = Settings(infotext.settings)
    draft.put_prompt(settings.words(infotext.prompt))
    draft.put("Negative prompt", negative=settings.words(infotext.negative))
    if not infotext.settings:
        draft.note("the text has no settings, only words; everything else is open")
        return
    for reader in READERS:
        reader(settings, draft, registry)
    left = settings.left()
    if left:
        more = f" and {len(left) - _MOST_NAMED} more" if len(left) > _MOST_NAMED else ""
        draft.note(f"left out what is not known here: {', '.join(left[:_MOST_NAMED])}{more}")


def _numbers(settings: Settings, draft: Draft, registry: Registry) -> None:
    for key, field in (("Steps", "steps"), ("CFG scale", "cfg")):
        value = settings.take(key)
        if value is not None:
            draft.put(key, **{field: value})
    size = take_size(settings, "Size", draft)
    if size:
        draft.put("Size", width=size[0], height=size[1])


def _model(settings: Settings, draft: Draft, registry: Registry) -> None:
    name = settings.take("Model")
    if name is not None:
        put_model(draft, "Model", name, registry)
    vae = settings.take("VAE")
    if vae is not None and settings.is_ours:
        draft.put("VAE", vae=vae)
    elif vae is not None and vae.casefold() not in names.OWN_VAE:
        draft.note(f"it was decoded by the autoencoder {quote(vae)}; if you have that, give it with --vae")


def _sampler(settings: Settings, draft: Draft, registry: Registry) -> None:
    """Sampler and schedule; before A1111 1.9 one name held both."""
    said = settings.take("Sampler")
    sampler, schedule = None, None
    if said is not None:
        sampler, schedule = sampler_of(draft, "Sampler", said, registry)
    wanted = settings.take("Schedule type")
    if wanted is not None and wanted.casefold() != "automatic":
        schedule = draft.look_up("Schedule type", wanted, registry.schedule)
    elif wanted is None and schedule is None and sampler is not None:
        schedule = _schedule_of_old(settings, sampler, registry)
    if sampler is not None:
        draft.choose("sampler", "Sampler", sampler)
    if schedule is not None:
        draft.choose("schedule", "Schedule type", schedule)


def _schedule_of_old(settings: Settings, sampler: Any, registry: Registry) -> Any:
    """Before A1111 1.9 a k-diffusion sampler whose name held no schedule took the uniform one."""
    old = _OLD.match(settings.take("Version") or "")
    return registry.schedule(_UNIFORM) if old and sampler.definition.schedule in _LATER else None


def _sampler_parameters(settings: Settings, draft: Draft, registry: Registry) -> None:
    eta = settings.take(names.ETA_DDIM)
    for key, (name, value) in settings.take_all(names.SAMPLER).items():
        # A1111 means "any" by the zero.
        if not (key == "Sigma tmax" and value == "0"):
            draft.tune("sampler", key, registry.sampler, {name: value})
    chosen = draft.get("sampler")
    if eta is not None and chosen and chosen["name"].rpartition(":")[2] in names.TIMESTEP_SAMPLERS:
        draft.tune("sampler", names.ETA_DDIM, registry.sampler, {"eta": eta})
    for key, (name, value) in settings.take_all(names.UNIPC).items():
        if chosen and chosen["name"] == names.UNIPC_ID:
            draft.tune("sampler", key, registry.sampler, {name: value})
        else:
            draft.note(f"left out {key}: the sampler is not UniPC")
    discard = settings.take("Discard penultimate sigma")
    if discard is not None:
        draft.put("Discard penultimate sigma", discard_penultimate=SWITCH.get(discard.casefold(), discard))


def _schedule_parameters(settings: Settings, draft: Draft, registry: Registry) -> None:
    """A schedule's range and curve; where the schedule is left to the sampler, its own is chosen first."""
    found = {key: pair for key, pair in settings.take_all(names.SCHEDULE).items() if pair[1] not in ("0", "0.0")}
    sampler = draft.get("sampler")
    if found and draft.get("schedule") is None and sampler is not None:
        own = draft.look_up("Schedule type", registry.sampler(sampler["name"]).definition.schedule, registry.schedule)
        if own is not None:
            draft.choose("schedule", "Schedule type", own)
    for key, (name, value) in found.items():
        draft.tune("schedule", key, registry.schedule, {name: value})


def _seed(settings: Settings, draft: Draft, registry: Registry) -> None:
    seed = settings.take("Seed")
    if seed is not None:
        put_seed(draft, "Seed", seed)
    other, strength = settings.take("Variation seed"), settings.take("Variation seed strength")
    if other is None or strength is None or strength in ("0", "0.0"):
        return
    draft.put("Variation seed", variations=({"seed": other, "strength": strength},))


def _noise(settings: Settings, draft: Draft, registry: Registry) -> None:
    """Where random numbers came from. A1111 writes nothing if it was the GPU, whose numbers "NV" gives anywhere."""
    source = settings.take("RNG") or names.GPU
    if source == names.GPU:
        draft.note("the random numbers came from a GPU, A1111's default; NV gives the same ones up to a size")
    offer = draft.look_up("RNG", names.ours(_SOURCES, source) or source, registry.noise)
    if offer is None:
        return
    draft.choose("noise", "RNG", offer)
    size = take_size(settings, "Seed resize from", draft)
    if size and min(size) > 0:
        tuned = {"resize_width": size[0], "resize_height": size[1]}
        draft.tune("noise", "Seed resize from", registry.noise, tuned)
    mix = settings.take(names.MIX) or "a1111"
    if draft.get("variations"):
        draft.tune("noise", names.MIX, registry.noise, {"mix": mix})
    for key, (name, value) in settings.take_all({"ENSD": "ensd"} | dict(names.NOISE)).items():
        draft.tune("noise", key, registry.noise, {name: value})


_SOURCES: Final[Mapping[str, str]] = {**names.SOURCES, names.GPU: names.SOURCES["NV"]}


def _steering(settings: Settings, draft: Draft, registry: Registry) -> None:
    for key, (name, value) in settings.take_all(names.STEERING).items():
        known = names.ours(names.EMPHASIS, value) if name == "weighting" else value
        draft.put_in("steering", key, **{name: known or value})


#: In the order in which they depend on one another.
READERS: Final[tuple[Reader, ...]] = (
    _numbers,
    _model,
    _sampler,
    _sampler_parameters,
    _schedule_parameters,
    _seed,
    _noise,
    _steering,
    read_tiles,
    read_hires,
    read_inpaint,
    read_start,
    read_parts,
    read_finishing,
)
