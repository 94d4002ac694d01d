"""Loads models from diffusers folders and single files, without any network; says which file is missing or damaged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open

from limner_sdk import UnusableModel

from .digests import DigestCache
from .families.sd1 import KLCodec, StableDiffusion
from .levels import levels_of
from .single_file import configs_for, tokenizer_for

#: Each part of a diffusers folder: its config, and the stem of its weights.
PARTS: Final = {
    "unet": ("config.json", "diffusion_pytorch_model"),
    "vae": ("config.json", "diffusion_pytorch_model"),
    "text_encoder": ("config.json", "model"),
    "scheduler": ("scheduler_config.json", None),
    "tokenizer": ("tokenizer_config.json", None),
}
#: What a network of this family may have been trained to predict.
PREDICTIONS: Final = ("epsilon", "v_prediction")
LARGEST_HEADER: Final = 16 * 2**20
MOST_TENSORS: Final = 50_000


@dataclass(frozen=True)
class Loader:
    """The host's ways of making a model out of files, a `limner_sdk.ModelLoader`."""

    device: torch.device
    dtype: torch.dtype
    digests: DigestCache

    def folder(self, path: str, /) -> StableDiffusion:
        """Load a diffusers folder."""
        folder = Path(path)
        weights = checked_folder(folder)
        with quiet_libraries():
            return self._assemble(folder, weights)

    def file(self, path: str, /) -> StableDiffusion:
        """Load a single-file checkpoint; a folder of configs with the same stem beside it takes precedence."""
        file = Path(path)
        check_safetensors(file)
        with quiet_libraries():
            return self._from_single_file(file, configs_for(file))

    def _assemble(self, folder: Path, weights: dict[str, list[Path]]) -> StableDiffusion:
        from diffusers import AutoencoderKL, UNet2DConditionModel
        from transformers import CLIPTextModel, CLIPTokenizer

        def load(kind: Any, part: str, **options: Any) -> Any:
            variant = "fp16" if all(".fp16" in file.name for file in weights[part]) else None
            with _naming(folder, part):
                model, info = kind.from_pretrained(
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

        scheduler = _read_json(folder / "scheduler" / "scheduler_config.json")
        with _naming(folder, "tokenizer"):
            tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
        return self._finish(
            folder.name,
            unet=load(UNet2DConditionModel, "unet", torch_dtype=self.dtype),
            vae=load(AutoencoderKL, "vae", torch_dtype=self.dtype),
            text_encoder=load(CLIPTextModel, "text_encoder", dtype=self.dtype),
            tokenizer=tokenizer,
            scheduler=scheduler,
            digest=self.digests.of(file for files in weights.values() for file in files),
        )

    def _from_single_file(self, file: Path, configs: Path) -> StableDiffusion:
        from diffusers import StableDiffusionPipeline

        with _naming(file, ""):
            pipeline: Any = StableDiffusionPipeline.from_single_file(
                str(file),
                config=str(configs),
                local_files_only=True,
                torch_dtype=self.dtype,
                tokenizer=tokenizer_for(configs),
                safety_checker=None,
            )
        return self._finish(
            file.stem,
            unet=pipeline.unet,
            vae=pipeline.vae,
            text_encoder=pipeline.text_encoder,
            tokenizer=pipeline.tokenizer,
            scheduler=_read_json(configs / "scheduler" / "scheduler_config.json"),
            digest=self.digests.of([file]),
        )

    def _finish(
        self,
        name: str,
        *,
        unet: Any,
        vae: Any,
        text_encoder: Any,
        tokenizer: Any,
        scheduler: dict[str, Any],
        digest: str,
    ) -> StableDiffusion:
        prediction = str(scheduler.get("prediction_type", "epsilon"))
        if prediction not in PREDICTIONS:
            raise UnusableModel(f"model {name}: it predicts {prediction!r}, which is none of {', '.join(PREDICTIONS)}")
        for part in (unet, vae, text_encoder):
            part.to(self.device).eval().requires_grad_(False)
        return StableDiffusion(
            unet=unet,
            text_encoder=text_encoder,
            tokenizer=tokenizer,
            codec=KLCodec(vae),
            levels=levels_of(scheduler, name),
            prediction=prediction,
            digest=digest,
            dtype=self.dtype,
        )


def checked_folder(folder: Path) -> dict[str, list[Path]]:
    """The weight files of a diffusers folder by part. Raises `UnusableModel` naming what is missing or damaged."""
    found: dict[str, list[Path]] = {}
    for part, (config, stem) in PARTS.items():
        if not (folder / part / config).is_file() and part != "tokenizer":
            raise UnusableModel(f"model {folder.name}: the file {part}/{config} is missing; put it there")
        if stem is not None:
            found[part] = _weights(folder, part, stem)
            for file in found[part]:
                check_safetensors(file)
    return found


def _weights(folder: Path, part: str, stem: str) -> list[Path]:
    pattern = re.compile(rf"{stem}(-\d+-of-\d+)?(\.fp16)?\.safetensors")
    files = [file for file in sorted((folder / part).iterdir()) if pattern.fullmatch(file.name)]
    full = [file for file in files if ".fp16" not in file.name]
    if not files:
        raise UnusableModel(
            f"model {folder.name}: the file {part}/{stem}.safetensors is missing; put it there "
            "(pickled .bin and .ckpt files are not read, they can run programs)"
        )
    return full or files


def check_safetensors(file: Path) -> None:
    """Refuse a file whose header is damaged or absurd before anything is allocated for it. Raises `UnusableModel`."""
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
        if length > LARGEST_HEADER:
            raise UnusableModel(f"model file {file.name} has a header of {length} bytes and is not to be trusted")
        with safe_open(file, framework="numpy") as tensors:
            count = len(tensors.keys())
    except FileNotFoundError:
        raise UnusableModel(f"model file {file.name} is missing; put it back") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise UnusableModel(f"model file {file.name} is damaged ({error}); fetch it again") from None
    if count > MOST_TENSORS:
        raise UnusableModel(f"model file {file.name} holds {count} tensors and is not to be trusted")


@contextmanager
def _naming(path: Path, part: str) -> Iterator[None]:
    """Turn what diffusers and transformers raise for bad files into one sentence about the model."""
    try:
        yield
    except (UnusableModel, MemoryError, torch.OutOfMemoryError):
        raise
    # Bad files make these libraries raise nearly anything, from ZeroDivisionError to classes of their own.
    except Exception as error:
        where = f"its {part} " if part else "it "
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UnusableModel(f"model {path.name}: {where}cannot be loaded ({reason})") from error


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableModel(f"model file {file.name} cannot be read ({error})") from None
    if not isinstance(content, dict):
        raise UnusableModel(f"model file {file.name} holds no JSON object")
    return content


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
