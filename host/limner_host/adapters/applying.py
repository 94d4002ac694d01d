"""Puts LoRA files into the weights of loaded networks for a while, and the saved originals back, bit by bit.

Taking the change away again would leave rounding behind, and is slower than copying.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from limner_sdk import InvalidRequest, UnusableModel

from .deltas import Decomposed, Patch, Rows
from .files import Adapter
from .header import LABELS
from .lora import LoraFile, Spot, read_lora
from .names import BACKBONE, shown
from .places import Places, places_in

#: Of files that are kept after use, in bytes.
LARGEST_KEPT: Final = 2 * 2**30
#: No weight of a model that draws is anywhere near it.
LARGEST_WEIGHT: Final = 1e6
#: Models for inpainting have more channels there than those that files are made for.
_INPUTS: Final = ("conv_in", "input_blocks_0_0")

_File = tuple[Path, int, int]


@dataclass
class _Change:
    """All that is added to one weight."""

    weight: Tensor
    parts: list[tuple[Patch, float]] = field(default_factory=list)


class LoraApplier:
    """Applies LoRA files to networks, and remembers the files that it read last.

    `room` is how many bytes of them it may remember.
    """

    def __init__(self, room: int = LARGEST_KEPT) -> None:
        self._room = room
        self._read: OrderedDict[_File, LoraFile] = OrderedDict()

    @contextmanager
    def applied(self, networks: Mapping[str, nn.Module], adapters: Sequence[Adapter]) -> Iterator[tuple[str, ...]]:
        """Inside, the weights of `networks` are W + Σ weight · ΔW; afterwards they are what they were, bit by bit.

        `networks` go by diffusers' names: ``unet`` or ``transformer``, ``text_encoder``, ``text_encoder_2``. Every ΔW
        is computed of the original W in float32, and their sum is rounded once. What is yielded are notices, such as
        about parts of a file that have no place in the model. Raises `InvalidRequest` for a file of another family or
        a weight that no picture survives, and `UnusableModel` for a damaged file; nothing is changed then.
        """
        changes, notices = self._planned(networks, [a for a in adapters if a.weight or a.text_weight])
        kept: list[tuple[Tensor, Tensor]] = []
        try:
            _change(changes, kept, ", ".join(adapter.name for adapter in adapters))
            yield notices
        finally:
            _restore(kept)

    def _planned(
        self, networks: Mapping[str, nn.Module], adapters: Sequence[Adapter]
    ) -> tuple[Sequence[_Change], tuple[str, ...]]:
        changes: dict[int, _Change] = {}
        notices: list[str] = []
        places = places_in(networks) if adapters else Places({})
        for adapter in adapters:
            file = self._file(adapter)
            fitting = _fitting(file, places, adapter.name)
            notices += _notices(file, len({fit.spot for fit in fitting}), adapter.name)
            for fit in fitting:
                if strength := _strength(adapter, fit.spot):
                    change = changes.setdefault(id(fit.weight), _Change(fit.weight))
                    change.parts.append((fit.patch, strength))
        return list(changes.values()), tuple(dict.fromkeys(notices))

    def _file(self, adapter: Adapter) -> LoraFile:
        try:
            state = adapter.file.stat()
        except OSError as error:
            raise UnusableModel(
                f"lora {adapter.name}: its file cannot be read ({error.strerror}); put it back"
            ) from None
        key = adapter.file, state.st_size, state.st_mtime_ns
        if key not in self._read:
            self._read[key] = read_lora(adapter.file, adapter.name)
        self._read.move_to_end(key)
        file = self._read[key]
        while self._read and sum(each.size for each in self._read.values()) > self._room:
            self._read.popitem(last=False)
        return file


def _strength(adapter: Adapter, spot: Spot) -> float:
    weight = adapter.weight if spot.address.network == BACKBONE else adapter.text_weight
    if not isfinite(weight):
        raise InvalidRequest("lora", adapter.name, f"has the weight {weight}; write an ordinary number")
    return weight


@dataclass(frozen=True)
class _Fit:
    """A patch and the weight that it changes."""

    spot: Spot
    weight: Tensor
    patch: Patch


def _fitting(file: LoraFile, places: Places, name: str) -> list[_Fit]:
    """The weights that the file's patches change. Raises `InvalidRequest` for a file of another family."""
    fits: list[_Fit] = []
    for spot, patch in file.patches.items():
        found = list(_fits(spot, patch, places))
        if all(fit.patch.fits(fit.weight.shape) for fit in found):
            fits += found
        elif spot.address.module not in _INPUTS:
            raise _other_family(file, places, name)
    networks = {spot.address.network for spot in file.patches}
    fitting = {fit.spot.address.network for fit in fits}
    # Families share text encoders, so that those alone say little.
    if not fitting or (BACKBONE in networks and BACKBONE not in fitting):
        raise _other_family(file, places, name)
    return fits


def _fits(spot: Spot, patch: Patch, places: Places) -> Iterator[_Fit]:
    """Where a patch belongs, as far as there is a place for it; not yet whether the shapes agree."""
    weights = places.parameters(spot.address, spot.parameter)
    if len(weights) == 1:
        yield _Fit(spot, weights[0], patch)
    elif not isinstance(patch, Decomposed):
        for part, weight in enumerate(weights):
            yield _Fit(spot, weight, Rows(patch, part, len(weights)))


def _other_family(file: LoraFile, places: Places, name: str) -> InvalidRequest:
    fits, wanted = LABELS.get(file.family), LABELS.get(places.family)
    hint = f" (its keys fit {fits})" if fits and fits != wanted else ""
    remedy = f"choose one for {wanted}" if wanted else "choose one for this model"
    return InvalidRequest("lora", name, f"belongs to another family of models{hint}; {remedy}")


def _notices(file: LoraFile, fitting: int, name: str) -> Iterator[str]:
    if missing := len(file.patches) - fitting:
        yield f"lora {name}: {missing} of its {len(file.patches)} parts have no place in this model and are left out"
    if file.strange:
        such = f"such as {shown(file.strange[0])}"
        yield f"lora {name}: {len(file.strange)} of its tensors are of no known kind and are left out, {such}"


@torch.no_grad()
def _change(changes: Sequence[_Change], kept: list[tuple[Tensor, Tensor]], names: str) -> None:
    """Change the weights; what they were goes into `kept` first, weight by weight, on the CPU."""
    extremes: list[Tensor] = []
    for change in changes:
        added = _added(change)
        kept.append((change.weight, change.weight.detach().to("cpu", copy=True)))
        # Half precision is added up in float32 too, and rounded when it is written.
        change.weight.add_(added)
        extremes += torch.aminmax(change.weight)
    # NaN is not smaller either.
    if not all(abs(float(extreme)) <= LARGEST_WEIGHT for extreme in extremes):
        most = f"{LARGEST_WEIGHT:.0f}"
        raise InvalidRequest("lora", names, f"makes weights that are not finite, or beyond {most}; lower its weight")


def _added(change: _Change) -> Tensor:
    """All that comes on top of the weight, float32."""
    (first, strength), *others = change.parts
    total = first.delta(change.weight).mul_(strength)
    for patch, weight in others:
        total.add_(patch.delta(change.weight), alpha=weight)
    return total


@torch.no_grad()
def _restore(kept: Sequence[tuple[Tensor, Tensor]]) -> None:
    for weight, original in reversed(kept):
        weight.copy_(original)
