"""Work: megapixels times calls of the network, as far as a catalogue alone can tell."""

from __future__ import annotations

from typing import Any

import pytest

from limner_sdk import Catalogue, ModelEntry, Request, Size, StageEntry, UnknownName
from limner_sdk.work import megapixels, tiled

KNOWN = Catalogue(
    models=(
        ModelEntry.model_validate(
            {"id": "pocket:pocket", "name": "pocket", "label": "", "summary": "", "family": "f", "cfg": 1}
            | {"width": 512, "height": 512, "steps": 10, "sampler": "s:euler"}
        ),
    ),
    stages=(StageEntry(kind="sampler", id="s:euler", name="euler", label="", summary="", plugin="s", parameters={}),),
)


def work(**changes: Any) -> float:
    return KNOWN.work(Request.parse({"prompt": "x"} | changes))


def test_a_call_for_one_picture_of_512_is_a_quarter() -> None:
    assert megapixels(Size(512, 512)) == 0.25
    assert work(steps=1) == 0.25
    assert work(steps=20, count=3) == 15


def test_sizes_count_and_the_second_pass_has_its_own() -> None:
    assert work(width=1024, height=256) == 2.5
    assert work(hires={"scale": 2.0, "denoise": 0.5, "steps": 6}) == 2.5 + 4 * 1.0
    assert work(hires={"width": 256, "denoise": 0.5, "steps": 6}) == 2.5 + 4 * 0.0625


def test_a_picture_that_is_kept_for_the_most_part_costs_less() -> None:
    assert work(image="a.png", start={"denoise": 0.45}) == 5 * 0.25


def test_finishing_is_for_the_host_to_tell() -> None:
    assert work(finished="a.png", postprocess=("upscale",)) == 0


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(UnknownName):
        work(model="nobody")


@pytest.mark.parametrize(
    ("params", "pixels"),
    [
        # Three columns of 64 cells, which overlap by 16, and two rows.
        ({}, 3 * 512 * 2 * 512),
        ({"tile_width": 96, "tile_height": 96, "overlap": 0}, 2 * 768 * 768),
        ({"tile_width": 1024}, 1216 * 2 * 512),
        ({"overlap": None, "tile_width": "nonsense"}, 3 * 512 * 2 * 512),
    ],
)
def test_tiles_cost_what_they_cover_together(params: dict[str, Any], pixels: int) -> None:
    request = Request.parse({"prompt": "x", "tiler": {"name": "cosine", "params": params}})
    assert tiled(Size(1216, 768), Size(512, 512), request) * 2**20 == pixels
