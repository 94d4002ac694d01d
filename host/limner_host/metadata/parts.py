"""Pictures drawn in parts, as infotexts say it: tilers, regions, inversions and codecs.

A1111's extension writes "Tiled Diffusion" as a bare JSON object, which A1111's own reader cuts at its first comma. We
write one that it keeps, as a quoted string, and read both. What it has no words for stands under names of our own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from limner_host.offers import Offer
from limner_host.registry import Registry
from limner_sdk import Choice, InvalidRequest, Recipe, Stage
from limner_sdk.errors import quote

from .draft import Draft, Lookup
from .fields import Settings
from .labels import label_of, set_of
from .regions import MOST_READ, REGIONS, regions_of

TILED: Final = "Tiled Diffusion"
INVERSION: Final = "Noise inversion"
CODEC: Final = "Codec"
DENOISER: Final = "Denoiser"
PICTURES: Final = "Pictures"
MOST_DENOISERS: Final = 8
MOST_KEYS: Final = 50
#: Sizes are latent cells, as ours are; of several names of one parameter the first is written.
TILER: Final[Mapping[str, str]] = {
    "Tile tile width": "tile_width",
    "Tile tile height": "tile_height",
    "Tile Overlap": "overlap",
    "Tile batch size": "batch",
    "Tile width": "tile_width",
    "Tile height": "tile_height",
}
#: Methods that go by another name here, and are not quite the same.
METHODS: Final[Mapping[str, str]] = {"SpotDiffusion": "jittered"}
NOISE_INVERSION: Final[Mapping[str, str]] = {
    "NoiseInv Steps": "steps",
    "NoiseInv Retouch": "retouch",
    "NoiseInv Renoise strength": "renoise",
    "NoiseInv Kernel size": "kernel",
}
#: What the size and the start picture's upscaler say already.
_KNOWN: Final = ("Upscaler", "Upscale factor", "Keep input size", "NoiseInv", *NOISE_INVERSION, REGIONS)
_PAIR: Final = re.compile(
    r"""(["'])(?P<key>[A-Za-z][\w ]{0,40})\1\s*:\s*"""
    r"""(?:"(?P<double>[^"]{0,200})"|'(?P<single>[^']{0,200})'|(?P<bare>-?[0-9.]{1,20}|[A-Za-z]{4,5}))"""
)
_BARE: Final[Mapping[str, Any]] = {"true": True, "false": False, "none": None, "null": None}


def parts(recipe: Recipe, registry: Registry) -> Iterator[tuple[str, object]]:
    """The pairs of an infotext that tell of them."""
    if recipe.tiler is not None:
        names = {ours: theirs for theirs, ours in reversed([*TILER.items()])}
        said = {names.get(name, name): value for name, value in set_of(recipe.tiler, registry.tiler).items()}
        yield TILED, json.dumps({"Method": label_of(recipe.tiler.id, registry.tiler)} | said, ensure_ascii=False)
    if recipe.inversion is not None:
        yield INVERSION, named_with(recipe.inversion, registry.inversion)
    if recipe.codec is not None:
        yield CODEC, named_with(recipe.codec, registry.codec)
    for number, stage in enumerate(recipe.denoisers, 1):
        yield f"{DENOISER} {number}", named_with(stage, registry.denoiser)


def named_with(stage: Stage, lookup: Lookup) -> str:
    """A definition with what was set of it; of pictures there are only the names."""
    pictures = {PICTURES: [*stage.pictures]} if stage.pictures else {}
    said = {"Name": label_of(stage.id, lookup), **set_of(stage, lookup), **pictures}
    return json.dumps(said, ensure_ascii=False)


def read_parts(settings: Settings, draft: Draft, registry: Registry) -> None:
    """Take them out of an infotext, ours or the extension's."""
    tiled = settings.take(TILED)
    if tiled is not None:
        said = values_of(tiled)
        if not tiled.rstrip().endswith("}"):
            draft.note(f"{TILED} was cut off at a comma, as A1111 does; the rest of it is lost")
        _tiler(said, draft, registry)
        _noise_inversion(said, draft, registry)
        _regions(said, draft, registry)
    settings.take("Tiled Diffusion scale factor")
    for key, kind, lookup in ((INVERSION, "inversion", registry.inversion), (CODEC, "codec", registry.codec)):
        text = settings.take(key)
        if text is not None:
            said = values_of(text)
            name, params = str(said.pop("Name", "")), said
            choose(draft, kind, key, draft.look_up(key, name, lookup), lookup, params)
    for number in range(1, MOST_DENOISERS + 1):
        text = settings.take(f"{DENOISER} {number}")
        if text is not None:
            said = values_of(text)
            lost = said.pop(PICTURES, ())
            _add_denoiser(draft, f"{DENOISER} {number}", str(said.pop("Name", "")), said, registry)
            note_lost(draft, lost, "denoiser")


def note_lost(draft: Draft, names: object, word: str) -> None:
    """Tell of the pictures that a denoiser or a post-processor asks for by name."""
    for name in islice(names if isinstance(names, list) else (), MOST_DENOISERS):
        draft.note(
            f"it was drawn with a picture called {quote(str(name))}, which this one does not carry;"
            f" give it with --{word}.picture.NAME FILE"
        )


def values_of(text: str) -> dict[str, Any]:
    """What an object says: JSON, or the plain pairs of anything like it, such as one that was cut off.

    Of more than `MOST_KEYS` the first are taken.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if isinstance(values, dict):
        return dict(islice(values.items(), MOST_KEYS))
    return {found["key"]: _plain(found) for found in islice(_PAIR.finditer(text), MOST_KEYS)}


def _plain(found: re.Match[str]) -> Any:
    bare = found["bare"]
    if bare is None:
        return found["double"] if found["double"] is not None else found["single"]
    return _BARE.get(bare.casefold(), bare)


def _tiler(said: Mapping[str, Any], draft: Draft, registry: Registry) -> None:
    method = str(said.get("Method", ""))
    name = METHODS.get(method, method)
    offer = draft.look_up(TILED, name, registry.tiler)
    if offer is not None and name != method:
        draft.note(f"the tiler {name} takes the place of {method}, which is not quite the same")
    params = {TILER.get(key, key): value for key, value in said.items() if key not in ("Method", *_KNOWN)}
    choose(draft, "tiler", TILED, offer, registry.tiler, clamped(params, draft))


def clamped(params: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """Sizes as the extension uses them: a tile larger than the picture shrinks to it, and so does its overlap."""
    for name, side in (("tile_width", draft.get("width")), ("tile_height", draft.get("height"))):
        if isinstance(params.get(name), int) and isinstance(side, int):
            params[name] = min(params[name], -(-side // 8))
    sides = [params[name] for name in ("tile_width", "tile_height") if isinstance(params.get(name), int)]
    if sides and isinstance(params.get("overlap"), int) and params["overlap"] >= min(sides):
        params["overlap"] = max(0, min(sides) - 4)
    return params


def choose(
    draft: Draft, kind: str, said: str, offer: Offer[Any] | None, lookup: Lookup, params: Mapping[str, Any]
) -> None:
    """Take a definition with those parameters that it has and that can be."""
    if offer is None:
        return
    draft.choose(kind, said, offer)
    for name, value in params.items():
        if value is not None:
            draft.tune(kind, quote(name), lookup, {name: value})


def _noise_inversion(said: Mapping[str, Any], draft: Draft, registry: Registry) -> None:
    if said.get("NoiseInv") is True:
        offer = draft.look_up("NoiseInv", "noise_inversion", registry.inversion)
        params = {name: said.get(key) for key, name in NOISE_INVERSION.items()}
        choose(draft, "inversion", TILED, offer, registry.inversion, params)


def _regions(said: Mapping[str, Any], draft: Draft, registry: Registry) -> None:
    """The extension's regions, which draw their own prompts behind the picture's."""
    if REGIONS not in said:
        return
    if isinstance(said[REGIONS], Mapping) and len(said[REGIONS]) > MOST_READ:
        draft.note(f"left out all but {MOST_READ} of the {len(said[REGIONS])} regions of {REGIONS}")
    areas = regions_of(said[REGIONS], str(draft.get("negative") or ""))
    if not areas:
        draft.note(f"left out {REGIONS}: it names no region that could be read")
        return
    draft.note("whether its regions lay on a background of their own is not written there; here they do")
    _add_denoiser(draft, REGIONS, "regions", {"areas": areas, "append": True}, registry)


def _add_denoiser(draft: Draft, said: str, name: str, params: Mapping[str, Any], registry: Registry) -> None:
    """One more denoiser, all of its parameters or nothing of it."""
    offer = draft.look_up(said, name, registry.denoiser)
    if offer is None:
        return
    try:
        choice = Choice(name=offer.id, params=dict(params))
        offer.params(choice)
    except (InvalidRequest, ValueError) as error:
        draft.note(f"left out {said}: {quote(str(error))}")
        return
    draft.put(said, denoisers=(*(draft.get("denoisers") or ()), choice.model_dump(exclude_defaults=True)))
