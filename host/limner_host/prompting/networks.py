"""Networks: tags in a prompt that add a LoRA to the model, ``<lora:name:weight>``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from limner_sdk import InvalidRequest

#: A LoRA is never made stronger than this.
LARGEST_LORA_WEIGHT: Final = 10.0

#: One letter is no tag: people paste Discord's emoji as ``<a:name:1234>`` and its times as ``<t:1234>``.
_TAG: Final = re.compile(r"(?<!\\)<([A-Za-z_]\w+):([^<>]*)(>?)")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)", re.ASCII)
_KINDS: Final = ("lora", "lyco")


@dataclass(frozen=True)
class LoraTag:
    """A LoRA by the name that the host knows it by, and its weights for the denoising network and the text encoders."""

    name: str
    weight: float = 1.0
    text_weight: float = 1.0


def networks_of(prompt: str) -> tuple[str, tuple[LoraTag, ...]]:
    """The prompt without its tags, and the tags as they come.

    ``<lora:name>`` has the weight one, ``<lora:name:0.8>`` one for both. ``<lora:name:0.5:0.8>`` is first the text
    encoders', then the network's, as in A1111, and ``<lora:name:te=0.5:unet=0.8>`` says which. ``lyco`` means the same.
    Raises `InvalidRequest` for a tag of any other kind, one that is not closed, and names and weights that cannot be.
    """
    tags: list[LoraTag] = []

    def collected(found: re.Match[str]) -> str:
        tags.append(_tag(found))
        return ""

    return _TAG.sub(collected, prompt), tuple(tags)


def without_networks(prompt: str, unwanted: Callable[[str], bool]) -> str:
    """The prompt without the tags of LoRAs whose names are `unwanted`. Raises `InvalidRequest` like `networks_of`."""
    return _TAG.sub(lambda found: "" if unwanted(_tag(found).name) else found[0], prompt)


def _tag(found: re.Match[str]) -> LoraTag:
    kind = found[1].casefold()
    if kind not in _KINDS:
        raise InvalidRequest("prompt", found[0], r"is no known tag; write <lora:name:weight>, or \< for a plain <")
    if not found[3]:
        raise InvalidRequest("prompt", found[0], "is not closed; write <lora:name:weight>")
    name, *values = (value.strip() for value in found[2].split(":"))
    if not name or ".." in name or not name.isprintable() or any(sign in name for sign in "/\\"):
        raise InvalidRequest("prompt", found[0], "does not name a LoRA; write its name alone, not a path")
    text_weight, weight = _weights(found[0], values)
    return LoraTag(name, weight, text_weight)


def _weights(tag: str, values: list[str]) -> tuple[float, float]:
    """The text encoders' and the network's."""
    plain = [_number(tag, value) for value in values if "=" not in value]
    named = dict(_named(tag, value) for value in values if "=" in value)
    if len(plain) > 2:
        raise InvalidRequest("prompt", tag, "has too many weights; give one, or the text encoders' and the network's")
    text = named.get("te", plain[0] if plain else 1.0)
    return text, named.get("unet", plain[1] if len(plain) == 2 else text)


def _named(tag: str, value: str) -> tuple[str, float]:
    name, _, number = value.partition("=")
    if name.strip() not in ("te", "unet"):
        raise InvalidRequest("prompt", tag, "sets something unknown; only te= and unet= can be set")
    return name.strip(), _number(tag, number.strip())


def _number(tag: str, value: str) -> float:
    number = float(value) if _NUMBER.fullmatch(value) else None
    if number is None or abs(number) > LARGEST_LORA_WEIGHT:
        most = f"{LARGEST_LORA_WEIGHT:g}"
        raise InvalidRequest("prompt", tag, f"has a weight that is no number from -{most} to {most}; write one")
    return number
