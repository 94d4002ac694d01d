"""Inert stand-ins for the classes that checkpoints name: they keep what they are given and do nothing with it.

A class on the allowlist of `torch.load` can be called by the file with arguments of its choice, and constructors of
detection networks evaluate strings and fetch files. So no class that a file names is ever imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

from torch import Tensor

#: What checkpoints of networks may name, beyond what torch itself holds to be plain data.
ALLOWED: Final = re.compile(
    r"torch\.nn\.modules(\.[a-z_]+)+\.[A-Z]\w*"
    r"|ultralytics(\.[a-z_0-9]+)+\.[A-Z]\w*"
    r"|ultralytics\.utils\.loss\.v\w+"
    r"|numpy\.(_?core\.multiarray\.(scalar|_reconstruct)|dtype|ndarray|dtypes\.\w+)"
    r"|pathlib\.(Pure)?(Posix|Windows)?Path"
    r"|datetime\.\w+"
)


class Husk:
    """Stands for an instance of a class that is not there, with the state that the file gives it."""

    named: ClassVar[str] = ""

    def __new__(cls, *arguments: object, **named: object) -> Husk:
        """Whatever the class would have been made of."""
        return super().__new__(cls)

    def __init__(self, *arguments: object, **named: object) -> None:
        """The arguments are not kept: a network's state says everything."""

    def __setstate__(self, state: object) -> None:
        """Keep attributes; the states of foreign kinds of objects are of no use."""
        if isinstance(state, Mapping):
            self.__dict__.update({str(key): value for key, value in state.items()})


def refused(names: Iterable[str]) -> list[str]:
    """Those of the names that no stand-in is made for."""
    return sorted(name for name in names if not ALLOWED.fullmatch(name))


def husks(names: Iterable[str]) -> list[Any]:
    """A stand-in class for each name, as `torch.serialization.safe_globals` takes them."""
    return [(type("Husk", (Husk,), {"named": name}), name) for name in names]


def tensors_in(network: Husk, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    """What `torch.nn.Module.state_dict` would give, by the same names."""
    state = vars(network)
    fleeting = state.get("_non_persistent_buffers_set", ())
    for part in ("_parameters", "_buffers"):
        for name, tensor in _items(state.get(part)):
            if isinstance(tensor, Tensor) and not (part == "_buffers" and name in fleeting):
                yield f"{prefix}{name}", tensor
    for name, module in _items(state.get("_modules")):
        if isinstance(module, Husk):
            yield from tensors_in(module, f"{prefix}{name}.")


def _items(part: object) -> Iterable[tuple[Any, Any]]:
    return part.items() if isinstance(part, Mapping) else ()
