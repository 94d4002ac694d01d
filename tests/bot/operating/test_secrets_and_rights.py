"""S15 and S21, the whole way: after a job, no file, log or backup holds a secret, and others can read nothing."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

from tests.bot.bench import Bench

from limner_bot.operating.backups import make_backup


def files_of(folder: Path) -> Iterator[Path]:
    """Every file below a folder."""
    return (path for path in folder.rglob("*") if path.is_file())


def holding(folder: Path, *secrets: str) -> list[str]:
    """The files that one of the secrets stands in."""
    return [str(path) for path in files_of(folder) if any(s.encode() in path.read_bytes() for s in secrets)]


def open_to_others(folder: Path) -> list[str]:
    """What others may look at or change."""
    return [str(path) for path in (folder, *folder.rglob("*")) if stat.S_IMODE(path.lstat().st_mode) & 0o077]


async def test_no_secret_and_nothing_open_lies_in_the_data_folder(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt="a slow circle")).response()
    await bench.progressing(message)
    data = bench.data / "limner"
    copy = make_backup(data / "limner.sqlite3", bench.data / "copies" / "while-it-runs")
    tokens = [row[0] for row in bench.query("SELECT token FROM jobs WHERE token <> ''")]
    assert len(tokens) == 1
    assert holding(copy.parent, bench.discord.token, *tokens) == []
    await bench.result(message)
    await bench.state("delivered")
    assert open_to_others(data) == []
    environment = Path(f"/proc/{bench.worker_pid()}/environ").read_bytes().decode()
    assert not any(secret in environment for secret in (bench.discord.token, *tokens))
    assert await bench.stop() == 0
    assert holding(bench.data, bench.discord.token, *tokens) == []
    assert len(list(files_of(data))) > 4


CONFIGURED = """
[bot]
log_format = "json"
log_level = "debug"
[worker]
largest_canvas = "1024x1024"
"""


async def test_a_debug_log_of_json_lines_that_limner_toml_asks_for_shows_no_secret(bench: Bench) -> None:
    await bench.stop()
    (bench.data / "limner" / "limner.toml").write_text(CONFIGURED)
    await bench.start()
    environment = Path(f"/proc/{bench.worker_pid()}/environ").read_bytes().split(b"\0")
    assert b"LIMNER_LARGEST_CANVAS=1024x1024" in environment
    interaction = await bench.alice.slash(bench.channel, "imagine", prompt="a circle")
    await bench.result(await interaction.response())
    assert not any(secret in bench.log for secret in (bench.discord.token, interaction.token))
    lines = [json.loads(line) for line in bench.log.splitlines() if line.startswith("{")]
    assert "debug" in {line["level"] for line in lines}
    assert "a circle" not in bench.log
    assert not {"debug"} & {line["level"] for line in lines if line["logger"].startswith(("discord", "aiosqlite"))}
