"""The two kinds of classifiers: those with labels, and the checker that came with Stable Diffusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from limner_sdk import Context, Image, UnusableModel

from .files import checked_config

CHECKER: Final = "StableDiffusionSafetyChecker"
#: Local files only, safetensors only, and nobody's code.
_DISTRUST: Final = {"local_files_only": True, "trust_remote_code": False}


class Judge(Protocol):
    """What looks at pictures."""

    @property
    def network(self) -> Any:
        """The module that does it, which decides on the device."""
        ...

    def reason(self, views: Sequence[Image], unsafe: frozenset[str], threshold: float, ctx: Context) -> str | None:
        """Why a picture, of which these are views, is unsafe, for the log; None if it is safe."""
        ...


@dataclass(frozen=True)
class Classifier:
    """An image classifier of transformers."""

    network: Any
    processor: Any

    def reason(self, views: Sequence[Image], unsafe: frozenset[str], threshold: float, ctx: Context) -> str | None:
        """The probability of all unsafe labels together, in the worst of the views, is held against the threshold.

        Where labels do not exclude each other, and where there is but one, the likeliest counts. Raises
        `UnusableModel` for a classifier that knows none of the `unsafe` labels.
        """
        labels = [str(label).casefold() for _, label in sorted(self.network.config.id2label.items())]
        places = [place for place, label in enumerate(labels) if label in unsafe]
        if not places:
            raise UnusableModel(
                f"the safety filter's classifier knows {', '.join(labels)[:200]}; name those to withhold"
            )
        worst = max(self._probability(view, places, ctx) for view in views)
        # Written so that what is no number does not pass.
        return None if worst < threshold else f"it is unsafe with a probability of {worst:.3f}"

    @torch.inference_mode()
    def _probability(self, view: Image, places: Sequence[int], ctx: Context) -> float:
        ctx.check_cancelled()
        logits = self.network(pixel_values=prepared(view, self.processor, self.network)).logits[0].float()
        if not logits.isfinite().all():
            return float("inf")
        several = self.network.config.problem_type == "multi_label_classification"
        if several or len(logits) == 1:
            return float(logits.sigmoid()[list(places)].max())
        return float(logits.softmax(0)[list(places)].sum())


@dataclass(frozen=True)
class Checker:
    """diffusers' `StableDiffusionSafetyChecker`, which has thresholds of its own (arXiv:2210.04610)."""

    network: Any
    processor: Any

    def reason(self, views: Sequence[Image], unsafe: frozenset[str], threshold: float, ctx: Context) -> str | None:
        """How near a view comes to one of the network's unsafe concepts. Labels and threshold have no say."""
        worst = max(self._excess(view, ctx) for view in views)
        return None if worst <= 0 else f"it is {worst:.3f} nearer to an unsafe concept than it may be"

    @torch.inference_mode()
    def _excess(self, view: Image, ctx: Context) -> float:
        """As diffusers reckons it, but for rounding, and that what is no number does not pass."""
        ctx.check_cancelled()
        network = self.network
        pooled = network.vision_model(prepared(view, self.processor, network))[1]
        embedded = F.normalize(network.visual_projection(pooled).float())
        care = _cosines(embedded, network.special_care_embeds) - network.special_care_embeds_weights
        concepts = _cosines(embedded, network.concept_embeds) - network.concept_embeds_weights
        worst = float((concepts + 0.01 * bool((care > 0).any())).max())
        return worst if embedded.isfinite().all() else float("inf")


def _cosines(embedded: Tensor, concepts: Tensor) -> Tensor:
    return (embedded @ F.normalize(concepts.float()).T)[0]


def prepared(view: Image, processor: Any, network: nn.Module) -> Tensor:
    """A view as the network wants it, (1, 3, H, W)."""
    pixels: Tensor = processor(images=view, return_tensors="pt")["pixel_values"]
    return pixels.to(next(network.parameters()).device)


def judge_in(folder: Path) -> Judge:
    """The classifier that lies in a folder, in float32 on the CPU. Raises `UnusableModel`, and what loading raises."""
    config = checked_config(folder)
    if CHECKER in (config.get("architectures") or ()):
        from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

        network = loaded(StableDiffusionSafetyChecker, folder)
        return Checker(network, _checkers_processor(folder, network.config.vision_config.image_size))
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    network = loaded(AutoModelForImageClassification, folder)
    return Classifier(network, AutoImageProcessor.from_pretrained(folder, **_DISTRUST))


def loaded(kind: Any, folder: Path) -> Any:
    """A network with all its weights. Raises `UnusableModel` if some are missing, or are no numbers."""
    network, found = kind.from_pretrained(
        folder, use_safetensors=True, dtype=torch.float32, output_loading_info=True, **_DISTRUST
    )
    # transformers fills what is missing at random, and goes on.
    missing = [*found["missing_keys"], *found["mismatched_keys"], *found["error_msgs"]]
    if missing:
        raise UnusableModel(f"the safety filter's classifier lacks {len(missing)} of its weights; fetch it again")
    if not all(bool(weight.isfinite().all()) for weight in network.parameters()):
        raise UnusableModel("the safety filter's classifier has weights that are no numbers; fetch it again")
    return network.eval().requires_grad_(False)


def _checkers_processor(folder: Path, side: int) -> Any:
    """What the folder says, or what CLIP does: many folders of the checker lack the file."""
    from transformers import CLIPImageProcessor

    if (folder / "preprocessor_config.json").is_file():
        return CLIPImageProcessor.from_pretrained(folder, local_files_only=True)
    return CLIPImageProcessor(size={"shortest_edge": side}, crop_size={"height": side, "width": side})
