"""What the tests of upscalers share: real architectures at tiny sizes, with random weights, as files of weights."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from spandrel.architectures.Compact import Compact
from spandrel.architectures.DAT import DAT
from spandrel.architectures.ESRGAN import ESRGAN
from spandrel.architectures.HAT import HAT
from spandrel.architectures.SwinIR import SwinIR
from torch import Tensor, nn

from limner_plugins.upscalers.enlarging import Enlarger
from limner_plugins.upscalers.networks import Network, loaded
from limner_plugins.upscalers.params import UpscaleParams
from limner_sdk import LastUsed, UpscalerDef

_WINDOWS: dict[str, Any] = {"img_size": 16, "embed_dim": 16, "num_heads": [2], "upscale": 2}

#: By name: a network, and how many times larger its pictures are.
NETWORKS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "compact": (lambda: Compact(num_feat=8, num_conv=2, upscale=4), 4),
    "esrgan": (lambda: ESRGAN(num_filters=8, num_blocks=1, scale=4), 4),
    "realesrgan_x2plus": (lambda: ESRGAN(in_nc=12, num_filters=8, num_blocks=1, scale=4, shuffle_factor=2), 2),
    "swinir": (lambda: SwinIR(**_WINDOWS, depths=[2], window_size=4, upsampler="pixelshuffledirect"), 2),
    "dat": (lambda: DAT(**_WINDOWS, depth=[2], split_size=[4, 4], expansion_factor=2.0), 2),
    "hat": (lambda: HAT(**_WINDOWS, depths=(1,), window_size=4, compress_ratio=2, squeeze_factor=4), 2),
    "grey": (lambda: Compact(num_in_ch=1, num_out_ch=1, num_feat=8, num_conv=1, upscale=2), 2),
}


@dataclass
class File:
    """A `WeightFile` that counts how often it is read."""

    path: Path
    reads: int = 0

    @property
    def name(self) -> str:
        return self.path.stem.lower()

    @property
    def label(self) -> str:
        return self.path.stem

    @property
    def file(self) -> str:
        return self.path.name

    def metadata(self) -> Mapping[str, str]:
        return {}

    def tensors(self) -> dict[str, Tensor]:
        self.reads += 1
        return load_file(self.path)


def network(name: str) -> nn.Module:
    """One of `NETWORKS`, with random weights."""
    torch.manual_seed(3)
    with warnings.catch_warnings():
        # Some of these architectures fill tensors without elements.
        warnings.simplefilter("ignore")
        return NETWORKS[name][0]()


def saved(folder: Path, name: str, model: nn.Module | None = None) -> File:
    """A network's weights in a file."""
    tensors = (model or network(name)).state_dict()
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, folder / f"{name}.safetensors")
    return File(folder / f"{name}.safetensors")


def upscaler(file: File, kept: LastUsed[Network] | None = None) -> UpscalerDef[Any]:
    """The definition that the plugin makes of a file."""
    return UpscalerDef(file.name, "A test's.", UpscaleParams, Enlarger(file, kept or LastUsed(loaded)))


def picture(width: int, height: int) -> Image.Image:
    """Smooth noise in colours."""
    small = torch.rand(height // 4 + 2, width // 4 + 2, 3, generator=torch.Generator().manual_seed(width))
    grain = Image.fromarray((small * 255).to(torch.uint8).numpy())
    return grain.resize((width, height), Image.Resampling.BICUBIC)
