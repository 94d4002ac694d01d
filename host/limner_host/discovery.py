"""Finds plugins and collects their definitions; one that misbehaves is listed as broken and harms nothing."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import logging
import sys
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Final, Literal

import pluggy

from limner_sdk import Definition, LimnerSpecs, ModelDef, PluginEntry, WeightFile, __version__
from limner_sdk.definitions import (
    CodecDef,
    DenoiserDef,
    DetectorDef,
    InversionDef,
    NoiseDef,
    PostprocessDef,
    PreprocessorDef,
    SamplerDef,
    ScheduleDef,
    TilerDef,
    UpscalerDef,
)
from limner_sdk.hooks import PROJECT
from limner_sdk.plugin_states import PluginState

from .offers import entry_of

log = logging.getLogger(__name__)

#: Which definitions each collecting hook may yield.
HOOKS: Final[Mapping[str, type[Any]]] = {
    "limner_noises": NoiseDef,
    "limner_samplers": SamplerDef,
    "limner_schedules": ScheduleDef,
    "limner_tilers": TilerDef,
    "limner_denoisers": DenoiserDef,
    "limner_inversions": InversionDef,
    "limner_codecs": CodecDef,
    "limner_postprocessors": PostprocessDef,
    "limner_upscalers": UpscalerDef,
    "limner_preprocessors": PreprocessorDef,
    "limner_detectors": DetectorDef,
    "limner_models": ModelDef,
}
BUNDLE: Final = "limner_plugins"
BUNDLED_ORIGIN: Final = "bundled"
#: Kinds whose definitions may be made of the admin's files.
FILE_KINDS: Final = (UpscalerDef.kind, DetectorDef.kind)
GROUP: Final = "limner"
NO_STATES: Final[Mapping[str, PluginState]] = MappingProxyType({})


@dataclass(frozen=True)
class Source:
    """Where a plugin comes from, and how to import it."""

    name: str
    version: str
    origin: str
    load: Callable[[], ModuleType]


@dataclass(frozen=True)
class Plugin:
    """A plugin that has been looked at: its definitions, or the traceback that keeps it out.

    One that is `left_out` was not imported; `error` is the reason.
    """

    name: str
    version: str
    origin: str
    definitions: tuple[Definition[Any] | ModelDef, ...] = ()
    error: str = ""
    left_out: Literal["", "disabled", "quarantined"] = ""

    @property
    def entry(self) -> PluginEntry:
        """The plugin as the catalogue shows it."""
        return PluginEntry(
            name=self.name,
            version=self.version,
            source=self.origin,
            kinds=tuple(dict.fromkeys(definition.kind for definition in self.definitions)),
            status=self.left_out or ("broken" if self.error else "ok"),
            error=self.error,
        )


@dataclass(frozen=True)
class Plugins:
    """Every plugin that was found, and the pluggy manager that knows the sound ones' remaining hooks."""

    found: tuple[Plugin, ...]
    manager: pluggy.PluginManager = field(repr=False)

    def resolve_model(self, reference: str) -> tuple[str, ModelDef] | None:
        """The first plugin that recognises `reference`, and its model; a plugin that raises is passed over."""
        for implementation in self.manager.hook.limner_resolve_model.get_hookimpls():
            try:
                definition = implementation.function(*([reference] if implementation.argnames else []))
            # One plugin's mistake must not keep the others from answering.
            except (Exception, SystemExit):
                log.exception("plugin %s failed to look at the model %r", implementation.plugin_name, reference)
                continue
            if isinstance(definition, ModelDef):
                return implementation.plugin_name, definition
        return None


def discover(
    folder: Path | None = None,
    sources: Iterator[Source] | None = None,
    files: Callable[[str], Sequence[WeightFile]] = lambda kind: (),
    states: Mapping[str, PluginState] = NO_STATES,
    importing: Callable[[Source], AbstractContextManager[object]] = nullcontext,
) -> Plugins:
    """Load the bundled plugins, those of the entry-point group `limner`, and the `.py` files in `folder`.

    `files` gives the weight files that the admin has put there for a kind of part, such as ``upscaler``. What is left
    out by its `states` is not imported. Each plugin is imported within what `importing` gives for it.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(LimnerSpecs)
    found: dict[str, Plugin] = {}
    for source in sources if sources is not None else all_sources(folder):
        if source.name in found:
            log.warning("plugin %s of %s is ignored: there is one of that name", source.name, source.origin)
            found[f"{source.name} ({source.origin})"] = _refused(source, found[source.name])
        elif (state := states.get(source.name)) is not None and state.left_out:
            found[source.name] = _left_out(source, state)
        else:
            with importing(source):
                found[source.name] = _examine(source, manager, files)
    return Plugins(tuple(_yielding_files(found.values(), files)), manager)


def _yielding_files(plugins: Collection[Plugin], files: Callable[[str], Sequence[WeightFile]]) -> Iterator[Plugin]:
    """The plugins, the bundled ones without what they made of files that another plugin has made something of."""
    theirs = {
        (definition.kind, definition.name)
        for plugin in plugins
        if plugin.origin != BUNDLED_ORIGIN
        for definition in plugin.definitions
    }
    given_up = {(kind, file.name) for kind in FILE_KINDS for file in files(kind)} & theirs
    for plugin in plugins:
        if plugin.origin == BUNDLED_ORIGIN and given_up:
            kept = tuple(each for each in plugin.definitions if (each.kind, each.name) not in given_up)
            yield replace(plugin, definitions=kept)
        else:
            yield plugin


def all_sources(folder: Path | None) -> Iterator[Source]:
    """The three places where plugins may lie; bundled ones first, so that their names cannot be taken."""
    yield from _bundled()
    yield from _installed()
    if folder is not None:
        yield from _single_files(folder)


def _bundled() -> Iterator[Source]:
    for name in importlib.import_module(BUNDLE).BUNDLED:
        yield Source(name, __version__, BUNDLED_ORIGIN, partial(importlib.import_module, f"{BUNDLE}.{name}"))


def _installed() -> Iterator[Source]:
    points = sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: (point.name, point.value))
    for point in points:
        distribution = point.dist
        version = distribution.version if distribution else ""
        yield Source(point.name, version, distribution.name if distribution else point.value, point.load)


def _single_files(folder: Path) -> Iterator[Source]:
    for file in sorted(folder.glob("*.py")) if folder.is_dir() else ():
        if not file.name.startswith("_"):
            yield Source(file.stem, "", file.name, partial(_import_file, file))


def _import_file(file: Path) -> ModuleType:
    name = f"limner_single_file_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pydantic look their module up while it is still being executed.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _examine(source: Source, manager: pluggy.PluginManager, files: Callable[[str], Sequence[WeightFile]]) -> Plugin:
    try:
        with _registered(source, manager) as module:
            definitions = tuple(_collect(module, manager, files))
            for definition in definitions:
                # What cannot be shown to anybody would break the catalogue of all plugins.
                entry_of(source.name, source.version, definition).model_dump_json()
    # A plugin may raise anything, SystemExit too; only the person at the keyboard may stop the host.
    except KeyboardInterrupt:
        raise
    except BaseException:
        log.warning("plugin %s is broken; `limner plugins` tells why", source.name)
        error = traceback.format_exc().encode("utf-8", "backslashreplace").decode()
        return Plugin(source.name, source.version, source.origin, error=error)
    return Plugin(source.name, source.version or _version_of(module), source.origin, definitions)


@contextmanager
def _registered(source: Source, manager: pluggy.PluginManager) -> Iterator[ModuleType]:
    """Import and register a plugin; anything that goes wrong unregisters it again."""
    module = source.load()
    try:
        manager.register(module, name=source.name)
        # The only thing that notices a misspelt hook.
        manager.check_pending()
        yield module
    except BaseException:
        if manager.is_registered(module):
            manager.unregister(module)
        raise


def _collect(
    module: ModuleType, manager: pluggy.PluginManager, files: Callable[[str], Sequence[WeightFile]]
) -> Iterator[Definition[Any] | ModelDef]:
    _refuse_unmarked(module, manager)
    seen: set[tuple[str, str]] = set()
    for hook, kind in HOOKS.items():
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            if implementation.plugin is not module:
                continue
            for definition in implementation.function(*([files(kind.kind)] if implementation.argnames else [])):
                if not isinstance(definition, kind):
                    raise TypeError(f"{hook} yields {definition!r}, which is no {kind.__name__}")
                if (definition.kind, definition.name) in seen:
                    raise ValueError(f"{hook} yields two definitions called {definition.name!r}")
                seen.add((definition.kind, definition.name))
                yield definition


def _refuse_unmarked(module: ModuleType, manager: pluggy.PluginManager) -> None:
    """A hook without its marker would do nothing, without a word."""
    for hook in vars(LimnerSpecs):
        if callable(getattr(module, hook, None)) and manager.parse_hookimpl_opts(module, hook) is None:
            raise TypeError(f"{hook} lacks its marker; write @hookimpl above it")


def _version_of(module: ModuleType) -> str:
    return str(getattr(module, "__version__", ""))


def _left_out(source: Source, state: PluginState) -> Plugin:
    """A plugin that is there and stays unknown; its name is taken all the same."""
    kind: Literal["disabled", "quarantined"] = "disabled" if state.state == "disabled" else "quarantined"
    return Plugin(source.name, source.version, source.origin, error=state.reason, left_out=kind)


def _refused(source: Source, holder: Plugin) -> Plugin:
    reason = f"the name {source.name!r} belongs to the plugin from {holder.origin}; rename or remove one of them"
    return Plugin(source.name, source.version, source.origin, error=reason)
