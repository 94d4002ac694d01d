"""Puts the host together: plugins, models, device.

What needs torch is imported late: it takes seconds, and mere listings do without it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from limner_sdk.folders import DataFolder
from limner_sdk.plugin_states import read_states

from .discovery import discover
from .import_watch import ImportWatch
from .model_files import models_in
from .part_files import offered_files
from .registry import Registry

if TYPE_CHECKING:
    from .studio import Studio


def open_registry(data: DataFolder) -> Registry:
    """Everything that can be chosen here, without loading any model, and without the plugins that are left out.

    Raises `ConfigurationError` if nobody can tell which those are.
    """
    watch = ImportWatch(data)
    watch.blame_the_dead()
    files = partial(offered_files, data)
    plugins = discover(data.plugins, files=files, states=read_states(data), importing=watch.importing)
    return Registry(plugins, models_in(data.models))


def open_studio(data: DataFolder, device: str | None = None) -> Studio:
    """A studio on the best device. Raises `ConfigurationError` for a device that cannot be used."""
    from .device import best_device, best_dtype
    from .digests import DigestCache
    from .guarding import Guard
    from .library import Library
    from .limits import Limits
    from .loading import Loader
    from .scratch import forget_old
    from .shelf import Shelf
    from .studio import Studio

    registry = open_registry(data)
    chosen = best_device(device)
    dtype = best_dtype(chosen)
    cache = DigestCache(data.root / "digests.json" if data.root.is_dir() else None)
    library, shelf = Library(data, cache, chosen, dtype), Shelf(Loader(chosen, dtype, cache))
    forget_old(data.scratch)
    limits, guard = Limits.from_environment(), Guard.from_environment(registry)
    return Studio(registry, library, shelf, chosen, dtype, limits=limits, guard=guard)
