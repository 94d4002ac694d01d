"""The language of regions: what can be written, and how what cannot be read is refused."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from limner_plugins.regions.language import Region, regions_of
from limner_plugins.regions.params import RegionParams
from limner_sdk import InvalidRequest


def only(text: str) -> Region:
    (region,) = regions_of(text)
    return region


@pytest.mark.parametrize(
    ("place", "shape"),
    [
        ("left", (0, 0, 50, 100)),
        ("Right", (50, 0, 50, 100)),
        ("top", (0, 0, 100, 50)),
        ("bottom", (0, 50, 100, 50)),
        ("all", (0, 0, 100, 100)),
        ("5% 10% 15% 20.5%", (5, 10, 15, 20.5)),
        ("5%, 10%, 15%, 20.5%", (5, 10, 15, 20.5)),
    ],
)
def test_a_place_has_a_name_or_four_lengths(place: str, shape: tuple[float, ...]) -> None:
    rectangle = only(f"{place} | a cat").rectangle
    assert rectangle is not None
    assert tuple(rectangle) == tuple((value, True) for value in shape)


def test_lengths_are_pixels_unless_they_say_percent() -> None:
    rectangle = only("0 8px 50% 100 | a cat").rectangle
    assert rectangle == ((0, False), (8, False), (50, True), (100, False))


def test_options_stand_in_front_of_the_prompt_in_any_order() -> None:
    region = only("seed=7 left weight = 2 feather=0.5 kind=foreground | a cat | blurry")
    options = region.options
    assert (region.prompt, region.negative) == ("a cat", "blurry")
    assert (options.seed, options.weight, region.feather, options.kind) == (7, 2.0, 0.5, "foreground")


def test_what_is_not_said_has_its_usual_value() -> None:
    region = only("left | a cat |")
    assert (region.negative, region.options.seed, region.options.weight, region.feather) == (None, None, 1.0, 0.0)
    assert only("left kind=foreground | a cat").feather == 0.2


def test_regions_are_divided_by_lines_or_semicolons() -> None:
    found = regions_of("left | a cat;\r\n  right | a dog\n\n;all | a fox;")
    assert [region.prompt for region in found] == ["a cat", "a dog", "a fox"]


@pytest.mark.parametrize("prompt", ["a [cat|dog] here", r"a cat \| dog", "a [cat:dog:3], (old:1.2)"])
def test_bars_in_brackets_and_behind_a_backslash_belong_to_the_prompt(prompt: str) -> None:
    region = only(f"left | {prompt} | [blurry|pale]")
    assert (region.prompt, region.negative) == (prompt, "[blurry|pale]")


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("left | a cat; lefft | a dog", r"region 2, 'lefft \| a dog', has the place 'lefft'; write left, right"),
        ("| a cat", r"has no place; write left"),
        ("0 0 50% | a cat", r"has the place '0 0 50%'; write .* four lengths"),
        ("0 0 -5 9 | a cat", r"has the place '0 0 -5 9'"),
        ("left a red circle", r"says not what to draw; write place \| prompt"),
        ("left | | blurry", r"says not what to draw"),
        ("left | a | b | c", r"has 4 parts; write place \| prompt \| negative"),
        ("0 0 0 100% | a cat", r"is 0 wide; give it a size"),
        ("0 0 50% 0% | a cat", r"is 0 high; give it a size"),
        ("60% 0 50% 100% | a cat", r"reaches to 110% of the picture and so leaves it; end at 100%"),
        ("0.1 .2 0.5 1 | a cat", r"has the place '0.1 .2 0.5 1'"),
        ("0.1 0.1 0.5 0.25 | a cat", r"if shares of the picture are meant, write 10% 10% 50% 25%"),
        ("0 0 1 1 | a cat", r"is no larger than one pixel; .* write 0% 0% 100% 100%"),
        ("left colour=red | a cat", r"sets 'colour' which is no option; there are weight, feather, seed, kind, mask"),
        ("left seed=1 seed=2 | a cat", r"sets 'seed' twice"),
        ("left weight=0 | a cat", r"has a wrong option: weight: '0' is too small; the least is 0.01"),
        ("left weight=-1 | a cat", r"weight: '-1' is too small"),
        ("left feather=1.5 | a cat", r"feather: '1.5' is too large; the most is 1"),
        ("left seed=-1 | a cat", r"seed: '-1' is too small"),
        ("left kind=middle | a cat", r"kind: 'middle' is not one of 'background' or 'foreground'"),
        ("left mask=sky | a cat", r"has the mask 'sky' and the place 'left'; give one of them"),
        ("left | a cat <lora:ink:1>", r"names a LoRA, which only all of a picture can have"),
        ("left | a {red|blue} cat", r"leaves something to chance, which only the picture's own prompt can"),
        ("left | a cat | __colours__", r"leaves something to chance"),
        ("left | a cat\n" * 50, r"has 50 regions; the most is 16"),
        ("left | " + "a" * 6000, r"is too long; the most is 6000 characters"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_with_its_line(text: str, finding: str) -> None:
    with pytest.raises(InvalidRequest, match=finding) as error:
        RegionParams.parse({"areas": text}, "denoiser.")
    assert error.value.field == "denoiser.areas"


@given(st.text(max_size=80) | st.text("left0123%px=|;, \nweightseedmask[]{}<\\", max_size=80))
@example("9" * 400 + " 0 1 1 | a")
@example("٣ 0 1 1 | a")
@example("|" * 3000)
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    sentence = "areas: "
    try:
        found = regions_of(RegionParams.parse({"areas": text}).areas)
    except InvalidRequest as error:
        found, sentence = (), str(error)
    assert sentence.startswith("areas: ")
    assert all(region.prompt for region in found)
