"""S15: no log path shows a secret, in either format, whatever goes wrong."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import discord
import pytest

from limner_bot.operating.logs import JsonFormatter, RedactingFormatter, listen_to, redact

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDE.canary-canary-canary-canary-canary"
OTHER = "OTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDE.canary-canary-canary-canary-canary"
ANSWER = "aW50ZXJhY3Rpb246MTIzOmNhbmFyeQ=="

TEXTS = (
    f"the token is {TOKEN}",
    f"another bot's is {OTHER}",
    f"PATCH /api/v10/webhooks/123/{ANSWER}/messages/@original",
    f"POST https://discord.com/api/v10/interactions/1/{ANSWER}/callback",
    f"https://discord.com/api/webhooks/123/canary_{'x' * 40}",
    "https://cdn.discordapp.com/attachments/1/2/a.png?ex=canary66aa&is=canary66bb&hm=canary66cc",
    f"{{'token': '{ANSWER}', 'id': 1}}",
    '{"token":"canary-of-json"}',
    '"{\\"token\\": \\"canary-of-json\\"}"',
    "Authorization: Bot canary.of.header",
    "Origin(user_id=1, token='canary-of-repr')",
    f"the token alone: {ANSWER}",
)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("kind", [RedactingFormatter, JsonFormatter])
def test_secrets_are_cut_out_of_messages_and_tracebacks(kind: type[logging.Formatter], text: str) -> None:
    formatter = kind(TOKEN)  # type: ignore[arg-type]
    try:
        raise ValueError(text)
    except ValueError:
        record = logging.LogRecord("x", logging.INFO, "x", 1, "%s", (text,), sys.exc_info())
    shown = formatter.format(record)
    assert "canary" not in shown
    assert ANSWER not in shown
    assert "ValueError" in shown


@pytest.mark.parametrize("text", ["Bot is 4 years old", "the size=large token is here", "a.b.c", "job 1 is done"])
def test_harmless_texts_stay(text: str) -> None:
    assert redact(text, TOKEN) == text


def test_a_json_line_is_one_object_that_names_the_job() -> None:
    record = logging.LogRecord("limner", logging.WARNING, "x", 1, "job %s: two\nlines", ("abcd1234",), None)
    line = JsonFormatter("").format(record)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["level"], told["logger"], told["job"]) == ("warning", "limner", "abcd1234")
    assert told["message"] == "job abcd1234: two\nlines"
    assert told["time"].endswith("+00:00")


@pytest.mark.filterwarnings("ignore:coroutine 'Client._run_event' was never awaited:RuntimeWarning")
async def test_a_client_that_is_closed_before_it_is_ready_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    loop, counted = asyncio.get_running_loop(), list[int]()
    listen_to(loop, lambda: counted.append(1))
    for action, known in ((late_readiness, 0), (another, 1)):
        await action()
        gc.collect()
        assert len(counted) == known
        assert [each.message.partition(" (")[0] for each in caplog.records if each.name == listen_to.__module__] == [
            "Task exception was never retrieved"
        ] * known
    loop.set_exception_handler(None)


async def late_readiness() -> None:
    """What discord.py does two seconds after it has connected, in a client that was closed meanwhile."""

    class Client(discord.Client):
        async def on_ready(self) -> None:
            raise AssertionError("it is closed")

    client = Client(intents=discord.Intents.none())
    await client._async_setup_hook()
    client.loop = discord.utils.MISSING
    client._ready = asyncio.Event()
    state = client._connection
    state._ready_state, state.guild_ready_timeout = asyncio.Queue(), 0.01
    await ended(asyncio.create_task(state._delay_ready()))


async def another() -> None:
    """The same error from anywhere else."""

    async def fails() -> None:
        discord.utils.MISSING.create_task(None)

    await ended(asyncio.create_task(fails()))


async def ended(task: asyncio.Task[None]) -> None:
    """Wait for a task as nobody does who wants to know how it went."""
    await asyncio.wait([task])


def test_the_libraries_never_write_down_whole_events() -> None:
    program = (
        "import logging; from limner_bot.operating.logs import start_logging; start_logging('x', 'text', 'debug')\n"
        "for name in ('limner_bot', 'discord.gateway', 'aiosqlite'):\n"
        "    logging.getLogger(name).debug('in detail'); logging.getLogger(name).info('in short')"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ran.stderr.count("in detail"), ran.stderr.count("in short")) == (1, 3)


@pytest.mark.parametrize("setting", [{"LIMNER_WORKER_SILENCE": "soon"}, {"LIMNER_DISCORD_API": "http://127.0.0.1:9"}])
def test_the_last_line_is_json_as_well(tmp_path: Path, setting: dict[str, str]) -> None:
    given = {"LIMNER_DISCORD_TOKEN": "x", "LIMNER_DATA_DIR": str(tmp_path), "LIMNER_LOG_FORMAT": "json"}
    words = [sys.executable, "-m", "limner_bot"]
    ran = subprocess.run(words, env=os.environ | given | setting, capture_output=True, text=True)
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    assert (ran.returncode, lines[-1]["level"]) in ((1, "critical"), (2, "critical"))


PROGRAM = """
import asyncio, gc, logging, sys, threading, warnings
from limner_bot.operating.logs import listen_to, start_logging

token = sys.stdin.read()
start_logging(token, sys.argv[1])

class Bad:
    def __del__(self):
        raise ValueError(token)

async def fails():
    raise ValueError("in a task " + token)

async def main():
    listen_to(asyncio.get_running_loop())
    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
    asyncio.get_running_loop().call_soon(lambda: 1 / len(token[:0]))
    await asyncio.sleep(0.01)

asyncio.run(main())
logging.getLogger("a").info("%d", token)
logging.getLogger("a").info("%s %s", token)
warnings.warn("a warning with " + token)
Bad()
thread = threading.Thread(target=lambda: int(token), name="a thread")
thread.start()
thread.join()
logging.getLogger("a").error("stack", stack_info=True)
raise RuntimeError("at last " + token)
"""


@pytest.mark.parametrize("style", ["text", "json"])
def test_no_way_of_failing_shows_the_token(style: str) -> None:
    words = [sys.executable, "-c", textwrap.dedent(PROGRAM), style]
    ran = subprocess.run(words, input=TOKEN, capture_output=True, text=True)
    assert "canary" not in ran.stdout + ran.stderr
    for what in ("never retrieved", "ZeroDivisionError", "is broken", "a warning with", "a thread", "at last"):
        assert what in ran.stderr
    assert ran.stderr.count("[token]") >= 5
    if style == "json":
        lines = [line for line in ran.stderr.splitlines() if "is broken" not in line]
        assert all(isinstance(json.loads(line), dict) for line in lines)
