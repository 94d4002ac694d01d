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
