"""The models that lie in the models folder, told apart without loading them."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from safetensors import SafetensorError, safe_open

from limner_sdk import Model, ModelDef, ModelDefaults, ModelLoader

from .families.layouts import DEFAULTS, LAYOUTS, family_of
from .offers import ModelOffer
from .single_file import config_name

log = logging.getLogger(__name__)

#: What stands for a plugin's name in the ids of models that merely lie in the models folder.
OWNER: Final = "models"
#: For checkpoints that nothing is known of, until configs are put beside them.
UNKNOWN: Final = "unknown"


def models_in(folder: Path) -> Iterator[ModelOffer]:
    """An offer for each diffusers folder and each single-file checkpoint whose family is known."""
    if not folder.is_dir():
        return
    taken: set[str] = set()
    for path in sorted(folder.iterdir()):
        family = _family_of(path)
        name = _name_for(path, taken)
        if family is None or not name:
            log.info("%r in the models folder is not listed", path.name)
            continue
        taken.add(name)
        yield ModelOffer(OWNER, _definition(name, family, path))


def _name_for(path: Path, taken: set[str]) -> str:
    """A usable name that nothing else has; empty if the file's own has no letter or digit."""
    name = re.sub(r"[^a-z0-9_.-]+", "_", path.name.removesuffix(".safetensors").lower()).strip("_.-")[:60]
    return next((each for n in range(1, 100) if (each := name if n == 1 else f"{name}_{n}") not in taken), "")


def _definition(name: str, family: str, path: Path) -> ModelDef:
    def load(loader: ModelLoader) -> Model:
        return loader.folder(str(path)) if path.is_dir() else loader.file(str(path))

    shown = " ".join(path.name.split())
    defaults = DEFAULTS.get(family, ModelDefaults())
    return ModelDef(name, f"From the models folder: {shown[:60]}", family, load, defaults, label=shown[:80])


def _family_of(path: Path) -> str | None:
    if (path / "model_index.json").is_file():
        if path.with_name(f"{path.name}.safetensors").is_file():
            # The configs of the single file beside it.
            return None
        return _family_of_folder(path)
    if path.suffix == ".safetensors" and path.is_file():
        return _family_of_file(path)
    return None


def _family_of_folder(path: Path) -> str | None:
    try:
        index = json.loads((path / "model_index.json").read_text(encoding="utf-8"))
        layout = LAYOUTS.get(str(index["_class_name"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the model folder %s is ignored: its model_index.json is unreadable (%s)", path.name, error)
        return None
    if layout is None:
        log.warning("the model folder %s is ignored: no family for a %s", path.name, index["_class_name"])
        return None
    return family_of(layout, _text_width(path / "unet" / "config.json"))


def _text_width(config: Path) -> int | None:
    try:
        width = json.loads(config.read_text(encoding="utf-8"))["cross_attention_dim"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        # Whoever chooses the model is told what is wrong with the file.
        log.info("no width of the text in %s (%s)", config, error)
        return None
    return width if isinstance(width, int) else None


def _family_of_file(path: Path) -> str | None:
    try:
        name = config_name(path)
        with safe_open(path, framework="numpy") as tensors:
            is_checkpoint = any(key.startswith("model.diffusion_model.") for key in tensors.keys())
    except (SafetensorError, OSError, ValueError, IndexError):
        # Listed all the same: whoever chooses it is told what is wrong with the file.
        return UNKNOWN
    if not is_checkpoint:
        log.info("the file %s in the models folder is no checkpoint", path.name)
        return None
    beside = path.with_suffix("")
    if (beside / "model_index.json").is_file():
        return _family_of_folder(beside) or UNKNOWN
    return name.partition("_")[0] if name else UNKNOWN
