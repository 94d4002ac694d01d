"""One definition or one model together with the plugin that offers it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from limner_sdk import (
    Choice,
    Definition,
    DetectorDef,
    InvalidRequest,
    ModelDef,
    ModelEntry,
    NoiseDef,
    Params,
    PostprocessDef,
    SamplerDef,
    Scalar,
    Stage,
    StageEntry,
)
from limner_sdk.request import MOST_STEPS

#: Kinds whose functions can ask for the pictures of their choice.
WITH_PICTURES: Final = ("denoiser", "postprocessor")

D = TypeVar("D", bound=Definition[Any])


@dataclass(frozen=True)
class Offer(Generic[D]):
    """One definition together with the plugin that offers it."""

    plugin: str
    version: str
    definition: D

    @property
    def id(self) -> str:
        """The full id, ``plugin:name``."""
        return f"{self.plugin}:{self.definition.name}"

    @property
    def name(self) -> str:
        """The short name."""
        return self.definition.name

    @property
    def label(self) -> str:
        """The name as people know it."""
        return str(getattr(self.definition, "label", "")) or self.definition.name

    @property
    def aliases(self) -> tuple[str, ...]:
        """Names that it has elsewhere."""
        return tuple(getattr(self.definition, "aliases", ()))

    def params(self, choice: Choice) -> Params:
        """The choice's parameters, checked and complete. Raises `InvalidRequest`."""
        return self._parsed(choice.params)

    def stage(self, choice: Choice) -> Stage:
        """The choice, resolved for a recipe, without its pictures. Raises `InvalidRequest`."""
        if choice.pictures and self.definition.kind not in WITH_PICTURES:
            kind, name = self.definition.kind, next(iter(choice.pictures))
            raise InvalidRequest(f"{kind}.picture", name, f"has no use: no {kind} takes pictures; leave it out")
        values = self.params(choice).model_dump(mode="json")
        return Stage(id=self.id, version=self.version, params=values, optional=choice.optional)

    @property
    def default_stage(self) -> Stage:
        """The definition at its own parameters, resolved."""
        return self.stage(Choice(name=self.id))

    def params_of(self, stage: Stage) -> Params:
        """The parameters that a recipe holds."""
        return self._parsed(stage.params)

    def _parsed(self, values: Mapping[str, Scalar]) -> Params:
        model: type[Params] = self.definition.params
        known = model.model_fields
        if (unknown := next((name for name in values if name not in known), None)) is not None:
            close = difflib.get_close_matches(unknown, known, 1)
            hint = f"did you mean {close[0]}? " if close else ""
            there = f"there is {', '.join(known)}" if known else "it has none"
            raise InvalidRequest(self.definition.kind, unknown, f"is no parameter of {self.name}; {hint}{there}")
        return model.parse(values, prefix=f"{self.definition.kind}.")

    @property
    def entry(self) -> StageEntry:
        """The definition as the catalogue shows it."""
        definition = self.definition
        return StageEntry(
            kind=definition.kind,
            id=self.id,
            name=self.name,
            label=self.label,
            summary=definition.summary,
            plugin=self.plugin,
            parameters=definition.params.model_json_schema(),
            aliases=self.aliases,
            evaluations=_evaluations(definition),
            mixes_variations=isinstance(definition, NoiseDef) and definition.mixes_variations,
            schedule=definition.schedule if isinstance(definition, SamplerDef) else "",
            button=definition.button if isinstance(definition, PostprocessDef) else "",
            pictures=definition.pictures if isinstance(definition, PostprocessDef) else (),
            missing=definition.missing if isinstance(definition, DetectorDef) else "",
        )


def _evaluations(definition: Definition[Any]) -> tuple[int, ...]:
    """How often a sampler calls the network for 1, 2, 3 … steps; nothing for any other kind."""
    if not isinstance(definition, SamplerDef):
        return ()
    return tuple(max(1, definition.evaluations(steps)) for steps in range(1, MOST_STEPS + 1))


@dataclass(frozen=True)
class ModelOffer:
    """One model together with the plugin that offers it."""

    plugin: str
    definition: ModelDef

    @property
    def id(self) -> str:
        """The full id, ``plugin:name``."""
        return f"{self.plugin}:{self.definition.name}"

    @property
    def name(self) -> str:
        """The short name."""
        return self.definition.name

    @property
    def label(self) -> str:
        """The name as people know it."""
        return self.definition.label or self.definition.name

    @property
    def aliases(self) -> tuple[str, ...]:
        """Models go by no other names."""
        return ()

    @property
    def entry(self) -> ModelEntry:
        """The model as the catalogue shows it."""
        definition, defaults = self.definition, self.definition.defaults
        return ModelEntry(
            id=self.id,
            name=self.name,
            label=self.label,
            summary=definition.summary,
            family=definition.family,
            width=defaults.size.width,
            height=defaults.size.height,
            steps=defaults.steps,
            cfg=defaults.cfg,
            sampler=defaults.sampler,
        )


def entry_of(plugin: str, version: str, definition: Definition[Any] | ModelDef) -> StageEntry | ModelEntry:
    """A definition as the catalogue shows it."""
    if isinstance(definition, ModelDef):
        return ModelOffer(plugin, definition).entry
    return Offer(plugin, version, definition).entry
