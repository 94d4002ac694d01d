"""What the admin of a host allows."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final

from limner_sdk import ConfigurationError, Size
from limner_sdk.catalogue import check_area
from limner_sdk.request import SMALLEST_SIDE

VARIABLE: Final = "LIMNER_LARGEST_CANVAS"
#: 4096 by 4096.
DEFAULT_PIXELS: Final = 2**24
_SIZE: Final = re.compile(r"\s*([1-9][0-9]{1,5})\s*[x×]\s*([1-9][0-9]{1,5})\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """`pixels` is the area of the largest picture that may be drawn, whatever its proportions."""

    pixels: int = DEFAULT_PIXELS

    @classmethod
    def from_environment(cls) -> Limits:
        """The limits that the environment sets. Raises `ConfigurationError`."""
        text = os.environ.get(VARIABLE)
        if not text:
            return cls()
        found = _SIZE.fullmatch(text)
        if not found:
            raise ConfigurationError(f"{VARIABLE}: {text!r} is no size in pixels; write it as 4096x4096")
        if int(found[1]) * int(found[2]) < SMALLEST_SIDE**2:
            least = f"{SMALLEST_SIDE}x{SMALLEST_SIDE}"
            raise ConfigurationError(f"{VARIABLE}: {text!r} allows no picture at all; the least is {least}")
        return cls(int(found[1]) * int(found[2]))

    def check(self, field: str, size: Size) -> None:
        """Raises `InvalidRequest` for a picture of `size` pixels that is larger than allowed."""
        check_area(field, size, self.pixels)
