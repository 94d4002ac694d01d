"""Slash command options: what the client lets the user enter, and how it reaches the bot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .constants import MIB, OptionType
from .errors import Json, UserCannot
from .files import Attachment, Upload
from .places import Channel, Role, User
from .world import World

STRING_LENGTH, EXACT_INTEGER = 6000, 2**53
LENGTHS, RANGES = ("min_length", "max_length"), ("min_value", "max_value")
NUMERIC = (OptionType.INTEGER, OptionType.NUMBER)


@dataclass
class Encoder:
    """Turns what the user enters into option values and the `resolved` objects beside them."""

    world: World
    channel: Channel
    upload_limit: int
    resolved: dict[str, Json] = field(default_factory=dict)

    def encode(self, spec: Json, value: Any) -> Any:
        """Return the wire value of one option, or raise what the client would say."""
        kind = OptionType(spec["type"])
        if spec.get("choices"):
            return _chosen(spec, value)
        if kind == OptionType.STRING:
            return _within(spec, str(value), LENGTHS, len(str(value)), STRING_LENGTH)
        if kind in NUMERIC:
            return _number(spec, kind, value)
        if kind == OptionType.BOOLEAN:
            return _boolean(spec, value)
        if kind == OptionType.ATTACHMENT:
            return self.upload(value).id
        return self.thing(value)

    def upload(self, value: Any) -> Attachment:
        """Upload a file for the bot alone; it lives under an ephemeral link."""
        upload = as_upload(value)
        if len(upload.data) > self.upload_limit:
            limit = self.upload_limit // MIB
            raise UserCannot(f"{upload.filename}: your files are too powerful (over {limit} MiB)")
        folder = f"/ephemeral-attachments/{self.world.bot.id}"
        stored = self.world.store(upload, folder)
        self._resolve("attachments", stored.id, stored.payload() | {"ephemeral": True})
        return stored

    def thing(self, value: Any) -> str:
        """Return the id of a user, role or channel, and resolve it for the bot."""
        if isinstance(value, User):
            return self._user(value)
        if isinstance(value, Role):
            self._resolve("roles", value.id, value.payload())
            return value.id
        if isinstance(value, Channel):
            allowed = {"permissions": str(int(value.bot_permissions))}
            self._resolve("channels", value.id, value.payload() | allowed)
            return value.id
        raise UserCannot(f"{value!r} is no user, role or channel")

    def _user(self, user: User) -> str:
        self._resolve("users", user.id, user.payload())
        member = self.channel.guild.members.get(user.id) if self.channel.guild else None
        if member is not None:
            permissions = {"permissions": str(int(member.permissions))}
            self._resolve("members", user.id, member.payload(with_user=False) | permissions)
        return user.id

    def _resolve(self, kind: str, key: str, payload: Json) -> None:
        self.resolved.setdefault(kind, {})[key] = payload


def as_upload(value: Any) -> Upload:
    """Accept an Upload, an attachment seen before, or bytes."""
    if isinstance(value, Upload):
        return value
    if isinstance(value, Attachment):
        return Upload(value.filename, value.data, value.content_type)
    if isinstance(value, bytes):
        return Upload("image.png", value)
    raise UserCannot(f"{value!r} is no file")


def leaf(command: Json, words: list[str]) -> tuple[list[str], list[Json]]:
    """Follow the words after the command's name; return subcommand names and their options."""
    specs: list[Json] = command.get("options") or []
    for word in words:
        found = next((spec for spec in specs if spec["name"] == word), None)
        if found is None or found["type"] not in (OptionType.SUBCOMMAND, OptionType.GROUP):
            raise UserCannot(f"/{command['name']} has no subcommand {' '.join(words)!r}")
        specs = found.get("options") or []
    if any(spec["type"] in (OptionType.SUBCOMMAND, OptionType.GROUP) for spec in specs):
        names = ", ".join(spec["name"] for spec in specs)
        raise UserCannot(f"/{command['name']} needs a subcommand: {names}")
    return words, specs


def encode_all(
    encoder: Encoder, specs: list[Json], values: Mapping[str, Any], focused: str | None = None
) -> list[Json]:
    """Return the options of an interaction; `focused` is the one still being typed."""
    by_name = {spec["name"]: spec for spec in specs}
    for name in values:
        if name not in by_name:
            raise UserCannot(f"there is no option {name!r}; the options are: {', '.join(by_name)}")
    if focused is None:
        _check_required(specs, values)
    return list(_encoded(encoder, by_name, values, focused))


def _encoded(
    encoder: Encoder, specs: Mapping[str, Json], values: Mapping[str, Any], focused: str | None
) -> Iterator[Json]:
    for name, value in values.items():
        option: Json = {"name": name, "type": specs[name]["type"]}
        if name == focused:
            yield option | {"value": value, "focused": True}
        else:
            yield option | {"value": encoder.encode(specs[name], value)}


def nest(words: list[str], command: Json, options: list[Json]) -> list[Json]:
    """Wrap options into the subcommands that lead to them."""
    kinds, specs = [], command.get("options") or []
    for word in words:
        spec = next(spec for spec in specs if spec["name"] == word)
        kinds.append((word, spec["type"]))
        specs = spec.get("options") or []
    for word, kind in reversed(kinds):
        options = [{"name": word, "type": kind, "options": options}]
    return options


def _check_required(specs: list[Json], values: Mapping[str, Any]) -> None:
    for spec in specs:
        if spec.get("required") and spec["name"] not in values:
            raise UserCannot(f"the option {spec['name']!r} is required")


def _chosen(spec: Json, value: Any) -> Any:
    for choice in spec["choices"]:
        if value == choice["value"] or value == choice["name"]:
            return choice["value"]
    names = ", ".join(repr(choice["name"]) for choice in spec["choices"])
    raise UserCannot(f"{value!r} is none of the choices of {spec['name']!r}: {names}")


def _number(spec: Json, kind: OptionType, value: Any) -> Any:
    fits = int if kind == OptionType.INTEGER else int | float
    if isinstance(value, bool) or not isinstance(value, fits) or abs(value) > EXACT_INTEGER:
        raise UserCannot(f"{value!r} is no {kind.name.lower()} for {spec['name']!r}")
    return _within(spec, value, RANGES, value, EXACT_INTEGER)


def _boolean(spec: Json, value: Any) -> bool:
    if not isinstance(value, bool):
        raise UserCannot(f"{value!r} is neither True nor False for {spec['name']!r}")
    return value


def _within(spec: Json, value: Any, keys: tuple[str, str], size: float, default: float) -> Any:
    least, most = spec.get(keys[0]), spec.get(keys[1])
    least, most = -default if least is None else least, default if most is None else most
    if not least <= size <= most:
        raise UserCannot(f"{spec['name']}={value!r} is not between {least} and {most}")
    return value
