"""Discord's markdown as HTML: the subset that bots use, with mentions and times."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import escape

from .places import Channel

Names = Callable[[str, str], str]  # kind of mention and id -> the name to show
INLINE = re.compile(
    r"(?P<escaped>\\[*_~|`>#-])"
    r"|`(?P<code>[^`\n]+)`"
    r"|\*\*(?P<bold>.+?)\*\*(?!\*)|__(?P<underline>.+?)__|~~(?P<strike>.+?)~~|\|\|(?P<spoiler>.+?)\|\|"
    r"|\*(?P<italic>[^*\s](?:[^*]*[^*\s])?)\*|(?<!\w)_(?P<emphasis>[^_\s](?:[^_]*[^_\s])?)_(?!\w)"
    r"|\[(?P<label>[^\]]+)\]\(<?(?P<href>https?://[^\s>)]+)>?\)|<?(?P<url>https?://[^\s>]+)>?"
    r"|<(?P<kind>@!?|@&|\#)(?P<id>\d+)>|</(?P<command>[^:>]+):\d+>|<a?:(?P<emoji>\w+):\d+>"
    r"|<t:(?P<time>\d+)(?::(?P<style>[tTdDfFR]))?>",
    re.DOTALL,
)
TAGS = {"bold": "b", "underline": "u", "strike": "s", "italic": "i", "emphasis": "i"}
BLOCK = re.compile(r"^(?P<mark>#{1,3}|-#|>|[-*]|\d+\.) +(?P<rest>.*)$")
FENCE = re.compile(r"```(?:\w*\n)?(.*?)```", re.DOTALL)
UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))
CLOCK_FORMATS = {"t": "%H:%M", "T": "%H:%M:%S", "d": "%d/%m/%Y", "D": "%d %B %Y"}


def names_in(channel: Channel) -> Names:
    """Return how mentions are read in this channel."""
    found = {("@", user.id): user.name for user in (channel.bot, channel.recipient, *channel.people) if user}
    if guild := channel.guild:
        found |= {("@", member.user.id): member.user.name for member in guild.members.values()}
        found |= {("@&", role.id): role.name for role in guild.roles}
        found |= {("#", place.id): place.name for place in guild.channels}
    return lambda kind, key: found.get((kind.rstrip("!"), key), "unknown")


def markdown(text: str, names: Names) -> str:
    """Return HTML for a text: code blocks, headings, quotes, lists, small print and inline marks."""
    parts = FENCE.split(text)  # odd ones stand between fences
    return "".join(
        f"<pre>{escape(part.strip())}</pre>" if index % 2 else "".join(_lines(part.strip("\n"), names))
        for index, part in enumerate(parts)
        if part.strip("\n")
    )


def inline(text: str, names: Names) -> str:
    """Return HTML for a line or a part of it."""
    pieces, end = [], 0
    for found in INLINE.finditer(text):
        pieces += [escape(text[end : found.start()]), _marked(found, names)]
        end = found.end()
    return "".join([*pieces, escape(text[end:])])


def _lines(text: str, names: Names) -> Iterator[str]:
    for line in text.split("\n"):
        found = BLOCK.match(line)
        if found is None:
            yield f"<div class=line>{inline(line, names) or '<br>'}</div>"
            continue
        rest, mark = inline(found["rest"], names), found["mark"]
        if mark.startswith("#"):
            yield f"<h{len(mark)}>{rest}</h{len(mark)}>"
        else:
            kind = {"-#": "small", ">": "quote"}.get(mark, "item")
            bullet = f"<span>{escape(mark) if mark[0].isdigit() else '•'}</span>" if kind == "item" else ""
            yield f"<div class={kind}>{bullet}<div>{rest}</div></div>"


def _marked(found: re.Match[str], names: Names) -> str:
    kind = found.lastgroup or ""
    for name, tag in TAGS.items():
        if found[name] is not None:
            return f"<{tag}>{inline(found[name], names)}</{tag}>"
    if found["escaped"]:
        return escape(found[0][1:])
    if found["code"]:
        return f"<code>{escape(found['code'])}</code>"
    if found["spoiler"]:
        return f"<span class=spoiler>{inline(found['spoiler'], names)}</span>"
    if found["href"] or found["url"]:
        label = inline(found["label"], names) if found["label"] else escape(found["url"])
        return f'<a href="{escape(found["href"] or found["url"])}">{label}</a>'
    return _mention(found, names) if kind else escape(found[0])


def _moment(seconds: int, style: str) -> str:
    """A moment as clients draw it; R is how far it is from now."""
    if style != "R":
        return datetime.fromtimestamp(seconds, UTC).strftime(CLOCK_FORMATS.get(style, "%d %B %Y %H:%M"))
    away = abs(seconds - time.time())
    unit, name = next(((unit, name) for unit, name in UNITS if away >= unit), (1, "second"))
    count = round(away / unit)
    words = f"{count} {name}{'s' * (count != 1)}"
    return f"in {words}" if seconds > time.time() else f"{words} ago"


def _mention(found: re.Match[str], names: Names) -> str:
    if found["emoji"]:
        return f":{escape(found['emoji'])}:"
    if found["time"]:
        return f"<span class=time>{_moment(int(found['time']), found['style'] or 'f')}</span>"
    if found["command"]:
        return f"<span class=mention>/{escape(found['command'])}</span>"
    sign = "#" if found["kind"] == "#" else "@"
    return f"<span class=mention>{sign}{escape(names(found['kind'], found['id']))}</span>"
