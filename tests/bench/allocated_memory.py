"""How much PyTorch's allocator hands out while something runs: live tensors, and what kernels take for themselves.

The profiler writes down each allocation. Unlike `live_memory` this sees oneDNN's reordered maps and other workspaces,
but not whose they are. It is the same every time, too.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar

from torch.profiler import ProfilerActivity, profile

R = TypeVar("R")


def allocated_by(run: Callable[[], R]) -> tuple[R, int]:
    """What `run` returns, and the most bytes that were handed out at a time, above the start. On a CPU."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        result = run()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trace.json"
        seen.export_chrome_trace(str(file))
        events = json.loads(file.read_text())["traceEvents"]
    return result, max(accumulate(changes(events), initial=0))


def changes(events: list[dict[str, Any]]) -> list[int]:
    """Bytes handed out, or below zero given back, in their order."""
    found = [event for event in events if event.get("name") == "[memory]"]
    return [event["args"]["Bytes"] for event in sorted(found, key=lambda event: float(event["ts"]))]
