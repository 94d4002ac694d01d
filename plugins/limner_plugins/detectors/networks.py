"""YOLO networks: built from what their files say, and filled with their weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from limner_sdk import UnusableModel, WeightFile

from .architecture import TASKS, Architecture, architecture
from .quiet import ultralytics
from .trial import OtherNetwork, check

#: What a file for open classes brings beside its weights: what it knows of each of them, (1, N, 512).
TEXTS = "txt_feats"


@dataclass(frozen=True)
class Network:
    """A loaded network; `file` names it in sentences, `texts` (1, N, C) tells open classes apart."""

    file: str
    built: Architecture
    module: Any
    texts: Tensor | None = None

    @property
    def multiple(self) -> int:
        """What the side of its square must be a multiple of, in pixels."""
        return max(int(self.module.stride.max()), 32)

    @property
    def sorts_out(self) -> bool:
        """Whether its own head leaves one box for each thing."""
        return bool(self.module.end2end)

    @torch.inference_mode()
    def predictions(self, square: Tensor, wanted: list[int]) -> tuple[Tensor, Tensor | None]:
        """Boxes with scores, and prototypes (1, M, h, w) if it makes masks, of a square (1, 3, S, S) in 0 … 1.

        A network of open classes looks for those that are `wanted` and for nothing else.
        """
        self.module.to(square.device)
        if self.texts is not None:
            texts = self.texts[:, wanted].to(square.device)
            self.module.model[-1].nc = len(wanted)
            return self.module.predict(square, txt_feats=texts)[0], None
        made = self.module(square)[0]
        boxes, prototypes = made if isinstance(made, tuple) else (made, None)
        if (self.built.task == "segment") != (prototypes is not None):
            raise UnusableModel(f"detector {self.file} gives no masks with this ultralytics; install 8.4.190 or newer")
        return boxes, prototypes


def loaded(file: WeightFile) -> Network:
    """The network of a file. Raises `UnusableModel` for one that is damaged, or no detector, or without ultralytics."""
    tasks = ultralytics("nn.tasks", file.file)
    built = architecture(file.file, file.metadata())
    tensors = {key: value.float() if value.is_floating_point() else value for key, value in file.tensors().items()}
    texts = tensors.pop(TEXTS, None)
    if built.task == "world" and (texts is None or texts.ndim != 3 or texts.shape[1] != len(built.names)):
        raise UnusableModel(f"detector {file.file} does not bring what it knows of its classes; convert it again")
    try:
        check(tasks, built, tensors, texts)
        module = _built(tasks, built)
        module.load_state_dict(tensors)
    except OtherNetwork as error:
        raise UnusableModel(f"detector {file.file} {error}; fetch or convert it again") from None
    except (MemoryError, torch.OutOfMemoryError):
        raise
    # Layers that do not fit each other make the architectures raise nearly anything.
    except Exception as error:
        said = f"detector {file.file} describes layers that do not fit each other; fetch or convert it again"
        raise UnusableModel(said) from error
    return Network(file.file, built, module.eval().requires_grad_(False), texts)


def _built(tasks: Any, built: Architecture) -> Any:
    """The untrained network. Its first weights are random, which nobody else's random numbers should notice."""
    with torch.random.fork_rng(devices=[]):
        return getattr(tasks, TASKS[built.task])(built.cfg, nc=built.cfg["nc"], verbose=False)
