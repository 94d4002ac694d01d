"""Tiny classifiers for the safety filter: real classes, whose weights make up their mind beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

LABELS = ("normal", "nsfw")


def save_classifier(folder: Path, unsafe: float = 0.9, labels: tuple[str, ...] = LABELS, **config: Any) -> Path:
    """A ViT that finds the last of its labels with the probability `unsafe`, in every picture."""
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    names = dict(enumerate(labels))
    settings = ViTConfig(**_SIZES, id2label=names, label2id={v: k for k, v in names.items()}, **config)
    network = ViTForImageClassification(settings)
    torch.nn.init.zeros_(network.classifier.weight)
    torch.nn.init.zeros_(network.classifier.bias)
    network.classifier.bias.data[-1] = torch.tensor(unsafe).logit()
    network.save_pretrained(folder)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


_SIZES: dict[str, Any] = {
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 8,
    "image_size": 32,
    "patch_size": 16,
}


def save_checker(folder: Path, *, unsafe: bool, **changes: float) -> Path:
    """diffusers' checker, for which every picture, or none, is near to its concepts; `changes` fill parameters."""
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig

    text = _SIZES | {"vocab_size": 10, "projection_dim": 4, "bos_token_id": 0, "eos_token_id": 1}
    config = CLIPConfig(projection_dim=4, vision_config=_SIZES | {"projection_dim": 4}, text_config=text)
    network = StableDiffusionSafetyChecker(config)
    # Thresholds of cosines: all are above -2, none is above 2.
    torch.nn.init.constant_(network.concept_embeds_weights, -2 if unsafe else 2)
    torch.nn.init.constant_(network.special_care_embeds_weights, 2)
    for name, value in changes.items():
        torch.nn.init.constant_(network.get_parameter(name), value)
    network.save_pretrained(folder)
    return folder
