"""Plugins from every place they may lie; one that misbehaves is listed as broken and harms nothing."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.conftest import plugin_module

import limner_plugins
from limner_host.discovery import Plugin, Plugins, Source, all_sources, discover
from limner_host.house import open_registry
from limner_host.registry import Registry
from limner_sdk import AmbiguousName, ModelDef, NoParams, SamplerDef, UnknownName, UpscalerDef, hookimpl
from limner_sdk.folders import DataFolder
from limner_sdk.plugin_states import PluginState
from limner_sdk.testing import FakeWeightFile

GOOD = """
from limner_sdk import NoParams, SamplerDef, hookimpl

__version__ = "1.2.3"

@hookimpl
def limner_samplers():
    yield SamplerDef("{name}", "Good.", NoParams, lambda *_: None)
"""


def found(folder: Path, name: str, text: str) -> Plugin:
    """The plugin `name` of `text`, found beside a good one that must stay good."""
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    (folder / "zz_good.py").write_text(GOOD.format(name="zz_good"))
    plugins = {plugin.name: plugin for plugin in discover(folder).found}
    assert plugins["zz_good"].error == ""
    assert [definition.name for definition in plugins["zz_good"].definitions] == ["zz_good"]
    return plugins[name]


def sampler(name: str) -> SamplerDef[NoParams]:
    return SamplerDef(name, "A sampler.", NoParams, lambda *_: None)  # type: ignore[arg-type, return-value]


def plugins_of(**modules: ModuleType) -> Plugins:
    return discover(sources=iter([Source(name, "1", "test", lambda m=m: m) for name, m in modules.items()]))


def test_the_bundled_plugins_all_work() -> None:
    bundled = [plugin for plugin in discover().found if plugin.origin == "bundled"]
    assert [plugin.name for plugin in bundled] == list(limner_plugins.BUNDLED)
    assert [plugin.error for plugin in bundled] == [""] * len(bundled)
    assert all(plugin.definitions for plugin in bundled)


def test_a_single_file_is_a_plugin(tmp_path: Path) -> None:
    plugin = found(tmp_path, "mine", GOOD.format(name="mine"))
    assert (plugin.error, plugin.version, plugin.origin) == ("", "1.2.3", "mine.py")
    assert plugin.entry.kinds == ("sampler",)
    assert plugin.entry.status == "ok"


def test_a_single_file_may_use_dataclasses_and_pydantic(tmp_path: Path) -> None:
    text = """
from __future__ import annotations
from dataclasses import dataclass
from typing import Literal
from pydantic import BaseModel
from limner_sdk import Params, SamplerDef, hookimpl, param

@dataclass(frozen=True)
class Point:
    x: int

class Inner(BaseModel):
    points: list[Other] = []

class Other(BaseModel):
    a: int = 1

class MyParams(Params):
    mode: Literal["a", "b"] = param("a", "Which.")

@hookimpl
def limner_samplers():
    Inner.model_rebuild()
    yield SamplerDef("modern", "Modern.", MyParams, lambda *_: Point(1))
"""
    assert found(tmp_path, "modern", text).error == ""


def test_files_that_begin_with_an_underscore_are_not_plugins(tmp_path: Path) -> None:
    (tmp_path / "_helper.py").write_text("raise RuntimeError")
    (tmp_path / "notes.txt").write_text("hello")
    assert [source.name for source in all_sources(tmp_path)] == [source.name for source in all_sources(None)]


def test_a_folder_that_is_not_there_holds_no_plugins(tmp_path: Path) -> None:
    entries = [[plugin.entry for plugin in discover(folder).found] for folder in (tmp_path / "nowhere", None)]
    assert entries[0] == entries[1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("raise ValueError('I am sad')", "ValueError: I am sad"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("def broken(:", "SyntaxError"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("\0", "null bytes"),
        ("def f(): f()\nf()", "RecursionError"),
        ("class Odd(BaseException):\n    def __str__(self): raise RuntimeError\nraise Odd()", "Odd"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_listed_with_its_traceback(tmp_path: Path, text: str, reason: str) -> None:
    plugin = found(tmp_path, "bad", text)
    assert reason in plugin.error
    assert plugin.error.startswith("Traceback")
    assert plugin.entry.status == "broken"
    assert plugin.definitions == ()
    assert "limner_single_file_bad" not in sys.modules


HOOK = "from limner_sdk import *\nfrom limner_sdk import hookimpl\n@hookimpl\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HOOK + "def limner_samplers():\n    yield 5", "limner_samplers yields 5, which is no SamplerDef"),
        (HOOK + "def limner_samplers():\n    return 5", "TypeError"),
        (HOOK + "def limner_samplers():\n    return None", "TypeError"),
        (HOOK + "def limner_samplers():\n    raise SystemExit", "SystemExit"),
        (HOOK + "def limner_samplers(x):\n    return ()", "limner_samplers"),
        (HOOK + "def limner_samplerz():\n    return ()", "limner_samplerz"),
        ("def limner_samplers():\n    return ()", "lacks its marker"),
        (
            HOOK + "def limner_samplers():\n    yield NoiseDef('a', 'b', NoParams, lambda *_: None)",
            "which is no SamplerDef",
        ),
        (
            HOOK + "def limner_samplers():\n"
            "    yield SamplerDef('twin', 'b', NoParams, lambda *_: None)\n"
            "    yield SamplerDef('twin', 'b', NoParams, lambda *_: None)",
            "two definitions called 'twin'",
        ),
        (
            HOOK + "def limner_samplers():\n"
            "    yield SamplerDef('one', 'b', NoParams, lambda *_: None)\n"
            "    yield SamplerDef('Bad Name', 'b', NoParams, lambda *_: None)",
            "has no usable name",
        ),
    ],
)
def test_a_plugin_with_a_wrong_hook_is_listed_with_its_traceback(tmp_path: Path, text: str, reason: str) -> None:
    plugin = found(tmp_path, "bad", text)
    assert reason in plugin.error
    assert plugin.definitions == ()


def test_the_keyboard_still_stops_the_host() -> None:
    def interrupt() -> ModuleType:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        discover(sources=iter([Source("slow", "", "test", interrupt)]))


def test_a_broken_plugin_keeps_no_hook_registered() -> None:
    module = plugin_module([], observe=lambda event: None)
    module.limner_samplers = hookimpl(lambda: [5])  # type: ignore[attr-defined]
    plugins = plugins_of(bad=module)
    assert plugins.found[0].error
    assert plugins.manager.hook.limner_observe.get_hookimpls() == []


def test_two_plugins_of_one_name_the_second_is_refused_and_both_are_named(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        plugins = discover(
            sources=iter(Source("same", "", place, lambda: plugin_module([])) for place in ("here", "there"))
        )
    assert [plugin.error for plugin in plugins.found] == [
        "",
        "the name 'same' belongs to the plugin from here; rename or remove one of them",
    ]


def test_a_bundled_name_cannot_be_taken(tmp_path: Path) -> None:
    (tmp_path / "samplers.py").write_text(GOOD.format(name="evil"))
    with_file = {(plugin.name, plugin.origin): plugin for plugin in discover(tmp_path).found}
    assert with_file[("samplers", "bundled")].error == ""
    broken = [plugin for (_, origin), plugin in with_file.items() if origin == "samplers.py"]
    assert [bool(plugin.error) for plugin in broken] == [True]


def test_a_short_name_that_two_plugins_offer_is_refused_naming_both() -> None:
    registry = Registry(plugins_of(a=plugin_module([sampler("same")]), b=plugin_module([sampler("same")])))
    with pytest.raises(AmbiguousName, match="could be a:same, b:same; write the full name"):
        registry.sampler("same")
    assert registry.sampler("b:same").plugin == "b"


def test_definitions_of_different_kinds_may_share_a_name(tmp_path: Path) -> None:
    registry = Registry(discover())
    with pytest.raises(UnknownName):
        registry.noise("euler")
    assert registry.sampler("euler").id == "samplers:euler"


def test_the_catalogue_shows_every_definition_with_a_schema() -> None:
    catalogue = Registry(discover()).catalogue()
    assert catalogue.stage("sampler", "Euler a").parameters["properties"]["eta"]["maximum"] == 1
    assert catalogue.model("Pocket").sampler == "samplers:dpmpp_2m"
    assert {plugin.name for plugin in catalogue.plugins} >= set(limner_plugins.BUNDLED)
    assert type(catalogue).model_validate_json(catalogue.model_dump_json()) == catalogue


def test_a_model_may_be_recognised_by_reference() -> None:
    model = ModelDef("castle", "A castle.", "sd1", lambda loader: None)  # type: ignore[arg-type, return-value]
    module = plugin_module([])

    def limner_resolve_model(reference: str) -> Any:
        return model if reference == "mystore:castle-v2" else None

    module.limner_resolve_model = hookimpl(limner_resolve_model)  # type: ignore[attr-defined]
    registry = Registry(plugins_of(mystore=module))
    assert registry.model("mystore:castle-v2").definition is model
    with pytest.raises(UnknownName):
        registry.model("mystore:tower")


@pytest.fixture
def installed(tmp_path: Path) -> Callable[[str], str]:
    """Runs a line of Python where a distribution with a plugin is really installed."""
    (tmp_path / "my_plugin.py").write_text(GOOD.format(name="installed"))
    (tmp_path / "my_broken_plugin.py").write_text("import sys; sys.exit(1)")
    info = tmp_path / "limner_mine-4.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: limner-mine\nVersion: 4.5\n")
    (info / "entry_points.txt").write_text("[limner]\nmine = my_plugin\nbroken = my_broken_plugin\ngone = not_there\n")

    def run(line: str) -> str:
        path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
        code = f"from limner_host.discovery import discover; plugins = {{p.name: p for p in discover().found}}; {line}"
        environment = os.environ | {"PYTHONPATH": path}
        return subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)

    return run


def test_an_installed_distribution_brings_its_plugins(installed: Callable[[str], str]) -> None:
    said = installed(
        "m = plugins['mine']; print(m.version, m.origin, m.error == '', [d.name for d in m.definitions],"
        " 'SystemExit' in plugins['broken'].error, 'not_there' in plugins['gone'].error)"
    )
    assert said == "4.5 limner-mine True ['installed'] True True\n"


def test_a_definition_that_no_catalogue_can_show_breaks_its_plugin_alone(tmp_path: Path) -> None:
    text = (
        "from limner_sdk import ModelDef, hookimpl\n\n@hookimpl\ndef limner_models():\n"
        "    yield ModelDef('castle', 'A castle.', None, lambda loader: None)\n"
    )
    assert "family" in found(tmp_path, "castle", text).error


def test_a_traceback_that_is_no_text_can_still_be_shown(tmp_path: Path) -> None:
    plugin = found(tmp_path, "half", "raise ValueError('\\ud800')\n")
    assert "ValueError" in plugin.error
    assert plugin.entry.model_dump_json()


def test_what_a_plugin_makes_of_a_file_takes_the_place_of_what_the_bundle_makes_of_it() -> None:
    def run(image: Any, ctx: Any, params: Any) -> Any:
        return image

    mine = plugin_module([UpscalerDef("tiny", "Mine.", NoParams, run)])
    sources = [*all_sources(None), Source("mine", "1", "test", lambda: mine)]
    plugins = discover(sources=iter(sources), files=lambda kind: [FakeWeightFile()] if kind == "upscaler" else [])
    registry = Registry(plugins)
    assert registry.upscaler("tiny").id == "mine:tiny"
    assert registry.upscaler("pocket_x4").id == "upscalers:pocket_x4"


CANARY = GOOD.format(name="{name}") + '\nopen({file!r}, "a").write("x")\n'


@pytest.mark.parametrize("state", ["disabled", "quarantined"])
def test_what_is_left_out_is_listed_with_its_reason_and_never_imported(tmp_path: Path, state: Any) -> None:
    canary = tmp_path / "canary"
    (tmp_path / "odd.py").write_text(CANARY.format(name="odd", file=str(canary)))
    known = PluginState(state=state, reason="it broke", since=datetime.now(UTC))
    plugins = discover(tmp_path, states={"odd": known})
    entry = next(plugin.entry for plugin in plugins.found if plugin.name == "odd")
    assert (entry.status, entry.error, entry.kinds, entry.source) == (state, "it broke", (), "odd.py")
    assert not canary.exists()
    assert not plugins.manager.has_plugin("odd")


def test_failures_alone_leave_nothing_out(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(GOOD.format(name="odd"))
    known = PluginState(reason="it broke", since=datetime.now(UTC), failures=2)
    found = discover(tmp_path, states={"odd": known}).found
    assert [plugin.entry.status for plugin in found if plugin.name == "odd"] == ["ok"]


def test_nobody_takes_the_name_of_a_plugin_that_is_left_out() -> None:
    states = {"mine": PluginState(state="disabled", reason="no", since=datetime.now(UTC))}
    sources = [Source("mine", "1", origin, lambda: plugin_module([sampler("s")])) for origin in ("first", "second")]
    entries = [plugin.entry for plugin in discover(sources=iter(sources), states=states).found]
    assert [entry.status for entry in entries] == ["disabled", "broken"]


def test_a_plugin_that_ends_the_process_while_it_is_imported_ends_up_in_quarantine(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "deadly.py").write_text("import os\nos._exit(7)\n")
    code = "from limner_sdk.folders import DataFolder as F; from limner_host.house import open_registry as o; o(F({}))"
    command = [sys.executable, "-c", code.format("__import__('pathlib').Path.cwd()")]
    assert [subprocess.run(command, cwd=tmp_path).returncode for _ in range(3)] == [7, 7, 7]
    entries = {plugin.name: plugin for plugin in open_registry(DataFolder(tmp_path)).catalogue().plugins}
    assert entries["deadly"].status == "quarantined"
    assert entries["deadly"].error == "it has failed 3 times in a row: the process ended while it was imported"
    assert not list(tmp_path.glob(".importing*"))
