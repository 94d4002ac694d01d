"""docs/operating.md and the examples beside it say what is so."""

from __future__ import annotations

import re
import shlex
import tomllib
from configparser import RawConfigParser
from importlib import import_module

import pytest
from tests.house.test_docs import ROOT, blocks

from limner_bot.cli.config import example
from limner_bot.cli.invite import PERMISSIONS
from limner_bot.operating.configuring import Given, check
from limner_bot.operating.keys import KEYS, written
from limner_bot.operating.metrics import Metrics
from limner_bot.operating.space import RESERVE_BYTES

PAGE = ROOT / "docs" / "operating.md"
TEXT = PAGE.read_text()
EXAMPLES = ROOT / "docs" / "examples"


def rows(heading: str) -> list[str]:
    """The rows of the table with this heading."""
    _, _, rest = TEXT.partition(f"{heading}\n")
    return [line for line in rest.partition("\n\n")[0].splitlines() if line.startswith("| `")]


def test_every_setting_is_on_the_page_as_it_is() -> None:
    assert rows("| key | variable | default | meaning |") == [
        f"| `[{key.section}] {key.name}` | `{key.variable}` | `{written(key.default)}` | {key.says} |" for key in KEYS
    ]


def test_every_figure_is_on_the_page() -> None:
    families = [family for family in Metrics.fresh().registry.collect() if family.name.startswith("limner_")]
    ending = {"counter": "_total"}
    assert rows("| figure | meaning |") == [
        f"| `{family.name}{ending.get(family.type, '')}` | {family.documentation} |" for family in families
    ]


def test_the_example_is_what_the_command_prints() -> None:
    assert (EXAMPLES / "limner.toml").read_text() == example()


@pytest.mark.parametrize("block", blocks(PAGE, "toml"))
def test_what_the_page_shows_of_the_file_is_right(block: str) -> None:
    assert check(Given({}, PAGE, {}, tomllib.loads(block)))[1] == []


@pytest.mark.parametrize("line", re.findall(r"^ *limner (\w+ .*)$", "\n".join(blocks(PAGE, "sh")), re.MULTILINE))
def test_the_commands_on_the_page_are_understood(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, *words = shlex.split(line)
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["limner.commands"]
    command = import_module(points[name].partition(":")[0]).command
    with pytest.raises(SystemExit) as left:
        command([*words, "--help"])
    assert left.value.code == 0
    assert f"limner {name}" in capsys.readouterr().out


def unit() -> dict[str, str]:
    """The [Service] section."""
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(EXAMPLES / "limner.service")
    return dict(parser["Service"])


def test_services_wait_longer_than_the_drain() -> None:
    drain = next(key.default for key in KEYS if key.name == "drain_seconds")
    assert int(unit()["TimeoutStopSec"]) >= drain + 15
    (timeout,) = re.findall(r"--stop-timeout (\d+)", (EXAMPLES / "Containerfile").read_text())
    assert int(timeout) >= drain + 15


def test_the_unit_is_hardened_and_kills_the_worker_only_at_the_end() -> None:
    service = unit()
    wanted = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "StateDirectoryMode": "0700", "UMask": "0077"}
    wanted |= {"KillMode": "mixed", "Restart": "on-failure", "RestartPreventExitStatus": "2"}
    assert {name: service.get(name) for name in wanted} == wanted


def test_examples_use_variables_that_there_are() -> None:
    known = {key.variable for key in KEYS}
    for name in ("limner.service", "Containerfile"):
        assert set(re.findall(r"LIMNER_[A-Z_]+", (EXAMPLES / name).read_text())) <= known


def test_the_container_runs_as_nobody_special_and_copies_what_there_is() -> None:
    lines = (EXAMPLES / "Containerfile").read_text().splitlines()
    assert "USER limner" in lines
    for line in lines:
        if line.startswith("COPY "):
            assert all((ROOT / path).exists() for path in line.split()[1:-1])


def test_the_page_names_the_permissions() -> None:
    text = " ".join(TEXT.split())
    names = {"view_channel": "View Channels"}
    for name in PERMISSIONS:
        assert names.get(name, name.replace("_", " ").title()).replace(" In ", " in ") in text


def test_the_reserve_on_the_page_is_true() -> None:
    assert f"{RESERVE_BYTES // 2**20} MiB" in TEXT
