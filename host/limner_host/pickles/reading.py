"""Makes a safetensors file of a pickled one, in a process of its own, and trusts nothing that comes out of it."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from limner_host.weight_files import check_safetensors
from limner_sdk import UnusableModel

from .child import REFUSED
from .sandbox import CAUGHT

#: What the process sees of the environment; all else, such as tokens and switches of torch, is kept from it.
KEPT: Final = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")
#: The audit hook tells events by these beginnings.
TRIES: Final = {
    "open": "open a file",
    "import": "import code",
    "socket": "use the network",
    "subprocess": "run a program",
}
CHILD: Final = (sys.executable, "-I", "-B", "-m", "limner_host.pickles.child")
_CHUNK = 2**20


@dataclass(frozen=True)
class Bounds:
    """What reading one file may take: seconds on the clock and of the processor, bytes beyond what its size needs."""

    seconds: float = 180
    processor: int = 90
    memory: int = 2**30
    output: int = 2**26

    def arguments(self, size: int) -> tuple[str, ...]:
        """The limits of the process for a file of `size` bytes, as it takes them."""
        # The file's own bytes, the tensors, their copies, and the answer, which may be wider than a compressed file.
        return str(self.memory + 6 * size), str(self.processor), str(self.output + 3 * size)


BOUNDS: Final = Bounds()
#: Why a file cannot be used whose reader gives no reason.
DAMAGED: Final = "is damaged; fetch it again"


class Unreadable(UnusableModel):
    """A pickled file that nothing could be made of; `reason` is the sentence without what the file is called."""

    def __init__(self, called: str, reason: str) -> None:
        super().__init__(f"{called} {reason}")
        self.reason = reason


def safetensors_of(
    file: Path,
    target: Path,
    what: str,
    expected: str | None = None,
    bounds: Bounds = BOUNDS,
    command: Sequence[str] = CHILD,
) -> None:
    """Read the pickled `file` and put what it holds into `target`, replacing it.

    `what` says in sentences what kind of file it is; `expected` is the SHA-256 that the bytes that are read must have.
    Raises `Unreadable`, `UnusableModel` if it changes meanwhile, and `OSError` if the target cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".reading-", dir=target.parent) as place:
        work = Path(place)
        (work / "empty").mkdir()
        if _copied(file, work / "copy", what) != expected and expected is not None:
            raise UnusableModel(f"{what} {file.name} has changed while it was read; try again")
        code = _run([*command, *bounds.arguments((work / "copy").stat().st_size)], work, bounds.seconds)
        if reason := _failure(code, work / "said", bounds):
            raise Unreadable(f"{what} {file.name}", reason)
        _check_result(work / "result", f"{what} {file.name}")
        (work / "result").replace(target)


def _copied(file: Path, copy: Path, what: str) -> str:
    """The file's bytes become our own, which nobody can change any more; their SHA-256."""
    digest = hashlib.sha256()
    try:
        source = file.open("rb")
    except OSError as error:
        raise UnusableModel(f"{what} {file.name} cannot be read ({error.strerror}); put it back") from None
    with source, copy.open("xb") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def _run(command: Sequence[str], work: Path, seconds: float) -> int | None:
    """The exit code of the process, None if it took too long."""
    with (
        (work / "copy").open("rb") as source,
        (work / "result").open("xb") as result,
        (work / "said").open("xb") as said,
    ):
        try:
            return subprocess.run(
                command, stdin=source, stdout=result, stderr=said, cwd=work / "empty", timeout=seconds,
                env=_environment(work / "empty"), check=False,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired:
            return None


def _environment(home: Path) -> Mapping[str, str]:
    kept = {name: value for name in KEPT if (value := os.environ.get(name)) is not None}
    places = dict.fromkeys(("HOME", "TMPDIR", "TMP", "TEMP"), str(home))
    # One thread starts faster, and none need be waited for.
    return kept | places | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _failure(code: int | None, said: Path, bounds: Bounds) -> str:
    """Why the process gave nothing; empty if it did."""
    if code == 0:
        return ""
    why = _last_line(said) if code == REFUSED else _accident(code, said, bounds)
    return f"cannot be read: {why}; choose another file" if why else DAMAGED


def _accident(code: int | None, said: Path, bounds: Bounds) -> str:
    """What went wrong in a process that gave no answer of its own."""
    if code is None:
        return f"it took longer than {bounds.seconds:g} seconds"
    if _name_of(code) in ("SIGXCPU", "SIGKILL"):
        return f"it took more than {bounds.processor} seconds of the processor, or more memory than there is"
    if code == CAUGHT:
        event = _last_line(said)
        return f"it tried to {next((what for begin, what in TRIES.items() if event.startswith(begin)), 'break out')}"
    return f"reading it crashed ({_name_of(code)})"


def _name_of(code: int) -> str:
    return signal.Signals(-code).name if -code in set(signal.Signals) else f"exit code {code}"


def _last_line(said: Path) -> str:
    """What the process says, which may be anything."""
    with said.open("rb") as stream:
        stream.seek(-min(1000, said.stat().st_size), os.SEEK_END)
        lines = stream.read().decode("utf-8", "replace").strip().splitlines()
    return "".join(letter for letter in (lines or [""])[-1] if letter.isprintable())[:200].rstrip(".")


def _check_result(result: Path, what: str) -> None:
    try:
        check_safetensors(result)
    except UnusableModel as error:
        raise Unreadable(what, "cannot be read: nothing sound came out of it; choose another file") from error
