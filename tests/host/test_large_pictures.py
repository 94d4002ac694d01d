"""Pictures far larger than the model: what they take of memory, counted tensor by tensor."""

from __future__ import annotations

from pathlib import Path

from tests.bench.live_memory import LiveMemory
from tests.conftest import small_request

from limner_host.studio import Studio

MEGABYTE = 10**6
#: What 1024x1024 pixels may take with Pocket, from the first noise to the picture. A plain decode alone takes 400.
STATED = 250 * MEGABYTE


def test_a_megapixel_is_sampled_and_decoded_within_the_stated_memory(studio: Studio, tmp_path: Path) -> None:
    tiler = {"name": "cosine", "params": {"tile_width": 32, "tile_height": 32, "overlap": 4}}
    asked = small_request(width=1024, height=1024, steps=1, tiler=tiler, codec="tiled-vae")
    with LiveMemory() as memory:
        result = studio.make(asked, tmp_path)
    assert (result.pictures[0].width, result.pictures[0].height) == (1024, 1024)
    assert memory.peak.together < STATED
