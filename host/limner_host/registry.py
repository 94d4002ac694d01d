"""All definitions by kind and name, and the catalogue made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from limner_sdk import (
    Catalogue,
    CodecDef,
    Definition,
    DenoiserDef,
    DetectorDef,
    ModelDef,
    ModelEntry,
    NoiseDef,
    Params,
    PostprocessDef,
    SamplerDef,
    Scalar,
    ScheduleDef,
    Stage,
    StageEntry,
    TilerDef,
    UnknownName,
    UpscalerDef,
)
from limner_sdk.catalogue import named
from limner_sdk.request import Choice

from .discovery import Plugins

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

    def params(self, choice: Choice) -> Params:
        """The choice's parameters, checked and complete. Raises `InvalidRequest`."""
        return self._parsed(choice.params)

    def stage(self, choice: Choice) -> Stage:
        """The choice, resolved for a recipe."""
        values = self.params(choice).model_dump(mode="json")
        return Stage(id=self.id, version=self.version, params=values, optional=choice.optional)

    def params_of(self, stage: Stage) -> Params:
        """The parameters that a recipe holds."""
        return self._parsed(stage.params)

    def _parsed(self, values: Mapping[str, Scalar]) -> Params:
        model: type[Params] = self.definition.params
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
        )


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


class Registry:
    """Every definition of every sound plugin, found by name; order never decides."""

    def __init__(self, plugins: Plugins, models: Iterable[ModelOffer] = ()) -> None:
        self.plugins = plugins
        self._offers: list[Offer[Any]] = []
        self._models: list[ModelOffer] = []
        for plugin in plugins.found:
            for definition in plugin.definitions:
                if isinstance(definition, ModelDef):
                    self._models.append(ModelOffer(plugin.name, definition))
                else:
                    self._offers.append(Offer(plugin.name, plugin.version, definition))
        self._models.extend(models)

    def noise(self, name: str) -> Offer[NoiseDef[Any]]:
        """The starting noise that `name` means. Raises `UnknownName` or `AmbiguousName`, as all of these do."""
        return self._named(NoiseDef, name)

    def sampler(self, name: str) -> Offer[SamplerDef[Any]]:
        """The sampler that `name` means."""
        return self._named(SamplerDef, name)

    def schedule(self, name: str) -> Offer[ScheduleDef[Any]]:
        """The schedule that `name` means."""
        return self._named(ScheduleDef, name)

    def tiler(self, name: str) -> Offer[TilerDef[Any]]:
        """The tiler that `name` means."""
        return self._named(TilerDef, name)

    def denoiser(self, name: str) -> Offer[DenoiserDef[Any]]:
        """The denoiser that `name` means."""
        return self._named(DenoiserDef, name)

    def codec(self, name: str) -> Offer[CodecDef[Any]]:
        """The codec that `name` means."""
        return self._named(CodecDef, name)

    def postprocessor(self, name: str) -> Offer[PostprocessDef[Any]]:
        """The post-processor that `name` means."""
        return self._named(PostprocessDef, name)

    def upscaler(self, name: str) -> Offer[UpscalerDef[Any]]:
        """The upscaler that `name` means."""
        return self._named(UpscalerDef, name)

    def detector(self, name: str) -> Offer[DetectorDef[Any]]:
        """The detector that `name` means."""
        return self._named(DetectorDef, name)

    def model(self, name: str) -> ModelOffer:
        """The model that `name` means: a known one, else one that a plugin recognises by reference."""
        try:
            return named("model", name, self._models)
        except UnknownName:
            recognised = self.plugins.resolve_model(name)
            if recognised is None:
                raise
            return ModelOffer(*recognised)

    def offers(self, kind: str) -> Iterator[Offer[Any]]:
        """The definitions of one kind, such as ``sampler``."""
        return (offer for offer in self._offers if offer.definition.kind == kind)

    @property
    def models(self) -> tuple[ModelOffer, ...]:
        """Every model."""
        return tuple(self._models)

    def catalogue(self) -> Catalogue:
        """All of it, as the bot and `limner --json` see it."""
        return Catalogue(
            models=tuple(offer.entry for offer in self._models),
            stages=tuple(offer.entry for offer in self._offers),
            plugins=tuple(plugin.entry for plugin in self.plugins.found),
        )

    def _named(self, kind: type[D], name: str) -> Offer[D]:
        return named(kind.kind, name, self.offers(kind.kind))
