"""What docs/tiling.md shows is what happens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import small_request
from tests.house.test_docs import PAGES, ROOT, blocks

from limner_host.studio import Studio
from limner_sdk.testing import check_codec, check_tiler

PAGE = ROOT / "docs" / "tiling.md"


def shown(block: int, hook: str) -> Any:
    """The definition that a Python block of the page yields from `hook`."""
    names: dict[str, Any] = {}
    exec(blocks(PAGE, "python")[block], names)
    return next(iter(names[hook]()))


def test_the_documented_tiler_keeps_its_contract() -> None:
    check_tiler(shown(0, "limner_tilers"))


def test_the_documented_codec_keeps_its_contract(pocket: Any) -> None:
    check_codec(shown(1, "limner_codecs"), pocket.codec)


def test_both_draw_a_picture(studio_with: Callable[..., Studio], tmp_path: Path) -> None:
    studio = studio_with(shown(0, "limner_tilers"), shown(1, "limner_codecs"))
    tiler, codec = {"name": "strips", "params": {"width": 8}}, {"name": "calm", "params": {}}
    result = studio.make(small_request(width=128, tiler=tiler, codec=codec), tmp_path)
    assert (result.pictures[0].width, result.pictures[0].height) == (128, 64)


def test_every_parameter_of_tilers_and_codecs_is_on_the_page(studio: Studio) -> None:
    text = PAGE.read_text()
    offers = [*studio.registry.offers("tiler"), *studio.registry.offers("codec")]
    names = {offer.name for offer in offers} | {name for o in offers for name in o.definition.params.model_fields}
    assert sorted(name for name in names if f"`{name}`" not in text) == []


def test_the_pictures_take_little_room() -> None:
    pictures = list((ROOT / "docs" / "images").glob("*.webp"))
    pages = "".join(page.read_text() for page in PAGES)
    assert [picture.name for picture in pictures if f"images/{picture.name}" not in pages] == []
    assert sum(picture.stat().st_size for picture in pictures) < 1_500_000
