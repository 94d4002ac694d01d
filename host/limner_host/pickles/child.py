"""The process that reads one pickled weight file and is thrown away: the file comes in as standard input, a
safetensors file leaves as standard output, and standard error says why if there is none.

``python -I -m limner_host.pickles.child MEMORY SECONDS OUTPUT`` (bytes, seconds, bytes).
"""

from __future__ import annotations

import io
import os
import re
import sys
import warnings
from pickle import UnpicklingError
from typing import Final, NoReturn

from . import sandbox

#: With this exit code it says in one line what is wrong with the file.
REFUSED: Final = 3
_NAMED = re.compile(r"GLOBAL ([\w.]+)")
_CUT_OFF = re.compile(r"truncated|invalid load key|ran out of input", re.IGNORECASE)


def main(memory: int, seconds: int, output: int) -> NoReturn:
    """Read the file and leave."""
    # Namespaces are for processes without threads, and importing torch begins some.
    sandbox.leave_network()
    warnings.simplefilter("ignore")
    _warm_up()
    stream = open(0, "rb", closefd=False)
    sandbox.set_limits(memory, seconds, output)
    sandbox.close_files()
    sandbox.close_doors()
    code, answer = _answer(stream)
    _write(1 if code == 0 else 2, answer)
    os._exit(code)


def _answer(stream: io.BufferedReader) -> tuple[int, bytes]:
    try:
        return 0, converted(stream)
    except MemoryError:
        return REFUSED, b"it takes more memory than a file of its size may"
    # A damaged file makes torch raise nearly anything, and all of it means the same.
    except Exception as error:
        return REFUSED, reason(error).encode("utf-8", "replace")


def converted(stream: io.BufferedIOBase) -> bytes:
    """The safetensors file made of a pickled one. Raises nearly anything for one that cannot be read."""
    from safetensors.torch import save

    from .contents import contents

    return save(*contents(loaded(stream)))


def loaded(stream: io.BufferedIOBase) -> object:
    """What the file holds, with stand-ins for every class. Raises `Unfit` if it names anything not allowed."""
    import torch

    from .contents import Unfit
    from .husks import husks, refused

    names: list[str] = []
    if stream.read(4) == b"PK\x03\x04":
        stream.seek(0)
        names = torch.serialization.get_unsafe_globals_in_checkpoint(stream)  # type: ignore[arg-type]
    if others := refused(names):
        raise Unfit(_naming(others))
    stream.seek(0)
    with torch.serialization.safe_globals(husks(names)):
        return torch.load(stream, map_location="cpu", weights_only=True, mmap=False)  # type: ignore[arg-type]


def reason(error: Exception) -> str:
    """Why the file cannot be read, in a few words of one line; "" for a file that is damaged."""
    from .contents import Unfit

    said = str(error)
    if isinstance(error, Unfit):
        return said
    if named := _NAMED.search(said):
        return _naming([named[1]])
    if isinstance(error, UnpicklingError) and not _CUT_OFF.search(said):
        return "it has instructions that weights do not need"
    if "allocate memory" in said:
        return "it takes more memory than a file of its size may"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return ""


def _naming(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"it names {', '.join(names[:3])}{more}, which no weights need"


def _warm_up() -> None:
    """Go the whole way once with a harmless file, so that nothing has to be imported later."""
    import torch

    torch.set_num_threads(1)
    for modern in (True, False):
        file = io.BytesIO()
        torch.save({"weight": torch.zeros(1)}, file, _use_new_zipfile_serialization=modern)
        file.seek(0)
        converted(file)


def _write(descriptor: int, answer: bytes) -> None:
    rest = memoryview(answer)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
