"""`limner imagine`: a prompt becomes a picture."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limner_sdk import Choice, InvalidRequest, Request
from limner_sdk.catalogue import DEFAULT_NOISE
from limner_sdk.folders import DataFolder
from limner_sdk.messages import Result

from . import making
from .flags import REMOVABLE, Flags, WithFlags
from .listed import is_none
from .naming import naming, slug_of

if TYPE_CHECKING:
    from limner_host.metadata.origin import Origin

_SIZE = re.compile(r"([0-9]{1,9})[x×]([0-9]{1,9})", re.IGNORECASE)


@click.command(
    cls=WithFlags,
    epilog="Parameters of what you chose are flags too, such as --sampler.eta 0.5; `limner samplers NAME` lists them,"
    " and so do `limner tilers NAME` and `limner apply NAME`.",
)
@click.argument("prompt", required=False)
@click.option("--negative", metavar="TEXT", help="What the picture should not show.")
@click.option("--model", metavar="NAME", help="See `limner models`.")
@click.option("--size", metavar="WxH", help="Pixels; the model's own size if left out.")
@click.option("--steps", metavar="N", help="Sampling steps, 1 to 150.")
@click.option("--cfg", metavar="SCALE", help="Guidance scale, 0 to 30.")
@click.option("--sampler", metavar="NAME", help="See `limner samplers`.")
@click.option("--schedule", metavar="NAME", help="See `limner samplers`.")
@click.option("--discard-penultimate/--keep-penultimate", default=None, help="Leave out the next-to-last level.")
@click.option("--noise", metavar="NAME", help="See `limner samplers`.")
@click.option("--tiler", metavar="NAME", help="Draw a large picture in parts, see `limner tilers`; or none.")
@click.option("--codec", metavar="NAME", help="How the latent becomes a picture, see `limner tilers`; or none.")
@click.option(
    "--inversion", metavar="NAME", help="Find the noise behind the picture to start from, see `limner tilers`; or none."
)
@click.option("--vae", metavar="NAME", help="Take this autoencoder instead of the model's own; or none.")
@click.option("--style", "styles", multiple=True, metavar="NAME", help="A style of styles.csv; several may be given.")
@click.option("--image", metavar="FILE", help="Start from this picture; --denoise says how much is drawn anew.")
@click.option("--mask", metavar="FILE", help="White where the picture is to be drawn anew.")
@click.option("--seed", metavar="N", help="The same seed gives the same picture.")
@click.option("--variation", multiple=True, metavar="SEED:STRENGTH", help="Mix this seed in; several make a chain.")
@click.option("--count", metavar="N", help="How many pictures, 1 to 16; the seed counts up.")
@click.option("--from", "source", type=click.Path(path_type=Path), help="Start from what this picture carries.")
@click.option("--resize-seed", is_flag=True, help="With --from and --size: keep that picture's layout.")
@click.option("--output", type=click.Path(path_type=Path), help="A .png, .jpg or .webp file, or a folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def imagine(
    flags: Flags,
    /,
    prompt: str | None,
    source: Path | None,
    resize_seed: bool,
    output: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Make a picture of PROMPT."""
    origin = _origin(source)
    base = origin.request if origin else None
    request = request_of(prompt, with_layout(base) if resize_seed else base, options, flags)
    folder, name = naming(slug_of(request.prompt) or "picture", request.count or 1, output)
    making.note(origin.notices if origin else ())
    result = making.made(request, folder, name)
    if origin is not None:
        notices = *_other_model(origin, result, source), *result.notices
        result = result.model_copy(update={"notices": notices})
    if as_json:
        print(json.dumps(making.as_json(result, folder), indent=2))
    else:
        making.tell(result, folder)


def _other_model(origin: Origin, result: Result, source: Path | None) -> Iterator[str]:
    """A sentence if the picture says that other weights made it."""
    model = result.pictures[0].recipe.model
    if model.digest and not model.digest.startswith(origin.digest):
        yield f"the model {model.id} is not the one that made {source}; the picture may differ"


def request_of(prompt: str | None, base: Request | None, options: Mapping[str, Any], flags: Flags) -> Request:
    """What the person typed as a request, on top of `base`. Raises `InvalidRequest`."""
    values: dict[str, Any] = {key: value for key, value in options.items() if value not in (None, ())}
    values.pop("size", None)
    # What A1111's people type for "as usual".
    if str(values.get("schedule", "")).strip().lower() == "automatic":
        del values["schedule"]
    if str(values.get("seed", "")).strip() == "-1":
        del values["seed"]
    if said := values.pop("variation", ()):
        values["variations"] = (*(base.variations if base else ()), *map(parse_variation, said))
    if prompt is not None:
        values["prompt"] = prompt
    unwanted = {kind: None for kind in REMOVABLE if is_none(str(values.get(kind, "")))}
    if options.get("size") is not None:
        values["width"], values["height"] = parse_size(str(options["size"]))
    values |= unwanted | flags.values(values, base)
    if base is None and prompt is None:
        raise InvalidRequest("prompt", "", "is empty; write what the picture should show")
    return Request.parse((base.model_dump(exclude_unset=True) if base else {}) | values)


def parse_variation(text: str) -> dict[str, str]:
    """The seed and the strength of ``7:0.3``, still as texts. Raises `InvalidRequest`."""
    seed, colon, strength = text.partition(":")
    if not colon:
        raise InvalidRequest("variation", text, "is no seed and strength; write it as 7:0.3")
    return {"seed": seed.strip(), "strength": strength.strip()}


def with_layout(base: Request | None) -> Request:
    """`base`, whose noise keeps the layout of its size when it is drawn at another one. Raises `InvalidRequest`."""
    if base is None or base.width is None or base.height is None:
        raise InvalidRequest("resize-seed", "", "needs a picture whose size is known; add --from PICTURE")
    noise = base.noise or Choice(name=DEFAULT_NOISE)
    params = noise.params | {"resize_width": base.width, "resize_height": base.height}
    return base.model_copy(update={"noise": noise.model_copy(update={"params": params})})


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of ``512x768``. Raises `InvalidRequest`."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise InvalidRequest("size", text, "is no size; write it as 512x768")
    return int(match[1]), int(match[2])


def _origin(source: Path | None) -> Origin | None:
    if source is None:
        return None
    from limner_host.house import open_registry
    from limner_host.metadata.origin import read_origin

    return read_origin(source, open_registry(DataFolder.from_environment()))
