"""From a recipe's controls to hints: the picture that is shown, when it is heard, and whether it fits the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from limner_host.blame import blamed, checked_picture
from limner_host.families.conditioning import TextConditioning
from limner_host.framing import stretched
from limner_host.offers import Offer
from limner_sdk import (
    Conditioning,
    Context,
    ControlStage,
    InvalidRequest,
    Model,
    PreprocessorDef,
    Size,
    Stage,
    StageFailed,
)

from .hints import ControlHint, ControlNetwork

if TYPE_CHECKING:
    from .shelf import ControlShelf

#: Where network and UNet must have the same shape, and what people call it.
_SHAPES: Final = {
    "cross_attention_dim": "prompt width",
    "block_out_channels": "channels",
    "layers_per_block": "layers per block",
    "addition_embed_type": "further conditions",
}


def hint_picture(
    image: Image.Image, size: Size, offer: Offer[PreprocessorDef[Any]] | None, stage: Stage | None, ctx: Context
) -> Image.Image:
    """The hint as an RGB picture of `size` pixels, made of `image` by a preprocessor if there is one.

    `image` is first stretched to the size, so that the preprocessor's lines are as fine as the picture's pixels.
    Raises `StageFailed` for a preprocessor that fails or changes the size.
    """
    sized = resized(image, size)
    if offer is None or stage is None:
        return sized
    run = blamed(offer.id, "preprocess", offer.definition.run)
    made = checked_picture(offer.id, run(sized, ctx, offer.params_of(stage)))
    if made.size != sized.size:
        raise StageFailed(offer.id, f"it turned {sized.width}x{sized.height} pixels into {made.width}x{made.height}")
    return made


def resized(image: Image.Image, size: Size) -> Image.Image:
    """`image` in RGB, stretched to `size` pixels with Lanczos' filter; left alone if it has that size."""
    return stretched(image.convert("RGB"), size)


def hint_tensor(image: Image.Image, size: Size) -> Tensor:
    """The hint (1, 3, H, W), float32 in 0 … 1, of a picture, stretched to `size` pixels as `resized` does."""
    pixels = np.asarray(resized(image, size), dtype=np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].contiguous()


def marked(hint: Tensor, white: Tensor | None, name: str) -> Tensor:
    """The hint (1, 3, H, W) with -1 where `white` (1, 1, H, W) is above a half, as networks for inpainting were taught.

    Raises `InvalidRequest` with the preprocessor's `name` if nothing says where the picture is drawn anew.
    """
    if white is None:
        raise InvalidRequest("controls.preprocessor", name, "marks what is drawn anew, and needs a mask; give one")
    return torch.where(white.to(hint) > 0.5, -1.0, hint)


def hints_for(
    stages: Sequence[ControlStage], sigmas: Sequence[float], hints: Sequence[Tensor], shelf: ControlShelf
) -> tuple[ControlHint, ...]:
    """The hints for one walk down `sigmas`, one tensor (1, 3, H, W) per stage; networks of no stage are let go.

    Raises `UnknownName`, `UnusableModel`, or `InvalidRequest` for a stretch of steps that ends before it begins.
    """
    shelf.keep([stage.network.name for stage in stages])
    return tuple(
        ControlHint(
            shelf.load(stage.network.name),
            hint.to(shelf.device, shelf.dtype),
            stage.settings.weight,
            *sigma_limits(sigmas, stage.settings.start, stage.settings.end),
        )
        for stage, hint in zip(stages, hints, strict=True)
    )


def sigma_limits(sigmas: Sequence[float], start: float, end: float) -> tuple[float, float]:
    """The levels at which a control begins and ends, for shares of the steps as diffusers counts them.

    Step i of n is heard if start <= i / n and (i + 1) / n <= end. A sampler's evaluations between two levels belong to
    the step above. Raises `InvalidRequest` if `end` is not above `start`.
    """
    if end <= start:
        raise InvalidRequest("controls.end", end, f"is not above controls.start, which is {start}; make it larger")
    steps = len(sigmas) - 1
    heard = [i for i in range(steps) if start <= i / steps and (i + 1) / steps <= end]
    if not heard:
        return 0.0, 0.0
    # Samplers may climb above the first level; nothing is left out there.
    begin = inf if heard[0] == 0 else sigmas[heard[0]]
    return begin, 0.0 if heard[-1] == steps - 1 else sigmas[heard[-1] + 1]


def hinting(model: Model, hints: Sequence[ControlHint]) -> Callable[[Conditioning], Conditioning]:
    """What gives a conditioning the hints. Raises `InvalidRequest` for a network of another family than the model's."""
    if not hints:
        return lambda cond: cond
    unet = getattr(model, "networks", {}).get("unet")
    for hint in hints:
        check_fits(hint.network, unet)
    return lambda cond: cast(TextConditioning, cond).with_controls(tuple(hints))


def check_fits(control: ControlNetwork, unet: Any) -> None:
    """Refuse a network whose shape is not that of the UNet's first half. Raises `InvalidRequest`."""
    if unet is None:
        raise InvalidRequest("controls", control.name, "needs a model with a UNet; choose one of sd1, sd2 or sdxl")
    shapes: Any = control.network.config
    _demand_equal(control, "latent channels", shapes.in_channels, unet.config.out_channels)
    for key, words in _SHAPES.items():
        _demand_equal(control, words, _plain(getattr(shapes, key)), _plain(getattr(unet.config, key)))


def _demand_equal(control: ControlNetwork, words: str, has: object, needs: object) -> None:
    if has != needs:
        remedy = f"was made for other models ({words} {has}, the model's {needs}); choose one for this model's family"
        raise InvalidRequest("controls", control.name, remedy)


def _plain(value: object) -> object:
    """Configs hold a tuple when they come from code and a list when they come from a file."""
    return tuple(value) if isinstance(value, list) else value
