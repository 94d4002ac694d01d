"""Which plugins are left out: those that an admin has disabled, and those in quarantine after failing too often.

They are kept in a file of the data folder, which the bot and the command line write and the host reads when it starts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import ClassVar, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from .catalogue import DEFAULT_NOISE, Catalogue
from .errors import ConfigurationError, InvalidRequest, UnknownName, explain
from .folders import DataFolder
from .request import Recipe

#: So many failures, with no success in between, put a plugin into quarantine.
MOST_FAILURES: Final = 3
#: No picture can be made without one of each; models may also come from files.
_ESSENTIAL: Final = ("noise", "sampler", "schedule")
#: Seconds; whoever has held the file for longer has died.
_LONGEST_HOLD: Final = 5.0
_PAUSE: Final = 0.01


class PluginState(BaseModel):
    """What is known of a plugin beside its code. `reason` is a sentence, `failures` counts those in a row."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    state: Literal["enabled", "disabled", "quarantined"] = "enabled"
    reason: str = ""
    since: datetime
    failures: int = 0

    @property
    def left_out(self) -> bool:
        """Whether the host must not import it."""
        return self.state != "enabled"


States: TypeAlias = Mapping[str, PluginState]
_STATES: Final = TypeAdapter(dict[str, PluginState])


def read_states(data: DataFolder) -> States:
    """What is known of plugins, by name; of most of them nothing is. Raises `ConfigurationError` for a damaged file."""
    try:
        text = data.plugin_states.read_bytes()
    except FileNotFoundError:
        return {}
    try:
        return _STATES.validate_json(text)
    except ValidationError as error:
        remedy = "repair it, or remove it to enable all plugins"
        raise ConfigurationError(f"{data.plugin_states} cannot be used ({explain(error)}); {remedy}") from None


def disable(data: DataFolder, name: str, catalogue: Catalogue, reason: str = "an admin has disabled it") -> None:
    """Leave a plugin out from the host's next start on.

    Raises `UnknownName` for a plugin that is not there, `InvalidRequest` for one that no picture can do without, and
    `OSError`.
    """
    _check_known(name, catalogue)
    if why := why_needed(name, catalogue):
        raise InvalidRequest("plugin", name, f"cannot be disabled, as {why}; leave it enabled")
    _put(data, name, "disabled", reason)


def quarantine(data: DataFolder, name: str, catalogue: Catalogue, reason: str) -> bool:
    """Leave a plugin out because of what it did; False for one that no picture can do without. Raises `OSError`."""
    if why_needed(name, catalogue):
        return False
    _put(data, name, "quarantined", reason)
    return True


def enable(data: DataFolder, name: str) -> bool:
    """Let a plugin in again that was disabled or in quarantine, and forget its failures; False if it was neither.

    Raises `OSError`.
    """
    return _end(data, name, ("disabled", "quarantined"))


def release(data: DataFolder, name: str) -> bool:
    """Let a plugin in again that was in quarantine, and forget its failures; False if it was not. Raises `OSError`."""
    return _end(data, name, ("quarantined",))


def note_failure(data: DataFolder, name: str, sentence: str, catalogue: Catalogue) -> bool:
    """Count a failure that a plugin is to blame for; whether that has put it into quarantine. Raises `OSError`.

    What is no plugin is not counted. What no picture can do without stays.
    """
    if name not in {plugin.name for plugin in catalogue.plugins}:
        return False
    return count_failure(data, name, sentence, needed=bool(why_needed(name, catalogue)))


def count_failure(data: DataFolder, name: str, sentence: str, *, needed: bool = False) -> bool:
    """Count a failure of a plugin, which stays if it is `needed`; whether it is in quarantine now. Raises `OSError`."""
    with _held(data):
        before = read_states(data).get(name)
        if before is not None and before.left_out:
            return False
        failures = (before.failures if before else 0) + 1
        caught = failures >= MOST_FAILURES and not needed
        reason = f"it has failed {failures} times in a row: {sentence}" if caught else sentence
        state: Literal["quarantined", "enabled"] = "quarantined" if caught else "enabled"
        _write(data, name, PluginState(state=state, reason=reason, since=_now(), failures=failures))
    return caught


def note_success(data: DataFolder, names: Iterable[str]) -> None:
    """These plugins have worked: forget their failures. Raises `OSError`."""
    # Most have none, and then nothing is written.
    failed = {name for name, state in read_states(data).items() if state.failures and not state.left_out}
    if worked := failed & set(names):
        with _held(data):
            for name in sorted(worked):
                _write(data, name, None)


def plugins_of(recipe: Recipe) -> frozenset[str]:
    """The plugins that had a part in a picture."""
    several = (*recipe.denoisers, *recipe.postprocess)
    single = (recipe.noise, recipe.sampler, recipe.schedule, recipe.inversion, recipe.tiler, recipe.codec)
    ids = (recipe.model.id, *(stage.id for stage in (*several, *single) if stage is not None))
    return frozenset(definition.partition(":")[0] for definition in ids)


def why_needed(name: str, catalogue: Catalogue) -> str:
    """Why no picture can do without a plugin, as half a sentence; "" if it can."""
    if catalogue.guard.startswith(f"{name}:"):
        return "every picture must pass its filter"
    if DEFAULT_NOISE.startswith(f"{name}:") and catalogue.offers("noise", DEFAULT_NOISE):
        return "it has the noise of all pictures for which nobody chooses one"
    for kind in _ESSENTIAL:
        if {stage.plugin for stage in catalogue.stages_of(kind)} == {name}:
            return f"no other plugin has a {kind}"
    if {model.id.partition(":")[0] for model in catalogue.models} == {name}:
        return "no other plugin and no file has a model"
    return _liked(name, catalogue)


def _liked(name: str, catalogue: Catalogue) -> str:
    """Why a model of another plugin's cannot do without this one."""
    for model in catalogue.models:
        if model.id.startswith(f"{name}:"):
            continue
        for sampler in catalogue.stages_of("sampler"):
            if model.sampler in (sampler.id, sampler.name) and sampler.plugin == name:
                return f"the model {model.name} is drawn with its sampler {sampler.name}"
    return ""


def _check_known(name: str, catalogue: Catalogue) -> None:
    names = [plugin.name for plugin in catalogue.plugins]
    if name not in names:
        raise UnknownName("plugin", name, f"is unknown; there is {', '.join(names) or 'none'}")


def _put(data: DataFolder, name: str, state: Literal["disabled", "quarantined"], reason: str) -> None:
    with _held(data):
        _write(data, name, PluginState(state=state, reason=reason, since=_now()))


def _end(data: DataFolder, name: str, states: tuple[str, ...]) -> bool:
    if name not in read_states(data):
        return False
    with _held(data):
        before = read_states(data).get(name)
        if before is None or before.state not in states:
            return False
        _write(data, name, None)
    return True


@contextmanager
def _held(data: DataFolder) -> Iterator[None]:
    """Keep everybody else from writing, in this process and in others. Raises `OSError`."""
    lock, begun = data.plugin_states.with_suffix(".lock"), time.monotonic()
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            break
        except FileExistsError:
            if time.monotonic() - begun > _LONGEST_HOLD:
                lock.unlink(missing_ok=True)
            time.sleep(_PAUSE)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _now() -> datetime:
    return datetime.now(UTC)


def _write(data: DataFolder, name: str, state: PluginState | None) -> None:
    """Keep what is known of one plugin, or forget it; the file is always whole. Raises `OSError`."""
    rest = {known: each for known, each in read_states(data).items() if known != name}
    states = rest | ({name: state} if state else {})
    part = data.plugin_states.with_suffix(".part")
    with part.open("wb") as stream:
        stream.write(_STATES.dump_json(dict(sorted(states.items())), indent=1))
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(data.plugin_states)
