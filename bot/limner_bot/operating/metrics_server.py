"""Serves the figures under /metrics, and under /healthz whether all is well, inside the bot's own loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from limner_sdk import ConfigurationError

from .metrics import Metrics
from .sections import MetricsSection, host_and_port, is_loopback

log = logging.getLogger(__name__)


async def serve_metrics(
    metrics: Metrics,
    section: MetricsSection,
    refresh: Callable[[], Awaitable[None]],
    ailment: Callable[[], str] = lambda: "",
) -> None:
    """Serve for ever at the address of `[metrics]`, or only wait if there is none.

    `refresh` is awaited before each look at the figures; `ailment` says what is wrong now, "" if nothing is. Raises
    `ConfigurationError` for an address that other machines can reach, or that cannot be used.
    """
    if section.address:
        runner = web.AppRunner(_application(metrics, refresh, ailment), access_log=None, handle_signals=False)
        try:
            await _start(runner, section)
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()
    await asyncio.Event().wait()


def _application(
    metrics: Metrics, refresh: Callable[[], Awaitable[None]], ailment: Callable[[], str]
) -> web.Application:
    async def figures(_: web.Request) -> web.Response:
        await refresh()
        # Made in a thread: a hundred thousand samples must not hold up an answer to Discord.
        text = await asyncio.to_thread(generate_latest, metrics.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def health(_: web.Request) -> web.Response:
        wrong = ailment()
        return web.Response(text=f"{wrong or 'ok'}\n", status=503 if wrong else 200)

    application = web.Application()
    application.add_routes([web.get("/metrics", figures), web.get("/healthz", health)])
    return application


async def _start(runner: web.AppRunner, section: MetricsSection) -> None:
    host, port = host_and_port(section.address)
    if not section.public and not is_loopback(host):
        raise ConfigurationError(f"[metrics] address {section.address!r} can be reached by other machines")
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise ConfigurationError(f"[metrics] address {section.address!r} cannot be used: {error.strerror}") from None
    log.info("figures are served at http://%s/metrics", _bound(runner))


def _bound(runner: web.AppRunner) -> str:
    address: Any = runner.addresses[0]
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"
