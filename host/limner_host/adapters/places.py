"""The modules of loaded networks by every name that adapter files know them by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from torch import Tensor, nn

from .header import family_in
from .names import BACKBONE, Address, flat
from .original import original_names

_BACKBONES: Final = ("unet", "transformer")


@dataclass(frozen=True)
class Places:
    """Modules by their address, among which several may mean the same one."""

    modules: Mapping[Address, nn.Module]

    @property
    def family(self) -> str:
        """The family that the widths of the modules tell; empty if they do not."""
        weights = ((address, getattr(module, "weight", None)) for address, module in self.modules.items())
        return family_in((address, w.shape[1]) for address, w in weights if isinstance(w, Tensor) and w.ndim >= 2)

    def parameter(self, address: Address, name: str) -> Tensor | None:
        """The parameter called `name` of a module; None if there is no such module, or it has none."""
        value = getattr(self.modules.get(address), name, None)
        return value if isinstance(value, nn.Parameter) else None


def places_in(networks: Mapping[str, nn.Module]) -> Places:
    """The modules of `networks`, which go by diffusers' names: ``unet`` or ``transformer``, ``text_encoder`` …"""
    return Places({address: module for name, network in networks.items() for address, module in _named(name, network)})


def _named(name: str, network: nn.Module) -> Iterator[tuple[Address, nn.Module]]:
    kind = BACKBONE if name in _BACKBONES else name
    modules = dict(network.named_modules())
    for original, module in _originals(name, modules):
        yield Address(kind, flat(kind, original)), module
    for path, module in modules.items():
        address = Address(kind, flat(kind, path))
        yield address, module
        if path.endswith(".to_out.0"):
            # Early versions of diffusers left the number out.
            yield Address(kind, address.module.removesuffix("_0")), module


def _originals(name: str, modules: Mapping[str, nn.Module]) -> Iterator[tuple[str, nn.Module]]:
    if name == "unet":
        for path, original in original_names(modules).items():
            yield original, modules[path]
