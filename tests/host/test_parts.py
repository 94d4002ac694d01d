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
from limner_host.levels import TableLevels, levels_of
from limner_host.studio import Studio
from limner_host.tensors import to_image, to_tensor
from limner_sdk import (
    ConfigurationError,
    NoParams,
    OutOfMemory,
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


def test_a_picture_survives_the_way_to_a_tensor_and_back() -> None:
    from PIL import Image

    image = Image.frombytes("RGB", (16, 16), bytes(range(256)) * 3)
    tensor = to_tensor(image)
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
