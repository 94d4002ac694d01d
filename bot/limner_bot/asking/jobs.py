"""Jobs: what comes of a text with permutations and flags, the command's options, and repeats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from limner_bot.queue.identity import new_seed
from limner_bot.words import Mistake
from limner_sdk import Size
from limner_sdk.seeds import following

from .flags import agreed, said
from .permutations import expand
from .ratios import size_of

#: Pictures of a job where nobody says how many.
USUAL: Final = 4


def jobs_of(text: str, options: Mapping[str, Any], most: int, usual: int = USUAL) -> list[dict[str, Any]]:
    """The values of each job that a text asks for, by the names of the command's options, ``prompt`` among them.

    Those of the first list change last; repeats of one follow each other. A repeat without a seed gets none, so that
    each draws its own; with a seed, it goes on where the pictures of the one before ended: there are `count` of a job,
    or `usual`. Variations of a seed keep it. `settled` makes of each what a request takes.

    Raises `InvalidRequest` with one clear sentence, also for more than `most` jobs.
    """
    asked = [_asked(part, options) for part in expand(text, most)]
    many = sum(repeat for _, repeat in asked)
    if many > most:
        raise Mistake("repeat", many, "mistake-too-many-jobs", most=str(most))
    return [job for values, repeat in asked for job in _repeated(values, repeat, usual)]


def _asked(text: str, options: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    prompt, values = said(text)
    both = agreed(values, {name: value for name, value in options.items() if name != "prompt"})
    repeat = int(both.pop("repeat", 1))
    return {"prompt": prompt, **both}, repeat


def _repeated(values: Mapping[str, Any], times: int, usual: int) -> Iterator[dict[str, Any]]:
    pictures = 0 if "vary" in values else int(values.get("count", usual))
    for time in range(times):
        has_seed = "seed" in values
        yield {**values, **({"seed": following(values["seed"], time * pictures)} if has_seed else {})}


def settled(values: Mapping[str, Any], native: Size) -> dict[str, Any]:
    """What `Menu.request` takes, for a model whose own size is `native`.

    A ratio becomes a size, ``denoise`` how an ``image`` is begun with, ``styles`` a list, and ``vary`` a variation with
    a fresh seed; ``private`` is left out, as it concerns the answer. Raises `InvalidRequest` for a ratio that the model
    has no size for, and for ``denoise`` without an image.
    """
    given = {name: value for name, value in values.items() if value is not None and name != "private"}
    if (ratio := given.pop("ratio", None)) is not None:
        given["size"] = str(size_of(ratio, native))
    if (denoise := given.pop("denoise", None)) is not None:
        given["start"] = _start(denoise, given)
    if isinstance(styles := given.get("styles"), str):
        given["styles"] = [style.strip() for style in styles.split(",") if style.strip()]
    if strength := given.pop("vary", None):
        given["variations"] = [{"seed": new_seed(), "strength": strength}]
    return given


def _start(denoise: float, given: Mapping[str, Any]) -> dict[str, Any]:
    if "image" not in given:
        raise Mistake("denoise", denoise, "mistake-denoise-alone")
    return {"denoise": denoise}
