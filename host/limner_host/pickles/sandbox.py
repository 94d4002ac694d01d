"""Closes the doors of a process for good: network, files, memory, time. What the system does not offer is left out.

Landlock and namespaces are Linux', limits POSIX'; the audit hook is Python's and works everywhere.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from typing import Any, Final

#: With this exit code a process ends that tried what it may not.
CAUGHT: Final = 4
#: Beginnings of the audit events that end it.
FORBIDDEN: Final = (
    *("open", "import", "compile", "exec", "code.__new__", "ctypes.", "gc.", "mmap."),
    *("os.", "shutil.", "tempfile.", "subprocess.", "pty.", "fcntl.", "signal.", "_winapi.", "winreg.", "msvcrt."),
    *("socket.", "http.", "urllib.", "ftplib.", "smtplib.", "webbrowser.", "sqlite3.", "syslog."),
)
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_NO_NEW_PRIVILEGES = 38
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
#: Every right on files that the first version of Landlock knows: reading, writing, making, running.
_EVERY_RIGHT = (1 << 13) - 1
_MEGABYTE = 2**20


def leave_network() -> bool:
    """Move into a network of its own that leads nowhere; before there are threads. False where it cannot be."""
    libc = _libc()
    if libc is None or not hasattr(libc, "unshare"):
        return False
    return bool(libc.unshare(_NEW_NETWORK) == 0 or libc.unshare(_NEW_USER | _NEW_NETWORK) == 0)


def close_files() -> bool:
    """No file can be opened, made or run any more, from native code neither (Landlock). False where it cannot be."""
    libc = _libc()
    if libc is None or not hasattr(libc, "syscall") or libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    rights = ctypes.c_uint64(_EVERY_RIGHT)
    rules = libc.syscall(_CREATE_RULESET, ctypes.byref(rights), ctypes.c_size_t(8), 0)
    return bool(rules >= 0 and libc.syscall(_RESTRICT_SELF, rules, 0) == 0)


def set_limits(memory: int, seconds: int, output: int) -> None:
    """Bytes of memory beyond what is in use now, seconds of processor time, bytes of a file it writes."""
    if sys.platform == "win32":
        return
    import resource

    for kind, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, output),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_CORE, 0),
        *_memory_limit(resource.RLIMIT_AS, memory),
    ):
        hard = resource.getrlimit(kind)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))


def _memory_limit(kind: int, memory: int) -> Iterator[tuple[int, int]]:
    # Libraries take address space by the gigabyte just by being imported, and differ in it.
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as numbers:
            yield kind, int(numbers.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") + memory


def close_doors() -> None:
    """From now on, opening, importing, running or connecting anything ends this process with exit code `CAUGHT`."""
    # Looked up now, because looking it up later could be tampered with.
    write, leave = os.write, os._exit

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN):
            write(2, f"{event}\n".encode())
            leave(CAUGHT)

    sys.addaudithook(watch)


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
