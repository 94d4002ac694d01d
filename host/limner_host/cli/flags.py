"""Flags that are made from parameters: of choices (``--sampler.eta 0.5``) and settings (``--hires.scale 2``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

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
#: Those of them that ``none`` takes out of what a recipe says.
REMOVABLE: Final = ("tiler", "codec", "inversion")
NONE: Final = "none"
_FLAG: Final = re.compile(r"--([a-z]+)\.([A-Za-z][A-Za-z0-9_.-]*)(?:=(.*))?", re.DOTALL)
_SEVERAL: Final = re.compile(r"--(control|denoiser)(?:=(.*))?", re.DOTALL)
_SHORT: Final = re.compile(r"--(denoise|hires)(?:=(.*))?", re.DOTALL)
_SHORTHANDS: Final = {"denoise": ("start", "denoise"), "hires": ("hires", "scale")}


@dataclass
class Flags:
    """What such flags said: parameters by kind, settings by group, control networks and denoisers in their order.

    `changes` are parameters and pictures of a denoiser that no flag has named before them.
    """

    kinds: dict[str, dict[str, str]] = field(default_factory=dict)
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    controls: list[dict[str, Any]] = field(default_factory=list)
    denoisers: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether they said anything."""
        return bool(self.kinds or self.groups or self.controls or self.denoisers or self.changes)

    def add(self, group: str, name: str) -> None:
        """Take one more control network or denoiser in; parameters that follow are its own."""
        (self.controls if group == "control" else self.denoisers).append({"name": name})

    def put(self, group: str, name: str, value: str) -> None:
        """Take one flag in."""
        if group == "control":
            if not self.controls:
                raise _homeless("control", name)
            self._put_control(self.controls[-1], name.replace("-", "_"), value)
        elif group == "denoiser":
            self._put_denoiser(self.denoisers[-1] if self.denoisers else self.changes, name, value)
        else:
            (self.kinds if group in KINDS else self.groups).setdefault(group, {})[name.replace("-", "_")] = value

    @staticmethod
    def _put_denoiser(denoiser: dict[str, Any], name: str, value: str) -> None:
        """A parameter, or a picture by a name of the person's own."""
        head, _, rest = name.partition(".")
        if head == "picture" and rest:
            denoiser.setdefault("pictures", {})[rest] = value
        else:
            denoiser.setdefault("params", {})[name.replace("-", "_")] = value

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
        if self.changes:
            found["denoisers"] = (self._changed(() if base is None or self.denoisers else base.denoisers),)
        elif self.denoisers:
            found["denoisers"] = tuple(chosen for chosen in self.denoisers if not is_none(chosen["name"]))
        return found

    def _changed(self, before: Sequence[Choice]) -> dict[str, Any]:
        """The only denoiser of a recipe, with what was said to change of it."""
        if len(before) != 1:
            params = (name.replace("_", "-") for name in self.changes.get("params", ()))
            pictures = (f"picture.{name}" for name in self.changes.get("pictures", ()))
            raise _homeless("denoiser", next(chain(params, pictures)), [choice.name for choice in before])
        (choice,) = before
        return choice.model_dump() | {
            kind: {**getattr(choice, kind), **values} for kind, values in self.changes.items()
        }

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


def _homeless(group: str, name: str, several: Sequence[str] = ()) -> click.UsageError:
    """The refusal of a parameter that belongs to nothing, or to one of `several` things."""
    where = f"could belong to {' or '.join(several)}" if several else "has nothing to belong to"
    return click.UsageError(f"--{group}.{name} {where}; write --{group} NAME before it")


def is_none(name: str) -> bool:
    """Whether somebody wants nothing here."""
    return name.strip().lower() == NONE


class WithFlags(click.Command):
    """Takes such flags out of the arguments, wherever they stand, before click reads the rest; explains them all."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.obj, rest = taken(args)
        return super().parse_args(ctx, rest)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        sections: dict[str, type[Params]] = {**GROUPS, "control": Control, "denoiser": NoParams}
        for group, params in sections.items():
            with formatter.section(f"--{group}.…"):
                formatter.write_dl(list(_explained(group, params)))


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
}


def _explained(group: str, params: type[Params]) -> Iterator[tuple[str, str]]:
    yield from _OTHERS.get(group, ())
    for name, info in params.model_fields.items():
        default = "" if info.default in (None, "") else f"  [{info.default}]"
        yield f"--{group}.{name.replace('_', '-')}", f"{info.description}{default}"


def taken(arguments: Sequence[str]) -> tuple[Flags, list[str]]:
    """What such flags say, and the other arguments. Raises `click.UsageError` for one without its value."""
    flags, left, rest = Flags(), list(arguments), list[str]()

    def value(word: str, given: str | None) -> str:
        if given is None and (not left or left[0].startswith("--")):
            raise click.UsageError(f"{word} lacks its value; write it behind it, such as {word} true")
        return given if given is not None else left.pop(0)

    while left:
        word = left.pop(0)
        if match := _SEVERAL.fullmatch(word):
            flags.add(match[1], value(word, match[2]))
        elif match := _SHORT.fullmatch(word):
            flags.put(*_SHORTHANDS[match[1]], value(word, match[2]))
        elif (match := _FLAG.fullmatch(word)) and match[1] in (*KINDS, *GROUPS, "control", "denoiser"):
            flags.put(match[1], match[2], value(word, match[3]))
        else:
            rest.append(word)
    return flags, rest
