"""`limner imagine`: a prompt becomes a picture."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from limner_sdk import Choice, InvalidRequest, Request
from limner_sdk.catalogue import DEFAULT_NOISE
from limner_sdk.folders import DataFolder
from limner_sdk.messages import Result

from .flags import REMOVABLE, Flags, WithFlags, is_none

if TYPE_CHECKING:
    from torch import Tensor

    from limner_host.metadata.origin import Origin

#: Endings that mean a picture and no folder, but of a kind that is not written.
_OTHER_FORMATS: Final = (".avif", ".bmp", ".gif", ".heic", ".jxl", ".tif", ".tiff")
_SIZE = re.compile(r"([0-9]{1,9})[x×]([0-9]{1,9})", re.IGNORECASE)


@click.command(
    cls=WithFlags,
    epilog="Parameters of what you chose are flags too, such as --sampler.eta 0.5; `limner samplers NAME` lists them,"
    " and so does `limner tilers NAME`.",
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
    folder, name = _naming(request, output)
    _note(origin.notices if origin else ())
    result = _made(request, folder, name)
    if origin is not None:
        notices = *_other_model(origin, result, source), *result.notices
        result = result.model_copy(update={"notices": notices})
    if as_json:
        print(json.dumps(_as_json(result, folder), indent=2))
    else:
        _tell(result, folder)


def _other_model(origin: Origin, result: Result, source: Path | None) -> Iterator[str]:
    """A sentence if the picture says that other weights made it."""
    model = result.pictures[0].recipe.model
    if not model.digest.startswith(origin.digest):
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


def _naming(request: Request, output: Path | None) -> tuple[Path, Callable[[str], str]]:
    """The folder to write to, and the file's name for ``1``, ``2`` … and ``grid``. Raises `InvalidRequest`."""
    from limner_host.pictures import FORMATS, format_of

    slug = re.sub(r"[^a-z0-9]+", "-", request.prompt.lower()).strip("-")[:48].strip("-") or "picture"
    ending = output.suffix.lower() if output is not None else ""
    if output is not None and ending in (*FORMATS, *_OTHER_FORMATS):
        format_of(output)
        folder, stem = output.parent, output.stem
    else:
        folder, stem, ending = output or Path(), _free_stem(output or Path(), slug), ".png"
    single = (request.count or 1) == 1
    return folder.absolute(), lambda part: f"{stem}{ending}" if single else f"{stem}-{part}{ending}"


def _free_stem(folder: Path, slug: str) -> str:
    """`slug`, counted up until no picture of that name is there: nobody's picture is overwritten unasked."""
    stem, number = slug, 1
    while any((folder / f"{stem}{end}").exists() for end in (".png", "-1.png")):
        number += 1
        stem = f"{slug}-{number}"
    return stem


def _made(request: Request, folder: Path, name: Callable[[str], str]) -> Result:
    console = Console(stderr=True)
    with console.status("Loading"):
        from limner_host.house import open_studio

        studio = open_studio(DataFolder.from_environment())
    with Progress(*_columns(), console=console, disable=not console.is_terminal) as progress:
        return studio.make(request, folder, watcher=_Bar(progress), name=name)


def _columns() -> tuple[ProgressColumn, ...]:
    """What a progress bar shows; the stage has room for "sample: tile 12 of 128" and may be a plugin's own words."""
    place = Column(width=24, no_wrap=True, overflow="ellipsis")
    stage = TextColumn("{task.description}", markup=False, table_column=place)
    return stage, BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()


class _Bar:
    """A watcher that moves a progress bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("load", total=1.0)

    def progress(self, stage: str, done: float, latent: Tensor | None) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=done, description=stage)

    def cancelled(self) -> bool:
        """Ctrl+C ends the process by itself."""
        return False


def _note(notices: Iterable[str]) -> None:
    console = Console(stderr=True)
    for notice in notices:
        console.print(Text("note: ", "yellow").append(notice, "default"))


def _tell(result: Result, folder: Path) -> None:
    _note(result.notices)
    for picture in result.pictures:
        seed = picture.recipe.seed.seed
        print(f"{folder / picture.file}  ({picture.width}x{picture.height}, seed {seed})")
    if len(result.pictures) > 1:
        print(folder / result.grid)


def _as_json(result: Result, folder: Path) -> dict[str, Any]:
    return {"folder": str(folder)} | result.model_dump(mode="json")
