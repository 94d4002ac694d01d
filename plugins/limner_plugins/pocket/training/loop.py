"""The training loop that every part of Pocket shares: schedule, weight average, progress bar, checkpoints."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

SEED = 20240229


@dataclass(frozen=True)
class Plan:
    """How long and how fast one part is trained.

    `steps` and `warmup` count optimiser steps, `average` is the decay of the running weight average.
    """

    name: str
    steps: int
    learning_rate: float
    warmup: int = 200
    average: float = 0.999
    weight_decay: float = 0.0
    checkpoint_every: int = 250


def generator_for(step: int) -> torch.Generator:
    """The random stream of one step, so that a resumed run continues as if it had never stopped."""
    return torch.Generator().manual_seed(SEED + step)


def train(
    plan: Plan,
    model: nn.Module,
    loss_at: Callable[[int, torch.Generator], Tensor],
    folder: Path,
) -> nn.Module:
    """Train `model` in place and return a copy that carries its averaged weights.

    `loss_at(step, generator)` gives a scalar. A checkpoint in `folder` is continued where it stopped.
    """
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(plan.average)
    )
    optimiser = torch.optim.AdamW(
        model.parameters(), plan.learning_rate, weight_decay=plan.weight_decay, betas=(0.9, 0.99)
    )
    file = folder / f"{plan.name}.pt"
    start = _resume(file, model, average, optimiser)
    bar = tqdm(range(start, plan.steps), initial=start, total=plan.steps, desc=plan.name, mininterval=5)
    smooth = None
    for step in bar:
        for group in optimiser.param_groups:
            group["lr"] = plan.learning_rate * _rate(step, plan)
        loss = loss_at(step, generator_for(step))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        average.update_parameters(model)
        smooth = loss.item() if smooth is None else 0.98 * smooth + 0.02 * loss.item()
        bar.set_postfix(loss=f"{smooth:.4f}", refresh=False)
        if (step + 1) % plan.checkpoint_every == 0 or step + 1 == plan.steps:
            _save(file, step + 1, model, average, optimiser)
    return average.module


def _rate(step: int, plan: Plan) -> float:
    """Linear warm-up, then half a cosine down to two percent."""
    if step < plan.warmup:
        return (step + 1) / plan.warmup
    done = (step - plan.warmup) / max(1, plan.steps - plan.warmup)
    return 0.02 + 0.98 * (1 + cos(pi * done)) / 2


def _save(file: Path, step: int, *parts: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part_file = file.with_suffix(".part")
    torch.save({"step": step, "parts": [part.state_dict() for part in parts]}, part_file)
    os.replace(part_file, file)


def _resume(file: Path, *parts: Any) -> int:
    if not file.exists():
        return 0
    state = torch.load(file, weights_only=True)
    for part, saved in zip(parts, state["parts"], strict=True):
        part.load_state_dict(saved)
    return int(state["step"])
