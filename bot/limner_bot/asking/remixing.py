"""Remixing: a picture's settings as somebody edits them in a form, and the request that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from limner_bot.words import Mistake
from limner_sdk import Recipe, Request, Size, Stage

from .flags import agreed, said, words
from .jobs import settled
from .menu import Menu
from .scanning import next_flag
from .sizes import parse_size

OPTIONS: Final = "options"
#: What belongs to a command, not to the settings of a picture.
_NOT_HERE: Final = ("repeat", "private")


def line_of(recipe: Recipe, *, seed: bool = True) -> str:
    """The settings of a picture as flags on one line, with full ids."""
    settings: dict[str, object] = {
        "model": _quoted(recipe.model.id),
        "size": recipe.last_size,
        "steps": recipe.steps,
        "cfg": f"{recipe.cfg:g}",
        "sampler": _quoted(recipe.sampler.id),
        "schedule": _quoted(recipe.schedule.id),
    }
    settings |= {"seed": recipe.seed.seed} if seed else {}
    return " ".join(f"--{word} {value}" for word, value in settings.items())


def _quoted(name: str) -> str:
    return f'"{name}"' if any(sign.isspace() or sign == "," for sign in name) else name


def escaped(prompt: str) -> str:
    r"""A prompt as it is typed where flags are read: ``--word`` that is none becomes ``\--word``."""
    at, pieces = 0, list[str]()
    while (found := next_flag(prompt, at, words())) is not None:
        pieces += [prompt[at : found.start()], "\\", found[0]]
        at = found.end()
    return "".join([*pieces, prompt[at:]])


@dataclass(frozen=True)
class Form:
    """What somebody has written: prompt and negative prompt, flags among them, and a line of flags."""

    prompt: str
    negative: str
    options: str

    def values(self) -> dict[str, Any]:
        """What it says, by the names of the options of /imagine. Raises `InvalidRequest`."""
        prompt, first = said(self.prompt)
        rest, second = said(self.options)
        if rest.strip():
            raise Mistake(OPTIONS, rest, "mistake-words-among-flags")
        values = agreed(first, second)
        for name in _NOT_HERE:
            if name in values:
                raise Mistake(OPTIONS, f"--{name}", "mistake-imagine-alone")
        return {"negative": self.negative, **values, "prompt": prompt}


def remixed(recipe: Recipe, form: Form, menu: Menu, count: int) -> Request:
    """The request for a picture with settings that were edited; what is not said stays, but the seed is a fresh one.

    Raises `InvalidRequest` with one clear sentence.
    """
    values = form.values()
    model = values.get("model", recipe.model.id)
    given = settled({"count": count, "model": model, **values} | _image(recipe), menu.native(model))
    asked = menu.request(given)
    changes: dict[str, Any] = {"prompt": asked.prompt, "negative": asked.negative, "seed": asked.seed}
    changes |= {"model": asked.model, "count": asked.count, "styles": asked.styles}
    changes |= {name: getattr(asked, name) for name in ("steps", "cfg") if name in given}
    changes |= _stages(recipe, asked) | _shape(recipe, asked, given) | _variations(recipe, asked, given)
    changes |= {"start": asked.start} if "start" in given else {}
    changes |= {"postprocess": asked.postprocess} if "finish" in given else {}
    changes |= {} if asked.model == recipe.model.id else {"vae": None}
    return menu.known(recipe.as_request(**changes))


def _image(recipe: Recipe) -> dict[str, Any]:
    """The picture that it was begun with, without which `denoise` makes no sense."""
    return {"image": recipe.image.name} if recipe.image else {}


def _stages(recipe: Recipe, asked: Request) -> dict[str, Any]:
    """Sampler and schedule, where they are others than before: those keep their parameters."""
    before: dict[str, Stage] = {"sampler": recipe.sampler, "schedule": recipe.schedule}
    wanted = {name: choice for name in before if (choice := getattr(asked, name)) is not None}
    return {name: choice for name, choice in wanted.items() if choice.name != before[name].id}


def _shape(recipe: Recipe, asked: Request, given: Mapping[str, Any]) -> dict[str, Any]:
    """Another size is drawn as a fresh request of that size would be; the same one as it was."""
    size = Size(*parse_size(str(given["size"]))) if "size" in given else recipe.last_size
    if size == recipe.last_size:
        return {}
    return {name: getattr(asked, name) for name in ("width", "height", "hires", "tiler")}


def _variations(recipe: Recipe, asked: Request, given: Mapping[str, Any]) -> dict[str, Any]:
    if "variations" in given:
        return {"variations": asked.variations}
    return {} if asked.seed == recipe.seed.seed else {"variations": ()}
