"""Resolve: a request becomes complete, frozen recipes, one per picture."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from limner_host.offers import ModelOffer, Offer
from limner_host.registry import Registry
from limner_sdk import Choice, ImageSeed, InvalidRequest, ModelReference, Recipe, Request, SamplerDef, Size, Stage
from limner_sdk.seeds import LARGEST_SEED, following

#: Full ids: a plugin that takes one of these short names must not make every default ambiguous.
DEFAULT_MODEL: Final = "pocket:pocket"
DEFAULT_NOISE: Final = "noises:gaussian"


def resolve(
    request: Request, registry: Registry, digest_of: Callable[[ModelOffer], str], software: Mapping[str, str]
) -> tuple[Recipe, ...]:
    """Fill in everything that the person left open.

    `digest_of` gives the SHA-256 of a model's weights, and is asked last: it may have to load them. Raises
    `InvalidRequest` for names that nothing answers to and parameters that their definition refuses.
    """
    model = model_for(request, registry)
    size = _size(request, model)
    sampler_choice = request.sampler or Choice(name=model.definition.defaults.sampler)
    sampler = registry.sampler(sampler_choice.name)
    recipe = Recipe(
        prompt=request.prompt,
        negative=request.negative or "",
        model=ModelReference(id=model.id, digest=""),
        width=size.width,
        height=size.height,
        steps=request.steps or model.definition.defaults.steps,
        cfg=request.cfg if request.cfg is not None else model.definition.defaults.cfg,
        seed=ImageSeed(seed=0),
        noise=_noise(request, registry),
        sampler=sampler.stage(sampler_choice),
        schedule=_schedule(request, registry, sampler),
        tiler=registry.tiler(request.tiler.name).stage(request.tiler) if request.tiler else None,
        denoisers=tuple(registry.denoiser(choice.name).stage(choice) for choice in request.denoisers),
        codec=registry.codec(request.codec.name).stage(request.codec) if request.codec else None,
        postprocess=tuple(registry.postprocessor(choice.name).stage(choice) for choice in request.postprocess),
        software=dict(software),
    )
    reference = ModelReference(id=model.id, digest=digest_of(model))
    return tuple(recipe.model_copy(update={"seed": seed, "model": reference}) for seed in _seeds(request))


def model_for(request: Request, registry: Registry) -> ModelOffer:
    """The model that the request means, the embedded one if it does not say. Raises `UnknownName`."""
    return registry.model(request.model or DEFAULT_MODEL)


def _size(request: Request, model: ModelOffer) -> Size:
    native = model.definition.defaults.size
    return Size(request.width or native.width, request.height or native.height)


def _noise(request: Request, registry: Registry) -> Stage:
    choice = request.noise or Choice(name=DEFAULT_NOISE)
    noise = registry.noise(choice.name)
    if request.variations and not noise.definition.mixes_variations:
        raise InvalidRequest("noise", noise.name, "mixes no variation seeds; choose variation, or leave them out")
    return noise.stage(choice)


def _schedule(request: Request, registry: Registry, sampler: Offer[SamplerDef[Any]]) -> Stage:
    choice = request.schedule or Choice(name=sampler.definition.schedule)
    return registry.schedule(choice.name).stage(choice)


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
