"""The examples in the README run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.loopback import LoopbackDiscord

README = Path(__file__).parents[1] / "loopback" / "README.md"


def test_the_first_example_runs_as_it_stands() -> None:
    example = _examples()[0]
    root = README.parents[2]
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", example]
    subprocess.run(command, cwd=root, check=True, timeout=30)


async def test_every_kind_of_trouble_can_be_made() -> None:
    async with LoopbackDiscord() as loopback:
        exec(_examples()[1], {"loopback": loopback})
        assert loopback.world.clock.now() > 0


def _examples() -> list[str]:
    return [part.split("```")[0] for part in README.read_text().split("```python\n")[1:]]
