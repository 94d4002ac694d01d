"""What README and docs show is what happens."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.conftest import a_recipe

import limner_sdk
from limner_host.cli import main
from limner_host.pictures import RECIPE_CHUNK, write_png
from limner_sdk.testing import check_noise, check_sampler

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", page.read_text(), re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, body in found]


def commands() -> Iterator[str]:
    """Every command of ours that the documentation shows, the bot's apart, which need a token or a database."""
    for page in PAGES:
        for block in blocks(page, "sh"):
            for line in re.findall(r"(?:^|/)limner ([a-z].*)$", block, re.MULTILINE):
                if line.split()[0] not in {"backup", "bot", "config", "invite"}:
                    yield line


@pytest.fixture
def studio_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with a picture, a mask, and a data folder that holds the plugin of docs/plugins.md."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIMNER_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data" / "plugins").mkdir(parents=True)
    (tmp_path / "data" / "plugins" / "gentle.py").write_text(blocks(ROOT / "docs" / "plugins.md", "python")[0])
    texts = {RECIPE_CHUNK: a_recipe(width=64, height=64, steps=2).model_dump_json()}
    write_png(Image.radial_gradient("L").resize((64, 64)).convert("RGB"), tmp_path / "picture.png", texts)
    Image.linear_gradient("L").resize((64, 64)).save(tmp_path / "mask.png")
    return tmp_path


def quick(line: str) -> list[str]:
    """The words of a command, which draws in few steps where it does not say in how many."""
    words = shlex.split(line)
    return [*words, "--steps", "2"] if words[0] == "imagine" and "--steps" not in words else words


@pytest.mark.parametrize("line", list(commands()))
def test_a_documented_command_works(line: str, studio_folder: Path) -> None:
    assert main(quick(line)) == 0


@pytest.mark.parametrize("page", ["README.md", "docs/plugins.md"])
def test_a_documented_sampler_keeps_its_contract(page: str) -> None:
    names: dict[str, object] = {}
    exec(blocks(ROOT / page, "python")[0], names)
    hook = names["limner_samplers"]
    assert callable(hook)
    for definition in hook():
        check_sampler(definition)


def test_the_documented_test_of_a_plugin_passes(studio_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(studio_folder / "data" / "plugins")
    names: dict[str, object] = {}
    exec(blocks(ROOT / "docs" / "plugins.md", "python")[-1], names)
    test = names["test_the_sampler_keeps_its_contract"]
    assert callable(test)
    test()


def test_the_documented_noise_keeps_its_contract() -> None:
    names: dict[str, object] = {}
    exec(blocks(ROOT / "docs" / "plugins.md", "python")[1], names)
    hook = names["limner_noises"]
    assert callable(hook)
    for definition in hook():
        check_noise(definition)


def test_every_hook_is_documented() -> None:
    page = (ROOT / "docs" / "plugins.md").read_text()
    hooks = [name for name in vars(limner_sdk.LimnerSpecs) if name.startswith("limner_")]
    assert [hook for hook in hooks if hook not in page] == []


def test_every_room_of_sdk_and_host_is_on_the_architecture_page() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    rooms = [
        path.stem for folder in ("sdk/limner_sdk", "host/limner_host") for path in (ROOT / folder).glob("[a-z]*.py")
    ]
    assert [room for room in rooms if f"`{room}`" not in page and f"{room}.py`" not in page] == []


def test_every_room_of_the_bot_is_on_the_architecture_page() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    bot = ROOT / "bot" / "limner_bot"
    folders = {path.parent for path in bot.glob("*/__init__.py")} - {bot / "features", bot / "words", bot / "cli"}
    rooms = [path.stem for folder in (bot, *folders) for path in folder.glob("[a-z]*.py")]
    assert [room for room in rooms if f"`{room}`" not in page] == []
    assert [folder.name for folder in folders if f"`{folder.name}/`" not in page] == []


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_changelog_begins_with_the_current_version() -> None:
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == limner_sdk.__version__


def test_ci_runs_what_the_readme_tells_people_to_run() -> None:
    assert blocks(ROOT / "README.md", "sh")[1].strip() in (ROOT / ".ci" / "run").read_text()


def test_everything_that_is_installed_has_a_lowest_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    needs = [*project["dependencies"], *extras["host"], *extras["bot"]]
    assert [need for need in needs if ">=" not in need] == []
