"""What a message may look like: the rules that the OpenAPI description leaves out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath

from .components import Path, bounds, texts, walk
from .constants import LINK_BUTTON, PREMIUM_BUTTON, SELECTS, Component, MessageFlag
from .errors import Json, Problem
from .messages import Message, references

CONTENT, DISPLAYED, EMBEDDED = 2000, 4000, 6000
NESTED, ROWS, FILES = 40, 5, 10
SCHEMES = ("http", "https", "attachment")
EMBED_IMAGES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}


def check_mentions(allowed: Json | None) -> Iterator[Problem]:
    """Yield kinds of mentions that are allowed both as a whole and one by one."""
    parsed = (allowed or {}).get("parse") or ()
    for kind in ("users", "roles"):
        named = (allowed or {}).get(kind)
        if named and kind in parsed:
            code = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"
            words = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            yield Problem(("allowed_mentions",), code, words)


def check_message(message: Message) -> Iterator[Problem]:
    """Yield every rule that this message, as it would be stored, breaks."""
    yield from _check_content(message)
    yield from _check_embeds(message.embeds)
    yield from _check_references(message)
    yield from check_identifiers(message.components)
    yield from _check_buttons_and_selects(message.components)
    yield from _check_links(message.components)
    if message.flags & MessageFlag.COMPONENTS_V2:
        yield from _check_v2(message)
    else:
        yield from _check_classic(message.components)


def _check_content(message: Message) -> Iterator[Problem]:
    if len(message.content) > CONTENT:
        yield _length("content", f"Must be {CONTENT} or fewer in length.")
    if len(message.files) > FILES:
        yield _length("attachments", f"Must be {FILES} or fewer in length.")


def _check_embeds(embeds: list[Json]) -> Iterator[Problem]:
    if sum(map(_embed_length, embeds)) > EMBEDDED:
        words = f"Embed size exceeds maximum size of {EMBEDDED}"
        yield Problem(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", words)
    for index, embed in enumerate(embeds):
        for name in references([embed.get("image"), embed.get("thumbnail")]):
            if PurePath(name).suffix.lower() not in EMBED_IMAGES:
                yield Problem(("embeds", index), "BASE_TYPE_INVALID", f"{name!r} is no image.")


def _embed_length(embed: Json) -> int:
    parts = [embed.get("title"), embed.get("description")]
    parts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for line in embed.get("fields") or ():
        parts += [line["name"], line["value"]]
    return sum(len(part) for part in parts if part)


def _check_references(message: Message) -> Iterator[Problem]:
    present = {file.filename for file in message.files}
    for part, tree in (("embeds", message.embeds), ("components", message.components)):
        for name in set(references(tree)) - present:
            code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
            yield Problem((part,), code, f"Referenced attachment {name!r} was not found.")


def _check_links(components: list[Json]) -> Iterator[Problem]:
    for path, component in walk(components):
        shown = [item["media"] for item in component.get("items") or ()]
        shown += [component[key] for key in ("media", "file") if key in component]
        schemes = ("attachment",) if component["type"] == Component.FILE else SCHEMES
        for media in shown:
            if media["url"].partition("://")[0] not in schemes:
                words = f"Scheme of {media['url'][:80]!r} must be one of {schemes}."
                yield Problem(_at(path), "URL_TYPE_INVALID_SCHEME", words)


def check_identifiers(components: list[Json]) -> Iterator[Problem]:
    """Yield custom_ids and numeric ids that occur twice."""
    seen: Counter[object] = Counter()
    for path, component in walk(components):
        for key in ("custom_id", "id"):
            value = component.get(key) or None
            seen[key, value] += 1
            if value is not None and seen[key, value] > 1:
                code = "COMPONENT_CUSTOM_ID_DUPLICATED"
                yield Problem((*_at(path), key), code, f"{value!r} is used twice.")


def _check_buttons_and_selects(components: list[Json]) -> Iterator[Problem]:
    for path, component in walk(components):
        if component["type"] == Component.ROW:
            yield from _check_row(_at(path), component["components"])
        elif component["type"] == Component.BUTTON:
            yield from _check_button(_at(path), component)
        elif component["type"] in SELECTS:
            yield from check_select(_at(path), component)


def _check_row(path: Path, children: list[Json]) -> Iterator[Problem]:
    kinds = {child["type"] for child in children}
    if kinds != {Component.BUTTON} and len(children) > 1:
        words = "A row holds up to 5 buttons or 1 select menu."
        yield Problem((*path, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", words)


def _check_button(path: Path, button: Json) -> Iterator[Problem]:
    if button["style"] == PREMIUM_BUTTON:
        return
    if button["style"] == LINK_BUTTON:
        if not button.get("url") or button.get("custom_id"):
            yield _required(path, "url", "A link button has a url and no custom_id.")
    elif not button.get("custom_id") or button.get("url"):
        yield _required(path, "custom_id", "A button has a custom_id and no url.")
    if not button.get("label") and not button.get("emoji"):
        yield _required(path, "label", "A button has a label or an emoji.")


def check_select(path: Path, select: Json) -> Iterator[Problem]:
    """Yield what is wrong with the options and counts of a select menu."""
    options = select.get("options") or []
    values = [option["value"] for option in options]
    least, most = bounds(select)
    if len(set(values)) < len(values):
        code = "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"
        yield Problem((*path, "options"), code, "The specified option value is already used")
    if least > most or (options and most > len(options)):
        words = f"min_values {least}, max_values {most}, {len(options)} options."
        yield Problem((*path, "max_values"), "BASE_TYPE_BAD_LENGTH", words)
    defaults: list[Json] = select.get("default_values") or []
    if select["type"] != Component.STRING_SELECT and defaults and not least <= len(defaults) <= most:
        words = f"{len(defaults)} default values, not {least} to {most}."
        yield Problem((*path, "default_values"), "BASE_TYPE_BAD_LENGTH", words)
    if sum(bool(option.get("default")) for option in options) > most:
        words = "More options are chosen by default than may be chosen."
        yield Problem((*path, "options"), "BASE_TYPE_BAD_LENGTH", words)


def _check_v2(message: Message) -> Iterator[Problem]:
    if message.content or message.embeds:
        words = "The content and embeds fields cannot be used with the IS_COMPONENTS_V2 flag."
        code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
        yield Problem(("content" if message.content else "embeds",), code, words)
    if sum(1 for _ in walk(message.components)) > NESTED:
        yield _length("components", f"Must be {NESTED} or fewer in total.")
    if sum(map(len, texts(message.components))) > DISPLAYED:
        words = f"The displayed text exceeds {DISPLAYED} characters."
        yield Problem(("components",), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", words)


def _check_classic(components: list[Json]) -> Iterator[Problem]:
    if len(components) > ROWS:
        yield _length("components", f"Must be {ROWS} or fewer in length.")
    for index, component in enumerate(components):
        if component["type"] != Component.ROW:
            words = "Only action rows may be used without the IS_COMPONENTS_V2 flag."
            yield Problem(("components", index, "type"), "UNION_TYPE_CHOICES", words)


def _at(path: Path) -> Path:
    return ("components", *path)


def _length(part: str, words: str) -> Problem:
    return Problem((part,), "BASE_TYPE_BAD_LENGTH", words)


def _required(path: Path, key: str, words: str) -> Problem:
    return Problem((*path, key), "BASE_TYPE_REQUIRED", words)
