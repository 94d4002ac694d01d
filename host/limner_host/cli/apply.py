"""`limner apply`: post-processors, let loose on a picture that is there already."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from limner_sdk import Estimate, InvalidRequest, Request, Size, Stage
from limner_sdk.folders import DataFolder
from limner_sdk.seeds import LARGEST_SEED

from . import making
from .flags import Flags, WithFlags
from .imagine import request_of
from .listed import is_none
from .listings import tell_parameters, tell_stages
from .naming import naming, slug_of


class _Applying(WithFlags):
    """Knows the flags of what is still drawn; any other is a parameter of the post-processor before it."""

    words = frozenset({"postprocess", "noise", "sampler", "schedule", "codec", "steering"})
    loose = True


@click.command(
    cls=_Applying,
    epilog="Parameters of NAME are flags, such as --scale 2 or --postprocess.scale 2; `limner apply NAME` lists them."
    " Another --postprocess NAME behind IMAGE is applied next, and its parameters follow it."
    " --prompt, --negative, --steps, --cfg, --sampler, --schedule, --model and --vae are for all of them;"
    " --postprocess.prompt and the like for one.",
)
@click.argument("name", required=False)
@click.argument("image", required=False, type=click.Path(path_type=Path))
@click.option("--prompt", metavar="TEXT", help="What is drawn anew; what the picture was made of if left out.")
@click.option("--negative", metavar="TEXT", help="What it should not show.")
@click.option("--model", metavar="NAME", help="See `limner models`; the one that made the picture if left out.")
@click.option("--vae", metavar="NAME", help="Take this autoencoder instead of the model's own; or none.")
@click.option("--seed", metavar="N", help="The same seed gives the same picture; the picture's own if left out.")
@click.option("--steps", metavar="N", help="Steps of a whole schedule, 1 to 150.")
@click.option("--cfg", metavar="SCALE", help="Guidance scale, 0 to 30.")
@click.option("--sampler", metavar="NAME", help="See `limner samplers`.")
@click.option("--schedule", metavar="NAME", help="See `limner samplers`.")
@click.option("--count", metavar="N", help="How many pictures, 1 to 16; the seed counts up.")
@click.option("--estimate", is_flag=True, help="Say what would be made and what it costs, and make nothing.")
@click.option("--output", type=click.Path(path_type=Path), help="A .png, .jpg or .webp file, or a folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def apply(
    flags: Flags,
    /,
    name: str | None,
    image: Path | None,
    estimate: bool,
    output: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Apply the post-processor NAME to the finished picture IMAGE.

    The result lies beside IMAGE unless --output says otherwise. Without IMAGE, list the post-processors; with NAME
    alone, its parameters.
    """
    if name is None or image is None:
        _list(name, as_json)
        return
    request = _request(flags, name, image, options)
    if estimate:
        _tell_estimate(request, image, as_json)
        return
    names = [slug_of(choice.name.rpartition(":")[2]) for choice in request.postprocess]
    count = request.count or 1
    folder, naming_of = naming("-".join([image.stem, *names]), count, output, image.parent)
    _spare(image, (folder / naming_of(part) for part in (*map(str, range(1, count + 1)), "grid")), output)
    _make(request, folder, naming_of, as_json)


def _request(flags: Flags, name: str, image: Path, options: dict[str, Any]) -> Request:
    """What the person typed; what they leave open is as the picture says of itself."""
    from limner_host.house import open_registry

    registry = open_registry(DataFolder.from_environment())
    if is_none(name):
        raise click.UsageError("none is nothing to apply; `limner apply` lists what there is")
    registry.postprocessor(name)
    if str(options["seed"] or "").strip() == "-1":
        options["seed"] = secrets.randbelow(LARGEST_SEED + 1)
    flags.several["postprocess"].lead(name)
    base = Request.parse({"finished": str(image), "prompt": ""})
    return request_of(options.pop("prompt"), base, options, flags)


def _spare(image: Path, targets: Iterable[Path], output: Path | None) -> None:
    """Raises `InvalidRequest` if a result would take the place of the picture that it is made of."""
    if any(target.exists() and target.samefile(image) for target in targets):
        remedy = "is the picture itself, which would be lost; name another file, or leave it out"
        raise InvalidRequest("output", str(output), remedy)


def _make(request: Request, folder: Path, name: Callable[[str], str], as_json: bool) -> None:
    result = making.made(request, folder, name)
    if as_json:
        print(json.dumps(making.as_json(result, folder), indent=2))
    else:
        making.tell(result, folder)


def _tell_estimate(request: Request, image: Path, as_json: bool) -> None:
    """Say what each post-processor would make of the picture, and what it costs."""
    from limner_host.pictures import read_rgb

    size, steps = Size(*read_rgb(image).size), making.loaded().estimate(request)
    if as_json:
        print(json.dumps([_as_json(stage, told) for stage, told in steps], indent=2))
        return
    for stage, told in steps:
        what = f"{told.what}, " if told.what else ""
        grown = f"{size} becomes {told.size}" if told.size != size else f"{size} stays"
        print(f"{stage.id.rpartition(':')[2]}: {grown}; {what}{_calls(told.evaluations)}")
        size = told.size
    count = request.count or 1
    if count > 1 or len(steps) > 1:
        print(f"in all: {_calls(count * sum(told.evaluations for _, told in steps))}")


def _calls(evaluations: int) -> str:
    return f"{evaluations or 'no'} network evaluation{'' if evaluations == 1 else 's'}"


def _as_json(stage: Stage, told: Estimate) -> dict[str, Any]:
    cost = {"evaluations": told.evaluations, "what": told.what}
    return {"id": stage.id, "width": told.size.width, "height": told.size.height, **cost}


def _list(name: str | None, as_json: bool) -> None:
    from limner_host.house import open_registry

    registry = open_registry(DataFolder.from_environment())
    if name is None:
        offers = registry.offers("postprocessor")
        tell_stages([offer.entry for offer in offers if not offer.definition.guard], as_json)
        if not as_json:
            print("`limner apply NAME` shows the parameters, `limner apply NAME IMAGE` applies it.")
    else:
        tell_parameters(registry.postprocessor(name).entry, flag_of, as_json)
        if not as_json:
            print("For `limner imagine`, --postprocess. stands before each of these names.")


def flag_of(parameter: str) -> str:
    """How a parameter is typed: with its prefix only where `apply` has an option of the same name."""
    taken = {option for each in apply.params for option in each.opts}
    return f"--postprocess.{parameter}" if f"--{parameter}" in taken else f"--{parameter}"
