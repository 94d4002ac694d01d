"""What the tests of SDK, plugins and host share: one studio, loaded once, and ways to ask it for small pictures."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from limner_host.studio import Studio
    from limner_sdk import Recipe, Request

# Pictures this small gain nothing from a second thread, and wait for it on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

#: The smallest picture and the fewest steps that still go through every stage.
SMALL: dict[str, Any] = {"prompt": "a red circle on a blue background", "width": 64, "height": 64, "steps": 2}


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a run may be asked for besides pytest's own options."""
    group = parser.getgroup("limner")
    group.addoption("--long", action="store_true", help="run the tests that are marked `long` as well")
    group.addoption("--seed", type=int, default=1, help="the seed of tests that strike at random moments (1)")
    group.addoption("--kills", type=int, default=None, help="how often those tests strike (5, with --long 200)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests run when they are asked for."""
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="takes long: run it with the option --long"))


def small_request(**changes: Any) -> Request:
    """A request that takes a fraction of a second."""
    from limner_sdk import Request

    return Request.parse(SMALL | {"seed": 7} | changes)


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """A studio with the bundled plugins and Pocket, on the CPU."""
    from limner_host.house import open_studio
    from limner_sdk.folders import DataFolder

    return open_studio(DataFolder(tmp_path_factory.mktemp("data")).create(), "cpu")


@pytest.fixture(scope="session")
def pocket(studio: Studio) -> Any:
    """Pocket, loaded."""
    return studio.model(studio.registry.model("pocket"))


@pytest.fixture
def studio_with(studio: Studio) -> Callable[..., Studio]:
    """The same studio, the same loaded model, and one more plugin called ``mine`` with the given definitions."""

    def build(*definitions: Any, observe: Callable[[Any], Any] | None = None) -> Studio:
        from limner_host.discovery import Source, all_sources, discover
        from limner_host.registry import Registry

        mine = Source("mine", "1.0", "test", lambda: plugin_module(definitions, observe))
        return dataclasses.replace(studio, registry=Registry(discover(sources=iter([*all_sources(None), mine]))))

    return build


def plugin_module(definitions: Iterable[Any], observe: Callable[[Any], Any] | None = None) -> ModuleType:
    """A plugin as a module, with the hooks that yield `definitions`."""
    from limner_host.discovery import HOOKS
    from limner_sdk import hookimpl

    module = ModuleType("mine")
    for hook, kind in HOOKS.items():
        fitting = [definition for definition in definitions if isinstance(definition, kind)]
        setattr(module, hook, hookimpl(_yielding(fitting)))
    if observe is not None:
        heard = observe

        def limner_observe(event: Any) -> None:
            heard(event)

        module.limner_observe = hookimpl(limner_observe)  # type: ignore[attr-defined]
    return module


def _yielding(definitions: list[Any]) -> Callable[[], list[Any]]:
    def hook() -> list[Any]:
        return definitions

    return hook


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that the command line uses."""
    folder = tmp_path / "data"
    monkeypatch.setenv("LIMNER_DATA_DIR", str(folder))
    monkeypatch.setenv("LIMNER_DEVICE", "cpu")
    return folder


def a_recipe(**changes: Any) -> Recipe:
    """A complete recipe that no studio has made."""
    from limner_sdk import Recipe

    stage = {"id": "p:s", "version": "1", "params": {"eta": 0.5}}
    values = {
        "prompt": "a cat",
        "negative": "",
        "model": {"id": "pocket:pocket", "digest": "0" * 64},
        "width": 128,
        "height": 64,
        "steps": 20,
        "cfg": 4.0,
        "seed": {"seed": 5},
        "noise": stage | {"id": "noises:gaussian", "params": {}},
        "sampler": stage | {"id": "samplers:euler_a"},
        "schedule": stage | {"id": "schedules:karras", "params": {"rho": 7.0}},
        "software": {"limner": "0.1.0"},
    }
    return Recipe.model_validate(values | changes)
