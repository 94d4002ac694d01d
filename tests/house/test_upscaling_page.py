"""What docs/upscaling.md says is what there is."""

from __future__ import annotations

from tests.house.test_docs import ROOT

from limner_plugins.detailer.params import DetailerParams
from limner_plugins.ultimate_upscale.params import UltimateParams
from limner_plugins.upscalers.params import UpscaleParams

PAGE = (ROOT / "docs" / "upscaling.md").read_text()


def test_every_parameter_of_ultimate_upscale_is_on_the_page() -> None:
    assert [name for name in UltimateParams.model_fields if f"`{name}`" not in PAGE] == []


def test_the_tiles_of_upscalers_are_as_the_page_says() -> None:
    assert [name for name in UpscaleParams.model_fields if f"`{name}`" not in PAGE] == []
    usual = UpscaleParams()
    assert f"({usual.tile}; 0 is" in PAGE
    assert f"into each other ({usual.overlap})" in PAGE


def test_what_the_detailer_has_too_is_the_same_there() -> None:
    theirs, ours = DetailerParams.model_fields, UltimateParams.model_fields
    shared = ["prompt", "negative", *(name for name in theirs if name.startswith("control"))]
    shared += ["steps", "cfg", "sampler", "schedule", "model", "vae", "clip_skip", "noise_multiplier"]
    assert [name for name in shared if ours[name].annotation != theirs[name].annotation] == []
    assert [name for name in shared if ours[name].default != theirs[name].default] == []
    assert [name for name in shared if ours[name].metadata != theirs[name].metadata] == []
