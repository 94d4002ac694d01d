"""Post-processors in infotexts: ours as they were, and ADetailer's, Ultimate SD upscale's and Extras' as ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from tests.conftest import a_recipe
from tests.host.metadata.places import REGISTRY, read_text

from limner_host.metadata.finishing_names import UNIT, suffix, tiles_here, tiles_there
from limner_host.metadata.grammar import parsed
from limner_host.metadata.origin import read_origin
from limner_host.metadata.writing import infotext
from limner_sdk import Choice, Recipe

LINE = "Steps: 20, Sampler: Euler, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: 512x768, RNG: CPU"
#: What ADetailer writes for a unit that is as usual.
USUAL = (
    "ADetailer confidence: 0.3, ADetailer dilate erode: 4, ADetailer mask blur: 4, ADetailer denoising strength: 0.4, "
    "ADetailer inpaint only masked: True, ADetailer inpaint padding: 32"
)
VERSION = "ADetailer version: 24.5.1, Version: v1.10.1"


def stage(name: str, **params: Any) -> dict[str, Any]:
    """A post-processor as it stands in a recipe."""
    offer = REGISTRY.postprocessor(name)
    return offer.stage(Choice(name=offer.id, params=params)).model_dump()


def written(recipe: Recipe) -> dict[str, str]:
    """The settings of a recipe's infotext."""
    return dict(parsed(infotext(recipe, REGISTRY)).settings)


def read(fields: str) -> tuple[tuple[Choice, ...], tuple[str, ...]]:
    """The post-processors that an infotext of A1111's with these fields gives, and the notices."""
    request, notices = read_text(f"a face\n{LINE}, {fields}")
    return request.postprocess, notices


def test_what_was_done_to_a_picture_comes_back_in_order_and_in_full() -> None:
    stages = [
        stage("finishing:upscale", scale=2),
        stage("detailer", prompt='a "face", happy [SEP] [SKIP]', denoise=0.3, mask_shape="ellipse", steps=9),
        stage("ultimate_upscale", tile_width=576, padding=32, seams="band"),
        stage("detailer", top_k=2, sampler="euler_a"),
    ]
    request, notices = read_text(infotext(a_recipe(postprocess=stages), REGISTRY))
    parsed_again = [REGISTRY.postprocessor(choice.name).stage(choice).model_dump() for choice in request.postprocess]
    assert (parsed_again, notices) == (stages, ())


def test_a_unit_is_written_in_adetailers_words() -> None:
    unit = stage("detailer", denoise=0.5, top_k=1, merge="merge_invert", steps=28, sampler="euler_a", control="tile")
    said = written(a_recipe(postprocess=[unit]))
    found = {key.removeprefix("ADetailer "): value for key, value in said.items() if key.startswith("ADetailer ")}
    usual = {"confidence": "0.3", "dilate erode": "4", "mask blur": "4", "inpaint padding": "32", "version": "24.11.1"}
    assert found == usual | {
        "model": "pocket_faces",
        "method to decide top k masks": "Area",
        "mask only top k": "1",
        "mask merge invert": "Merge and Invert",
        "denoising strength": "0.5",
        "inpaint only masked": "True",
        "use separate steps": "True",
        "steps": "28",
        "use separate sampler": "True",
        "sampler": "Euler a",
        "ControlNet model": "tile",
    }


def test_further_units_have_a_suffix_behind_each_field() -> None:
    said = written(a_recipe(postprocess=[stage("detailer"), stage("detailer", blur=9), stage("detailer")]))
    assert (said["ADetailer mask blur"], said["ADetailer mask blur 2nd"], said["ADetailer mask blur 3rd"]) == (
        *("4", "9", "4"),
    )
    assert [suffix(number) for number in (1, 2, 3, 4, 11, 12, 22)] == [
        "",
        " 2nd",
        " 3rd",
        " 4th",
        " 11th",
        " 12th",
        " 22nd",
    ]


def test_every_field_names_a_parameter_that_the_detailer_has() -> None:
    params = REGISTRY.postprocessor("detailer").definition.params.model_fields
    assert {field.name for field in UNIT} <= set(params)
    assert len({field.label for field in UNIT}) == len(UNIT)


def test_adetailers_units_are_read_with_its_defaults() -> None:
    units, notices = read(f"ADetailer model: pocket_faces.pt, {USUAL}, {VERSION}")
    assert notices == ()
    (unit,) = units
    assert unit.name == "detailer:detailer"
    assert unit.params == {
        **{"detector": "detectors:pocket_faces", "dynamic_denoise": 0.0, "match_size": "off", "sort": "none"},
        **{"width": 512, "height": 768, "only_masked": True, "confidence": 0.3, "dilate_erode": 4, "blur": 4},
        **{"denoise": 0.4, "padding": 32},
    }


@pytest.mark.parametrize(
    ("said", "params"),
    [
        ("ADetailer dilate/erode: 8", {"dilate_erode": 8}),
        ("ADetailer mask only top k largest: 1", {"top_k": 1}),
        ("ADetailer mask merge/invert: Merge and Invert", {"merge": "merge_invert"}),
        ("ADetailer inpaint full: False", {"only_masked": False}),
        ("ADetailer use separate sampler: True, ADetailer sampler: DPM++ 2M Karras", {"sampler": "samplers:dpmpp_2m"}),
        ("ADetailer sampler: DPM++ 2M Karras", {"schedule": "schedules:karras"}),
        ("ADetailer inpaint width: 640, ADetailer inpaint height: 640", {"width": 640, "height": 640}),
        ("ADetailer use separate checkpoint: True, ADetailer checkpoint: pocket", {"model": "pocket:pocket"}),
        ("ADetailer ControlNet model: Passthrough", {"control": "passthrough"}),
        ("ADetailer prompt: {a} [SEP] b", {"prompt": "\\{a\\} [SEP] b"}),
    ],
)
def test_a_field_of_any_version_is_read(said: str, params: dict[str, Any]) -> None:
    units, notices = read(f"ADetailer model: pocket_faces.pt, {said}, {VERSION}")
    assert notices == ()
    assert params.items() <= units[0].params.items()


def test_a_unit_without_padding_drew_the_whole_picture() -> None:
    units, _ = read(f"ADetailer model: pocket_faces.pt, ADetailer mask blur: 4, {VERSION}")
    assert units[0].params["only_masked"] is False


def test_units_are_read_in_their_order_and_those_of_unknown_detectors_are_told() -> None:
    second = USUAL.replace(":", " 2nd:")
    units, notices = read(
        f"ADetailer model: pocket_faces.pt, {USUAL}, ADetailer model 2nd: hand.pt, {second}, {VERSION}"
    )
    assert len(units) == 1
    assert notices[0].startswith("left out ADetailer unit 2, model: 'hand' is unknown")
    units, _ = read(
        f"ADetailer confidence 3rd: 0.5, ADetailer model 3rd: pocket_faces.pt, ADetailer model: None, {VERSION}"
    )
    assert [unit.params["confidence"] for unit in units] == [0.5]


def test_what_cannot_be_of_a_unit_is_told_and_the_rest_is_used() -> None:
    said = "ADetailer confidence: 7, ADetailer restore face: True, ADetailer checkpoint: gone, ADetailer mask blur: 2"
    units, notices = read(f"ADetailer model: pocket_faces.pt, {said}, {VERSION}")
    assert units[0].params["blur"] == 2
    assert [notice.partition(":")[0] for notice in notices] == [
        "left out 'restore face' of ADetailer unit 1",
        "left out ADetailer unit 1",
        "left out 'confidence' of ADetailer unit 1",
    ]


def test_ultimate_sd_upscale_is_read_with_its_padding_around_the_tile() -> None:
    fields = "tile_width: 512, Ultimate SD upscale tile_height: 0, Ultimate SD upscale mask_blur: 16"
    said = f"Denoising strength: 0.2, Ultimate SD upscale upscaler: None, Ultimate SD upscale {fields}"
    done, notices = read(f"{said}, Ultimate SD upscale padding: 32, Version: v1.8.0")
    assert [choice.name for choice in done] == ["ultimate_upscale:ultimate_upscale"]
    tiles = {"tile_width": 576, "tile_height": 576, "padding": 32, "blur": 16}
    assert done[0].params == tiles | {"upscaler": "lanczos", "denoise": 0.2}
    assert [notice[:50] for notice in notices] == [
        "Ultimate SD upscale enlarged a picture that this o",
        "how much larger Ultimate SD upscale made it is not",
    ]


def test_ultimate_sd_upscale_takes_the_place_of_the_pass_whose_settings_are_there() -> None:
    fields = (
        "Denoising strength: 0.2, Noise multiplier: 1.1, Mask blur: 8, Inpaint area: Only masked, Masked content: fill"
    )
    size = LINE.replace("512x768", "576x576")
    tiles = "Ultimate SD upscale tile_width: 512, Ultimate SD upscale tile_height: 512, Ultimate SD upscale padding: 32"
    request, _ = read_text(f"a face\n{size}, {fields}, {tiles}, Version: v1.8.0")
    assert (request.start, request.inpaint, request.width, request.height) == (None, None, None, None)
    assert (request.postprocess[0].params["denoise"], request.postprocess[0].params["noise_multiplier"]) == (0.2, 1.1)


def test_tiles_go_to_ultimate_sd_upscale_and_back() -> None:
    there = tiles_there({"tile_width": 576, "tile_height": 512, "padding": 32, "blur": 8})
    assert there == {"tile_width": 512, "tile_height": 448, "padding": 32, "blur": 8}
    assert tiles_here(512, 448, 32) == {"tile_width": 576, "tile_height": 512}
    assert tiles_there({"tile_width": 0, "padding": None}) == {"padding": None}


def test_extras_are_written_and_read() -> None:
    said = written(a_recipe(postprocess=[stage("finishing:upscale", scale=2, upscaler="nearest")]))
    assert (said["Postprocess upscale by"], said["Postprocess upscaler"]) == ("2", "Nearest")
    done, _ = read("Postprocess upscale by: 4, Postprocess upscaler: Nearest, Version: v1.8.0")
    assert [(choice.name, choice.params) for choice in done] == [
        ("finishing:upscale", {"scale": 4.0, "upscaler": "nearest"})
    ]


def test_an_exact_size_of_extras_takes_the_place_of_its_factor() -> None:
    said = written(a_recipe(postprocess=[stage("finishing:upscale", width=300, height=200)]))
    assert said["Postprocess upscale to"] == "300x200"
    assert "Postprocess upscale by" not in said
    done, _ = read("Postprocess upscale to: 300x200, Postprocess upscaler: Lanczos, Version: v1.8.0")
    assert done[0].params == {"width": 300, "height": 200, "upscaler": "lanczos"}


def test_what_extras_did_is_read_from_its_own_chunk_too(tmp_path: Path) -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("parameters", f"a face\n{LINE}, Version: v1.8.0")
    chunks.add_text("postprocessing", "Postprocess upscale by: 3, Postprocess upscaler: Lanczos")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", pnginfo=chunks)
    origin = read_origin(tmp_path / "a.png", REGISTRY)
    assert [(choice.name, choice.params["scale"]) for choice in origin.request.postprocess] == [
        ("finishing:upscale", 3.0)
    ]


def test_an_upscaler_that_is_not_here_is_replaced_with_a_notice() -> None:
    done, notices = read("Postprocess upscale by: 2, Postprocess upscaler: R-ESRGAN 4x+, Postprocess CodeFormer: 1")
    assert done[0].params["upscaler"] == "lanczos"
    assert len(notices) == 3
    assert notices[0] == "left out 'CodeFormer' of Postprocess: it is not known here"


def test_the_text_of_a_finished_picture_is_the_first_ones_with_all_that_was_done_since() -> None:
    first = a_recipe(prompt="a house", postprocess=[stage("detailer")])
    made = {"image": {"digest": "a" * 64}, "recipe": first.model_dump()}
    last = a_recipe(prompt="a happy face", seed={"seed": 9}, finished=made, postprocess=[stage("detailer")])
    text = parsed(infotext(last, REGISTRY))
    assert (text.prompt, text.settings["Seed"]) == ("a house", "5")
    assert "ADetailer prompt" not in text.settings
    assert text.settings["ADetailer prompt 2nd"] == "a happy face"
    assert [key for key in text.settings if key.startswith("Post-process")] == ["Post-process 1", "Post-process 2"]


def test_a_picture_that_nobody_knows_anything_of_says_only_what_was_done() -> None:
    photo = {"image": {"digest": "ab" * 32}, "recipe": None}
    upscaled = stage("finishing:upscale")
    recipe = a_recipe(prompt="", finished=photo, model={"id": "pocket:pocket", "digest": ""}, postprocess=[upscaled])
    said = written(recipe)
    assert said["Finished picture"] == "abababababab"
    assert not said.keys() & {"Steps", "Sampler", "Model", "Seed"}
    drawn = a_recipe(finished=photo, postprocess=[stage("detailer")])
    _, notices = read_text(infotext(drawn, REGISTRY))
    assert notices == ("it was made of a finished picture, which it does not carry; give that one to `limner apply`",)


def test_an_autoencoder_is_written_and_read_back_and_strangers_ones_are_told() -> None:
    recipe = a_recipe(vae={"name": "sharp", "digest": "c" * 64})
    text = infotext(recipe, REGISTRY)
    assert parsed(text).settings["VAE hash"] == "c" * 10
    assert read_text(text)[0].vae == "sharp"
    assert read_text(text.replace("Version: limner", "Version: v1"))[0].vae is None
    assert read(f"VAE: Automatic, {VERSION}")[1] == ()


def test_pictures_that_a_post_processor_asked_for_are_told() -> None:
    fixed = stage("colour_fix") | {"pictures": {"reference": {"digest": "0" * 64}}}
    request, notices = read_text(infotext(a_recipe(postprocess=[fixed]), REGISTRY))
    assert [choice.name for choice in request.postprocess] == ["finishing:colour_fix"]
    assert notices[0].endswith("give it with --postprocess.picture.NAME FILE")
