"""Flags that are made from parameters: of choices (``--sampler.eta 0.5``) and settings (``--hires.scale 2``)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import click

from limner_sdk import (
    Choice,
    Control,
    Hires,
    Inpaint,
    InvalidRequest,
    NoParams,
    Outpaint,
    Params,
    PictureStart,
    Request,
    Steering,
)
from limner_sdk.catalogue import DEFAULT_NOISE

from .listed import Listed, homeless, is_none

#: The groups of settings that every picture has, by the name of their field in a request.
GROUPS: Final[Mapping[str, type[Params]]] = {
    "steering": Steering,
    "start": PictureStart,
    "inpaint": Inpaint,
    "outpaint": Outpaint,
    "hires": Hires,
}
#: What somebody chooses by name, and then sets parameters of.
KINDS: Final = ("noise", "sampler", "schedule", "tiler", "codec", "inversion")
#: What ``none`` takes out of what a recipe says: kinds, and a file.
REMOVABLE: Final = ("tiler", "codec", "inversion", "vae")
#: Words of what may be chosen several times, and the field of a request that holds it.
SEVERAL: Final[Mapping[str, str]] = {"denoiser": "denoisers", "postprocess": "postprocess"}
#: All words that such flags begin with.
WORDS: Final = frozenset({*KINDS, *GROUPS, *SEVERAL, "control"})
_FLAG: Final = re.compile(r"--([a-z]+)\.([A-Za-z][A-Za-z0-9_.-]*)(?:=(.*))?", re.DOTALL)
_SEVERAL: Final = re.compile(r"--(control|denoiser|postprocess)(?:=(.*))?", re.DOTALL)
_SHORT: Final = re.compile(r"--(denoise|hires)(?:=(.*))?", re.DOTALL)
_SHORTHANDS: Final = {"denoise": ("start", "denoise"), "hires": ("hires", "scale")}
_PLAIN: Final = re.compile(r"--([a-z][a-z0-9_-]*|picture\.[A-Za-z][A-Za-z0-9_.-]*)(?:=(.*))?", re.DOTALL)


def _nothing_listed() -> dict[str, Listed]:
    return {word: Listed(word, name) for word, name in SEVERAL.items()}


@dataclass
class Flags:
    """What such flags said: parameters by kind, settings by group, and in order what may be chosen several times."""

    kinds: dict[str, dict[str, str]] = field(default_factory=dict)
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    controls: list[dict[str, Any]] = field(default_factory=list)
    several: dict[str, Listed] = field(default_factory=_nothing_listed)

    def __bool__(self) -> bool:
        """Whether they said anything."""
        return bool(self.kinds or self.groups or self.controls or any(self.several.values()))

    def add(self, word: str, name: str) -> None:
        """Take one more control network, denoiser or post-processor in; parameters that follow are its own."""
        if word == "control":
            self.controls.append({"name": name})
        else:
            self.several[word].add(name)

    def put(self, word: str, name: str, value: str) -> None:
        """Take one flag in."""
        if word == "control":
            if not self.controls:
                raise homeless("control", name)
            self._put_control(self.controls[-1], name.replace("-", "_"), value)
        elif word in self.several:
            self.several[word].put(name, value)
        else:
            (self.kinds if word in KINDS else self.groups).setdefault(word, {})[name.replace("-", "_")] = value

    @staticmethod
    def _put_control(control: dict[str, Any], name: str, value: str) -> None:
        head, _, rest = name.partition(".")
        if head == "preprocessor":
            chosen = control.setdefault("preprocessor", {"params": {}})
            if rest:
                chosen["params"][rest] = value
            else:
                chosen["name"] = value
        elif head == "image":
            control["image"] = value
        else:
            control.setdefault("settings", {})[name] = value

    def values(self, chosen: Mapping[str, Any], base: Request | None) -> dict[str, Any]:
        """The request's fields that these flags set; `chosen` are names given by options, `base` what they build on."""
        found: dict[str, Any] = {
            kind: self._choice(kind, chosen.get(kind), params, base) for kind, params in self.kinds.items()
        }
        for group, settings in self.groups.items():
            before = getattr(base, group, None)
            found[group] = (before.model_dump(exclude_unset=True) if before else {}) | settings
        if self.controls:
            found["controls"] = tuple(self.controls)
        return found | {listed.target: listed.value(base) for listed in self.several.values() if listed}

    @staticmethod
    def _choice(kind: str, name: str | None, params: Mapping[str, str], base: Request | None) -> dict[str, Any]:
        """A choice with its parameters set; those of the recipe behind it stay."""
        if name is not None and not is_none(name):
            return {"name": name, "params": params}
        before = None if name is not None else getattr(base, kind, None)
        choice = before or (Choice(name=DEFAULT_NOISE) if kind == "noise" else None)
        if choice is None:
            flag, value = next(iter(params.items()))
            raise InvalidRequest(
                f"{kind}.{flag.replace('_', '-')}", value, f"has nothing to belong to; add --{kind} NAME"
            )
        return {"name": choice.name, "params": {**choice.params, **params}}


class WithFlags(click.Command):
    """Takes such flags out of the arguments, wherever they stand, before click reads the rest; explains them all.

    `words` are those that the command's flags may begin with. A `loose` command takes any other flag that is no option
    of its own for a parameter of a post-processor.
    """

    words: ClassVar[frozenset[str]] = WORDS
    loose: ClassVar[bool] = False

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = {name for parameter in self.get_params(ctx) for name in (*parameter.opts, *parameter.secondary_opts)}
        ctx.obj, rest = taken(args, self.words, options if self.loose else None)
        return super().parse_args(ctx, rest)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        sections: dict[str, type[Params]] = {**GROUPS, "control": Control, **dict.fromkeys(SEVERAL, NoParams)}
        for word, params in sections.items():
            if word in self.words:
                with formatter.section(f"--{word}.…"):
                    formatter.write_dl(list(_explained(word, params)))


#: Flags that no parameter explains.
_OTHERS: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "start": (("--denoise", "The same as --start.denoise."),),
    "hires": (("--hires", "The same as --hires.scale."),),
    "control": (
        ("--control", "Hear this control network, see `limner controls`; it may be given several times."),
        ("--control.image", "Hint with this picture; the one that is started from if it is left out."),
        (
            "--control.preprocessor",
            "What makes the hint of it, see `limner preprocessors`; its parameters follow it,"
            " such as --control.preprocessor.low 50.",
        ),
    ),
    "denoiser": (
        (
            "--denoiser",
            "Put this around each prediction, see `limner tilers`; it may be given several times, and its parameters"
            " follow it. `none` takes out what --from brings; parameters alone change the only one that it brings.",
        ),
        ("--denoiser.picture.NAME", "A picture that the denoiser asks for by this name, such as a mask."),
    ),
    "postprocess": (
        (
            "--postprocess",
            "Do this to the finished picture, see `limner apply`; it may be given several times, and its parameters"
            " follow it, such as --postprocess.denoise 0.3. `none` takes out what --from brings.",
        ),
        ("--postprocess.picture.NAME", "A picture that it asks for by this name, such as a reference."),
    ),
}


def _explained(group: str, params: type[Params]) -> Iterator[tuple[str, str]]:
    yield from _OTHERS.get(group, ())
    for name, info in params.model_fields.items():
        default = "" if info.default in (None, "") else f"  [{info.default}]"
        yield f"--{group}.{name.replace('_', '-')}", f"{info.description}{default}"


def taken(
    arguments: Sequence[str], words: Collection[str] = WORDS, options: Collection[str] | None = None
) -> tuple[Flags, list[str]]:
    """What such flags say, and the other arguments. Raises `click.UsageError` for one without its value.

    With `options`, the command's own, any other flag is a parameter of the last post-processor before it.
    """
    flags, left, rest = Flags(), list(arguments), list[str]()

    def value(word: str, given: str | None) -> str:
        if given is None and (not left or left[0].startswith("--")):
            raise click.UsageError(f"{word} lacks its value; write it behind it, such as {word} true")
        return given if given is not None else left.pop(0)

    while left:
        word = left.pop(0)
        if (match := _SEVERAL.fullmatch(word)) and match[1] in words:
            flags.add(match[1], value(word, match[2]))
        elif (match := _SHORT.fullmatch(word)) and _SHORTHANDS[match[1]][0] in words:
            flags.put(*_SHORTHANDS[match[1]], value(word, match[2]))
        elif (match := _FLAG.fullmatch(word)) and match[1] in words:
            flags.put(match[1], match[2], value(word, match[3]))
        elif options is not None and (match := _PLAIN.fullmatch(word)) and f"--{match[1]}" not in options:
            flags.put("postprocess", match[1], value(word, match[2]))
        else:
            rest.append(word)
    return flags, rest
