"""What can be set about regions."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import field_validator

from limner_sdk import Params, param

from .language import regions_of

#: What the picture's own prompt draws: the cells that no region covers, a share of every cell, or none.
Base: TypeAlias = Literal["rest", "everywhere", "none"]


class RegionParams(Params):
    """The regions as text, and what the picture's own prompt has to do with them."""

    areas: str = param("", "One a line, or ; between: left | a cat | blurry. See docs/regions.md.", max_length=6000)
    base: Base = param("rest", "The picture's own prompt draws the rest, a share everywhere, or none.")
    append: bool = param(False, "Put the picture's own prompt before that of every region.")

    @field_validator("areas")
    @classmethod
    def _can_be_read(cls, areas: str) -> str:
        regions_of(areas)
        return areas
