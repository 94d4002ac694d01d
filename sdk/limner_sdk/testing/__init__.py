"""Executable contracts: what a definition must keep, checked in under a second on a CPU, without weights.

Each check takes a definition, and parameters other than its defaults, and raises `ContractError` with one sentence.
torch is imported when a check runs. ::

    from limner_sdk.testing import check_sampler
    from my_plugin import limner_samplers

    def test_samplers_keep_the_contract():
        for definition in limner_samplers():
            check_sampler(definition)
"""

from __future__ import annotations

from .codecs import check_codec
from .fakes import FakeContext
from .finishing import FakeEstimateContext, FakePostprocessContext, FakeWeightFile, fake_recipe
from .models import FakeCodec, FakeConditioning, FakeLevels, FakeModel
from .noises import check_noise
from .pictures import check_detector, check_postprocessor, check_preprocessor, check_upscaler
from .predictions import check_denoiser, check_inversion
from .samplers import check_sampler, check_schedule
from .tilers import check_tiler

__all__ = [
    "FakeCodec",
    "FakeConditioning",
    "FakeContext",
    "FakeEstimateContext",
    "FakeLevels",
    "FakeModel",
    "FakePostprocessContext",
    "FakeWeightFile",
    "check_codec",
    "check_denoiser",
    "check_detector",
    "check_inversion",
    "check_noise",
    "check_postprocessor",
    "check_preprocessor",
    "check_sampler",
    "check_schedule",
    "check_tiler",
    "check_upscaler",
    "fake_recipe",
]
