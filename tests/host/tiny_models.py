"""The families of models at a millionth of their size: real diffusers classes, random weights, real files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, SD3Transformer2DModel, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from tests.host import original_keys
from torch import Tensor
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

from limner_plugins.pocket import WEIGHTS
from limner_sdk import Encoding, Size, Span

WIDTH = 16
#: Of the second text encoder, which single files tell from the first by its width.
WIDER = 24
LAYERS = 1
SCHEDULER = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
FLOW = {"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": 3.0}


def tiny_parts() -> tuple[UNet2DConditionModel, AutoencoderKL, CLIPTextModel, CLIPTokenizer]:
    """The four parts of Stable Diffusion 1, their weights drawn from one seed."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tokenizer = tiny_tokenizer()
        return tiny_unet(), tiny_vae(), CLIPTextModel(clip_config(tokenizer, WIDTH)), tokenizer


def tiny_tokenizer() -> CLIPTokenizer:
    """Pocket's."""
    return CLIPTokenizer.from_pretrained(WEIGHTS / "tokenizer", local_files_only=True)


def tiny_unet(**changes: Any) -> UNet2DConditionModel:
    """Two levels, the upper of which reads the prompt."""
    options = {
        "sample_size": 16,
        "block_out_channels": (16, 32),
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "layers_per_block": LAYERS,
        "attention_head_dim": 2,
        "norm_num_groups": 4,
        "cross_attention_dim": WIDTH,
    }
    return UNet2DConditionModel(**(options | changes))


def tiny_vae(**changes: Any) -> AutoencoderKL:
    """Eight pixels to a cell, as the large one."""
    options = {
        "block_out_channels": (8, 8, 8, 8),
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "layers_per_block": LAYERS,
        "norm_num_groups": 4,
        "latent_channels": 4,
    }
    return AutoencoderKL(**(options | changes))


def clip_config(tokenizer: CLIPTokenizer, width: int) -> CLIPTextConfig:
    """Two layers."""
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        projection_dim=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )


def tiny_t5() -> tuple[T5EncoderModel, T5Tokenizer]:
    """An encoder of `WIDTH` + 2 · `WIDER` channels, and a tokenizer of a few words."""
    words = ["<pad>", "</s>", "<unk>", "▁a", "▁red", "▁circle", "▁blue"]
    tokenizer = T5Tokenizer(vocab=[(word, -float(place)) for place, word in enumerate(words)], extra_ids=0)
    config = T5Config(vocab_size=len(tokenizer), d_model=WIDTH + 2 * WIDER, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    return T5EncoderModel(config), tokenizer


def tiny_folder(folder: Path, *, prediction: str = "epsilon", variant: str | None = None) -> Path:
    """Stable Diffusion 1 as a diffusers folder, saved by the libraries themselves."""
    unet, vae, encoder, tokenizer = tiny_parts()
    parts = {"unet": unet, "vae": vae, "text_encoder": encoder, "tokenizer": tokenizer}
    return saved(folder, "StableDiffusionPipeline", parts, scheduler(prediction_type=prediction), variant=variant)


def tiny_sd2_folder(folder: Path) -> Path:
    """A velocity predictor with linear projections around its attention, as the second version has them."""
    with torch.random.fork_rng():
        torch.manual_seed(2)
        tokenizer = tiny_tokenizer()
        parts = {
            "unet": tiny_unet(use_linear_projection=True),
            "vae": tiny_vae(),
            "text_encoder": CLIPTextModel(clip_config(tokenizer, WIDTH)),
            "tokenizer": tokenizer,
        }
    return saved(folder, "StableDiffusionPipeline", parts, scheduler(prediction_type="v_prediction"))


def tiny_inpaint_folder(folder: Path) -> Path:
    """Stable Diffusion 1 with a UNet that sees mask and masked picture."""
    _, vae, encoder, tokenizer = tiny_parts()
    with torch.random.fork_rng():
        torch.manual_seed(3)
        unet = tiny_unet(in_channels=9)
    parts = {"unet": unet, "vae": vae, "text_encoder": encoder, "tokenizer": tokenizer}
    return saved(folder, "StableDiffusionInpaintPipeline", parts, scheduler())


def tiny_sdxl_folder(
    folder: Path, *, channels: int = 4, index: Mapping[str, Any] | None = None, **trained: Any
) -> Path:
    """SDXL; `trained` goes into its scheduler's config, `index` into its `model_index.json`."""
    with torch.random.fork_rng():
        torch.manual_seed(4)
        tokenizer = tiny_tokenizer()
        parts = {
            "unet": tiny_unet(
                in_channels=channels,
                down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
                cross_attention_dim=WIDTH + WIDER,
                addition_embed_type="text_time",
                addition_time_embed_dim=8,
                projection_class_embeddings_input_dim=6 * 8 + WIDER,
                use_linear_projection=True,
                transformer_layers_per_block=(1, 2),
            ),
            "vae": tiny_vae(scaling_factor=0.13025),
            "text_encoder": CLIPTextModel(clip_config(tokenizer, WIDTH)),
            "tokenizer": tokenizer,
            "text_encoder_2": CLIPTextModelWithProjection(clip_config(tokenizer, WIDER)),
            "tokenizer_2": tokenizer,
        }
    kind = "StableDiffusionXLPipeline" if channels == 4 else "StableDiffusionXLInpaintPipeline"
    return saved(
        folder, kind, parts, scheduler(**trained), index={"force_zeros_for_empty_prompt": True} | (index or {})
    )


def tiny_sd3_folder(folder: Path, *, third: bool = False) -> Path:
    """SD3 with 16 latent channels; `third` says whether T5 is there."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        tokenizer = tiny_tokenizer()
        t5, t5_tokenizer = tiny_t5()
        parts: dict[str, Any] = {
            "transformer": SD3Transformer2DModel(
                sample_size=16,
                patch_size=2,
                in_channels=16,
                out_channels=16,
                num_layers=2,
                attention_head_dim=8,
                num_attention_heads=2,
                caption_projection_dim=16,
                joint_attention_dim=WIDTH + 2 * WIDER,
                pooled_projection_dim=WIDTH + WIDER,
                pos_embed_max_size=12,
            ),
            "vae": tiny_vae(
                latent_channels=16,
                scaling_factor=1.5305,
                shift_factor=0.0609,
                use_quant_conv=False,
                use_post_quant_conv=False,
            ),
            "text_encoder": CLIPTextModelWithProjection(clip_config(tokenizer, WIDTH)),
            "tokenizer": tokenizer,
            "text_encoder_2": CLIPTextModelWithProjection(clip_config(tokenizer, WIDER)),
            "tokenizer_2": tokenizer,
        }
        # Single files have no projection of the first encoder; diffusers takes the identity for it.
        torch.nn.init.eye_(parts["text_encoder"].text_projection.weight)
    if third:
        parts |= {"text_encoder_3": t5, "tokenizer_3": t5_tokenizer}
    listed = {"text_encoder_3": ["transformers", "T5EncoderModel"], "tokenizer_3": ["transformers", "T5Tokenizer"]}
    return saved(folder, "StableDiffusion3Pipeline", parts, FLOW, index=listed)


def scheduler(**trained: Any) -> dict[str, Any]:
    """The config of a scheduler for noise predictors, and for others."""
    return {"_class_name": "EulerDiscreteScheduler", "prediction_type": "epsilon"} | SCHEDULER | trained


def saved(
    folder: Path,
    pipeline: str,
    parts: Mapping[str, Any],
    scheduler: Mapping[str, Any],
    *,
    variant: str | None = None,
    index: Mapping[str, Any] | None = None,
) -> Path:
    """A diffusers folder of these parts."""
    listed: dict[str, Any] = {"_class_name": pipeline, "_diffusers_version": "0.34.0"}
    for name, part in parts.items():
        part.save_pretrained(folder / name, **({} if name.startswith("tokenizer") else {"variant": variant}))
        listed[name] = [type(part).__module__.partition(".")[0], type(part).__name__]
    listed["scheduler"] = ["diffusers", scheduler["_class_name"]]
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(dict(scheduler)))
    (folder / "model_index.json").write_text(json.dumps(listed | dict(index or {})))
    return folder


def tiny_checkpoint(file: Path, folder: Path) -> Path:
    """A folder's weights as one file with the original keys, and the folder's configs beside it."""
    parts = {path.parent.name: load_file(path) for path in sorted(folder.glob("*/*.safetensors"))}
    tensors: dict[str, Tensor] = {}
    for part, state in parts.items():
        prefix, named = _original(part, state, parts)
        tensors |= {f"{prefix}{key}": value.contiguous() for key, value in named.items()}
    save_file({key: value.clone() for key, value in tensors.items()}, file)
    shutil.copytree(folder, file.with_suffix(""), ignore=shutil.ignore_patterns("*.safetensors"))
    return file


def _original(part: str, state: Mapping[str, Tensor], parts: Mapping[str, Any]) -> tuple[str, dict[str, Tensor]]:
    """A part's prefix and its weights under their original names; what else is there tells the family."""
    is_sd3, is_sdxl = "transformer" in parts, "text_encoder_2" in parts
    match part:
        case "unet":
            return "model.diffusion_model.", original_keys.unet(state, LAYERS)
        case "transformer":
            return "model.diffusion_model.", original_keys.sd3(state, 2)
        case "vae":
            return "first_stage_model.", original_keys.vae(state)
        case "text_encoder_3":
            return "text_encoders.t5xxl.transformer.", dict(state)
        case "text_encoder" | "text_encoder_2" if is_sd3:
            kind = "clip_l" if part == "text_encoder" else "clip_g"
            kept = {k: v for k, v in state.items() if part == "text_encoder_2" or "text_projection" not in k}
            return f"text_encoders.{kind}.transformer.", kept
        case "text_encoder_2":
            return "conditioner.embedders.1.model.", original_keys.open_clip(state)
        case "text_encoder" if not is_sdxl and _projects_linearly(parts["unet"]):
            return "cond_stage_model.model.", original_keys.open_clip(state)
        case _:
            prefix = "conditioner.embedders.0.transformer." if is_sdxl else "cond_stage_model.transformer."
            return prefix, original_keys.clip(state)


def _projects_linearly(unet: Mapping[str, Tensor]) -> bool:
    """Whether a UNet is of the second version, whose text encoder is OpenCLIP."""
    return next(value for key, value in unet.items() if key.endswith(".proj_in.weight")).ndim == 2


def state(model: Any, seed: int = 1) -> tuple[Tensor, Any]:
    """A noisy latent and an encoded prompt for a tiny model."""
    x = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(seed)) * 5
    return x, model.encode((Span("a red circle"),), Encoding(Size(64, 64)))
