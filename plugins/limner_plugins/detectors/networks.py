"""YOLO networks: built from what their files say, filled with their weights, and kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from limner_sdk import UnusableModel, WeightFile

from .architecture import TASKS, Architecture, architecture
from .quiet import ultralytics

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


class Kept:
    """The networks that were used last."""

    def __init__(self, most: int = 2) -> None:
        self._most = most
        self._networks: OrderedDict[str, Network] = OrderedDict()

    def network(self, file: WeightFile) -> Network:
        """The network of a file, loaded if it has to be. Raises `UnusableModel`."""
        if file.name not in self._networks:
            self._networks[file.name] = loaded(file)
            if len(self._networks) > self._most:
                self._networks.popitem(last=False)
        self._networks.move_to_end(file.name)
        return self._networks[file.name]


def loaded(file: WeightFile) -> Network:
    """The network of a file. Raises `UnusableModel` for one that is damaged, or no detector, or without ultralytics."""
    tasks = ultralytics("nn.tasks", file.file)
    built = architecture(file.file, file.metadata())
    tensors = {key: value.float() if value.is_floating_point() else value for key, value in file.tensors().items()}
    texts = tensors.pop(TEXTS, None)
    if built.task == "world" and (texts is None or texts.ndim != 3 or texts.shape[1] != len(built.names)):
        raise UnusableModel(f"detector {file.file} does not bring what it knows of its classes; convert it again")
    try:
        module = _built(tasks, built)
        module.load_state_dict(tensors)
    except (MemoryError, torch.OutOfMemoryError):
        raise
    # Layers that do not fit each other make the architectures raise nearly anything.
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UnusableModel(f"detector {file.file} is damaged ({reason}); fetch or convert it again") from error
    return Network(file.file, built, module.eval().requires_grad_(False), texts)


def _built(tasks: Any, built: Architecture) -> Any:
    """The untrained network. Its first weights are random, which nobody else's random numbers should notice."""
    with torch.random.fork_rng(devices=[]):
        return getattr(tasks, TASKS[built.task])(built.cfg, nc=built.cfg["nc"], verbose=False)
