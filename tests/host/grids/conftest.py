"""What the tests of grids share: registries without a loaded model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.conftest import plugin_module

from limner_host.discovery import Source, all_sources, discover
from limner_host.registry import Registry


@pytest.fixture
def registry_with() -> Callable[..., Registry]:
    """The bundled plugins, and one more called ``mine`` with the given definitions."""

    def build(*definitions: Any) -> Registry:
        mine = Source("mine", "1.0", "test", lambda: plugin_module(definitions, None))
        return Registry(discover(sources=iter([*all_sources(None), mine])))

    return build


@pytest.fixture
def registry(registry_with: Callable[..., Registry]) -> Registry:
    """The bundled plugins."""
    return registry_with()
