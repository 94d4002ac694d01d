"""Routes by the bot's token: the bot itself, channels, messages, direct conversations."""

from __future__ import annotations

from . import errors
from .calls import Call, Reply, Route
from .constants import NONCE_SECONDS, MessageFlag, Permission
from .errors import DiscordError, Json
from .messages import Message
from .places import Channel, ChannelType
from .posting import amend, check_sizes, fill

PAGE = 50


def routes() -> list[Route]:
    """Return the routes of this room."""
    messages = "/channels/{channel_id}/messages"
    one = messages + "/{message_id}"
    return [
        Route("GET", "/users/@me", get_self),
        Route("GET", "/users/{user_id}", get_user),
        Route("GET", "/oauth2/applications/@me", get_application),
        Route("GET", "/applications/@me", get_application),
        Route("POST", "/users/@me/channels", open_direct, has_body=True),
        Route("GET", "/channels/{channel_id}", get_channel),
        Route("POST", messages, create_message, has_body=True),
        Route("GET", messages, list_messages),
        Route("GET", one, get_message),
        Route("PATCH", one, edit_message, has_body=True),
        Route("DELETE", one, delete_message),
        Route("POST", "/channels/{channel_id}/typing", start_typing),
    ]


def get_self(call: Call) -> Reply:
    """GET /users/@me"""
    return Reply(body=call.world.bot.payload())


def get_user(call: Call) -> Reply:
    """GET /users/{user}"""
    user = call.world.users.get(call.params["user_id"])
    if user is None:
        raise errors.unknown("User", 10013)
    return Reply(body=user.payload())


def get_application(call: Call) -> Reply:
    """GET /oauth2/applications/@me"""
    bot = call.world.bot
    owner = next((user for user in call.world.users.values() if not user.bot), bot)
    application: Json = {"id": bot.id, "name": bot.name, "description": "", "icon": None}
    application |= {"bot_public": False, "bot_require_code_grant": False, "verify_key": "0" * 64}
    return Reply(body=application | {"owner": owner.payload(), "flags": 0, "team": None})


def open_direct(call: Call) -> Reply:
    """POST /users/@me/channels"""
    user = call.world.users.get(str(call.form.get("recipient_id")))
    if user is None:
        raise errors.unknown("User", 10013)
    return Reply(body=call.world.direct_channel(user).payload())


def get_channel(call: Call) -> Reply:
    """GET /channels/{channel}"""
    return Reply(body=call.world.channel(call.params["channel_id"]).payload())


def start_typing(call: Call) -> Reply:
    """POST /channels/{channel}/typing"""
    call.world.channel(call.params["channel_id"])
    return Reply(204)


def create_message(call: Call) -> Reply:
    """POST /channels/{channel}/messages, de-duplicated by an enforced nonce."""
    world, channel = call.world, call.world.channel(call.params["channel_id"])
    _check_may_post(channel, call)
    check_sizes(call.uploads, channel.upload_limit)
    if (earlier := _same_nonce(call, channel)) is not None:
        return Reply(body=earlier.payload())
    message = world.new_message(channel, world.bot)
    message.nonce = call.form.get("nonce")
    message.reply_to = (call.form.get("message_reference") or {}).get("message_id")
    fill(world, message, call.form, call.uploads)
    message.flags &= ~MessageFlag.EPHEMERAL
    if message.nonce is not None:
        world.nonces[channel.id, str(message.nonce)] = message
    channel.archived = False
    world.publish(message)
    return Reply(body=message.payload())


def _same_nonce(call: Call, channel: Channel) -> Message | None:
    if not call.form.get("enforce_nonce"):
        return None
    earlier = call.world.nonces.get((channel.id, str(call.form.get("nonce"))))
    if earlier is None or call.world.clock.now() - earlier.created_at > NONCE_SECONDS:
        return None
    return earlier


def list_messages(call: Call) -> Reply:
    """GET /channels/{channel}/messages, newest first"""
    channel = _readable(call)
    seen = [message for message in channel.messages if not message.ephemeral]
    before = int(call.query.get("before", 1 << 63))
    after = int(call.query.get("after", 0))
    seen = [message for message in seen if after < int(message.id) < before]
    limit = int(call.query.get("limit", PAGE))
    page = seen[:limit] if after else seen[-limit:]
    return Reply(body=[message.payload() for message in reversed(page)])


def get_message(call: Call) -> Reply:
    """GET /channels/{channel}/messages/{message}"""
    return Reply(body=_message(call, _readable(call)).payload())


def edit_message(call: Call) -> Reply:
    """PATCH /channels/{channel}/messages/{message}"""
    channel = call.world.channel(call.params["channel_id"])
    message = _message(call, channel)
    if message.author.id != call.world.bot.id:
        raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
    check_sizes(call.uploads, channel.upload_limit)
    amend(call.world, message, call.form, call.uploads)
    call.world.publish_edit(message)
    return Reply(body=message.payload())


def delete_message(call: Call) -> Reply:
    """DELETE /channels/{channel}/messages/{message}"""
    channel = call.world.channel(call.params["channel_id"])
    message = _message(call, channel)
    mine = message.author.id == call.world.bot.id
    if not mine and not channel.bot_permissions & Permission.MANAGE_MESSAGES:
        raise errors.missing_permissions()
    call.world.delete(message)
    return Reply(204)


def _message(call: Call, channel: Channel) -> Message:
    for message in channel.messages:
        if message.id == call.params["message_id"] and not message.ephemeral:
            return message
    raise errors.unknown("Message", 10008)


def _readable(call: Call) -> Channel:
    channel = call.world.channel(call.params["channel_id"])
    if not channel.bot_permissions & Permission.READ_MESSAGE_HISTORY:
        raise errors.missing_permissions()
    return channel


def _check_open(channel: Channel, call: Call) -> None:
    if channel.recipient is not None and not channel.recipient.accepts_direct_messages:
        raise DiscordError(403, 50007, "Cannot send messages to this user")
    if channel.recipient is not None and not call.world.reaches(channel.recipient):
        words = "Cannot send messages to this user due to having no mutual guilds"
        raise DiscordError(403, 50278, words)
    if channel.type == ChannelType.FORUM:
        raise DiscordError(400, 50008, "Cannot send messages in a non-text channel")
    if channel.locked:
        raise DiscordError(400, 50083, "Thread is archived")


def _check_may_post(channel: Channel, call: Call) -> None:
    _check_open(channel, call)
    needed = channel.send_permission
    if call.uploads:
        needed |= Permission.ATTACH_FILES
    if call.form.get("embeds"):
        needed |= Permission.EMBED_LINKS
    if needed & ~channel.bot_permissions:
        raise errors.missing_permissions()
