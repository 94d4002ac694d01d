"""A recipe as A1111's infotext: what other tools read from a picture's `parameters`.

Fields stand in A1111's order under A1111's names, and defaults are left out, as its readers expect. What A1111 has no
name for (chains of variations, canvases that grow) is in our own recipe beside this text. Of a picture that was made of
a finished one, the text is that of the first, with all that was done since; that of another program's stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TypeAlias

from limner_host.registry import Registry
from limner_sdk import (
    ControlStage,
    FileReference,
    Hires,
    Inpaint,
    Params,
    PictureStart,
    Recipe,
    Stage,
    Steering,
)

from . import names
from .finishing import finishing, finishing_since
from .generations import generations
from .grammar import composed, continued, parsed
from .labels import Lookup, definition_of, label_of, set_of
from .parts import parts

Pair: TypeAlias = tuple[str, object]


def infotext(recipe: Recipe, registry: Registry) -> str:
    """Prompt, negative prompt and one line of settings, in A1111's order and names."""
    first = generations(recipe)[0]
    told = parsed(first.finished.text if first.finished else "")
    if first.finished and told.settings:
        return continued(first.finished.text, _texts(finishing_since(recipe, told, registry)))
    pairs = chain(_settings(first, registry), finishing(recipe, registry), _about(recipe, first))
    return composed(first.prompt, first.negative, _texts(pairs))


def _texts(pairs: Iterable[Pair]) -> Iterator[tuple[str, str]]:
    yield from ((key, said(value)) for key, value in pairs if value is not None)


def said(value: object) -> str:
    """A value as A1111 writes it: whole numbers without a point, others with all their digits."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _settings(recipe: Recipe, registry: Registry) -> Iterator[Pair]:
    """How the first picture was drawn; of one that is only known as a finished picture, and that no model has
    touched, there is the size alone."""
    if recipe.finished is not None and not recipe.prompt and not recipe.model.digest:
        yield "Size", recipe.size
        return
    yield "Steps", recipe.steps
    yield "Sampler", label_of(recipe.sampler.id, registry.sampler)
    yield "Schedule type", label_of(recipe.schedule.id, registry.schedule)
    yield "CFG scale", recipe.cfg
    yield "Seed", recipe.seed.seed
    yield "Size", recipe.size
    yield "Model hash", recipe.model.digest[:10]
    yield "Model", recipe.model.id.partition(":")[2]
    if recipe.vae is not None:
        yield "VAE hash", recipe.vae.digest[:10]
        yield "VAE", recipe.vae.name
    yield from _variation(recipe)
    yield from _denoising(recipe)
    yield from _of_group(recipe.steering, names.STEERING, Steering(), weighting=names.EMPHASIS)
    yield "ENSD", recipe.noise.params.get("ensd") or None
    yield "RNG", names.theirs(names.SOURCES, recipe.noise.id)
    yield from _hires(recipe.hires, registry)
    yield from _inpaint(recipe.inpaint)
    yield from _start(recipe.start)
    yield from _parameters(recipe, registry)
    yield from parts(recipe, registry)


def _about(recipe: Recipe, first: Recipe) -> Iterator[Pair]:
    """What stands last: the files and the words of the first picture, and what made this one."""
    yield from _files(first)
    yield "Template", first.template or None
    yield "Version", f"limner {recipe.software.get('limner', '')}".strip()


def _variation(recipe: Recipe) -> Iterator[Pair]:
    # A1111 knows one variation seed; the whole chain stands in the recipe beside this text.
    for variation in recipe.seed.variations[-1:]:
        yield "Variation seed", variation.seed
        yield "Variation seed strength", variation.strength
        # Without it, readers take A1111's own way of mixing.
        yield names.MIX, None if recipe.noise.params.get("mix") == "a1111" else recipe.noise.params.get("mix")
    params = recipe.noise.params
    if params.get("resize_width") and params.get("resize_height"):
        yield "Seed resize from", f"{params['resize_width']}x{params['resize_height']}"


def _denoising(recipe: Recipe) -> Iterator[Pair]:
    if recipe.start is not None:
        yield "Denoising strength", recipe.start.denoise
    elif recipe.hires is not None:
        yield "Denoising strength", recipe.hires.denoise


def _of_group(
    group: Params, table: Mapping[str, str], usual: Params, **values: Mapping[str, str]
) -> Iterator[tuple[str, object]]:
    """The fields of a group that differ from the `usual` ones; `values` are A1111's names of some fields' values."""
    for key, name in table.items():
        value = getattr(group, name)
        if value != getattr(usual, name):
            yield key, names.theirs(values[name], value) if name in values else value


def _hires(hires: Hires | None, registry: Registry) -> Iterator[Pair]:
    if hires is None:
        return
    exact = bool(hires.width or hires.height)
    for key, name in names.HIRES.items():
        value = getattr(hires, name)
        if name == "scale" and exact:
            yield "Hires resize", f"{hires.width or 0}x{hires.height or 0}"
        elif name == "upscaler":
            yield key, names.theirs(names.UPSCALERS, value)
        elif value is not None and name in ("sampler", "schedule"):
            yield key, label_of(value, registry.sampler if name == "sampler" else registry.schedule)
        else:
            yield key, value


def _inpaint(inpaint: Inpaint | None) -> Iterator[Pair]:
    if inpaint is None:
        return
    yield "Mask blur", inpaint.blur
    yield "Inpaint area", names.theirs(names.AREA, inpaint.area)
    if inpaint.area == "masked":
        yield "Masked area padding", inpaint.padding
    yield "Masked content", names.theirs(names.CONTENT, inpaint.content)
    yield "Mask mode", "Inpaint not masked" if inpaint.invert else "Inpaint masked"
    yield "Round mask", None if inpaint.round_mask else False


def _start(start: PictureStart | None) -> Iterator[Pair]:
    if start is not None:
        yield from _of_group(start, names.START, PictureStart(), resize=names.RESIZE)


def _parameters(recipe: Recipe, registry: Registry) -> Iterator[Pair]:
    """What was set of the sampler, the schedule and the noise, as far as it differs from their defaults."""
    ddim = recipe.sampler.id.rpartition(":")[2] in names.TIMESTEP_SAMPLERS
    for key, value in _changed(recipe.sampler, names.SAMPLER, registry.sampler):
        yield (names.ETA_DDIM if ddim and key == "Eta" else key), value
    if recipe.sampler.id == names.UNIPC_ID:
        yield from _changed(recipe.sampler, names.UNIPC, registry.sampler)
    yield from _changed(recipe.schedule, names.SCHEDULE, registry.schedule)
    yield from _changed(recipe.noise, names.NOISE, registry.noise)
    if recipe.start is not None and recipe.hires is not None:
        yield names.HIRES_DENOISE, recipe.hires.denoise
    usual = definition_of(recipe.sampler.id, registry.sampler)
    if recipe.discard_penultimate != (usual is not None and usual.discards_penultimate):
        yield "Discard penultimate sigma", recipe.discard_penultimate


def _changed(stage: Stage, table: Mapping[str, str], lookup: Lookup) -> Iterator[Pair]:
    said = set_of(stage, lookup)
    yield from ((key, said[name]) for key, name in table.items() if name in said)


def _files(recipe: Recipe) -> Iterator[Pair]:
    yield "Lora hashes", _hashes(recipe.loras) or None
    yield "TI hashes", _hashes(recipe.embeddings) or None
    for number, control in enumerate(recipe.controls):
        yield f"ControlNet {number}", _control(control)


def _hashes(files: Iterable[FileReference]) -> str:
    return ", ".join(f"{file.name}: {(file.hash or file.digest)[:12]}" for file in files)


def _control(control: ControlStage) -> str:
    """One control in the words of A1111's extension."""
    module = control.preprocessor.id.rpartition(":")[2] if control.preprocessor else "none"
    values = {
        "Module": module,
        "Model": f"{control.network.name} [{control.network.digest[:8]}]",
        "Weight": control.settings.weight,
        "Guidance Start": control.settings.start,
        "Guidance End": control.settings.end,
    }
    return ", ".join(f"{key}: {said(value)}" for key, value in values.items())
