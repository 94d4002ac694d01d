"""The hooks: one per kind of definition. None asks for an argument; those for parts that are files may take them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pluggy

from .definitions import (
    CodecDef,
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
    UpscalerDef,
)
from .events import Event
from .records import WeightFile

PROJECT = "limner"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class LimnerSpecs:
    """The table of contents of everything that a plugin can add.

    Each hook is called once per plugin, when it is loaded; ``yield`` or return any number of definitions::

        from limner_sdk import NoParams, SamplerDef, hookimpl

        def euler(denoise, x, sigmas, ctx, params):
            for sigma, below in zip(sigmas, sigmas[1:]):
                x = x + (x - denoise(x, sigma)) / sigma * (below - sigma)
            return x

        @hookimpl
        def limner_samplers():
            yield SamplerDef("my_euler", "Plain Euler steps.", NoParams, euler)
    """

    @hookspec
    def limner_noises(self) -> Iterable[NoiseDef[Any]]:
        """Starting noises; the person chooses one by name."""
        return ()

    @hookspec
    def limner_samplers(self) -> Iterable[SamplerDef[Any]]:
        """Samplers; the person chooses one by name."""
        return ()

    @hookspec
    def limner_schedules(self) -> Iterable[ScheduleDef[Any]]:
        """Schedules; the person chooses one by name, or the sampler's own default is taken."""
        return ()

    @hookspec
    def limner_tilers(self) -> Iterable[TilerDef[Any]]:
        """Plans of tiles for tiled diffusion; one by name, or none."""
        return ()

    @hookspec
    def limner_denoisers(self) -> Iterable[DenoiserDef[Any]]:
        """Wrappers of each prediction; an ordered list, the first one innermost."""
        return ()

    @hookspec
    def limner_inversions(self) -> Iterable[InversionDef[Any]]:
        """Ways to begin from a picture with the noise that it could have come from; one by name, or none."""
        return ()

    @hookspec
    def limner_codecs(self) -> Iterable[CodecDef[Any]]:
        """Wrappers of the autoencoder; one by name, or none."""
        return ()

    @hookspec
    def limner_postprocessors(self) -> Iterable[PostprocessDef[Any]]:
        """What can be done to finished pictures; an ordered list."""
        return ()

    @hookspec
    def limner_upscalers(self, files: Sequence[WeightFile]) -> Iterable[UpscalerDef[Any]]:
        """Enlargers, used by post-processors by name; `files` lie in the host's folder ``upscalers``.

        Leave the argument out if you have no use for it.
        """
        return ()

    @hookspec
    def limner_preprocessors(self) -> Iterable[PreprocessorDef[Any]]:
        """Makers of hints for control networks; chosen by name together with the network."""
        return ()

    @hookspec
    def limner_detectors(self, files: Sequence[WeightFile]) -> Iterable[DetectorDef[Any]]:
        """Finders of things, used by post-processors by name; `files` lie in the host's folder ``detectors``.

        Leave the argument out if you have no use for it.
        """
        return ()

    @hookspec
    def limner_models(self) -> Iterable[ModelDef]:
        """Models that the plugin carries or knows."""
        return ()

    @hookspec(firstresult=True)
    def limner_resolve_model(self, reference: str) -> ModelDef | None:
        """Answer the model behind a reference such as ``mystore:castle-v2``, or None if it is not yours."""

    @hookspec
    def limner_observe(self, event: Event) -> None:
        """Watch what happens. Nothing that is returned or raised can change it; errors are logged."""
