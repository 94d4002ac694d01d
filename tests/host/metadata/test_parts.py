"""Pictures drawn in parts: what infotexts and graphs say of tilers, regions, inversions and codecs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import a_recipe
from tests.host.metadata.places import REGISTRY, as_text, node, plain_graph, read_text

from limner_host.metadata.comfy import read_graph
from limner_host.metadata.draft import Draft
from limner_host.metadata.grammar import parsed
from limner_host.metadata.parts import values_of
from limner_host.metadata.writing import infotext
from limner_sdk import Request

#: What A1111's extension writes for an enlarged picture, unquoted.
ENLARGED = {
    "Method": "MultiDiffusion",
    "Tile tile width": 96,
    "Tile tile height": 96,
    "Tile Overlap": 48,
    "Tile batch size": 4,
    "Keep input size": True,
    "NoiseInv": True,
    "NoiseInv Steps": 12,
    "NoiseInv Retouch": 1,
    "NoiseInv Renoise strength": 0.5,
    "NoiseInv Kernel size": 64,
}
REGION = {"x": 0, "y": 0.25, "w": 0.5, "h": 1, "prompt": "a cat; big | old", "neg_prompt": "dog"}


def with_tiles(said: str, size: str = "1024x768", negative: str = "grey") -> str:
    """An infotext with a value for "Tiled Diffusion" as it stands in the file."""
    line = f"Steps: 20, Sampler: Euler, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: {size}, RNG: CPU"
    return f"a house\nNegative prompt: {negative}\n{line}, Tiled Diffusion: {said}, Version: v1.10.1"


def tiler_of(text: str) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """Name and parameters of the tiler that an infotext gives, and the notices."""
    request, notices = read_text(text)
    assert request.tiler is not None
    return request.tiler.name, request.tiler.params, notices


def graph_read(graph: dict[str, Any]) -> tuple[Request, tuple[str, ...]]:
    """The request and the notices that a graph gives."""
    draft = Draft()
    read_graph(as_text(graph), draft, REGISTRY, "a.png")
    return draft.request(), draft.notices


@pytest.mark.parametrize(
    "said", [json.dumps(ENLARGED), json.dumps(json.dumps(ENLARGED)), str(ENLARGED), json.dumps(str(ENLARGED))]
)
def test_what_the_extension_writes_is_read_however_it_is_quoted(said: str) -> None:
    request, notices = read_text(with_tiles(said))
    assert request.tiler is not None
    assert request.inversion is not None
    assert request.tiler.params == {"tile_width": 96, "tile_height": 96, "overlap": 48, "batch": 4}
    assert request.inversion.params == {"steps": 12, "retouch": 1.0, "renoise": 0.5, "kernel": 64}
    assert notices == ()


def test_a_text_that_a1111_has_cut_gives_what_is_left_of_it() -> None:
    name, params, notices = tiler_of(with_tiles('{"Method": "Mixture of Diffusers"'))
    assert (name, params) == ("tilers:mixture", {})
    assert notices == ("Tiled Diffusion was cut off at a comma, as A1111 does; the rest of it is lost",)


def test_tiles_shrink_to_the_picture_as_they_do_there() -> None:
    said = {"Method": "MultiDiffusion", "Tile tile width": 96, "Tile tile height": 96, "Tile Overlap": 48}
    _, params, _ = tiler_of(with_tiles(json.dumps(said), size="1024x300"))
    assert params == {"tile_width": 96, "tile_height": 38, "overlap": 34}


def test_a_method_that_is_not_here_is_told_or_replaced() -> None:
    request, notices = read_text(with_tiles('{"Method": "DemoFusion", "Window Size": 128}'))
    assert request.tiler is None
    assert notices[0].startswith("left out Tiled Diffusion: 'DemoFusion' is unknown; there is cosine")
    name, _, notices = tiler_of(with_tiles('{"Method": "SpotDiffusion"}'))
    assert (name, len(notices)) == ("tilers:jittered", 1)


def test_what_cannot_be_kept_is_told() -> None:
    said = {"Method": "MultiDiffusion", "Tile batch size": 0, "Tile tile width": [1], "Charm": 7}
    _, params, notices = tiler_of(with_tiles(json.dumps(said)))
    assert params == {}
    assert [notice.partition(" of ")[0] for notice in notices] == [
        "left out 'batch'",
        "left out 'tile_width'",
        "left out 'Charm'",
    ]


def test_regions_become_lines_of_ours() -> None:
    second = REGION | {
        "prompt": "a moon",
        "blend_mode": "Foreground",
        "feather_ratio": 0.3,
        "seed": 7,
        "neg_prompt": "",
    }
    regions = {"Region 1": REGION, "Region 2": second, "Region 3": {"x": "?"}}
    request, notices = read_text(with_tiles(json.dumps({"Method": "MultiDiffusion", "Region control": regions})))
    (denoiser,) = request.denoisers
    assert denoiser.name == "regions:regions"
    assert denoiser.params == {
        "areas": "0% 25% 50% 75% | a cat, big \\| old | grey, dog\n"
        "0% 25% 50% 75% kind=foreground feather=0.3 seed=7 | a moon | grey",
        "append": True,
    }
    assert len(notices) == 1


def test_regions_that_nobody_can_read_are_told() -> None:
    request, notices = read_text(with_tiles('{"Method": "MultiDiffusion", "Region control": [1]}'))
    assert request.denoisers == ()
    assert notices == ("left out Region control: it names no region that could be read",)


def test_what_is_drawn_in_parts_is_read_back() -> None:
    recipe = a_recipe(
        tiler={"id": "tilers:cosine", "params": {"tile_width": 12, "overlap": 3, "batch": 2, "wrap": True}},
        codec={"id": "tiled_vae:tiled_vae", "params": {"mode": "fast"}},
        inversion={"id": "inversions:noise_inversion", "params": {"steps": 7}},
        denoisers=[{"id": "regions:regions", "params": {"areas": 'left | a, "cat": {x}\nright | b'}}],
    )
    read, notices = read_text(infotext(recipe, REGISTRY))
    wanted = recipe.as_request()
    assert notices == ()
    for field in ("tiler", "codec", "inversion", "denoisers"):
        assert getattr(read, field) == getattr(wanted, field), field


def test_pictures_that_a_denoiser_had_are_told_by_their_names() -> None:
    regions = {"id": "regions:regions", "params": {"areas": "mask=m | a"}}
    kept = {name: {"digest": "0" * 64} for name in ("m", "\x1bn")}
    read, notices = read_text(infotext(a_recipe(denoisers=[regions | {"pictures": kept}]), REGISTRY))
    assert [choice.params for choice in read.denoisers] == [{"areas": "mask=m | a"}]
    assert [notice.split(",")[0] for notice in notices] == [
        "it was drawn with a picture called 'm'",
        "it was drawn with a picture called '\\x1bn'",
    ]


def test_a1111_keeps_what_we_write() -> None:
    recipe = a_recipe(tiler={"id": "tilers:mixture", "params": {"tile_width": 12, "overlap": 3}})
    text = infotext(recipe, REGISTRY)
    # Its reader takes a value in double quotes whole.
    assert 'Tiled Diffusion: "{\\"Method\\": \\"Mixture of Diffusers\\"' in text
    assert values_of(parsed(text).settings["Tiled Diffusion"]) == {
        "Method": "Mixture of Diffusers",
        "Tile tile width": 12,
        "Tile Overlap": 3,
    }


def test_what_enlarged_the_start_picture_is_read_back() -> None:
    read, _ = read_text(infotext(a_recipe(start={"denoise": 0.4, "upscaler": "nearest"}), REGISTRY))
    assert read.start is not None
    assert read.start.upscaler == "nearest"
    _, notices = read_text(with_tiles("{}", negative="x").replace("Tiled Diffusion: {}", "Start upscaler: 4x"))
    assert "lanczos enlarges the picture instead" in notices


def test_a_graph_with_tiled_diffusion_has_its_tiler() -> None:
    tiles = {"method": "Mixture of Diffusers", "tile_width": 384, "tile_height": 512, "tile_overlap": 64}
    graph = plain_graph(n10=node("TiledDiffusion", model=["4", 0], tile_batch_size=4, **tiles), n3={"model": ["10", 0]})
    request, notices = graph_read(graph)
    assert request.tiler is not None
    assert request.tiler.name == "tilers:mixture"
    assert request.tiler.params == {"tile_width": 48, "tile_height": 64, "overlap": 8, "batch": 4}
    assert request.model == "pocket:pocket"
    assert notices == ()


def test_a_graph_that_decodes_in_tiles_has_our_codec() -> None:
    request, notices = graph_read(plain_graph(n8={"class_type": "VAEDecodeTiled", "inputs": {"samples": ["3", 0]}}))
    assert request.codec is not None
    assert request.codec.name == "tiled_vae:tiled_vae"
    assert notices == ("VAEDecodeTiled decoded it in blended tiles; tiled_vae decodes it in parts without a seam",)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from([*ENLARGED, "Region control", "Tile width", "wrap", "Name", "x", "prompt"])
OBJECTS = st.dictionaries(KEYS, ANYTHING | st.just("MultiDiffusion") | st.just({"Region 1": REGION}), max_size=6)


@settings(deadline=None, max_examples=100)
@given(OBJECTS.map(json.dumps) | OBJECTS.map(str) | st.text(max_size=60))
def test_no_value_breaks_the_reader(said: str) -> None:
    request, notices = read_text(with_tiles(said) + f", Codec: {said}, Denoiser 1: {said}")
    assert request.prompt.startswith("a house")
    assert all(notice.isprintable() for notice in notices)
