"""C3: killed before, after and in the middle of every step of every kind of job, the next bot mends everything.

The functions are found by introspection: a new one is killed at as soon as a kind of job calls it. A short run takes
some of the points by the seed; `--long` takes all.
"""

from __future__ import annotations

import random

import pytest
from tests.bot.crashes.failing_bot import names
from tests.bot.crashes.failpoints import Point, struck, traced
from tests.bot.crashes.kinds import KINDS
from tests.bot.crashes.scene import Scene

SAMPLE = 3
#: What only looks, or what no single job of the kinds comes to; each of these has a test of its own.
NOT_ON_THE_WAY = {
    "Doors.open": "a message for each of many confirmed jobs; what it forgets, the result's own ladder mends",
    "Shelf.read": "only looks",
    "Store.clear": "an admin's command: one statement",
    "Store.clear_member": "an admin's command: one statement",
    "Store.move": "an admin's command: one statement",
    "Store.pinging": "only for somebody who has waited long: one statement",
    "Store.retry": "an admin's command: one statement",
    "Store.pause": "an admin's command: one statement",
    "Store.unpause": "an admin's command: one statement",
    "Store.withdraw": "only when Discord has refused the acknowledgement",
    "Store.undeliverable": "only when every door is closed",
}


async def survive(scene: Scene, points: list[Point]) -> list[Point]:
    """Strike at each point; those that were never reached. What one has broken must not be charged to the next."""
    missed, broken, known = [], [], ""
    for point in points:
        verdict = await struck(scene, point)
        if verdict is None:
            missed.append(point)
        elif verdict.findings != known:
            known = verdict.findings
            broken.append(f"{point}\n{known}")
    assert not broken, "\n".join(broken)
    return missed


async def test_a_bot_killed_at_some_lines_is_mended_by_the_next(scene: Scene, seed: int) -> None:
    await scene.bench.start()
    await scene.furnish()
    await scene.bench.stop()
    await survive(scene, random.Random(seed).sample(COMMON, SAMPLE))


#: Points that every bot comes to, for the short run, which has no time to look for them.
COMMON = [
    Point(kind, name, when)
    for kind in ("imagine", "single", "finish", "failing")
    for name in ("Store.add", "Store.place", "Outbox._tell", "Doors.deliver")
    for when in ("before", "after", "slowly")
]


@pytest.mark.long
async def test_every_function_that_changes_something_is_on_the_way_of_a_job(scene: Scene) -> None:
    trace = await traced(scene)
    public = {name for name in names() if not name.split(".")[1].startswith("_")}
    assert set(NOT_ON_THE_WAY) <= public
    strange = public - trace.reached - set(NOT_ON_THE_WAY)
    assert not strange, "let a kind of kinds.py come there, or say in NOT_ON_THE_WAY why none does"


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
async def test_a_bot_killed_at_any_line_is_mended_by_the_next(scene: Scene, kind: str) -> None:
    points = (await traced(scene, [kind])).points()
    await scene.bench.stop()
    missed = await survive(scene, points)
    print(f"{kind}: {len(points) - len(missed)} points of {len(points)}, missed: {[str(point) for point in missed]}")
    assert len(missed) < len(points) / 4


async def test_the_harness_notices_an_outbox_that_sleeps_after_the_start(scene: Scene) -> None:
    await scene.bench.start()
    await scene.furnish()
    await scene.bench.stop()
    point = Point("imagine", "Store.rendered", "after")
    verdict = await struck(scene, point, ("broken_bot.py", "no_wake"), patience=3)
    assert verdict is not None
    assert "I3" in verdict.broken, verdict.text
