"""Builds a network without its memory first, to see that it is the one that a file holds, and how much it computes.

What a file says of its network may be a few words that ask for all memory there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from math import inf
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .architecture import TASKS, Architecture

#: How many numbers one step of the network may give for one picture, 2 GB of them.
MOST_AT_ONCE: Final = 2**29
#: As how many numbers a tensor counts beside its own, for the time that making it takes.
_EACH: Final = 1024
#: ultralytics looks at a picture of this side to learn what a network gives, in pixels.
_FIRST_SIDE: Final = 256


class OtherNetwork(Exception):
    """A file describes another network than it holds; says so as a phrase about it."""


def check(tasks: Any, built: Architecture, tensors: Mapping[str, Tensor], texts: Tensor | None) -> None:
    """Try the network out with pictures that are not there. Raises `OtherNetwork`, and nearly anything."""
    held = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    network = _shell(tasks, built, sum(tensor.numel() + _EACH for tensor in tensors.values()))
    if {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()} != held:
        raise OtherNetwork("describes another network than it holds")
    side = -(-max(built.side, _FIRST_SIDE) // 32) * 32
    with torch.device("meta"), torch.inference_mode(), _Bounded(at_once=MOST_AT_ONCE):
        picture = torch.empty(1, 3, side, side)
        # While it is trained, a network of open classes knows as many as it was made for.
        known = {} if texts is None else {"txt_feats": torch.empty(1, built.cfg["nc"], texts.shape[2])}
        network.predict(picture, **known)


def _shell(tasks: Any, built: Architecture, held: int) -> Any:
    """The network's layers without memory; given up when they have many more weights than the file."""
    kind = getattr(tasks, TASKS[built.task])
    network = kind.__new__(kind)
    nn.Module.__init__(network)
    # Some layers are made in place of others, which have been made in vain.
    with torch.random.fork_rng(devices=[]), torch.device("meta"), _Bounded(weights=4 * held + 2**20):
        network.model, network.save = tasks.parse_model(deepcopy(built.cfg), ch=3, verbose=False)
    network.eval()
    # Otherwise the head would ask how large its cells are, which is found out only later.
    network.model[-1].training = True
    return network


class _Bounded(TorchFunctionMode):
    """Counts the numbers that every step would give: weights together, anything else at once."""

    def __init__(self, weights: float = inf, at_once: float = inf) -> None:
        super().__init__()
        self._weights, self._at_once = weights, at_once

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else (made,):
            self._count(func, tensor.numel() if isinstance(tensor, Tensor) else 0)
        return made

    def _count(self, func: Any, numbers: int) -> None:
        # All layers take the memory of their weights with this function.
        self._weights -= numbers + _EACH if func is torch.empty else 0
        if self._weights < 0:
            raise OtherNetwork("describes another network than it holds")
        if numbers > self._at_once:
            raise OtherNetwork("describes a network that takes too much memory")
