"""The texts among the parameters: a prompt for each tile, control networks, a sampler with its schedule."""

from __future__ import annotations

from typing import Final

from limner_sdk import Choice, Control, ControlChoice, InvalidRequest

_BETWEEN: Final = "[SEP]"
_OWN: Final = "[PROMPT]"
_SKIP: Final = "[SKIP]"
_FIELD: Final = "postprocess.control"
#: As many as a request for a picture may have.
_MOST_CONTROLS: Final = 4


def prompts_of(text: str, own: str, tiles: int) -> list[str | None]:
    """The prompt of each of so many tiles, "" for the picture's, None for a tile that is left alone.

    The last prompt goes on for all tiles after it. Raises `InvalidRequest` for more prompts than tiles.
    """
    parts = [part.strip() for part in text.split(_BETWEEN)]
    if len(parts) > max(tiles, 1):
        remedy = f"has {len(parts)} parts, but there are {tiles} tiles; take [SEP] out"
        raise InvalidRequest("postprocess.prompt", text, remedy)
    said = [None if part == _SKIP else part.replace(_OWN, own) for part in parts]
    return [said[min(number, len(said) - 1)] for number in range(tiles)]


def controls_of(text: str) -> tuple[ControlChoice, ...]:
    """The control networks of a text such as ``tile weight=0.6 end=0.8 preprocessor=canny; depth``.

    Raises `InvalidRequest` for settings that there are not, and values that they cannot have.
    """
    said = [part.split() for part in text.split(";") if part.strip()]
    if len(said) > _MOST_CONTROLS:
        raise InvalidRequest(_FIELD, text, f"names {len(said)} networks; the most is {_MOST_CONTROLS}")
    return tuple(_control(*words) for words in said)


def _control(name: str, *settings: str) -> ControlChoice:
    values: dict[str, str] = {}
    for setting in settings:
        key, sign, value = setting.partition("=")
        if not (sign and value and key in ("preprocessor", *Control.model_fields)):
            raise InvalidRequest(_FIELD, setting, "is no setting; write weight=, start=, end= or preprocessor=")
        values[key] = value
    maker = values.pop("preprocessor", None)
    return ControlChoice(
        name=name, preprocessor=Choice(name=maker) if maker else None, settings=Control.parse(values, f"{_FIELD}.")
    )


def sampler_of(text: str | None) -> tuple[str | None, str | None]:
    """The sampler and the schedule of ``sampler/schedule``; None for what is not said."""
    sampler, _, schedule = (text or "").partition("/")
    return sampler.strip() or None, schedule.strip() or None
