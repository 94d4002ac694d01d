"""Loads models from diffusers folders and single files, without any network; says which file is missing or damaged."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from limner_sdk import UnusableModel

from .digests import DigestCache
from .families.building import AnyModel, Parts, built
from .families.layouts import SD, SD3, SDXL, Layout
from .single_file import configs_for, has_t5, scheduler_for, tokenizer_for
from .weight_files import check_safetensors as check_safetensors
from .weight_files import checked_folder, layout_of, naming, read_json


@dataclass(frozen=True)
class Loader:
    """The host's ways of making a model out of files, a `limner_sdk.ModelLoader`."""

    device: torch.device
    dtype: torch.dtype
    digests: DigestCache

    def folder(self, path: str, /) -> AnyModel:
        """Load a diffusers folder."""
        folder = Path(path)
        layout = layout_of(folder)
        weights = checked_folder(folder, layout)
        with quiet_libraries():
            modules = self._networks(folder, layout, weights) | _tokenizers(folder, layout, weights)
        files = [file for part in weights.values() for file in part]
        scheduler = read_json(folder / "scheduler" / "scheduler_config.json")
        return self._finish(folder, folder, layout, modules, scheduler, files)

    def file(self, path: str, /) -> AnyModel:
        """Load a single-file checkpoint; a folder of configs with the same stem beside it takes precedence."""
        file = Path(path)
        check_safetensors(file)
        configs = configs_for(file)
        layout = layout_of(configs)
        with quiet_libraries():
            modules = self._from_single_file(file, configs, layout)
        return self._finish(file, configs, layout, modules, scheduler_for(file, configs), [file])

    def _networks(self, folder: Path, layout: Layout, weights: Mapping[str, Sequence[Path]]) -> dict[str, Any]:
        return {part: self._network(folder, part, layout.networks[part], files) for part, files in weights.items()}

    def _network(self, folder: Path, part: str, kind: str, files: Sequence[Path]) -> Any:
        variant = "fp16" if all(".fp16" in file.name for file in files) else None
        options = {"dtype" if kind.startswith("transformers.") else "torch_dtype": self.dtype}
        with naming(folder, part):
            model, info = _class(kind).from_pretrained(
                folder / part,
                local_files_only=True,
                use_safetensors=True,
                variant=variant,
                output_loading_info=True,
                **options,
            )
        if missing := sorted(info["missing_keys"]):
            lack = f"{len(missing)} tensors, such as {missing[0]}"
            raise UnusableModel(f"model {folder.name}: its {part} lacks {lack}; fetch it again")
        return model

    def _from_single_file(self, file: Path, configs: Path, layout: Layout) -> dict[str, Any]:
        with naming(file, ""):
            pipeline = _class(f"diffusers.{layout.pipeline}").from_single_file(
                str(file),
                config=str(configs),
                local_files_only=True,
                torch_dtype=self.dtype,
                **_beside_the_networks(file, configs, layout),
            )
        modules = {part: getattr(pipeline, part) for part in [*layout.networks, *layout.tokenizers]}
        if modules.get("text_encoder_3") is not None:
            # T5 uses one table of words twice; files hold it once.
            modules["text_encoder_3"].tie_weights()
        return {part: module for part, module in modules.items() if module is not None}

    def _finish(
        self,
        path: Path,
        configs: Path,
        layout: Layout,
        modules: Mapping[str, Any],
        scheduler: Mapping[str, Any],
        files: Sequence[Path],
    ) -> AnyModel:
        name = path.stem if path.suffix == ".safetensors" else path.name
        for part in layout.networks:
            if part in modules:
                check_complete(name, part, modules[part])
                modules[part].to(self.device).eval().requires_grad_(False)
        # SDXL's own autoencoder overflows in half precision; its config says so.
        if layout is SDXL and self.dtype == torch.float16 and modules["vae"].config.force_upcast:
            modules["vae"].to(torch.float32)
        index = read_json(configs / "model_index.json")
        with naming(path, ""):
            return built(Parts(name, layout, modules, index, scheduler, self.digests.of(files), self.dtype))


def _beside_the_networks(file: Path, configs: Path, layout: Layout) -> dict[str, Any]:
    """What diffusers gets from us instead of looking for it: tokenizers, and None for what is left out."""
    given: dict[str, Any] = {
        part: tokenizer_for(configs, part) for part in layout.tokenizers if part not in layout.optional
    }
    if layout is SD:
        given["safety_checker"] = None
    if layout is SD3 and not (has_t5(file) and (configs / "tokenizer_3").is_dir()):
        given |= dict.fromkeys(layout.optional)
    return given


def _tokenizers(folder: Path, layout: Layout, weights: Mapping[str, object]) -> dict[str, Any]:
    found = {}
    for part, kind in layout.tokenizers.items():
        if part in layout.optional and part.replace("tokenizer", "text_encoder") not in weights:
            continue
        with naming(folder, part):
            found[part] = _class(kind).from_pretrained(folder / part, local_files_only=True)
    return found


def check_complete(name: str, part: str, network: torch.nn.Module) -> None:
    """Refuse a network some of whose weights a single file did not have."""
    missing = [key for key, weight in network.named_parameters() if weight.is_meta]
    if missing:
        lack = f"{len(missing)} tensors, such as {missing[0]}"
        raise UnusableModel(f"model {name}: its {part} lacks {lack}; fetch it again")


def _class(kind: str) -> Any:
    library, _, name = kind.partition(".")
    return getattr(importlib.import_module(library), name)


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep diffusers' and transformers' progress bars and advice off the person's terminal."""
    import diffusers.utils.logging as diffusers_log
    import transformers.utils.logging as transformers_log

    before = diffusers_log.get_verbosity(), transformers_log.get_verbosity()
    for library in (diffusers_log, transformers_log):
        library.set_verbosity_error()
        library.disable_progress_bar()
    try:
        yield
    finally:
        diffusers_log.set_verbosity(before[0])
        transformers_log.set_verbosity(before[1])
        diffusers_log.enable_progress_bar()
        transformers_log.enable_progress_bar()
