"""`limner recipe`: what a picture was made from, whichever program made it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limner_sdk import Finished, Params, Recipe, UnreadableImage
from limner_sdk.folders import DataFolder

if TYPE_CHECKING:
    from limner_host.metadata.origin import Origin
    from limner_host.registry import Registry


@click.command()
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
@click.option("--text", "as_text", is_flag=True, help="Print it as A1111's infotext.")
def recipe(image: Path, as_json: bool, as_text: bool) -> None:
    """Print what IMAGE says of how it was made; `limner imagine --from IMAGE` makes it again.

    Pictures of Limner, A1111 and ComfyUI are understood.
    """
    from limner_host.house import open_registry
    from limner_host.metadata.origin import read_origin

    registry = open_registry(DataFolder.from_environment())
    origin = read_origin(image, registry)
    if as_json:
        print(json.dumps(_as_json(origin), indent=2))
    elif as_text:
        print("\n".join(plain(line) for line in _text(origin, registry, image).split("\n")))
    else:
        _tell(origin)


def _as_json(origin: Origin) -> dict[str, Any]:
    return {
        "kind": origin.kind,
        "request": origin.request.model_dump(mode="json"),
        "recipe": origin.recipe and origin.recipe.model_dump(mode="json"),
        "notices": list(origin.notices),
    }


def _text(origin: Origin, registry: Registry, image: Path) -> str:
    """The infotext of our own pictures, and A1111's own."""
    from limner_host.metadata.writing import infotext

    if origin.recipe is not None:
        return infotext(origin.recipe, registry)
    if not origin.text:
        raise UnreadableImage(f"{image.name} carries a graph of ComfyUI's and no infotext; leave --text out")
    return origin.text


def _tell(origin: Origin) -> None:
    print(f"{'made with:':<14}{origin.kind}")
    for field, value in _said(origin).items():
        if not _empty(value):
            print(f"{field + ':':<13} {plain(value)}")
    for line in _line(origin.recipe) if origin.recipe else ():
        print(f"{'made from:':<13} {plain(line)}")
    for notice in origin.notices:
        print(f"note: {plain(notice)}")


def _said(origin: Origin) -> dict[str, Any]:
    """What a picture says, without what is as usual; a group of settings that all are is told of by this word."""
    if origin.recipe is not None:
        values = origin.recipe.model_dump(mode="json", exclude_defaults=True, exclude={"finished"})
    else:
        values = origin.request.model_dump(mode="json", exclude_unset=True)
    groups = {field for field, value in (origin.recipe or origin.request) if isinstance(value, Params)}
    return {field: "as usual" if value == {} and field in groups else value for field, value in values.items()}


def _line(recipe: Recipe) -> Iterator[str]:
    """The finished pictures that one was made from, the last one first: what each is, and how that was made."""
    from limner_host.metadata.generations import generations

    for child in reversed(generations(recipe)):
        if child.finished is None:
            return
        yield f"picture {child.finished.image.digest[:12]}, which {_was(child.finished)}"


def _was(finished: Finished) -> str:
    parent = finished.recipe
    if parent is None:
        return _was_elsewhere(finished.text)
    done = ", ".join(stage.id.rpartition(":")[2] for stage in parent.postprocess)
    if parent.finished is not None:
        return f"was finished by {done}"
    drawn = f"was drawn of: {parent.prompt} ({parent.size}, {parent.steps} steps, seed {parent.seed.seed})"
    return f"{drawn}, and finished by {done}" if done else drawn


def _was_elsewhere(text: str) -> str:
    """What a picture of another program says of itself, in short."""
    from limner_host.metadata.grammar import parsed

    told = parsed(text)
    if not told.prompt and not told.settings:
        return "says nothing of itself that is known here"
    said = {"Size": "{}", "Steps": "{} steps", "Seed": "seed {}"}
    how = ", ".join(said[key].format(told.settings[key]) for key in said if key in told.settings)
    return f"was drawn elsewhere of: {told.prompt}" + (f" ({how})" if how else "")


def _empty(value: object) -> bool:
    """Whether there is nothing to show, in a group of settings neither."""
    if isinstance(value, Mapping):
        return all(_empty(inner) for inner in value.values())
    return value is None or value in ("", [])


def plain(value: object) -> str:
    """A value in one line, without anything that could steer a terminal: pictures come from strangers."""
    if isinstance(value, dict):
        said = {key: inner for key, inner in value.items() if not _empty(inner)}
        return ", ".join(f"{plain(key)} {plain(inner)}" for key, inner in said.items())
    if isinstance(value, list):
        return "; ".join(plain(inner) for inner in value)
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in str(value))
