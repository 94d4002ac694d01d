"""Pictures of other programs that are finished here: what they say of themselves stays, word for word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from pydantic import ValidationError
from tests.conftest import a_recipe
from tests.host.metadata.places import REGISTRY, as_text, plain_graph, read_text

from limner_host.metadata.foreign import words_of_others
from limner_host.metadata.grammar import parsed
from limner_host.metadata.writing import infotext
from limner_sdk import Choice, Recipe
from limner_sdk.request import LONGEST_FINISHED_TEXT

LINE = "Steps: 9, Sampler: Euler a, CFG scale: 3, Seed: 5, Size: 512x512, RNG: CPU, Tiling: True"
HAND = (
    "ADetailer model: hand_yolov8n.pt, ADetailer confidence: 0.3, ADetailer mask blur: 4, ADetailer inpaint padding: 32"
)
ODD = 'Tiled Diffusion: {"Method": "MultiDiffusion", "Tile tile width": 96}'
TEXT = f"a {{face}}, happy\nNegative prompt: grey\n{LINE}, {HAND}, {ODD}, Version: v1.10.1"


def picture(folder: Path, **texts: str) -> Path:
    """A PNG with chunks."""
    chunks = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        chunks.add_text(key, text)
    Image.new("RGB", (16, 16)).save(folder / "a.png", pnginfo=chunks)
    return folder / "a.png"


def finished(text: str, *names: str, **changes: Any) -> Recipe:
    """The recipe of a picture with this text that was finished here."""
    stages = [REGISTRY.postprocessor(name).stage(Choice(name=name)).model_dump() for name in names]
    made_of = {"image": {"digest": "a" * 64}, "recipe": None, "text": text}
    return a_recipe(finished=made_of, postprocess=stages, **changes)


def test_what_another_program_wrote_stays_and_what_was_done_here_stands_behind_it() -> None:
    text = infotext(finished(TEXT, "upscale", "colour_fix", prompt="a \\{face\\}, happy"), REGISTRY)
    assert text.startswith(f"{TEXT}, Post-process 1: ")
    added = parsed(text).settings.keys() - parsed(TEXT).settings.keys()
    assert added == {"Post-process 1", "Post-process 2"}


def test_the_second_step_after_another_program_still_has_its_words() -> None:
    first = finished(TEXT, "upscale")
    made_of = {"image": {"digest": "b" * 64}, "recipe": first.model_dump()}
    last = a_recipe(finished=made_of, postprocess=[REGISTRY.postprocessor("upscale").default_stage.model_dump()])
    text = infotext(last, REGISTRY)
    assert text.startswith(TEXT)
    assert "Post-process 2" in parsed(text).settings


def test_what_both_have_done_is_read_back_in_order() -> None:
    own = TEXT.replace("hand_yolov8n", "pocket_faces")
    request, notices = read_text(infotext(finished(own, "upscale", "detailer", prompt="a house"), REGISTRY))
    assert [choice.name.partition(":")[0] for choice in request.postprocess] == ["detailer", "finishing", "detailer"]
    assert request.prompt == "a \\{face\\}, happy"
    assert request.postprocess[2].params["prompt"] == "a house"
    assert "Tiling" in notices[-1]


def test_our_own_infotext_without_its_recipe_is_counted_on() -> None:
    alone = infotext(a_recipe(postprocess=[REGISTRY.postprocessor("upscale").default_stage.model_dump()]), REGISTRY)
    request, _ = read_text(infotext(finished(alone, "detailer", prompt="a cat"), REGISTRY))
    assert [choice.name for choice in request.postprocess] == ["finishing:upscale", "detailer:detailer"]


def test_an_infotext_is_kept_as_it_stands_with_what_extras_wrote_beside_it(tmp_path: Path) -> None:
    beside = "Postprocess upscale by: 4, Postprocess upscaler: Magic, Tiling: False"
    kept = words_of_others(picture(tmp_path, parameters=TEXT, postprocessing=beside), REGISTRY)
    assert kept == f"{TEXT}, Postprocess upscale by: 4, Postprocess upscaler: Magic"


def test_of_a_graph_the_prompts_are_kept(tmp_path: Path) -> None:
    kept = words_of_others(picture(tmp_path, prompt=as_text(plain_graph())), REGISTRY)
    assert parsed(kept).prompt == "a glass bottle"
    assert not parsed(kept).settings
    assert "Finished picture" in infotext(finished(kept, "upscale"), REGISTRY)


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"limner": a_recipe().model_dump_json(), "parameters": TEXT},
        {"prompt": "{}"},
        {"parameters": f"{'a' * LONGEST_FINISHED_TEXT}\n{LINE}"},
    ],
)
def test_nothing_is_kept_of_our_own_and_of_what_is_too_long(tmp_path: Path, texts: dict[str, str]) -> None:
    assert words_of_others(picture(tmp_path, **texts), REGISTRY) == ""


def test_a_recipe_with_a_longer_text_is_refused() -> None:
    with pytest.raises(ValidationError):
        finished("a" * (LONGEST_FINISHED_TEXT + 1))
