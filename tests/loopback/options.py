"""Slash command options: what the client lets the user enter, and how it reaches the bot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .constants import MIB, OptionType
from .errors import Json, UserCannot
from .files import Attachment, Upload
from .localised import called
from .people import Role, User
from .places import Channel
from .world import World

STRING_LENGTH, EXACT_INTEGER = 6000, 2**53
LENGTHS, RANGES = ("min_length", "max_length"), ("min_value", "max_value")
NUMERIC = (OptionType.INTEGER, OptionType.NUMBER)
Kinds = tuple[type, ...]
ANYTHING: Kinds = (User, Role, Channel)
FITTING: dict[OptionType, Kinds] = {
    OptionType.USER: (User,),
    OptionType.ROLE: (Role,),
    OptionType.CHANNEL: (Channel,),
    OptionType.MENTIONABLE: (User, Role),
}


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
        return self.thing(value, FITTING[kind], spec.get("channel_types"))

    def upload(self, value: Any) -> Attachment:
        """Upload a file for the bot alone; it lives under an ephemeral link."""
        upload = as_upload(value)
        if len(upload.data) > self.upload_limit:
            limit = self.upload_limit // MIB
            raise UserCannot(f"{upload.filename}: your files are too powerful (over {limit} MiB)")
        folder = f"/ephemeral-attachments/{self.world.bot.id}"
        stored = self.world.store(upload, folder)
        self._resolve("attachments", stored.id, stored.payload())
        return stored

    def known(self, key: str) -> Any:
        """Return the user, role or channel with this id, as menus name what is chosen by default."""
        guild = self.channel.guild
        roles = {role.id: role for role in guild.roles} if guild else {}
        return self.world.users.get(key) or self.world.channels.get(key) or roles.get(key)

    def thing(self, value: Any, fitting: Kinds = ANYTHING, types: list[int] | None = None) -> str:
        """Return the id of a user, role or channel of a fitting kind, and resolve it for the bot."""
        _check_fits(value, fitting, types)
        if isinstance(value, User):
            return self._user(value)
        if isinstance(value, Role):
            self._resolve("roles", value.id, value.payload())
        if isinstance(value, Channel):
            allowed = {"permissions": str(int(value.bot_permissions))}
            self._resolve("channels", value.id, value.payload() | allowed)
        found: str = value.id
        return found

    def _user(self, user: User) -> str:
        self._resolve("users", user.id, user.payload())
        member = self.channel.guild.members.get(user.id) if self.channel.guild else None
        if member is not None:
            permissions = {"permissions": str(int(member.permissions_in(self.channel)))}
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


def _check_fits(value: Any, fitting: Kinds, types: list[int] | None) -> None:
    if not isinstance(value, fitting):
        kinds = " or ".join(kind.__name__.lower() for kind in fitting)
        raise UserCannot(f"{value!r} is no {kinds}")
    if isinstance(value, Channel) and types and value.type not in types:
        raise UserCannot(f"{value!r} is a channel of type {int(value.type)}, not one of {types}")


def leaf(command: Json, words: list[str], locale: str) -> tuple[list[str], list[Json]]:
    """Follow the words after the command's name; return subcommand names and their options."""
    specs: list[Json] = command.get("options") or []
    path = []
    for word in words:
        found = called(specs, word, locale)
        if found is None or found["type"] not in (OptionType.SUBCOMMAND, OptionType.GROUP):
            raise UserCannot(f"/{command['name']} has no subcommand {' '.join(words)!r}")
        specs = found.get("options") or []
        path.append(found["name"])
    if any(spec["type"] in (OptionType.SUBCOMMAND, OptionType.GROUP) for spec in specs):
        names = ", ".join(spec["name"] for spec in specs)
        raise UserCannot(f"/{command['name']} needs a subcommand: {names}")
    return path, specs


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
        names = {choice["name"], *(choice.get("name_localizations") or {}).values()}
        if value == choice["value"] or value in names:
            return choice["value"]
    offered = ", ".join(repr(choice["name"]) for choice in spec["choices"])
    raise UserCannot(f"{value!r} is none of the choices of {spec['name']!r}: {offered}")


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
