"""The denoiser, the inversion and the post-processor that docs/plugins.md shows do what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageChops, ImageStat
from tests.conftest import small_request
from tests.house.test_docs import ROOT, blocks

from limner_host.studio import Studio
from limner_sdk import Box, Detection, InvalidRequest
from limner_sdk.testing import (
    FakePostprocessContext,
    FakeWeightFile,
    check_denoiser,
    check_inversion,
    check_postprocessor,
    check_upscaler,
)


def shown(block: int, hook: str) -> Any:
    """The definition that a Python block of the page yields from `hook`."""
    names: dict[str, Any] = {}
    exec(blocks(ROOT / "docs" / "plugins.md", "python")[block], names)
    return next(iter(names[hook]()))


@pytest.fixture
def drawn(studio_with: Callable[..., Studio], tmp_path: Path) -> Callable[..., Image.Image]:
    """The picture of 128x64 pixels that the page's denoiser draws, with parameters."""
    studio = studio_with(shown(2, "limner_denoisers"))

    def draw(**params: Any) -> Image.Image:
        chosen = {"name": "blend", "params": params}
        made = studio.make(small_request(width=128, denoisers=[chosen]), tmp_path)
        return Image.open(tmp_path / made.pictures[0].file).convert("RGB")

    return draw


def differing(one: Image.Image, other: Image.Image) -> tuple[bool, bool]:
    """Whether the left quarters differ by more than a trace, and whether the right ones do."""
    quarters = [(0, 0, 32, 64), (96, 0, 128, 64)]
    apart = [ImageChops.difference(one.crop(each), other.crop(each)).getextrema() for each in quarters]
    left, right = (max(most for _, most in bands) > 40 for bands in apart)
    return left, right


def test_the_documented_denoiser_keeps_its_contract() -> None:
    definition = shown(2, "limner_denoisers")
    check_denoiser(definition)
    check_denoiser(definition, definition.params(seed=7, share=1.0))


def test_the_documented_denoiser_draws_another_prompt_in_the_right_half(drawn: Callable[..., Image.Image]) -> None:
    assert differing(drawn(share=0.0), drawn(share=1.0)) == (False, True)


def test_the_documented_area_has_a_seed_of_its_own(drawn: Callable[..., Image.Image]) -> None:
    plain = drawn(share=0.0).tobytes()
    assert drawn(share=0.0, seed=7).tobytes() == plain, "7 is the picture's own seed"
    assert drawn(share=0.0, seed=3).tobytes() != plain


def test_the_documented_refusal_is_one_sentence(drawn: Callable[..., Image.Image]) -> None:
    with pytest.raises(InvalidRequest, match=r"^denoiser.words: '' is empty; write what else to draw$"):
        drawn(words="")


def test_the_documented_inversion_keeps_its_contract() -> None:
    definition = shown(3, "limner_inversions")
    check_inversion(definition)
    check_inversion(definition, definition.params(fresh=1.0))


def test_the_documented_inversion_keeps_more_of_a_picture(studio_with: Callable[..., Studio], tmp_path: Path) -> None:
    studio, size = studio_with(shown(3, "limner_inversions")), {"width": 128, "height": 128, "steps": 10}
    studio.make(small_request(**size), tmp_path)
    drawn = Image.open(tmp_path / "1.png").convert("L")
    again = {"image": str(tmp_path / "1.png"), "start": {"denoise": 0.7}, "seed": 9, "cfg": 1, "sampler": "euler"}
    losses = []
    for inversion in (None, {"name": "climb", "params": {"fresh": 0.0}}):
        studio.make(small_request(inversion=inversion, **size, **again), tmp_path / "again")
        anew = Image.open(tmp_path / "again" / "1.png").convert("L")
        losses.append(ImageStat.Stat(ImageChops.difference(drawn, anew)).mean[0])
    assert losses[1] < losses[0] / 1.5


def test_the_documented_post_processor_draws_a_face_anew_and_nothing_else() -> None:
    definition, face = shown(4, "limner_postprocessors"), Detection(Box(8, 8, 16, 16), 0.9, "face")
    check_postprocessor(definition)
    picture = Image.new("RGB", (64, 64))
    made = definition.run(picture, FakePostprocessContext(found=(face,)), definition.params())
    assert ImageChops.difference(picture, made).getbbox() == (8, 8, 24, 24)


def test_it_says_that_it_found_none() -> None:
    definition, context = shown(4, "limner_postprocessors"), FakePostprocessContext()
    picture = Image.new("RGB", (64, 64))
    assert definition.run(picture, context, definition.params()).tobytes() == picture.tobytes()
    assert context.notes == ["There is no face to lift; the picture stays as it is."]


def test_the_documented_upscaler_is_made_of_a_file_that_it_recognises() -> None:
    names: dict[str, Any] = {}
    exec(blocks(ROOT / "docs" / "plugins.md", "python")[5], names)
    mine = FakeWeightFile("triple", {"format": "times"}, {"times": torch.tensor(3)})
    (definition,) = names["limner_upscalers"]([FakeWeightFile("other"), mine])
    check_upscaler(definition)
    assert (definition.name, definition.run(Image.new("RGB", (2, 1)), None, None).size) == ("triple", (6, 3))
