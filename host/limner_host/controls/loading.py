"""Loads control networks from diffusers folders and single files, without any network connection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import torch

from limner_host.loading import quiet_libraries
from limner_host.weight_files import naming, read_json
from limner_sdk import UnusableModel

from .files import CONFIG, FAMILIES, ControlFile, width_in_file

if TYPE_CHECKING:
    from diffusers import ControlNetModel

_CLASS: Final = "ControlNetModel"
_FAMILY_CONFIGS: Final = Path(__file__).parents[1] / "families" / "configs"


def load_control(file: ControlFile, device: torch.device, dtype: torch.dtype) -> ControlNetModel:
    """The network, on its device. Raises `UnusableModel` with one sentence."""
    with quiet_libraries(), naming(file.path, "control network"):
        loaded = _from_file(file) if file.path.is_file() else _from_folder(file)
        _check_hint(file, loaded)
        return cast("ControlNetModel", loaded.to(device, dtype).eval().requires_grad_(False))


def _from_folder(file: ControlFile) -> Any:
    from diffusers import ControlNetModel

    _check_class(file, file.path)
    network, info = ControlNetModel.from_pretrained(
        file.path,
        local_files_only=True,
        use_safetensors=True,
        variant="fp16" if ".fp16" in file.weights.name else None,
        output_loading_info=True,
    )
    if missing := sorted(info["missing_keys"]):
        lack = f"{len(missing)} tensors, such as {missing[0]}"
        raise UnusableModel(f"control network {file.name}: it lacks {lack}; fetch it again")
    return network


def _from_file(file: ControlFile) -> Any:
    from diffusers import ControlNetModel

    configs = file.configs or _family_config(file)
    if file.configs:
        _check_class(file, configs)
    try:
        return ControlNetModel.from_single_file(str(file.path), config=str(configs), local_files_only=True)
    except (AttributeError, NotImplementedError) as error:
        # What no tensor was found for is None, or has a shape and no content, which cannot be put on any device.
        if isinstance(error, AttributeError) and (error.obj is not None or error.name != "to"):
            raise
        lack = "some of its tensors are missing or have unknown names"
        raise UnusableModel(f"control network {file.name}: {lack}; fetch it again, in diffusers' layout") from error


def _family_config(file: ControlFile) -> Path:
    """The config of the family's UNet: a control network is a copy of its first half, and shares its shape."""
    family = FAMILIES.get(width_in_file(file.path))
    folder = _FAMILY_CONFIGS / (family or "") / "unet"
    if family is None or not (folder / CONFIG).is_file():
        raise UnusableModel(
            f"control network {file.name}: its family cannot be told from the file; put its {CONFIG} into a folder "
            f"{file.name} beside it"
        )
    return folder


def _check_class(file: ControlFile, folder: Path) -> None:
    kind = read_json(folder / CONFIG, f"control network {file.name}: its file").get("_class_name")
    if kind != _CLASS:
        raise UnusableModel(f"control network {file.name}: it is a {kind}; only a {_CLASS} can be used, take another")


def _check_hint(file: ControlFile, network: Any) -> None:
    if network.config.global_pool_conditions:
        # Its say belongs to the positive prompt alone, which the other networks do not need.
        raise UnusableModel(f"control network {file.name}: it pools its hint (shuffle), which is not known here")
    if network.config.conditioning_channels != 3:
        raise UnusableModel(f"control network {file.name}: its hint is no RGB picture, which is not known here")
