"""How often making pictures calls the network."""

from __future__ import annotations

from limner_sdk import Recipe, Request

from .registry import Registry


def evaluations_of(request: Request | Recipe, registry: Registry) -> int:
    """How often the network is called for all pictures of a request. Raises `UnknownName` or `AmbiguousName`."""
    return registry.catalogue().evaluations(request.as_request() if isinstance(request, Recipe) else request)


def calls_of(registry: Registry, sampler: str, steps: int) -> int:
    """How often a sampler calls the network in one pass of so many steps."""
    return max(1, registry.sampler(sampler).definition.evaluations(steps)) if steps else 0


def inversion_calls(recipe: Recipe, registry: Registry) -> int:
    """How often finding the noise of a picture calls the network in one batch of a recipe."""
    if recipe.inversion is None:
        return 0
    offer = registry.inversion(recipe.inversion.id)
    return max(0, offer.definition.evaluations(offer.params_of(recipe.inversion)))
