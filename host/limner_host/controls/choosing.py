"""A chosen control network becomes a stage of the recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limner_host.registry import Registry
from limner_sdk import ControlChoice, ControlStage, InvalidRequest, PictureReference

if TYPE_CHECKING:
    from limner_host.library import Library


def control_stage(
    choice: ControlChoice, registry: Registry, library: Library, image: PictureReference | None
) -> ControlStage:
    """The choice, resolved; without a picture of its own it hints with `image`.

    Raises `UnknownName` for a network or a preprocessor, and `InvalidRequest` if there is no picture at all.
    """
    network = library.controls.reference(choice.name)
    shown = library.inputs.keep("controls.image", choice.image) if choice.image else image
    if shown is None:
        raise InvalidRequest("controls", choice.name, "has no picture to hint with; give it an image")
    chosen = choice.preprocessor
    preprocessor = registry.preprocessor(chosen.name).stage(chosen) if chosen else None
    return ControlStage(network=network, image=shown, preprocessor=preprocessor, settings=choice.settings)
