"""The modules of loaded networks by every name that adapter files know them by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from torch import Tensor, nn

from .header import family_in
from .names import BACKBONE, Address, flat
from .original import original_names
from .original_sd3 import original_sd3_names

_BACKBONES: Final = ("unet", "transformer")


Modules = tuple[nn.Module, ...]


@dataclass(frozen=True)
class Places:
    """Modules by their address. One of the original SD3 may mean several, whose rows it had in one weight."""

    modules: Mapping[Address, Modules]

    @property
    def family(self) -> str:
        """The family that the widths of the modules tell; empty if they do not."""
        weights = ((address, getattr(parts[0], "weight", None)) for address, parts in self.modules.items())
        return family_in((address, w.shape[1]) for address, w in weights if isinstance(w, Tensor) and w.ndim >= 2)

    def parameters(self, address: Address, name: str) -> tuple[Tensor, ...]:
        """The parameters called `name` of a module, or of all that it became; empty if there are none."""
        values = [getattr(module, name, None) for module in self.modules.get(address, ())]
        found = tuple(value for value in values if isinstance(value, nn.Parameter))
        return found if len(found) == len(values) else ()


def places_in(networks: Mapping[str, nn.Module]) -> Places:
    """The modules of `networks`, which go by diffusers' names: ``unet`` or ``transformer``, ``text_encoder`` …"""
    return Places({address: parts for name, network in networks.items() for address, parts in _named(name, network)})


def _named(name: str, network: nn.Module) -> Iterator[tuple[Address, Modules]]:
    kind = BACKBONE if name in _BACKBONES else name
    modules = dict(network.named_modules())
    for original, parts in _originals(name, modules).items():
        yield Address(kind, flat(kind, original)), tuple(modules[part] for part in parts)
    for path, module in modules.items():
        address = Address(kind, flat(kind, path))
        yield address, (module,)
        if path.endswith(".to_out.0"):
            # Early versions of diffusers left the number out.
            yield Address(kind, address.module.removesuffix("_0")), (module,)


def _originals(name: str, modules: Mapping[str, nn.Module]) -> dict[str, tuple[str, ...]]:
    if name == "transformer":
        return original_sd3_names(modules)
    return {original: (path,) for path, original in original_names(modules).items()} if name == "unet" else {}
