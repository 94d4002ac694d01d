"""What strangers' pictures say of themselves: understood as the host would, never believed further than that."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from tests.conftest import a_recipe
from tests.host.darkroom.strange import looked_at, saved
from tests.host.metadata.places import REGISTRY, as_text, plain_graph

from limner_host.darkroom.known import Knowledge
from limner_host.inputs import MOST_ANCESTORS
from limner_host.metadata.origin import read_origin
from limner_host.metadata.writing import infotext
from limner_host.pictures import read_recipe, read_texts
from limner_sdk import Catalogue, Finished, ModelEntry, PictureReference, Recipe, StageEntry
from limner_sdk.darkroom import FROM_DARKROOM, Inspected, Says
from limner_sdk.wire import frame

GREY = Image.new("RGB", (16, 16), "grey")
A1111 = "a cat\nSteps: 20, Sampler: DPM++ 2M Karras, Seed: 5, Size: 64x64, RNG: CPU, Model: pocket, Version: v1.6"


@cache
def knowledge() -> Knowledge:
    """What a host with the bundled plugins announces, as it arrives."""
    return Knowledge(Catalogue.model_validate_json(REGISTRY.catalogue().model_dump_json()))


def found(folder: Path, knows: Knowledge | None = None, **texts: str) -> Inspected:
    """What is found in a PNG with these texts; the answer goes through a frame and back."""
    chunks = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        chunks.add_text(key, text)
    given = looked_at(folder, saved(GREY, "PNG", pnginfo=chunks), knows or knowledge(), carry=True, called="a.png")
    assert FROM_DARKROOM.validate_json(frame(given)[4:]) == given
    return given


def says(folder: Path, knows: Knowledge | None = None, **texts: str) -> Says:
    told = found(folder, knows, **texts).says
    assert told is not None
    return told


def test_our_own_picture_gives_its_recipe_and_keeps_it(tmp_path: Path) -> None:
    recipe = a_recipe(prompt="a\nNegative prompt: b")
    given = found(tmp_path, limner=recipe.model_dump_json(), parameters=infotext(recipe, REGISTRY), Author="me")
    assert given.says is not None
    assert (given.says.program, given.says.recipe, given.says.request) == ("limner", recipe, recipe.as_request())
    assert read_recipe(Path(given.file)) == recipe
    assert set(read_texts(Path(given.file))) == {"limner", "parameters"}


@pytest.mark.parametrize(
    ("texts", "program"),
    [
        ({"parameters": A1111}, "a1111"),
        ({"parameters": A1111 + ", Clip skip: 2, Eta: 0.5, Hires upscale: 2, Hires upscaler: Latent"}, "a1111"),
        ({"parameters": A1111, "postprocessing": "Postprocess upscale by: 2, Postprocess upscaler: Lanczos"}, "a1111"),
        ({"prompt": as_text(plain_graph())}, "comfyui"),
    ],
)
def test_others_are_understood_as_on_the_host_and_stay_so_in_the_copy(
    tmp_path: Path, texts: dict[str, str], program: str
) -> None:
    given = found(tmp_path, **texts)
    there = read_origin(tmp_path / "upload.png", REGISTRY)
    assert given.says is not None
    assert (given.says.program, given.says.request, given.says.notes) == (program, there.request, there.notices)
    assert there.request.sampler is not None
    assert read_origin(Path(given.file), REGISTRY).request == there.request


def test_recipes_of_every_stage_are_rebuilt_as_on_the_host(tmp_path: Path) -> None:
    recipe = a_recipe()
    for offer in (*REGISTRY.offers("sampler"), *REGISTRY.offers("schedule")):
        other = recipe.model_copy(update={offer.definition.kind: offer.default_stage})
        text = infotext(other, REGISTRY)
        assert says(tmp_path, parameters=text).request == read_origin(tmp_path / "upload.png", REGISTRY).request


def test_every_parameter_model_is_rebuilt(tmp_path: Path) -> None:
    rebuilt = {offer.id: offer for kind in KINDS for offer in knowledge().registry.offers(kind)}
    for offer in (offer for kind in KINDS for offer in REGISTRY.offers(kind)):
        assert rebuilt[offer.id].definition.params().model_dump() == offer.definition.params().model_dump(mode="json")
        assert (rebuilt[offer.id].label, rebuilt[offer.id].aliases) == (offer.label, offer.aliases)


KINDS = ("noise", "sampler", "schedule", "tiler", "denoiser", "inversion", "codec", "postprocessor", "upscaler")


def test_before_a_host_spoke_names_are_left_out_with_a_note(tmp_path: Path) -> None:
    told = says(tmp_path, Knowledge(), parameters=A1111)
    assert told.request is not None
    assert (told.request.prompt, told.request.steps, told.request.sampler) == ("a cat", 20, None)
    assert any("Sampler" in note for note in told.notes)


def test_an_entry_that_is_none_harms_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shape: dict[str, Any] = {"label": "", "summary": "", "plugin": "odd"}
    odd = [
        StageEntry(kind="sampler", id=f"odd:{name}", name=name, parameters=parameters, **shape)
        for name, parameters in (
            ("a", {"properties": {"x": {"type": "array", "default": []}}}),
            ("b", {"properties": {"x": {"$ref": "#/$defs/Gone", "default": 1}}}),
            ("c", {"properties": {"x": {"type": "integer"}}}),
            ("BAD NAME", {}),
        )
    ]
    fine = StageEntry(kind="sampler", id="odd:euler", name="euler", parameters={}, **shape)
    unknown = fine.model_copy(update={"kind": "teapot", "id": "odd:tea"})
    registry = Knowledge(Catalogue(stages=(*odd, unknown, fine))).registry
    assert [offer.id for offer in registry.offers("sampler")] == ["odd:euler"]
    assert caplog.text.count("is not known in the darkroom") == 5


def test_a_models_name_is_found_among_those_listed(tmp_path: Path) -> None:
    entry = ModelEntry(
        id="models:x", name="x", label="X.safetensors", summary="", family="sd1", width=512, height=512, steps=20,
        cfg=7, sampler="samplers:euler",
    )  # fmt: skip
    told = says(tmp_path, Knowledge(Catalogue(models=(entry,))), parameters=A1111.replace("pocket", "X"))
    assert told.request is not None
    assert told.request.model == "models:x"


DEEP = '{"a":' * 5000 + "1" + "}" * 5000


@pytest.mark.parametrize(
    "texts",
    [
        {"limner": "{}"},
        {"limner": DEEP},
        {"limner": "[" * 100_000},
        {"limner": a_recipe(prompt="x" * 300_000).model_dump_json()},
        {"limner": a_recipe(width=10**9).model_dump_json()},
        {"limner": json.dumps(a_recipe().model_dump(mode="json") | {"__class__": "os.system"})},
        {"parameters": "x" * 300_000},
        {"prompt": DEEP},
        {"prompt": "[" * 900_000},
        {"workflow": "{}"},
    ],
)
def test_hostile_texts_are_told_in_a_sentence_and_not_kept(tmp_path: Path, texts: dict[str, str]) -> None:
    given = found(tmp_path, **texts)
    assert given.says is not None
    assert (given.says.program, given.says.request, given.says.recipe) == ("unknown", None, None)
    (note,) = given.says.notes
    assert note.isprintable()
    assert len(note) < 400
    assert read_texts(Path(given.file)) == {}


def test_a_long_line_of_ancestors_arrives_shortened(tmp_path: Path) -> None:
    recipe: Recipe = a_recipe()
    for _ in range(60):
        parent = Finished(image=PictureReference(digest="0" * 64), recipe=recipe)
        recipe = a_recipe(finished=parent.model_dump(mode="json"))
    told = says(tmp_path, limner=recipe.model_dump_json())
    assert told.recipe is not None
    depth, line = 0, told.recipe
    while line.finished is not None and line.finished.recipe is not None:
        depth, line = depth + 1, line.finished.recipe
    assert depth == MOST_ANCESTORS - 1


def test_an_infotext_longer_than_a_host_keeps_is_read_and_not_kept(tmp_path: Path) -> None:
    given = found(tmp_path, parameters=A1111.replace("a cat", "a cat" + " " * 17_000))
    assert given.says is not None
    assert (given.says.infotext, given.says.request and given.says.request.steps) == ("", 20)
    assert read_texts(Path(given.file)) == {}


def test_thousands_of_odd_texts_break_nothing(tmp_path: Path) -> None:
    rng = random.Random(4)
    words = [A1111, as_text(plain_graph()), "{", "[", '"', ",", ":", "\n", "Steps: ", "\\", "\u202e", "9" * 50, "null"]
    for _ in range(100):
        text = "".join(rng.choice(words)[: rng.randint(1, 60)] for _ in range(rng.randint(1, 40)))
        given = found(tmp_path, **{rng.choice(["limner", "parameters", "prompt", "postprocessing"]): text})
        assert given.says is None or all(note.isprintable() for note in given.says.notes)
