"""Turning request bodies into messages: what a create or an edit does to their parts."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import errors
from .components import is_button, with_ids
from .constants import REQUEST_BYTES, MessageFlag
from .errors import Json, Problem
from .files import Attachment, Upload
from .messages import ATTACHMENT_SCHEME, Message, references
from .rules_messages import check_mentions, check_message
from .world import World

Uploads = Mapping[str, Upload]
ON_CREATE = (
    MessageFlag.SUPPRESS_EMBEDS
    | MessageFlag.EPHEMERAL
    | MessageFlag.SUPPRESS_NOTIFICATIONS
    | MessageFlag.VOICE
    | MessageFlag.COMPONENTS_V2
)
ON_EDIT = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.COMPONENTS_V2
CHANGED_BY_BODY = ("content", "embeds", "components", "files", "flags", "allowed_mentions")


def check_sizes(uploads: Uploads, limit: int) -> None:
    """Refuse files over the limit, and requests over 25 MiB where the limit is not higher."""
    sizes = [len(upload.data) for upload in uploads.values()]
    if max(sizes, default=0) > limit or sum(sizes) > max(limit, REQUEST_BYTES):
        raise errors.too_large()


def fill(world: World, message: Message, body: Json, uploads: Uploads) -> None:
    """Give a new message its content, or raise and leave it blank."""
    wanted = MessageFlag(body.get("flags") or 0) & ON_CREATE
    _apply(world, message, body, uploads, message.flags | wanted)


def amend(world: World, message: Message, body: Json, uploads: Uploads) -> None:
    """Change an existing message, or raise and leave it as it is; absent keys change nothing."""
    flags = _edited_flags(message, body)
    if world.refuse_new_media_on_edit:
        _refuse_new_media(body, uploads)
    _apply(world, message, body, uploads, flags)


def _edited_flags(message: Message, body: Json) -> MessageFlag:
    flags = message.flags & ~MessageFlag.LOADING
    if body.get("flags") is None:
        return flags
    wanted = MessageFlag(body["flags"]) & ON_EDIT
    if flags & MessageFlag.COMPONENTS_V2 and not wanted & MessageFlag.COMPONENTS_V2:
        words = "The IS_COMPONENTS_V2 flag cannot be removed."
        code = "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG"
        raise errors.invalid_form([Problem(("flags",), code, words)])
    return flags & ~ON_EDIT | wanted


def _apply(
    world: World, message: Message, body: Json, uploads: Uploads, flags: MessageFlag
) -> None:
    draft = copy.copy(message)
    draft.flags = flags
    draft.files = _files(world, draft, body, uploads)
    if "content" in body:
        draft.content = body["content"] or ""
    if "allowed_mentions" in body:
        draft.allowed_mentions = body["allowed_mentions"]
    for part in ("embeds", "components"):
        if part in body:
            setattr(draft, part, _own_links(world, draft, copy.deepcopy(body[part] or [])))
    errors.require([*check_mentions(draft.allowed_mentions), *check_message(draft)])
    if not (draft.content.strip() or draft.embeds or draft.files or draft.components):
        raise errors.empty_message()
    with_ids(draft.components)
    for name in CHANGED_BY_BODY:
        setattr(message, name, getattr(draft, name))
    world.files.update({file.path: file for file in message.files})


def _files(world: World, message: Message, body: Json, uploads: Uploads) -> list[Attachment]:
    """Return what the message holds afterwards: files append unless `attachments` lists them."""
    listed = {str(item["id"]): item for item in body.get("attachments") or ()}
    known = {file.id for file in message.files} | set(uploads)
    errors.require(_unknown(key) for key in listed if key not in known)
    if body.get("attachments") is None:
        kept, new = message.files, uploads
    else:
        kept = [file for file in message.files if file.id in listed]
        errors.require(_unlisted(key) for key in uploads if key not in listed)
        new = uploads
    folder = f"/attachments/{message.channel.id}"
    if message.ephemeral:
        folder = f"/ephemeral-attachments/{world.bot.id}"
    return [*kept, *(_stored(world, folder, up, listed.get(key)) for key, up in new.items())]


def _stored(world: World, folder: str, upload: Upload, listed: Json | None) -> Attachment:
    described = listed or {}
    named = replace(
        upload,
        filename=described.get("filename") or upload.filename,
        description=described.get("description"),
    )
    return world.store(named, folder)


def _unknown(key: str) -> Problem:
    words = f"Attachment {key} is neither on the message nor in the request."
    return Problem(("attachments",), "ATTACHMENT_NOT_FOUND", words)


def _unlisted(key: str) -> Problem:
    words = f"files[{key}] is not listed in attachments."
    return Problem(("attachments",), "ATTACHMENT_NOT_FOUND", words)


def _own_links(world: World, message: Message, value: Any) -> Any:
    """Write links to the message's own files as references, so that they stay fresh."""
    if isinstance(value, list):
        return [_own_links(world, message, item) for item in value]
    if isinstance(value, dict) and not is_button(value):
        return {key: _own_links(world, message, item) for key, item in value.items()}
    if isinstance(value, str) and value.startswith(world.signer.base):
        for file in message.files:
            if value.startswith(world.signer.base + file.path):
                return ATTACHMENT_SCHEME + file.filename
        return value.split("?")[0]  # another message's file: the link is signed afresh at every look
    return value


def _refuse_new_media(body: Json, uploads: Uploads) -> None:
    """Behave like discord-api-docs#7529: media new in an edit are not found by components."""
    names = {upload.filename for upload in uploads.values()}
    for name in references(body.get("components")):
        if name in names:
            code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
            words = f"Referenced attachment {name!r} was not found."
            raise errors.invalid_form([Problem(("components",), code, words)])
