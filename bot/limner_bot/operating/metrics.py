"""What the bot counts and measures, for Prometheus; nothing here says who asked for what."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from limner_bot.queue.database import Database

#: Seconds; a job takes from a moment to a quarter of an hour.
_JOB_SECONDS: Final = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600)
#: Seconds; Discord waits three for the first answer.
_ANSWER_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3)
_LOOP_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_TICK: Final = 0.5
STATES: Final = ("arriving", "queued", "running", "rendered", "delivered", "failed", "cancelled")


@dataclass(frozen=True)
class Metrics:
    """All figures. Counters and histograms are fed where things happen, gauges when somebody looks (`look`)."""

    registry: CollectorRegistry
    jobs: Gauge
    waiting: Gauge
    queue_seconds: Histogram
    run_seconds: Histogram
    acknowledged: Histogram
    loop_latency: Histogram
    worker_ready: Gauge
    worker_restarts: Counter
    deliveries: Counter
    darkroom_tasks: Counter
    swallowed: Counter
    database_bytes: Gauge
    wal_bytes: Gauge
    free_bytes: Gauge

    @classmethod
    def fresh(cls) -> Self:
        """All at nothing, in a registry of their own."""
        own = CollectorRegistry()
        ProcessCollector(registry=own)
        return cls(
            registry=own,
            jobs=Gauge("limner_jobs", "Jobs in the database by state.", ["state"], registry=own),
            waiting=Gauge("limner_jobs_waiting", "Jobs that wait now.", registry=own),
            queue_seconds=_seconds("limner_job_queue_seconds", "From the command to the start.", _JOB_SECONDS, own),
            run_seconds=_seconds("limner_job_run_seconds", "From the start to the result.", _JOB_SECONDS, own),
            acknowledged=_seconds("limner_acknowledge_seconds", "Until the first answer.", _ANSWER_SECONDS, own),
            loop_latency=_seconds("limner_loop_latency_seconds", "How late the bot wakes up.", _LOOP_SECONDS, own),
            worker_ready=Gauge("limner_worker_ready", "1 if the worker can take a job.", registry=own),
            worker_restarts=Counter("limner_worker_restarts", "Workers that have ended.", registry=own),
            deliveries=Counter("limner_deliveries", "Results posted, by the door they took.", ["door"], registry=own),
            darkroom_tasks=Counter("limner_darkroom_tasks", "Tasks, by kind and outcome.", _TASK, registry=own),
            swallowed=Counter("limner_swallowed_errors", "Errors logged and lived with.", ["where"], registry=own),
            database_bytes=Gauge("limner_database_bytes", "Size of the database.", registry=own),
            wal_bytes=Gauge("limner_wal_bytes", "Size of its -wal file.", registry=own),
            free_bytes=Gauge("limner_disk_free_bytes", "Free on the disk of the data folder.", registry=own),
        )


_TASK: Final = ("kind", "outcome")


def _seconds(name: str, says: str, buckets: tuple[float, ...], registry: CollectorRegistry) -> Histogram:
    return Histogram(name, says, buckets=buckets, registry=registry)


async def look(metrics: Metrics, database: Database, path: Path, free: int) -> None:
    """Bring the gauges up to date: jobs by state, the files at `path`, and `free` bytes."""
    rows = await database.rows("SELECT state, count(*) AS jobs FROM jobs GROUP BY state")
    found = {row["state"]: row["jobs"] for row in rows}
    for state in STATES:
        metrics.jobs.labels(state).set(found.get(state, 0))
    metrics.waiting.set(found.get("queued", 0))
    metrics.database_bytes.set(_size(path))
    metrics.wal_bytes.set(_size(path.with_name(f"{path.name}-wal")))
    metrics.free_bytes.set(free)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


async def watch_loop(metrics: Metrics) -> None:
    """Measure for ever how late this loop wakes up whoever sleeps; it is late while something blocks it."""
    while True:
        before = time.monotonic()
        await asyncio.sleep(_TICK)
        metrics.loop_latency.observe(max(0.0, time.monotonic() - before - _TICK))
