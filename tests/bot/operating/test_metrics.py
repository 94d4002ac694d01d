"""Figures for Prometheus: what they count, where they are served, and where they are not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.bot.operating.rows import TOKEN, add_job

from limner_bot.bot import ailments
from limner_bot.operating.metrics import Metrics, look, watch_loop
from limner_bot.operating.metrics_server import serve_metrics
from limner_bot.operating.sections import MetricsSection
from limner_bot.operating.space import Space
from limner_bot.queue.database import Database
from limner_sdk import ConfigurationError


async def nothing() -> None:
    """No gauges to bring up to date."""


@asynccontextmanager
async def serving(metrics: Metrics, port: int, ailment: str = "") -> AsyncIterator[str]:
    """The address of a server."""
    section = MetricsSection(address=f"127.0.0.1:{port}")
    task = asyncio.create_task(serve_metrics(metrics, section, nothing, lambda: ailment))
    await asyncio.sleep(0.1)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def fetched(address: str) -> tuple[int, str]:
    """Status and text."""
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return answer.status, await answer.text()


async def test_figures_are_served_and_can_be_parsed(unused_port: int) -> None:
    metrics = Metrics.fresh()
    metrics.deliveries.labels("channel").inc()
    metrics.acknowledged.observe(0.02)
    async with serving(metrics, unused_port) as address:
        status, text = await fetched(f"{address}/metrics")
        assert (await fetched(f"{address}/healthz")) == (200, "ok\n")
        assert (await fetched(f"{address}/else"))[0] == 404
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert status == 200
    (sample,) = (s for s in families["limner_deliveries"].samples if s.name.endswith("_total"))
    assert (sample.labels, sample.value) == ({"door": "channel"}, 1.0)
    assert {"limner_acknowledge_seconds", "limner_loop_latency_seconds", "process_resident_memory_bytes"} <= set(
        families
    )


async def test_health_says_what_is_wrong(unused_port: int) -> None:
    async with serving(Metrics.fresh(), unused_port, "the worker does not start") as address:
        assert await fetched(f"{address}/healthz") == (503, "the worker does not start\n")


@dataclass
class Part:
    """Any part of a house that may be well or not."""

    well: bool = True

    def ready(self) -> bool:
        return self.well

    def is_closed(self) -> bool:
        return False

    is_open = open = property(ready)


def test_health_knows_the_disk_the_gate_the_worker_and_discord(tmp_path: Path) -> None:
    def said(connected: bool = True, gate: bool = True, worker: bool = True, least: int = 0) -> list[str]:
        house: Any = SimpleNamespace(gate=Part(gate), dispatcher=Part(worker), space=Space(tmp_path, least))
        client: Any = Part()
        client.ws = Part(connected)
        return list(ailments(house, client))

    assert said() == []
    assert said(connected=False) == ["Discord is not connected"]
    assert said(gate=False, worker=False) == ["no jobs are taken", "the worker is not ready"]
    assert "are free on the disk of" in said(least=2**62)[0]


async def test_no_address_is_no_server_and_a_public_one_is_refused() -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(serve_metrics(Metrics.fresh(), MetricsSection(), nothing), 0.05)
    open_to_all = MetricsSection.model_construct(address="0.0.0.0:0", public=False)
    with pytest.raises(ConfigurationError, match="can be reached by other machines"):
        await serve_metrics(Metrics.fresh(), open_to_all, nothing)


async def test_an_address_in_use_is_one_sentence(unused_port: int) -> None:
    async with serving(Metrics.fresh(), unused_port):
        with pytest.raises(ConfigurationError, match="cannot be used"):
            await serve_metrics(Metrics.fresh(), MetricsSection(address=f"127.0.0.1:{unused_port}"), nothing)


async def test_gauges_tell_what_is_in_the_database(database: Database, tmp_path: Path) -> None:
    for number, state in enumerate(("queued", "queued", "failed")):
        await database.write(lambda db, n=number, s=state: add_job(db, f"job{n}", s))  # type: ignore[misc]
    metrics = Metrics.fresh()
    await look(metrics, database, tmp_path / "limner.sqlite3", 5)
    value = metrics.registry.get_sample_value
    assert value("limner_jobs", {"state": "queued"}) == value("limner_jobs_waiting") == 2
    assert (value("limner_jobs", {"state": "failed"}), value("limner_jobs", {"state": "running"})) == (1, 0)
    assert (value("limner_database_bytes") or 0) > 0
    assert (value("limner_wal_bytes") or 0) > 0
    assert value("limner_disk_free_bytes") == 5


async def test_a_blocked_loop_is_seen() -> None:
    metrics = Metrics.fresh()
    watching = asyncio.create_task(watch_loop(metrics))
    await asyncio.sleep(0.45)
    time.sleep(0.3)
    await asyncio.sleep(0.05)
    watching.cancel()
    assert (metrics.registry.get_sample_value("limner_loop_latency_seconds_sum") or 0) > 0.15


async def test_figures_name_nobody(database: Database, tmp_path: Path) -> None:
    await database.write(lambda db: add_job(db, "canary", user_id=123454321))
    metrics = Metrics.fresh()
    await look(metrics, database, tmp_path / "limner.sqlite3", 5)
    text = "".join(str(family) for family in metrics.registry.collect())
    assert not any(secret in text for secret in (TOKEN, "canary", "123454321"))
