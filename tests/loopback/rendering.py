"""Messages, modals and lists of commands of the loopback as one HTML page that looks like Discord's dark client."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from .constants import CommandType
from .errors import Json
from .files import Attachment
from .interactions import Choice
from .messages import Message
from .people import User
from .rendered_media import Media, attachments
from .rendered_parts import Parts
from .rendered_text import Names, markdown, names_in
from .rendered_windows import choice_list, command_list, modal_window

STYLE = Path(__file__).with_name("data") / "discord.css"
GROUPED_SECONDS = 7 * 60


@dataclass(frozen=True)
class Typing:
    """What stands in the line at the bottom, and what is offered above it: commands, or choices for an option."""

    typed: str
    commands: Sequence[Json] = ()
    option: str = ""
    choices: Sequence[Choice] = field(default=())


def page(
    messages: Sequence[Message],
    *,
    viewer: User | None = None,
    modal: Json | None = None,
    typing: Typing | None = None,
    files: Mapping[str, Attachment] | None = None,
    bot: str = "Limner",
    width: int = 760,
) -> str:
    """Return a self-contained page of `width` pixels, without scripts and without links to load anything from.

    `viewer` sees only what is for their eyes, in their language; None sees everything. `modal` opens over the messages,
    `typing` shows the line below. `files` are `loopback.world.files`, for pictures of other messages.
    """
    seen = [message for message in messages if viewer is None or message.visible_to(viewer)]
    body = "".join(_message(message, before, files or {}) for before, message in _pairs(seen))
    names = names_in(messages[0].channel) if messages else _nobody
    if typing is not None:
        body += _line(typing, viewer, bot)
    if modal is not None:
        body += modal_window(modal, names, bot)
    head = f"<meta charset=utf-8><title>{escape(bot)}</title><style>{STYLE.read_text()}</style>"
    return f'<!doctype html><html lang=en><head>{head}</head><body style="width:{width}px">{body}</body></html>\n'


def _nobody(kind: str, key: str) -> str:
    return "unknown"


def _pairs(messages: Iterable[Message]) -> Iterator[tuple[Message | None, Message]]:
    before = None
    for message in messages:
        yield before, message
        before = message


def _message(message: Message, before: Message | None, files: Mapping[str, Attachment]) -> str:
    names = names_in(message.channel)
    parts = Parts(Media(message.files, files), names)
    body = _content(message, names) + attachments(message.attachments)
    body += "".join(map(parts.embed, message.embeds)) + parts.components(message.components)
    if message.ephemeral:
        body += "<div class=ephemeral>👁 Only you can see this • <a>Dismiss message</a></div>"
    look = "message" + (" private" if message.ephemeral else "")
    if _continues(message, before):
        return f'<div class="{look} joined"><div></div><div>{body}</div></div>'
    return f'{_above(message)}<div class="{look}">{_avatar(message.author)}<div>{_heading(message)}{body}</div></div>'


def _content(message: Message, names: Names) -> str:
    if message.thinking:
        return f"<div class=thinking><b>• • •</b> {escape(message.author.name)} is thinking...</div>"
    mark = "<small class=edited>(edited)</small>" if message.edited_at and message.interaction is None else ""
    return f"<div class=content>{markdown(message.content, names)}{mark}</div>" if message.content else ""


def _continues(message: Message, before: Message | None) -> bool:
    """Does it stand under the same name as the message before it?"""
    if before is None or before.author.id != message.author.id or _reason(message):
        return False
    return before.ephemeral == message.ephemeral and message.created_at - before.created_at < GROUPED_SECONDS


def _reason(message: Message) -> str:
    """What the message answers: a command of somebody, or another message."""
    asked = message.interaction
    if asked is not None and asked.original is message and asked.data.get("name"):
        sign = "/" if asked.data.get("type") == CommandType.SLASH else ""
        return f"<b>{escape(asked.user.name)}</b> used <span class=mention>{sign}{escape(asked.data['name'])}</span>"
    answered = next((found for found in message.channel.messages if found.id == message.reply_to), None)
    return f"<b>{escape(answered.author.name)}</b> {escape(answered.text[:80])}" if answered else ""


def _above(message: Message) -> str:
    reason = _reason(message)
    look = "above private" if message.ephemeral else "above"
    return f'<div class="{look}"><i></i><span>{reason}</span></div>' if reason else ""


def _avatar(user: User) -> str:
    hue = int(user.id) % 360 / 360
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(hue, 0.45, 0.5))
    return f'<div class=avatar style="background:rgb({red},{green},{blue})">{escape(user.name[:1].upper())}</div>'


def _heading(message: Message) -> str:
    tag = "<span class=tag>APP</span>" if message.author.bot else ""
    time = datetime.fromtimestamp(message.created_at, UTC).strftime("Today at %H:%M")
    return f"<div class=heading><b>{escape(message.author.name)}</b>{tag}<time>{time}</time></div>"


def _line(typing: Typing, viewer: User | None, bot: str) -> str:
    if typing.option:
        return choice_list(typing.choices, typing.option, typing.typed)
    return command_list(typing.commands, typing.typed, viewer.locale if viewer else "en-US", bot)
