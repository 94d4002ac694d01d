"""The host's small parts: noise levels, guidance, tiles, device, memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import small_request

from limner_host.device import best_device, best_dtype, memory_reported
from limner_host.guidance import checked_plan, guided, one_by_one, tiled
from limner_host.levels import TableLevels, levels_of
from limner_host.offers import Offer
from limner_host.stages.decode import to_image, to_tensor
from limner_host.studio import Studio
from limner_sdk import (
    Box,
    ConfigurationError,
    Guidance,
    LimnerError,
    NoParams,
    OutOfMemory,
    Size,
    Tile,
    TilerDef,
    UnusableModel,
)

LEVELS = levels_of({"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}, "sd")


def test_the_levels_of_stable_diffusion_are_the_known_ones() -> None:
    assert LEVELS.sigma_min == pytest.approx(0.029167, abs=1e-6)
    assert LEVELS.sigma_max == pytest.approx(14.614641, abs=1e-5)
    assert LEVELS.timesteps == 1000
    assert (LEVELS.sigma(0), LEVELS.sigma(999)) == (LEVELS.sigma_min, pytest.approx(LEVELS.sigma_max))


def test_the_levels_agree_with_diffusers() -> None:
    from diffusers import DDPMScheduler

    for kind in ("scaled_linear", "linear"):
        config = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": kind}
        kept = DDPMScheduler(**config).alphas_cumprod.double()
        levels = levels_of(config, "x")
        for timestep in (0, 1, 499, 998, 999):
            assert levels.sigma(timestep) == pytest.approx(float(((1 - kept) / kept)[timestep].sqrt()), rel=1e-4)


@given(st.floats(0, 999))
def test_timestep_is_the_inverse_of_sigma(timestep: float) -> None:
    assert LEVELS.timestep(LEVELS.sigma(timestep)) == pytest.approx(timestep, abs=1e-6)


@given(st.integers(0, 998), st.floats(0, 1))
def test_between_two_timesteps_log_sigma_is_a_straight_line(below: int, part: float) -> None:
    expected = LEVELS.sigma(below) ** (1 - part) * LEVELS.sigma(below + 1) ** part
    assert LEVELS.sigma(below + part) == pytest.approx(expected)


def test_levels_beyond_the_table_are_held_at_its_ends() -> None:
    assert (LEVELS.sigma(-5), LEVELS.sigma(2000)) == (LEVELS.sigma(0), LEVELS.sigma(999))
    assert (LEVELS.timestep(0.0), LEVELS.timestep(1e9)) == (0.0, 999.0)


def test_an_unknown_beta_schedule_is_refused_by_name() -> None:
    with pytest.raises(UnusableModel, match=r"model odd: .* 'squaredcos_cap_v2'"):
        levels_of({"beta_schedule": "squaredcos_cap_v2"}, "odd")


def test_a_table_needs_no_thousand_levels() -> None:
    assert TableLevels([1.0, 4.0]).sigma(0.5) == pytest.approx(2.0)


class Words:
    """A conditioning that is one number per picture."""

    def __init__(self, *values: float) -> None:
        self.values = values
        self.crops: list[Box] = []

    def crop(self, box: Box) -> Words:
        self.crops.append(box)
        return self

    def join(self, other: Any) -> Words:
        return Words(*self.values, *other.values)

    def rows(self, start: int, stop: int) -> Words:
        return Words(*self.values[start:stop])


class Adding:
    """A model that predicts the latent plus the prompt's number."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def predict(self, x: torch.Tensor, sigma: float, cond: Any) -> torch.Tensor:
        self.batches.append(len(x))
        return x + torch.tensor(cond.values).view(-1, 1, 1, 1)


def ask(positive: Words, negative: Words, scale: float) -> Guidance:
    return Guidance(positive, negative, scale)  # type: ignore[arg-type]


def test_guidance_goes_away_from_the_negative_prompt() -> None:
    predict = guided(Adding())  # type: ignore[arg-type]
    x = torch.zeros(2, 4, 2, 2)
    guidance = ask(Words(3.0, 5.0), Words(1.0, 1.0), 2.5)
    assert predict(x, 1.0, guidance)[:, 0, 0, 0].tolist() == [1 + 2.5 * 2, 1 + 2.5 * 4]


def test_guidance_of_one_asks_the_network_half_as_much() -> None:
    model = Adding()
    predict = guided(model)  # type: ignore[arg-type]
    assert predict(torch.zeros(2, 4, 2, 2), 1.0, ask(Words(3, 5), Words(1, 1), 1.0))[:, 0, 0, 0].tolist() == [3, 5]
    assert model.batches == [2]


def test_pictures_predicted_one_by_one_keep_their_own_prompt() -> None:
    model = Adding()
    predict = one_by_one(guided(model))  # type: ignore[arg-type]
    made = predict(torch.zeros(3, 4, 2, 2), 1.0, ask(Words(3, 5, 7), Words(0, 0, 0), 1.0))
    assert made[:, 0, 0, 0].tolist() == [3, 5, 7]
    assert model.batches == [1, 1, 1]


def pointwise(x: torch.Tensor, sigma: float, guidance: Any) -> torch.Tensor:
    return torch.sin(x) * sigma


def tiler(*tiles: Tile) -> Offer[TilerDef[NoParams]]:
    return Offer("test", "1", TilerDef("test", "Tiles.", NoParams, lambda size, step, params: tiles))


OVERLAPPING = (
    Tile(Box(0, 0, 5, 8)),
    Tile(Box(3, 0, 5, 4), weight=2.5),
    Tile(Box(3, 4, 5, 4), weight=[[1.0 + row + column for column in range(5)] for row in range(4)]),
)


def test_a_pointwise_prediction_is_the_same_with_and_without_tiles() -> None:
    x = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    fused = tiled(pointwise, tiler(*OVERLAPPING), NoParams(), lambda sigma: 0)
    guidance = ask(Words(1), Words(0), 2.0)
    assert torch.allclose(fused(x, 3.0, guidance), pointwise(x, 3.0, guidance), atol=1e-6)


def test_overlapping_tiles_are_averaged_by_weight() -> None:
    answers = iter([1.0, 4.0])
    tiles = Tile(Box(0, 0, 2, 2)), Tile(Box(1, 0, 2, 2), weight=3.0)
    fused = tiled(
        lambda x, sigma, guidance: torch.full_like(x, next(answers)), tiler(*tiles), NoParams(), lambda sigma: 0
    )
    made = fused(torch.zeros(1, 1, 2, 3), 1.0, ask(Words(1), Words(0), 2.0))
    assert made[0, 0, 0].tolist() == [1.0, (1 + 3 * 4) / 4, 4.0]


def test_each_tile_gets_its_part_of_the_conditioning() -> None:
    positive, negative = Words(1), Words(0)
    fused = tiled(pointwise, tiler(*OVERLAPPING), NoParams(), lambda sigma: 0)
    fused(torch.zeros(1, 4, 8, 8), 1.0, ask(positive, negative, 2.0))
    assert positive.crops == negative.crops == [tile.box for tile in OVERLAPPING]


def test_a_plan_is_told_the_number_of_the_step(studio_with: Callable[..., Studio], tmp_path: Path) -> None:
    steps: list[int] = []

    def plan(size: Size, step: int, params: NoParams) -> list[Tile]:
        steps.append(step)
        return [Tile(Box(0, 0, *size))]

    tilers = studio_with(TilerDef("count", "Counts.", NoParams, plan))
    tilers.make(small_request(tiler="count", steps=4), tmp_path)
    assert steps == [0, 1, 2, 3]


def test_one_tile_that_covers_all_changes_nothing(
    studio_with: Callable[..., Studio], studio: Studio, tmp_path: Path
) -> None:
    whole = TilerDef("whole", "One tile.", NoParams, lambda size, step, params: [Tile(Box(0, 0, *size))])
    one = studio_with(whole).make(small_request(tiler="whole", width=72), tmp_path / "a").pictures[0]
    two = studio.make(small_request(width=72), tmp_path / "b").pictures[0]
    images = [to_tensor(_open(tmp_path / folder / "1.png"), studio.device) for folder in "ab"]
    assert (one.width, two.width) == (72, 72)
    assert (images[0] - images[1]).abs().max() < 2 / 127


def _open(file: Path) -> Any:
    from limner_host.pictures import read_image

    return read_image(file)


@pytest.mark.parametrize(
    ("tiles", "sentence"),
    [
        ([], "leaves 64 of 64 cells in no tile"),
        ([Tile(Box(0, 0, 8, 7))], "leaves 8 of 64 cells in no tile"),
        ([Tile(Box(0, 0, 9, 8))], "leaves the canvas of 8x8 cells"),
        ([Tile(Box(-1, 0, 9, 8))], "leaves the canvas"),
        ([Tile(Box(0, 0, 8, 8)), Tile(Box(2, 2, 0, 3))], "leaves the canvas"),
    ],
)
def test_a_bad_plan_is_refused_with_the_tilers_name(tiles: list[Tile], sentence: str) -> None:
    with pytest.raises(LimnerError, match=f"plugin holes: .*{sentence}"):
        checked_plan(tiles, Size(8, 8), "holes")


def test_a_picture_survives_the_way_to_a_tensor_and_back() -> None:
    from PIL import Image

    image = Image.frombytes("RGB", (16, 16), bytes(range(256)) * 3)
    tensor = to_tensor(image, torch.device("cpu"))
    assert (tensor.min(), tensor.max(), tensor.shape) == (-1, 1, (1, 3, 16, 16))
    assert to_image(tensor).tobytes() == image.tobytes()


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate"),
    ],
)
def test_every_way_of_running_out_of_memory_is_one_error(error: Exception) -> None:
    with pytest.raises(OutOfMemory, match=r"^there is not enough memory for it; ask for a smaller size"):
        with memory_reported("it"):
            raise error


def test_running_out_of_memory_is_not_blamed_on_a_plugin(studio_with: Callable[..., Studio], tmp_path: Path) -> None:
    from limner_sdk import SamplerDef

    def greedy(*_: Any) -> Any:
        return torch.empty(2**55)

    studio = studio_with(SamplerDef("greedy", "Wants too much.", NoParams, greedy))
    with pytest.raises(OutOfMemory):
        studio.make(small_request(sampler="greedy"), tmp_path)


def test_other_errors_are_not_taken_for_memory() -> None:
    with pytest.raises(RuntimeError, match=r"^shape$"), memory_reported("it"):
        raise RuntimeError("shape")


def test_a_device_that_cannot_be_used_is_a_setting_to_change() -> None:
    with pytest.raises(ConfigurationError, match=r"LIMNER_DEVICE: 'banana' cannot be used .* try cpu or cuda"):
        best_device("banana")


def test_the_environment_chooses_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_DEVICE", "cpu")
    assert best_device().type == "cpu"
    assert best_dtype(best_device()) == torch.float32
