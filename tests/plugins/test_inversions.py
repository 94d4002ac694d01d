"""Noise inversion: exact where the flow is known, honest about detail, and closer to the picture with Pocket."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageChops, ImageDraw, ImageStat
from tests.conftest import small_request
from torch import Tensor

from limner_host.studio import Studio
from limner_plugins.inversions import NoiseInversionParams, box_mean, mixed, noise_inversion, renoise_mask, rising
from limner_sdk import Box, Cancelled, InvalidRequest, NoParams, Tile, TilerDef, Tiling
from limner_sdk.testing import FakeContext

#: The deviation of the known data, and the level that its runs begin with.
SPREAD, TOP = 0.8, 3.0


class Run(FakeContext):
    """A run that begins at `TOP` with a picture of our own."""

    def __init__(self, shown: Tensor | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.sigmas = (TOP, 1.0, 0.0)
        self.shown = shown

    def picture(self) -> Tensor:
        assert self.shown is not None, "nobody may ask for the picture"
        return self.shown


def gaussian(x: Tensor, sigma: float) -> Tensor:
    """The exact clean mean of independent values of deviation `SPREAD`."""
    return x * SPREAD**2 / (SPREAD**2 + sigma**2)


def latent_of(seed: int = 1) -> Tensor:
    return torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(seed)) * SPREAD


def fresh(count: int = 1) -> Tensor:
    return torch.randn(count, 4, 16, 16, generator=torch.Generator().manual_seed(9))


def inverted(latent: Tensor, **settings: Any) -> Tensor:
    params = NoiseInversionParams(renoise=0, **settings)
    return noise_inversion(latent, fresh(), gaussian, Run(), params)


def way_back(latent: Tensor, steps: int) -> float:
    """How far from `latent` one lands after inversion and as many Euler steps down."""
    x = latent + inverted(latent, steps=steps) * TOP
    for sigma, below in pairwise(rising(steps, TOP, Run().levels)[::-1]):
        x = x + (x - gaussian(x, sigma)) / sigma * (below - sigma)
    return float((x - latent).abs().mean())


def test_the_way_back_leads_to_the_picture_and_the_closer_the_more_steps() -> None:
    missed = [way_back(latent_of(), steps) for steps in (10, 40, 160)]
    assert missed == sorted(missed, reverse=True)
    assert missed[2] < 0.03 < missed[0] / 2


def test_the_noisy_latent_has_the_spread_of_its_level() -> None:
    x = latent_of() + inverted(latent_of(), steps=200) * TOP
    assert float(x.std()) == pytest.approx((SPREAD**2 + TOP**2) ** 0.5, rel=0.05)


def test_without_renoising_neither_the_picture_nor_fresh_noise_is_asked_for() -> None:
    made = noise_inversion(latent_of(), fresh() * float("nan"), gaussian, Run(), NoiseInversionParams(renoise=0))
    assert bool(made.isfinite().all())


def test_a_batch_from_one_picture_shares_the_inversion_and_has_its_own_fresh_noise() -> None:
    grey = Run(torch.zeros(1, 3, 128, 128))
    made = noise_inversion(latent_of(), fresh(3), gaussian, grey, NoiseInversionParams())
    assert torch.allclose(made, fresh(3), atol=1e-5)
    plain = noise_inversion(latent_of(), fresh(3), gaussian, grey, NoiseInversionParams(renoise=0))
    assert plain.shape == (3, 4, 16, 16)
    assert torch.equal(plain[0], plain[2])


def test_retouching_tells_the_network_a_lower_level_and_shows_it_the_same_numbers() -> None:
    told: list[tuple[float, float]] = []

    def denoise(x: Tensor, sigma: float) -> Tensor:
        told.append((sigma, float(x.std()) / (1 + sigma**2) ** 0.5))
        return x * 0

    levels = Run().levels
    noise_inversion(latent_of(), fresh(), denoise, Run(), NoiseInversionParams(steps=4, retouch=2, renoise=0))
    planned = rising(4, TOP, levels)[:-1]
    assert [levels.timestep(s) for s, _ in told] == pytest.approx([levels.timestep(s) / 2 for s in planned])
    assert told[0][1] == pytest.approx(float(latent_of().std()) / (1 + planned[0] ** 2) ** 0.5)


def test_a_picture_that_is_kept_needs_no_inversion() -> None:
    run = Run()
    run.sigmas = (0.0,)
    assert torch.equal(noise_inversion(latent_of(), fresh(), gaussian, run, NoiseInversionParams()), fresh())


def test_an_inversion_can_be_cancelled_between_steps() -> None:
    run = Run(cancel_after=3)
    with pytest.raises(Cancelled):
        noise_inversion(latent_of(), fresh(), gaussian, run, NoiseInversionParams())
    assert len(run.reports) == 1


def test_mixing_keeps_the_variance() -> None:
    share = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(2))
    both = torch.randn(2, 64, 16, 16, generator=torch.Generator().manual_seed(3))
    assert float(mixed(both[:1], both[1:], share).std()) == pytest.approx(1, abs=0.02)


def striped(light: int = 0) -> Tensor:
    """A flat left half, and thin lines `light` lighter than it in the right one; (1, 3, 128, 128)."""
    image = Image.new("RGB", (128, 128), (120, 120, 120))
    for x in range(72, 128, 8):
        ImageDraw.Draw(image).line((x, 0, x, 127), fill=(120 + light,) * 3)
    return (
        torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(1, 128, 128, 3).permute(0, 3, 1, 2).float()
        / 127.5
        - 1
    )


def mask_of(picture: Tensor, **settings: Any) -> Tensor:
    return renoise_mask(picture, torch.zeros(1, 4, 16, 16), NoiseInversionParams(**{"kernel": 16} | settings))


def test_flat_parts_get_fresh_noise_and_detail_keeps_its_own() -> None:
    mask = mask_of(striped(100))
    assert mask.shape == (1, 1, 16, 16)
    assert float(mask[..., :7].min()) == pytest.approx(1, abs=1e-4)
    assert float(mask[..., 10:].max()) < 0.75
    assert float(mask_of(striped(100), renoise=0.5)[..., :7].max()) == pytest.approx(0.5, abs=1e-4)


def test_dark_lines_are_detail_as_much_as_light_ones() -> None:
    assert torch.allclose(mask_of(striped(100)), mask_of(striped(-100)), atol=1e-4)


@pytest.mark.parametrize("kernel", [2, 3, 8, 200])
def test_means_over_squares_are_cut_at_the_borders(kernel: int) -> None:
    values = torch.rand(1, 1, 9, 13, generator=torch.Generator().manual_seed(1))
    made, reach = box_mean(values, kernel), kernel // 2
    for row, column in ((0, 0), (4, 6), (8, 12)):
        rows = slice(max(0, row - reach), row - reach + kernel)
        columns = slice(max(0, column - reach), column - reach + kernel)
        assert float(made[0, 0, row, column]) == pytest.approx(float(values[..., rows, columns].mean()), abs=1e-6)


@pytest.fixture(scope="module")
def star(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A green star, as Pocket draws it small."""
    folder = tmp_path_factory.mktemp("star")
    studio.make(small_request(prompt="a green star on a white background", steps=8), folder)
    return folder / "1.png"


def redrawn(studio: Studio, folder: Path, star: Path | None, **changes: Any) -> bytes:
    """A picture drawn over; without one, drawn from nothing."""
    asked: dict[str, Any] = {"steps": 6}
    if star is not None:
        asked |= {"image": str(star), "start": {"denoise": 0.6}}
    studio.make(small_request(**asked | changes), folder)
    return Image.open(folder / "1.png").convert("RGB").tobytes()


def inversion(**params: Any) -> dict[str, Any]:
    return {"name": "noise_inversion", "params": {"steps": 4, "renoise": 0} | params}


def test_a_picture_stays_closer_with_its_own_noise(studio: Studio, tmp_path: Path) -> None:
    asked = {"prompt": "a green star on a white background", "width": 128, "height": 128, "steps": 10, "cfg": 1}
    source = Image.frombytes("RGB", (128, 128), redrawn(studio, tmp_path, None, **asked))
    source.save(tmp_path / "source.png")

    def apart(**changes: Any) -> float:
        made = redrawn(studio, tmp_path, tmp_path / "source.png", **asked | changes)
        return sum(ImageStat.Stat(ImageChops.difference(Image.frombytes("RGB", (128, 128), made), source)).mean)

    plain = [apart(seed=seed) for seed in range(4)]
    assert apart(inversion=inversion(steps=10)) < min(plain) / 2


def test_a_batch_with_inversion_equals_each_one_alone(studio: Studio, tmp_path: Path, star: Path) -> None:
    changes = {"inversion": inversion(renoise=1)}
    redrawn(studio, tmp_path / "batch", star, seed=7, count=2, **changes)
    second = Image.open(tmp_path / "batch" / "2.png").convert("RGB").tobytes()
    assert second == redrawn(studio, tmp_path / "alone", star, seed=8, **changes)


def test_a_batch_whose_second_pass_inverts_equals_each_one_alone(studio: Studio, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"width": 72, "steps": 3, "hires": {"scale": 1.5}, "inversion": inversion(renoise=1)}
    redrawn(studio, tmp_path / "batch", None, seed=5, count=2, **changes)
    second = Image.open(tmp_path / "batch" / "2.png").convert("RGB").tobytes()
    assert second == redrawn(studio, tmp_path / "alone", None, seed=6, **changes)


def test_the_recipe_of_an_inverted_picture_remakes_it(studio: Studio, tmp_path: Path, star: Path) -> None:
    asked = small_request(image=str(star), start={"denoise": 0.6}, inversion="Noise inversion")
    recipe = studio.make(asked, tmp_path / "a").pictures[0].recipe
    assert recipe.inversion is not None
    assert (recipe.inversion.id, recipe.inversion.params["steps"]) == ("inversions:noise_inversion", 10)
    studio.make(recipe.as_request(), tmp_path / "b")
    assert Image.open(tmp_path / "a" / "1.png").tobytes() == Image.open(tmp_path / "b" / "1.png").tobytes()


def test_one_tile_over_the_canvas_inverts_as_no_tiler_does(
    studio: Studio, studio_with: Callable[..., Studio], tmp_path: Path, star: Path
) -> None:
    def plan(size: Any, step: int, ctx: Any, params: NoParams) -> Tiling:
        return Tiling([Tile(Box(0, 0, *size))], 1)

    tiled = studio_with(TilerDef("whole", "One tile.", NoParams, plan))
    with_it = redrawn(tiled, tmp_path / "a", star, inversion=inversion(), tiler="whole")
    assert with_it == redrawn(studio, tmp_path / "b", star, inversion=inversion())


def test_a_second_pass_and_a_mask_begin_with_the_picture_s_own_noise(
    studio: Studio, tmp_path: Path, star: Path
) -> None:
    hires = {"scale": 1, "denoise": 0.6}
    twice = redrawn(studio, tmp_path / "a", None, inversion=inversion(), hires=hires)
    assert twice != redrawn(studio, tmp_path / "b", None, hires=hires)
    Image.linear_gradient("L").resize((64, 64)).save(tmp_path / "mask.png")
    masked = redrawn(studio, tmp_path / "c", star, inversion=inversion(), mask=str(tmp_path / "mask.png"))
    assert masked != redrawn(studio, tmp_path / "d", star, mask=str(tmp_path / "mask.png"))


def test_an_inversion_without_a_picture_is_refused(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"^inversion: 'noise_inversion' needs a picture to start from"):
        studio.make(small_request(inversion="noise_inversion"), tmp_path)
