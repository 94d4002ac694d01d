"""Reads LoRA and LyCORIS files, whoever wrote them, as patches of modules; checks every tensor on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf, isfinite, sqrt
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from limner_sdk import UnusableModel

from .deltas import Decomposed, Difference, Factors, Hadamard, Kronecker, LowRank, Misshapen, Patch, Rescale
from .header import read_header
from .names import Address, parsed, shown

#: Where diffusers keeps what peft would have in `adapter_config.json`.
_CONFIG_KEY: Final = "lora_adapter_metadata"
#: Whole trainings stay below a thousand.
LARGEST_SCALE: Final = 1e6

Roles = Mapping[str, Tensor]


@dataclass(frozen=True)
class Spot:
    """A module's parameter, ``weight`` or ``bias``."""

    address: Address
    parameter: str


@dataclass(frozen=True)
class LoraFile:
    """A file that has been read: its patches, the tensors of no known kind, the family it tells, and its bytes."""

    patches: Mapping[Spot, Patch]
    family: str = ""
    strange: tuple[str, ...] = ()
    size: int = 0


@dataclass(frozen=True)
class _Module:
    """What a file has for one module. `path` is its name there, `scale` what counts where no alpha says otherwise."""

    path: str
    roles: Roles
    scale: float = 1.0

    def need(self, role: str) -> Tensor:
        if role not in self.roles:
            raise Misshapen(f"{role} is missing")
        return self.roles[role]

    def factors(self, name: str, core: str) -> Factors:
        return Factors(self.need(f"{name}_a"), self.need(f"{name}_b"), self.roles.get(core))

    def over(self, rank: int) -> float:
        """The scale alpha / rank."""
        alpha = self.roles.get("alpha")
        if alpha is None:
            return self.scale
        if alpha.numel() != 1:
            raise Misshapen(f"an alpha of {alpha.numel()} numbers")
        return float(alpha) / rank


@dataclass
class _Group:
    path: str
    roles: dict[str, Tensor] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)


def read_lora(file: Path, name: str) -> LoraFile:
    """A file's patches. Raises `UnusableModel` for one that is damaged, holds NaN, or is of no known kind."""
    header = read_header(file, "lora")
    tensors = {key: _finite(key, tensor, name) for key, tensor in _tensors(file, name)}
    scale_of = _scales(header.metadata, name)
    patches: dict[Spot, Patch] = {}
    strange = [key for key in tensors if parsed(key) is None]
    for address, group in _grouped(tensors).items():
        module = _Module(group.path, group.roles, scale_of(group.path))
        found = dict(_patches(module, name))
        patches |= {Spot(address, parameter): patch for parameter, patch in found.items()}
        strange += [] if found else group.keys
    if not patches:
        such = f", such as {shown(strange[0])}" if strange else ""
        remedy = "only LoRA, LoHa, LoKr, IA3, DoRA and differences are; take another file"
        raise UnusableModel(f"lora {name}: none of its tensors is of a kind that is read here{such}; {remedy}")
    size = sum(tensor.nbytes for tensor in tensors.values())
    return LoraFile(patches, header.family, tuple(strange), size)


def _tensors(file: Path, name: str) -> Iterator[tuple[str, Tensor]]:
    try:
        with safe_open(file, framework="pt") as stored:
            for key in stored.keys():
                # A copy, because the file lies under the other one and may change.
                yield key, stored.get_tensor(key).clone()
    except (SafetensorError, OSError, ValueError) as error:
        raise UnusableModel(f"lora {name}: it is damaged ({error}); fetch it again") from None


def _finite(key: str, tensor: Tensor, name: str) -> Tensor:
    if tensor.is_complex() or not bool(torch.isfinite(tensor.float()).all()):
        raise UnusableModel(f"lora {name}: its tensor {shown(key)} has numbers that are not finite; fetch it again")
    return tensor


def _grouped(tensors: Mapping[str, Tensor]) -> dict[Address, _Group]:
    """The tensors by module and role."""
    groups: dict[Address, _Group] = {}
    for key, tensor in tensors.items():
        if place := parsed(key):
            group = groups.setdefault(place[0], _Group(key))
            group.roles[place[1]] = tensor
            group.keys.append(key)
    return groups


def _patches(module: _Module, name: str) -> Iterator[tuple[str, Patch]]:
    """The patches of a module's parameters; none if it has only tensors of kinds that are not read here."""
    try:
        if (patch := _weight_patch(module)) is not None:
            _check_scale(patch, module.path, name)
            yield "weight", _decomposed(module, patch)
        for role in ("diff_b", "b_norm"):
            if role in module.roles:
                yield "bias", Difference(module.roles[role])
    except Misshapen as error:
        where = shown(module.path.rpartition(".")[0])
        sentence = f"lora {name}: its tensors for {where} do not fit together ({error}); fetch it again"
        raise UnusableModel(sentence) from None


def _check_scale(patch: Patch, path: str, name: str) -> None:
    scale = patch.scale if isinstance(patch, LowRank | Hadamard | Kronecker) else 1.0
    if abs(scale) > LARGEST_SCALE:
        where = f"its scale alpha / rank for {shown(path.rpartition('.')[0])} is {scale:.3g}"
        raise UnusableModel(f"lora {name}: {where}; the most is {LARGEST_SCALE:g}, take another file")


def _weight_patch(module: _Module) -> Patch | None:
    roles = module.roles
    if "up" in roles or "down" in roles:
        return _low_rank(module)
    if any(role.startswith("hada_") for role in roles):
        return _hadamard(module)
    if any(role.startswith("lokr_") for role in roles):
        return _kronecker(module)
    if "on_input" in roles:
        return Rescale(module.need("weight"), bool(roles["on_input"].any()))
    whole = roles.get("diff", roles.get("w_norm"))
    return None if whole is None else Difference(whole)


def _low_rank(module: _Module) -> Patch:
    up, down = module.need("up"), module.need("down")
    return LowRank(up, down, module.over(max(1, len(down))) if down.ndim else 1.0, module.roles.get("mid"))


def _hadamard(module: _Module) -> Patch:
    first, second = module.factors("hada_w1", "hada_t1"), module.factors("hada_w2", "hada_t2")
    return Hadamard(first, second, module.over(first.rank))


def _kronecker(module: _Module) -> Patch:
    """Of two whole matrices alpha has no say, because there is no rank to divide it by."""
    parts = [module.roles.get(f"lokr_{side}") for side in ("w1", "w2")]
    first = module.factors("lokr_w1", "") if parts[0] is None else parts[0]
    second = module.factors("lokr_w2", "lokr_t2") if parts[1] is None else parts[1]
    ranks = [part.rank for part in (second, first) if isinstance(part, Factors)]
    return Kronecker(first, second, module.over(ranks[0]) if ranks else 1.0)


def _decomposed(module: _Module, patch: Patch) -> Patch:
    if "magnitude" in module.roles:
        return Decomposed(patch, module.roles["magnitude"].flatten())
    return Decomposed(patch, module.roles["dora_scale"]) if "dora_scale" in module.roles else patch


def _scales(metadata: Mapping[str, str], name: str) -> Callable[[str], float]:
    """The scale of a module by its path, as peft's config in diffusers' metadata tells; 1 where it does not.

    Both raise `UnusableModel` for a config that cannot be.
    """
    config = _config(metadata.get(_CONFIG_KEY, "{}"), name)

    def scale_of(path: str) -> float:
        network, _, module = path.partition(".")
        alpha, rank = (_said(config, network, what, module, name) for what in ("lora_alpha", "r"))
        if rank < 0:
            raise UnusableModel(f"lora {name}: its {_CONFIG_KEY} has the rank {rank:g}; fetch it again")
        if not alpha or not rank:
            return 1.0
        return alpha / (sqrt(rank) if config.get(f"{network}.use_rslora") else rank)

    return scale_of


def _config(text: str, name: str) -> dict[str, Any]:
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableModel(f"lora {name}: its {_CONFIG_KEY} cannot be read ({error}); fetch it again") from None
    return config if isinstance(config, dict) else {}


def _said(config: Mapping[str, Any], network: str, what: str, module: str, name: str) -> float:
    """A number for one module: of the first pattern that its path fits, else for all; 0 if there is none."""
    patterns = config.get(f"{network}.{'alpha' if what == 'lora_alpha' else 'rank'}_pattern")
    for pattern, number in (patterns if isinstance(patterns, dict) else {}).items():
        path = module.rpartition(".lora_")[0]
        if isinstance(number, int | float) and (path == pattern or path.endswith(f".{pattern}")):
            return _number(number, what, name)
    number = config.get(f"{network}.{what}")
    return _number(number, what, name) if isinstance(number, int | float) else 0.0


def _number(number: float, what: str, name: str) -> float:
    try:
        found = float(number)
    except OverflowError:
        # JSON's whole numbers may be longer than any float.
        found = inf
    if not isfinite(found):
        raise UnusableModel(f"lora {name}: its {_CONFIG_KEY} has {what} {found}, which is no number; fetch it again")
    return found
