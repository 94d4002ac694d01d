"""All definitions by kind and name, and the catalogue made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, TypeVar

from limner_sdk import (
    Catalogue,
    CodecDef,
    Definition,
    DenoiserDef,
    DetectorDef,
    InversionDef,
    ModelDef,
    NoiseDef,
    PostprocessDef,
    PreprocessorDef,
    SamplerDef,
    ScheduleDef,
    TilerDef,
    UnknownName,
    UpscalerDef,
)
from limner_sdk.catalogue import DEFAULT_MODEL, named, named_sampler

from .discovery import Plugins
from .offers import ModelOffer, Offer
from .part_files import ENDINGS

D = TypeVar("D", bound=Definition[Any])


class Registry:
    """Every definition of every sound plugin, found by name; order never decides."""

    def __init__(self, plugins: Plugins, models: Iterable[ModelOffer] = ()) -> None:
        self.plugins = plugins
        self._offers: list[Offer[Any]] = []
        self._guards: list[Offer[PostprocessDef[Any]]] = []
        self._models: list[ModelOffer] = []
        for plugin in plugins.found:
            for definition in plugin.definitions:
                if isinstance(definition, ModelDef):
                    self._models.append(ModelOffer(plugin.name, definition))
                elif isinstance(definition, PostprocessDef) and definition.guard:
                    self._guards.append(Offer(plugin.name, plugin.version, definition))
                else:
                    self._offers.append(Offer(plugin.name, plugin.version, definition))
        self._models.extend(models)

    def noise(self, name: str) -> Offer[NoiseDef[Any]]:
        """The starting noise that `name` means. Raises `UnknownName` or `AmbiguousName`, as all of these do."""
        return self._named(NoiseDef, name)

    def sampler(self, name: str) -> Offer[SamplerDef[Any]]:
        """The sampler that `name` means."""
        return self._named(SamplerDef, name)

    def sampler_and_schedule(self, name: str) -> tuple[Offer[SamplerDef[Any]], Offer[ScheduleDef[Any]] | None]:
        """The sampler that `name` means, and the schedule if an old name such as "DPM++ 2M Karras" holds one."""
        return named_sampler(name, self.offers("sampler"), self.offers("schedule"))

    def walk(self, sampler: str, schedule: str | None) -> tuple[Offer[SamplerDef[Any]], Offer[ScheduleDef[Any]]]:
        """A sampler and its schedule: the one that is named, else that of an old name, else the sampler's own."""
        found, named_with_it = self.sampler_and_schedule(sampler)
        if schedule is not None:
            return found, self.schedule(schedule)
        return found, named_with_it or self.schedule(found.definition.schedule)

    def schedule(self, name: str) -> Offer[ScheduleDef[Any]]:
        """The schedule that `name` means."""
        return self._named(ScheduleDef, name)

    def tiler(self, name: str) -> Offer[TilerDef[Any]]:
        """The tiler that `name` means."""
        return self._named(TilerDef, name)

    def denoiser(self, name: str) -> Offer[DenoiserDef[Any]]:
        """The denoiser that `name` means."""
        return self._named(DenoiserDef, name)

    def inversion(self, name: str) -> Offer[InversionDef[Any]]:
        """The inversion that `name` means."""
        return self._named(InversionDef, name)

    def codec(self, name: str) -> Offer[CodecDef[Any]]:
        """The codec that `name` means."""
        return self._named(CodecDef, name)

    def postprocessor(self, name: str) -> Offer[PostprocessDef[Any]]:
        """The post-processor that `name` means."""
        return self._named(PostprocessDef, name)

    def guard(self, name: str) -> Offer[PostprocessDef[Any]]:
        """The guard that `name` means; nobody but the admin can choose one."""
        return named("guard", name, self._guards)

    def upscaler(self, name: str) -> Offer[UpscalerDef[Any]]:
        """The upscaler that `name` means."""
        return self._part(UpscalerDef, name)

    def preprocessor(self, name: str) -> Offer[PreprocessorDef[Any]]:
        """The maker of hints that `name` means."""
        return self._named(PreprocessorDef, name)

    def detector(self, name: str) -> Offer[DetectorDef[Any]]:
        """The detector that `name` means."""
        return self._part(DetectorDef, name)

    def model(self, name: str) -> ModelOffer:
        """The model that `name` means: a known one, else one that a plugin recognises by reference."""
        try:
            return named("model", name, self._models)
        except UnknownName:
            recognised = self.plugins.resolve_model(name)
            if recognised is None:
                raise
            return ModelOffer(*recognised)

    @property
    def default_model(self) -> ModelOffer:
        """The embedded model, for requests that name none."""
        return self.model(DEFAULT_MODEL)

    def offers(self, kind: str) -> Iterator[Offer[Any]]:
        """The definitions of one kind, such as ``sampler``."""
        return (offer for offer in self._offers if offer.definition.kind == kind)

    @property
    def models(self) -> tuple[ModelOffer, ...]:
        """Every model."""
        return tuple(self._models)

    def catalogue(self) -> Catalogue:
        """All of it, as the bot and `limner --json` see it."""
        return self._catalogue

    @cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue(
            models=tuple(offer.entry for offer in self._models),
            stages=tuple(offer.entry for offer in self._offers),
            plugins=tuple(plugin.entry for plugin in self.plugins.found),
        )

    def _part(self, kind: type[D], name: str) -> Offer[D]:
        """What is made of a weight file goes by the file's name too."""
        try:
            return self._named(kind, name)
        except UnknownName as error:
            stem, dot, ending = name.strip().rpartition(".")
            if f"{dot}{ending}".lower() not in ENDINGS:
                raise
            try:
                return self._named(kind, stem)
            except UnknownName:
                raise error from None

    def _named(self, kind: type[D], name: str) -> Offer[D]:
        return named(kind.kind, name, self.offers(kind.kind))
