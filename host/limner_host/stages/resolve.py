"""Resolve: a request becomes complete, frozen recipes, one per picture."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from limner_host.blame import of_several
from limner_host.controls.choosing import control_stage
from limner_host.enlarging import FILTERS
from limner_host.library import Library
from limner_host.limits import Limits
from limner_host.metadata.existing import to_finish
from limner_host.metadata.foreign import words_of_others
from limner_host.offers import ModelOffer, Offer
from limner_host.registry import Registry
from limner_host.sizing import known_upscaler, margins, second_size, size_of
from limner_host.wording import worded
from limner_sdk import (
    Choice,
    Finished,
    ImageSeed,
    Inpaint,
    InvalidRequest,
    ModelReference,
    Params,
    PictureReference,
    PictureStart,
    Recipe,
    Request,
    SamplerDef,
    Size,
    Stage,
)
from limner_sdk.catalogue import DEFAULT_NOISE
from limner_sdk.seeds import LARGEST_SEED, following

#: How much is drawn anew where a picture grows: what was continued from its edges is no more than a hint.
OUTPAINT_DENOISE: Final = 0.95
#: A request, and sentences about what was left out of it.
Described: TypeAlias = tuple[Request, tuple[str, ...]]
#: What a picture that is there already cannot be begun with any more.
_BEGINNINGS: Final = ("image", "mask", "start", "inpaint", "outpaint", "hires", "inversion")


def resolve(
    request: Request,
    registry: Registry,
    library: Library,
    limits: Limits,
    digest_of: Callable[[ModelOffer], str],
    software: Mapping[str, str],
    note: Callable[[str], None] = lambda sentence: None,
) -> tuple[Recipe, ...]:
    """Fill in everything that the person left open, and keep the pictures that the request starts from.

    `note` hears of what a finished picture says of itself and is not here. `digest_of` gives the SHA-256 of a model's
    weights, and is asked last: it may have to load them. Raises `InvalidRequest` for names that nothing answers to,
    values that cannot be and sizes beyond the `limits`, `UnreadableImage` for pictures.
    """
    finished = _finished(request, registry, library)
    if finished is not None:
        request, notices = inherited(request, finished.image, registry, library)
        for notice in notices:
            note(notice)
    model = model_for(request, registry)
    recipe = _recipe(request, model, finished, registry, library, limits)
    prompts = [worded(request, recipe.hires, library, seed) for seed in _seeds(request)]
    common = {"model": ModelReference(id=model.id, digest=digest_of(model)), "software": dict(software)}
    return tuple(recipe.model_copy(update=common | changes) for changes in prompts)


def _recipe(
    request: Request,
    model: ModelOffer,
    finished: Finished | None,
    registry: Registry,
    library: Library,
    limits: Limits,
) -> Recipe:
    """The recipe of all pictures, still without their words and seeds."""
    started, liked = _started(request, registry, library), model.definition.defaults
    size = _size(request, model, library, started, finished, limits)
    image = started.get("image")
    return Recipe(
        prompt=request.prompt,
        negative="",
        model=ModelReference(id=model.id, digest=""),
        width=size.width,
        height=size.height,
        steps=request.steps or liked.steps,
        cfg=request.cfg if request.cfg is not None else liked.cfg,
        seed=ImageSeed(seed=0),
        noise=_noise(request, registry),
        **_walk(request, liked.sampler, registry),
        steering=request.steering,
        **started,
        hires=second_size(request, registry, size, limits),
        controls=tuple(control_stage(control, registry, library, image) for control in request.controls),
        **_around(request, registry, library),
        vae=library.vaes.chosen(request.vae) if request.vae else None,
        finished=finished,
    )


def _walk(request: Request, liked: str, registry: Registry) -> dict[str, Any]:
    """The sampler, `liked` if the request names none, and its schedule."""
    choice = request.sampler or Choice(name=liked)
    sampler, schedule = registry.walk(choice.name, request.schedule.name if request.schedule else None)
    return {
        "sampler": sampler.stage(choice),
        "schedule": schedule.stage(request.schedule or Choice(name=schedule.id)),
        "discard_penultimate": _discards(request, sampler),
    }


def _around(request: Request, registry: Registry, library: Library) -> dict[str, Any]:
    """What the request puts around the network, the autoencoder and the finished picture."""
    return {
        "inversion": _inversion(request, registry),
        "tiler": registry.tiler(request.tiler.name).stage(request.tiler) if request.tiler else None,
        "denoisers": tuple(
            _with_pictures(registry.denoiser(choice.name).stage(choice), choice, library, "denoiser")
            for choice in request.denoisers
        ),
        "codec": registry.codec(request.codec.name).stage(request.codec) if request.codec else None,
        "postprocess": tuple(_finishing(request, registry, library)),
    }


def _finishing(request: Request, registry: Registry, library: Library) -> Iterator[Stage]:
    """The post-processors; of several, a refusal says which one it is about."""
    offers = [registry.postprocessor(choice.name) for choice in request.postprocess]
    for place, (offer, choice) in enumerate(zip(offers, request.postprocess, strict=True)):
        with of_several([each.name for each in offers], place):
            yield _with_pictures(offer.stage(choice), choice, library, "postprocess")


def _with_pictures(stage: Stage, choice: Choice, library: Library, kind: str) -> Stage:
    """The stage with the choice's pictures, which are kept from now on."""
    kept = {name: library.inputs.keep(f"{kind}.picture.{name}", picture) for name, picture in choice.pictures.items()}
    return stage.model_copy(update={"pictures": kept})


def _inversion(request: Request, registry: Registry) -> Stage | None:
    """The inversion. Raises `InvalidRequest` if no pass of the request begins with a picture."""
    if request.inversion is None:
        return None
    if request.image is None and request.hires is None:
        raise _lacking("inversion", request.inversion.name, "needs a picture to start from; give image or hires too")
    return registry.inversion(request.inversion.name).stage(request.inversion)


def model_for(request: Request, registry: Registry) -> ModelOffer:
    """The model that the request means, the embedded one if it does not say. Raises `UnknownName`."""
    return registry.model(request.model) if request.model else registry.default_model


def _discards(request: Request, sampler: Offer[SamplerDef[Any]]) -> bool:
    own = sampler.definition.discards_penultimate
    return own if request.discard_penultimate is None else request.discard_penultimate


def _noise(request: Request, registry: Registry) -> Stage:
    choice = request.noise or Choice(name=DEFAULT_NOISE)
    noise = registry.noise(choice.name)
    if request.variations and not noise.definition.mixes_variations:
        raise InvalidRequest("noise", noise.name, "mixes no variation seeds; choose gaussian, or leave them out")
    return noise.stage(choice)


def _started(request: Request, registry: Registry, library: Library) -> dict[str, Any]:
    """What the recipe starts from, complete. Raises `InvalidRequest` for settings that have no picture."""
    if request.image is None:
        for field in ("mask", "start", "inpaint", "outpaint"):
            if getattr(request, field) is not None:
                raise _lacking(field, getattr(request, field), "needs a picture to start from; give image too")
        return {}
    outpaint = request.outpaint if request.outpaint and any(margins(request.outpaint)) else None
    if request.inpaint is not None and request.mask is None and outpaint is None:
        raise _lacking("inpaint", request.inpaint, "needs a mask, white where it draws; give mask too")
    start = request.start or PictureStart(**({"denoise": OUTPAINT_DENOISE} if outpaint else {}))
    upscaler = known_upscaler("start.upscaler", start.upscaler, registry, tuple(FILTERS))
    has_mask = request.mask is not None or outpaint is not None
    return {
        "image": library.inputs.keep("image", request.image),
        "mask": library.inputs.keep("mask", request.mask) if request.mask else None,
        "start": start.model_copy(update={"upscaler": upscaler}),
        "inpaint": (request.inpaint or Inpaint()) if has_mask else None,
        "outpaint": outpaint,
    }


def _finished(request: Request, registry: Registry, library: Library) -> Finished | None:
    """The finished picture, kept, with what it says of itself. Raises `InvalidRequest` for what makes no sense."""
    if request.finished is None:
        return None
    for field in _BEGINNINGS:
        if getattr(request, field) is not None:
            raise _lacking(field, getattr(request, field), "has no use beside a finished picture; leave it out")
    if not request.postprocess:
        raise InvalidRequest("postprocess", "", "is empty; name what is to be done to the finished picture")
    kept = library.inputs.keep("finished", request.finished)
    return Finished(
        image=kept, recipe=library.inputs.recipe(kept), text=words_of_others(library.inputs.file(kept), registry)
    )


def inherited(request: Request, picture: PictureReference, registry: Registry, library: Library) -> Described:
    """The request for a finished picture, with what the picture says of itself where the request leaves it open."""
    base, notices = to_finish(library.inputs.file(picture), registry, library)
    said = {name: getattr(base, name) for name in base.model_fields_set - {"finished"}}
    left_open = {name: value for name, value in said.items() if _is_open(request, name)}
    return request.model_copy(update=left_open), notices


def _is_open(request: Request, name: str) -> bool:
    value = getattr(request, name)
    return value in (None, "", ()) or (isinstance(value, Params) and not value.model_fields_set)


def _size(
    request: Request,
    model: ModelOffer,
    library: Library,
    started: Mapping[str, Any],
    finished: Finished | None,
    limits: Limits,
) -> Size:
    """The size of the picture that is drawn, or is there already."""
    if finished is not None:
        return Size(*library.inputs.open("finished", finished.image).size)
    liked = model.definition.defaults.size
    size = size_of(request, liked, _picture_size(library, started), started.get("inpaint"))
    limits.check("size", size)
    return size


def _picture_size(library: Library, started: Mapping[str, Any]) -> Size | None:
    return Size(*library.inputs.open("image", started["image"]).size) if "image" in started else None


def _lacking(field: str, value: str | Params, remedy: str) -> InvalidRequest:
    """The refusal of what makes no sense without something else; of a group of settings, the first that was set."""
    if isinstance(value, Params):
        setting, value = next(iter(value.model_dump(exclude_unset=True).items()), ("", field))
        field = f"{field}.{setting}" if setting else field
    return InvalidRequest(field, value, remedy)


def _seeds(request: Request) -> list[ImageSeed]:
    """One seed per picture: the seed counts up, or the last variation's does while the seed is shared."""
    seed = request.seed if request.seed is not None else secrets.randbelow(LARGEST_SEED + 1)
    count = request.count or 1
    if not request.variations:
        return [ImageSeed(seed=following(seed, k)) for k in range(count)]
    *chain, last = request.variations
    return [
        ImageSeed(seed=seed, variations=(*chain, last.model_copy(update={"seed": following(last.seed, k)})))
        for k in range(count)
    ]
