"""The bundled noises: known numbers, mixes, seed resize, ENSD, the field, and the pictures they make."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from math import acos, log, pi, sin, sqrt
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from tests.conftest import small_request

from limner_host.studio import Studio
from limner_plugins.noises import NoiseParams, limner_noises, philox
from limner_plugins.noises.mixing import column_slerp, slerp, weights
from limner_sdk import ImageSeed, Increments, NoiseDef
from limner_sdk.testing import FakeContext, check_noise

NOISES: dict[str, NoiseDef[Any]] = {definition.name: definition for definition in limner_noises()}
SHAPE = (4, 16, 12)
every_noise = pytest.mark.parametrize("name", NOISES)
every_mix = pytest.mark.parametrize("mix", ["preserving", "slerp", "a1111"])


def chain(seed: int, *links: tuple[int, float]) -> ImageSeed:
    return ImageSeed.model_validate({"seed": seed, "variations": [{"seed": s, "strength": t} for s, t in links]})


def draws(name: str, seed: ImageSeed, count: int = 3, shape: Any = SHAPE, **params: Any) -> list[torch.Tensor]:
    definition = NOISES[name]
    return list(islice(definition.run(seed, shape, FakeContext(), definition.params(**params)), count))


def first(name: str, seed: ImageSeed, shape: Any = SHAPE, **params: Any) -> torch.Tensor:
    return draws(name, seed, 1, shape, **params)[0]


def walk(name: str, seed: ImageSeed, shape: Any = SHAPE, ctx: Any = None, **params: Any) -> Increments:
    definition = NOISES[name]
    assert definition.brownian
    return definition.brownian(seed, shape, 0.03, 14.6, ctx or FakeContext(), definition.params(**params))


def equal(some: list[torch.Tensor], others: list[torch.Tensor]) -> list[bool]:
    return [torch.equal(one, other) for one, other in zip(some, others, strict=True)]


@every_noise
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"mix": "slerp", "vary_sampler": True, "ensd": 31337},
        {"mix": "a1111", "vary_sampler": True, "resize_width": 128, "resize_height": 384},
        {"resize_width": 512, "resize_height": 512, "ensd": 2**32 - 1},
    ],
)
def test_a_noise_keeps_its_contract_whatever_is_set(name: str, params: dict[str, Any]) -> None:
    check_noise(NOISES[name], NOISES[name].params(**params))


# Known numbers


def test_gaussian_noise_is_torchs_own_stream() -> None:
    stream = torch.Generator().manual_seed(7)
    assert equal(draws("gaussian", chain(7)), [torch.randn(SHAPE, generator=stream) for _ in range(3)]) == [True] * 3


def test_philox_gives_the_known_numbers_of_seed_zero() -> None:
    made = next(philox(chain(0), (1, 3, 4), FakeContext(), NoiseParams())).flatten()
    assert made[:4].tolist() == pytest.approx([-0.92466259, -0.42534415, -2.6438457, 0.14518388], abs=1e-7)
    assert made.dtype == torch.float32


def textbook_philox(counter: list[int], key: list[int]) -> list[int]:
    """Ten rounds of Philox 4x32 in Python's whole numbers (Salmon et al. 2011)."""
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [
            second >> 32 ^ counter[1] ^ key[0],
            second & 0xFFFFFFFF,
            first >> 32 ^ counter[3] ^ key[1],
            first & 0xFFFFFFFF,
        ]
        key = [(key[0] + 0x9E3779B9) % 2**32, (key[1] + 0xBB67AE85) % 2**32]
    return counter


def textbook_normal(words: list[int]) -> float:
    return sqrt(-2 * log((words[0] + 0.5) / 2**32)) * sin((words[1] + 0.5) / 2**32 * 2 * pi)


def test_the_textbooks_philox_has_the_papers_test_vectors() -> None:
    assert textbook_philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    assert textbook_philox([2**32 - 1] * 4, [2**32 - 1] * 2) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]


@pytest.mark.parametrize("seed", [1, 2**32 - 1])
def test_philox_counts_its_draws_and_its_elements(seed: int) -> None:
    made = draws("philox", chain(seed))
    for draw, place in ((0, 0), (1, 5), (2, 4 * 16 * 12 - 1)):
        expected = textbook_normal(textbook_philox([draw, 0, place, 0], [seed, 0]))
        assert float(made[draw].flatten()[place]) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("channel", "row", "column", "draw"), [(0, 0, 0, 0), (3, 15, 11, 1), (1, 7, 2, 2)])
def test_the_fields_counter_is_the_place_and_the_draw(channel: int, row: int, column: int, draw: int) -> None:
    expected = textbook_normal(textbook_philox([channel, row, column, draw], [99, 0]))
    assert float(draws("field", chain(99))[draw][channel, row, column]) == pytest.approx(expected, abs=1e-6)


# Mixes


def test_two_noises_are_mixed_so_that_the_variance_stays_one() -> None:
    a, b, t = first("gaussian", chain(1)), first("gaussian", chain(2)), 0.3
    expected = ((1 - t) * a + t * b) / sqrt((1 - t) ** 2 + t**2)
    assert torch.allclose(first("gaussian", chain(1, (2, t))), expected, atol=1e-6)


@every_mix
@pytest.mark.parametrize("strength", [0.25, 0.5, 0.75])
def test_every_mix_keeps_the_variance(mix: str, strength: float) -> None:
    assert float(first("gaussian", chain(1, (2, strength)), (4, 64, 64), mix=mix).std()) == pytest.approx(1, abs=0.02)


@every_mix
def test_strength_zero_keeps_the_noise_and_strength_one_replaces_it(mix: str) -> None:
    assert torch.equal(first("gaussian", chain(1, (2, 0.0)), mix=mix), first("gaussian", chain(1)))
    assert torch.equal(first("gaussian", chain(1, (2, 1.0)), mix=mix), first("gaussian", chain(2)))


def test_a_chain_of_variations_is_mixed_link_by_link() -> None:
    one, two, three = (first("gaussian", chain(seed)) for seed in (1, 2, 3))
    second = (0.4 * (0.8 * one + 0.2 * two) / sqrt(0.68) + 0.6 * three) / sqrt(0.52)
    assert torch.allclose(first("gaussian", chain(1, (2, 0.2), (3, 0.6))), second, atol=1e-6)


@pytest.mark.parametrize("mix", ["slerp", "a1111"])
def test_a_turned_chain_is_turned_link_by_link(mix: str) -> None:
    turn = {"slerp": slerp, "a1111": column_slerp}[mix]
    one, two, three = (first("gaussian", chain(seed)) for seed in (1, 2, 3))
    made = first("gaussian", chain(1, (2, 0.2), (3, 0.6)), mix=mix)
    assert torch.equal(made, turn(turn(one, two, 0.2), three, 0.6))


@every_mix
def test_a_seed_that_is_mixed_with_itself_stays_as_it_is(mix: str) -> None:
    assert torch.allclose(first("gaussian", chain(1, (1, 0.5)), mix=mix), first("gaussian", chain(1)), atol=1e-5)


def test_a_seed_that_comes_again_keeps_the_variance() -> None:
    made = first("gaussian", chain(1, (2, 0.4), (1, 0.5)), (4, 64, 64))
    assert float(made.std()) == pytest.approx(1, abs=0.02)


def test_the_column_slerp_turns_each_column_by_its_own_angle() -> None:
    a, b, t = first("gaussian", chain(1)), first("gaussian", chain(2)), 0.3
    expected = torch.empty(SHAPE, dtype=torch.float64)
    for channel in range(4):
        for column in range(12):
            x, y = a[channel, :, column].double(), b[channel, :, column].double()
            angle = torch.acos(x @ y / (x.norm() * y.norm()))
            expected[channel, :, column] = (x * torch.sin((1 - t) * angle) + y * torch.sin(t * angle)) / angle.sin()
    assert torch.allclose(column_slerp(a, b, t).double(), expected, atol=1e-5)


def test_the_column_slerp_averages_noises_that_are_almost_alike_with_swapped_weights() -> None:
    a = first("gaussian", chain(1))
    b = a + 0.001 * first("gaussian", chain(2))
    assert torch.allclose(column_slerp(a, b, 0.25), 0.25 * a + 0.75 * b, atol=1e-7)


def test_the_slerp_turns_by_the_angle_between_the_whole_noises() -> None:
    a, b = (noise / noise.norm() for noise in (first("gaussian", chain(1)), first("gaussian", chain(2))))
    made = slerp(a, b, 0.25)

    def angle(x: torch.Tensor, y: torch.Tensor) -> float:
        return acos(float((x * y).sum()))

    assert float(made.norm()) == pytest.approx(1, abs=1e-5)
    assert angle(a, made) == pytest.approx(0.25 * angle(a, b), abs=1e-5)
    assert angle(made, b) == pytest.approx(0.75 * angle(a, b), abs=1e-5)


def test_the_weights_of_a_chain_square_to_one() -> None:
    for mix in ("preserving", "slerp"):
        shares = weights(chain(1, (2, 0.3), (3, 0.5), (1, 0.2)), mix)  # type: ignore[arg-type]
        assert sum(share**2 for share in shares.values()) == pytest.approx(1)
    assert weights(chain(1, (2, 0.5)), "slerp")[2] == pytest.approx(sin(pi / 4))
    assert weights(chain(1, (2, 0.5), (3, 1.0)), "slerp") == {3: 1.0}


# Seed resize


def torch_noise(seed: int, *shapes: tuple[int, int, int]) -> list[torch.Tensor]:
    stream = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=stream) for shape in shapes]


def test_a_smaller_pictures_noise_is_pasted_into_the_middle() -> None:
    expected = torch_noise(5, SHAPE)[0]
    expected[:, 3:13, 2:10] = torch_noise(5, (4, 10, 8))[0]
    assert torch.equal(first("gaussian", chain(5), resize_width=64, resize_height=80), expected)


def test_a_larger_pictures_noise_is_cropped_to_its_middle() -> None:
    made = first("gaussian", chain(5), resize_width=160, resize_height=192)
    assert torch.equal(made, torch_noise(5, (4, 24, 20))[0][:, 4:20, 4:16])


def test_a_wider_and_lower_pictures_noise_is_pasted_and_cropped() -> None:
    expected = torch_noise(5, SHAPE)[0]
    expected[:, 4:12] = torch_noise(5, (4, 8, 16))[0][:, :, 2:14]
    assert torch.equal(first("gaussian", chain(5), resize_width=128, resize_height=64), expected)


def test_a_side_that_is_not_set_keeps_its_length() -> None:
    expected = torch_noise(5, SHAPE)[0]
    expected[:, :, 2:10] = torch_noise(5, (4, 16, 8))[0]
    assert torch.equal(first("gaussian", chain(5), resize_width=64), expected)


def test_variations_are_mixed_at_the_old_size_in_the_main_seeds_surroundings() -> None:
    small = (4, 10, 8)
    mix = (torch_noise(5, small)[0] * 0.5 + torch_noise(6, small)[0] * 0.5) / sqrt(0.5)
    made = first("gaussian", chain(5, (6, 0.5)), resize_width=64, resize_height=80)
    assert torch.allclose(made[:, 3:13, 2:10], mix, atol=1e-6)
    assert torch.equal(made[:, :3], torch_noise(5, SHAPE)[0][:, :3])


def test_the_old_size_leaves_the_samplers_noise_alone() -> None:
    assert equal(draws("gaussian", chain(5), resize_width=64), draws("gaussian", chain(5))) == [False, True, True]


# The sampler's noise


@every_noise
def test_the_samplers_noise_follows_the_main_seed(name: str) -> None:
    assert equal(draws(name, chain(1, (2, 1.0))), draws(name, chain(1))) == [False, True, True]


@every_noise
@every_mix
def test_with_vary_sampler_full_strength_is_the_other_seed_in_every_draw(name: str, mix: str) -> None:
    settings: dict[str, Any] = {"vary_sampler": True, "mix": mix, "ensd": 3, "resize_width": 64}
    assert equal(draws(name, chain(1, (2, 1.0)), **settings), draws(name, chain(2), **settings)) == [True] * 3
    varied, other = (walk(name, seed, **settings)(3.0, 2.0) for seed in (chain(1, (2, 1.0)), chain(2)))
    assert torch.equal(varied, other)


@every_noise
def test_with_vary_sampler_every_draw_is_mixed_alike(name: str) -> None:
    one, two = draws(name, chain(1)), draws(name, chain(2))
    for made, a, b in zip(draws(name, chain(1, (2, 0.25)), vary_sampler=True), one, two, strict=True):
        assert torch.allclose(made, (0.75 * a + 0.25 * b) / sqrt(0.625), atol=1e-6)


@every_noise
def test_ensd_changes_the_samplers_noise_alone(name: str) -> None:
    plain, shifted = draws(name, chain(5)), draws(name, chain(5), ensd=31337)
    assert torch.equal(plain[0], shifted[0])
    assert equal(shifted[1:], draws(name, chain(5 + 31337), 2)) == [True, True]


def test_ensd_goes_round_at_the_largest_seed() -> None:
    made = draws("gaussian", chain(2**32 - 1), ensd=3)
    assert torch.equal(made[1], first("gaussian", chain(2)))


# Brownian paths


@every_noise
def test_a_path_follows_the_main_seed_and_no_ensd(name: str) -> None:
    plain = walk(name, chain(1))(3.0, 2.0)
    assert torch.equal(walk(name, chain(1, (2, 0.7)), ensd=5)(3.0, 2.0), plain)
    assert float(plain.std()) == pytest.approx(1, abs=0.1)


def test_a_varied_path_is_the_sum_of_its_seeds_paths() -> None:
    one, two = (walk("gaussian", chain(seed))(3.0, 2.0) for seed in (1, 2))
    made = walk("gaussian", chain(1, (2, 0.25)), vary_sampler=True)(3.0, 2.0)
    assert torch.allclose(made, (0.75 * one + 0.25 * two) / sqrt(0.625), atol=1e-6)


def test_each_noise_grows_its_path_from_its_own_draws() -> None:
    paths = [walk(name, chain(1))(3.0, 2.0) for name in NOISES]
    assert torch.stack(paths).flatten(1).corrcoef().fill_diagonal_(0).abs().max() < 0.15


# The field


@pytest.mark.parametrize("draw", [0, 1])
def test_a_larger_field_begins_as_the_smaller_one(draw: int) -> None:
    small, large = (draws("field", chain(3), shape=shape)[draw] for shape in ((4, 8, 8), (4, 12, 16)))
    assert torch.equal(large[:, :8, :8], small)


def test_a_larger_field_shows_the_smaller_one_in_its_middle_if_it_is_anchored_there() -> None:
    small, large = (first("field", chain(3), shape, anchor="centre") for shape in ((4, 8, 8), (4, 12, 16)))
    assert torch.equal(large[:, 2:10, 4:12], small)


# Pictures


@pytest.fixture
def make(studio: Studio, tmp_path: Path) -> Callable[..., list[bytes]]:
    """Makes pictures with any noise and gives their pixels."""
    folders = iter(range(100))

    def made(noise: str = "gaussian", **changes: Any) -> list[bytes]:
        params = changes.pop("params", {})
        folder = tmp_path / str(next(folders))
        request = small_request(noise={"name": noise, "params": params}, steps=3, **changes)
        return [_pixels(folder / picture.file) for picture in studio.make(request, folder).pictures]

    return made


def _pixels(file: Path) -> bytes:
    with Image.open(file) as image:
        return image.convert("RGB").tobytes()


@every_noise
@pytest.mark.parametrize("sampler", ["euler_a", "dpmpp_sde"])
def test_a_picture_of_a_batch_equals_the_same_picture_alone(name: str, sampler: str, make: Any) -> None:
    batch = make(name, count=3, seed=4, sampler=sampler)
    assert len(set(batch)) == 3
    assert make(name, seed=6, sampler=sampler) == batch[2:]


@pytest.mark.parametrize("sampler", ["euler_a", "dpmpp_sde"])
def test_full_strength_with_vary_sampler_is_the_second_seeds_picture(sampler: str, make: Any) -> None:
    second = make(seed=9, sampler=sampler)
    settings: dict[str, Any] = {"seed": 4, "variations": [{"seed": 9, "strength": 1.0}], "sampler": sampler}
    assert make(**settings, params={"vary_sampler": True}) == second
    assert make(**settings) != second


def test_strength_zero_is_the_plain_picture(make: Any) -> None:
    none = [{"seed": 9, "strength": 0.0}]
    assert make(variations=none, sampler="euler_a", params={"vary_sampler": True}) == make(sampler="euler_a")


@pytest.mark.parametrize(("sampler", "differs"), [("euler_a", True), ("dpmpp_2m", False), ("dpmpp_sde", False)])
def test_ensd_changes_samplers_that_draw_and_no_others(sampler: str, differs: bool, make: Any) -> None:
    assert (make(sampler=sampler, params={"ensd": 31337}) != make(sampler=sampler)) is differs


@pytest.mark.parametrize(("known", "name"), [("NV", "philox"), ("gpu", "philox"), ("CPU", "gaussian")])
def test_a_noise_answers_to_the_names_it_has_elsewhere(known: str, name: str, make: Any) -> None:
    assert make(known) == make(name)


def test_the_three_noises_give_three_pictures(make: Any) -> None:
    assert len({make(name)[0] for name in NOISES}) == 3
