"""Fixtures for plugin authors' tests; loaded by pytest for everybody, so it imports nothing until it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .testing import FakeContext


@pytest.fixture
def limner_context() -> FakeContext:
    """A context for every kind of stage, on the CPU."""
    from .testing import FakeContext

    return FakeContext()
