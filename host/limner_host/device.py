"""Which device and precision to work on, and what running out of memory looks like there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import torch

from limner_sdk import ConfigurationError, OutOfMemory

from .blame import is_allocation

VARIABLE = "LIMNER_DEVICE"


def best_device(wanted: str | None = None) -> torch.device:
    """The device called `wanted`, else the one `LIMNER_DEVICE` names, else the fastest. Raises `ConfigurationError`."""
    name = wanted or os.environ.get(VARIABLE)
    if name:
        try:
            device = torch.device(name)
            torch.ones(1, device=device).item()
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise ConfigurationError(f"{VARIABLE}: {name!r} cannot be used ({reason}); try cpu or cuda") from None
        return device
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def best_dtype(device: torch.device) -> torch.dtype:
    """Half precision on a GPU, full on a CPU."""
    return torch.float32 if device.type == "cpu" else torch.float16


def free_memory(device: torch.device) -> int:
    """Bytes that are free on `device`; those that PyTorch's allocator holds without using them are free too."""
    if device.type == "cuda":
        held = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0] + held)
    return int(psutil.virtual_memory().available)


@contextmanager
def memory_reported(task: str) -> Iterator[None]:
    """Turn every way of running out of memory into `OutOfMemory`, whose sentence says what to do."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _out_of_memory(task) from error
    except RuntimeError as error:
        if is_allocation(error):
            raise _out_of_memory(task) from error
        raise


def _out_of_memory(task: str) -> OutOfMemory:
    return OutOfMemory(f"there is not enough memory for {task}; ask for a smaller size or fewer pictures")
