"""Parts of a picture drawn anew: in batches, each by its own words, with the noise of the whole canvas."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from tests.conftest import small_request
from torch import Tensor

from limner_host.studio import Studio
from limner_plugins.samplers import limner_samplers
from limner_sdk import (
    Box,
    Choice,
    ControlChoice,
    InvalidRequest,
    NoiseDef,
    NoParams,
    Part,
    PostprocessContext,
    PostprocessDef,
    PreprocessorDef,
    Redrawing,
    Size,
    StageFailed,
    UnknownName,
    to_pixels,
)

from .test_fitting import a_lora
from .tiny_controls import tiny_control

StudioWith = Callable[..., Studio]
CANVAS = Size(96, 64)


def picture(size: Size = CANVAS) -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert("RGB")


def part(left: int = 0, top: int = 0, width: int = 48, height: int = 32, **changes: Any) -> Part:
    box = Box(left, top, width, height)
    return Part(picture().crop((left, top, box.right, box.bottom)), box=box, **changes)


QUARTERS = [part(left, top) for top in (0, 32) for left in (0, 48)]


class Asked:
    """A post-processor that asks for parts, and remembers what it got."""

    def __init__(self, *calls: tuple[Sequence[Part], Redrawing]) -> None:
        self.calls = calls
        self.got: list[list[Tensor]] = []

    def __call__(self, image: Image.Image, ctx: PostprocessContext, params: NoParams) -> Image.Image:
        self.got = [ctx.redraw_parts(parts, how) for parts, how in self.calls]
        return image

    @property
    def definition(self) -> PostprocessDef[NoParams]:
        return PostprocessDef("ask", "Asks.", NoParams, self)


def drawn(
    build: StudioWith, tmp_path: Path, *calls: tuple[Sequence[Part], Redrawing], **changes: Any
) -> list[list[Tensor]]:
    asked = Asked(*calls)
    build(asked.definition).make(small_request(postprocess=["ask"], **changes), tmp_path)
    return asked.got


def how(**changes: Any) -> Redrawing:
    return Redrawing(**({"strength": 0.9, "canvas": CANVAS, "steps": 3} | changes))


def same(one: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_parts_are_floats_of_their_own_size(studio_with: StudioWith, tmp_path: Path) -> None:
    odd = [part(), part(width=37, height=21)]
    ((first, second),) = drawn(studio_with, tmp_path, (odd, how()))
    assert (first.shape, second.shape, first.dtype) == ((3, 32, 48), (3, 21, 37), torch.float32)
    assert 0 <= float(first.min()) < float(first.max()) <= 1


@pytest.mark.parametrize("sampler", [definition.name for definition in limner_samplers()])
def test_parts_together_equal_each_alone(studio_with: StudioWith, tmp_path: Path, sampler: str) -> None:
    calls = [(QUARTERS, how(sampler=sampler)), *(([each], how(sampler=sampler)) for each in QUARTERS)]
    together, *alone = drawn(studio_with, tmp_path, *calls)
    assert same(together, [each for (each,) in alone])


def test_parts_with_words_of_their_own_equal_each_alone(studio_with: StudioWith, tmp_path: Path) -> None:
    words = ["a green star on a white background", "(red:1.3) AND a blue ring", "[sun:moon:0.5]", ""]
    parts = [part(48 * (k % 2), 32 * (k // 2), prompt=prompt, negative="pink") for k, prompt in enumerate(words)]
    together, *alone = drawn(studio_with, tmp_path, (parts, how()), *(([each], how()) for each in parts))
    assert same(together, [each for (each,) in alone])
    assert len({tuple(each.flatten()[:50].tolist()) for each in together}) == 4


def test_the_order_of_what_comes_back_is_that_of_the_parts(studio_with: StudioWith, tmp_path: Path) -> None:
    mixed = [part(), part(width=40), part(48, 0), part(8, 0, width=40)]
    forth, back = drawn(studio_with, tmp_path, (mixed, how()), (mixed[::-1], how()))
    assert same(forth, back[::-1])


class Recorder:
    """A noise that tells how large a canvas it was asked for, and how often."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, seed: Any, shape: tuple[int, int, int], ctx: Any, params: NoParams) -> Any:
        generator = ctx.generator(seed.seed)
        while True:
            self.shapes.append(shape)
            yield torch.randn(shape, generator=generator)


def test_noise_is_that_of_the_whole_canvas_drawn_once_for_all_parts(studio_with: StudioWith, tmp_path: Path) -> None:
    noise, asked = Recorder(), Asked((QUARTERS, how()))
    definition = NoiseDef("told", "Tells.", NoParams, noise)
    studio_with(asked.definition, definition).make(small_request(postprocess=["ask"], noise="told"), tmp_path)
    assert noise.shapes == [(4, 8, 8), (4, 8, 12)]


def test_without_a_box_every_part_has_the_same_noise(studio_with: StudioWith, tmp_path: Path) -> None:
    flat = [Part(Image.new("RGB", (48, 32), "grey")) for _ in range(2)]
    ((one, other),) = drawn(studio_with, tmp_path, (flat, how(canvas=None)))
    assert torch.equal(one, other)


def test_a_seed_of_its_own_gives_a_part_other_noise(studio_with: StudioWith, tmp_path: Path) -> None:
    ((one, other, again),) = drawn(studio_with, tmp_path, ([part(), part(seed=99), part(seed=99)], how()))
    assert torch.equal(other, again)
    assert not torch.equal(one, other)


def test_strength_zero_gives_the_part_back(studio_with: StudioWith, tmp_path: Path) -> None:
    ((made,),) = drawn(studio_with, tmp_path, ([part()], how(strength=0.0)))
    assert torch.equal(made, to_pixels(part().image))


def test_what_is_outside_the_mask_stays_in_the_latent(studio_with: StudioWith, tmp_path: Path) -> None:
    mask = Image.new("L", (48, 32), 0)
    mask.paste(255, (0, 0, 16, 32))
    ((free, pinned),) = drawn(studio_with, tmp_path, ([part(), part(mask=mask)], how()))
    before = to_pixels(part().image)[:, :, 32:]
    assert float((pinned[:, :, 32:] - before).abs().mean()) < float((free[:, :, 32:] - before).abs().mean()) / 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"sampler": "eule"}, "sampler: 'eule' is unknown; did you mean euler"),
        ({"schedule": "x"}, "schedule: 'x' is unknown"),
        ({"model": "x"}, "model: 'x' is unknown"),
        ({"vae": "x"}, "vae: 'x' is unknown"),
    ],
)
def test_names_that_nothing_answers_to_are_refused(
    studio_with: StudioWith, tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UnknownName, match=sentence):
        drawn(studio_with, tmp_path, ([part()], how(**changes)))


def test_a_prompt_that_cannot_be_read_is_refused(studio_with: StudioWith, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="lora"):
        drawn(studio_with, tmp_path, ([part(prompt="a <lora:nobody:1> cat")], how()))


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (Part(picture(), mask=Image.new("L", (3, 3))), "mask of"),
        (Part(picture(), box=Box(50, 0, 96, 64)), "not on the canvas"),
    ],
)
def test_a_part_that_cannot_be_is_its_plugins_fault(
    studio_with: StudioWith, tmp_path: Path, bad: Part, sentence: str
) -> None:
    with pytest.raises(StageFailed, match=f"plugin mine:ask: .*{sentence}"):
        drawn(studio_with, tmp_path, ([bad], how()))


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"cfg": 99.0}, {"clip_skip": 0}, {"noise_multiplier": 9.0}])
def test_a_way_to_draw_that_cannot_be_is_its_plugins_fault_too(
    studio_with: StudioWith, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    with pytest.raises(StageFailed, match=f"plugin mine:ask: .*{next(iter(wrong))}"):
        drawn(studio_with, tmp_path, ([part()], how(**wrong)))


def test_parts_without_a_place_hear_nothing_of_the_pictures_own_hint(
    studio_with: StudioWith, shelf: Path, tmp_path: Path
) -> None:
    lone = Part(part().image)
    kept, _ = hinted(studio_with, tmp_path / "a", shelf, ([lone, part()], how(keeps_controls=True)))
    left, _ = hinted(studio_with, tmp_path / "b", shelf, ([lone, part()], how()))
    assert torch.equal(kept[0], left[0])
    assert not torch.equal(kept[1], left[1])


def test_an_old_samplers_name_brings_its_schedule(studio_with: StudioWith, tmp_path: Path) -> None:
    old, new = how(sampler="DPM++ 2M Karras"), how(sampler="dpmpp_2m", schedule="karras")
    first, second = drawn(studio_with, tmp_path, ([part()], old), ([part()], new), schedule="exponential")
    assert same(first, second)


@pytest.fixture
def shelf(studio: Studio, pocket: Any) -> Iterator[Path]:
    """The data folder with a control network for Pocket, a LoRA for it, and a picture to hint with."""
    data = studio.library.data
    folder = data.controls / "lines"
    tiny_control(pocket.unet).save_pretrained(folder)
    a_lora(data.loras / "style.safetensors", pocket)
    picture(Size(48, 32)).save(data.root / "hint.png")
    yield data.root
    shutil.rmtree(folder)
    for left in (data.loras / "style.safetensors", data.root / "hint.png"):
        left.unlink()


class Copying:
    """A preprocessor that remembers the sizes that it was shown."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def __call__(self, image: Image.Image, ctx: Any, params: NoParams) -> Image.Image:
        self.sizes.append(image.size)
        return image


def hinted(build: StudioWith, tmp_path: Path, shelf: Path, call: tuple[Sequence[Part], Redrawing]) -> Any:
    """The parts, drawn for a picture that has a control of its own, and what its preprocessor was shown."""
    maker, asked = Copying(), Asked(call)
    studio = build(asked.definition, PreprocessorDef("copying", "Copies.", NoParams, maker))
    control = {"name": "lines", "image": str(shelf / "hint.png"), "preprocessor": "copying"}
    studio.make(small_request(postprocess=["ask"], controls=[control]), tmp_path)
    return asked.got[0], maker.sizes


def test_the_pictures_own_hint_is_made_once_for_the_canvas_and_cut(
    studio_with: StudioWith, shelf: Path, tmp_path: Path
) -> None:
    kept, sizes = hinted(studio_with, tmp_path / "a", shelf, (QUARTERS, how(keeps_controls=True)))
    left, _ = hinted(studio_with, tmp_path / "b", shelf, (QUARTERS, how()))
    assert sizes == [(64, 64), CANVAS]
    assert not same(kept, left)


def test_a_control_of_the_parts_own_hints_with_the_part(studio_with: StudioWith, shelf: Path, tmp_path: Path) -> None:
    maker, controls = Copying(), (ControlChoice(name="lines", preprocessor=Choice(name="copying")),)
    asked = Asked((QUARTERS[:2], how(controls=controls)), (QUARTERS[:2], how()))
    studio = studio_with(asked.definition, PreprocessorDef("copying", "Copies.", NoParams, maker))
    studio.make(small_request(postprocess=["ask"]), tmp_path)
    assert maker.sizes == [(48, 32), (48, 32)]
    assert not same(*asked.got)


def test_a_lora_in_a_parts_prompt_is_for_that_part_alone(
    studio_with: StudioWith, pocket: Any, shelf: Path, tmp_path: Path
) -> None:
    parts = [part(prompt="a red circle <lora:style:1>"), part(prompt="a red circle"), part(prompt="a red circle")]
    ((styled, plain, again),) = drawn(studio_with, tmp_path, (parts, how()))
    assert torch.equal(plain, again)
    assert not torch.equal(styled, plain)
