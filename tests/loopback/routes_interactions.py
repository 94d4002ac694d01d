"""Routes that need an interaction's token: the first answer, follow-ups, and edits of both."""

from __future__ import annotations

from . import errors
from .calls import Call, Reply, Route
from .components import with_ids
from .constants import Callback, InteractionType, MessageFlag
from .errors import DiscordError, Json, Problem
from .interactions import Choice, Interaction
from .messages import Message
from .posting import amend, check_sizes, fill
from .rules_modals import check_modal
from .schema import CALLBACK_ROUTE

USER_INSTALL_FOLLOWUPS = 5
MESSAGES = {Callback.MESSAGE, Callback.DEFERRED_MESSAGE}
UPDATES = {Callback.DEFERRED_UPDATE, Callback.UPDATE}
LEGAL = {
    InteractionType.COMMAND: MESSAGES | {Callback.MODAL},
    InteractionType.COMPONENT: MESSAGES | UPDATES | {Callback.MODAL},
    InteractionType.AUTOCOMPLETE: {Callback.CHOICES},
    InteractionType.MODAL: MESSAGES | UPDATES,
}


def routes() -> list[Route]:
    """Return the routes of this room."""
    hook = "/webhooks/{webhook_id}/{webhook_token}"
    one = hook + "/messages/{message_id}"
    return [
        Route("POST", CALLBACK_ROUTE, answer, by_token=False, has_body=True),
        Route("POST", hook, follow_up, by_token=False, has_body=True),
        Route("GET", one, get_message, by_token=False),
        Route("PATCH", one, edit_message, by_token=False, has_body=True),
        Route("DELETE", one, delete_message, by_token=False),
    ]


def answer(call: Call) -> Reply:
    """POST /interactions/{id}/{token}/callback, the first answer"""
    interaction = call.world.interactions.get(call.params["interaction_token"])
    if interaction is None or interaction.id != call.params["interaction_id"]:
        raise errors.unknown("interaction", 10062)
    if interaction.channel.deleted:
        raise errors.unknown("Channel", 10003)
    if interaction.callback is not None:
        raise errors.already_acknowledged()
    if interaction.too_late_to_answer:
        raise errors.unknown("interaction", 10062)
    kind, data = _kind(call.form["type"]), call.form.get("data") or {}
    _check_legal(interaction, kind, data)
    check_sizes(call.uploads, _limit(interaction))
    _take_answer(call, interaction, kind, data)
    interaction.acknowledged_after = interaction.age
    interaction.callback = kind
    interaction.changes.beat()
    if call.query.get("with_response", "").lower() not in {"1", "true"}:
        return Reply(204)
    return Reply(body=interaction.callback_payload())


def _kind(number: int) -> Callback:
    if number not in set(Callback):
        words = f"Nothing here is answered by type {number}."
        raise errors.invalid_form([Problem(("type",), "INTERACTION_CALLBACK_INVALID", words)])
    return Callback(number)


def _check_legal(interaction: Interaction, kind: Callback, data: Json) -> None:
    legal = kind in LEGAL[interaction.type]
    if kind in UPDATES and interaction.message is None:
        legal = False
    if not legal:
        words = f"{kind.name} does not answer {interaction.type.name}."
        raise errors.invalid_form([Problem(("type",), "INTERACTION_CALLBACK_INVALID", words)])
    allowed = MessageFlag.EPHEMERAL
    if kind == Callback.DEFERRED_MESSAGE and (data.get("flags") or 0) & ~allowed:
        words = "A deferral takes only the EPHEMERAL flag."
        raise errors.invalid_form([Problem(("data", "flags"), "BASE_TYPE_INVALID", words)])


def _take_answer(call: Call, interaction: Interaction, kind: Callback, data: Json) -> None:
    if kind == Callback.MESSAGE:
        interaction.original = _posted(call, interaction, data)
    elif kind == Callback.DEFERRED_MESSAGE:
        _start_thinking(call, interaction, data)
    elif kind == Callback.CHOICES:
        interaction.choices = [Choice(c["name"], c["value"]) for c in data["choices"]]
    elif kind == Callback.MODAL:
        errors.require(check_modal(data))
        with_ids(data["components"])
        interaction.modal = data
    elif interaction.message is not None:
        interaction.original = interaction.message
        if kind == Callback.UPDATE and (data or call.uploads):
            if interaction.message.deleted:
                raise errors.unknown("Message", 10008)
            amend(call.world, interaction.message, data, call.uploads)
            call.world.publish_edit(interaction.message)


def _start_thinking(call: Call, interaction: Interaction, data: Json) -> None:
    message = call.world.new_message(interaction.channel, call.world.bot)
    message.interaction = interaction
    message.flags = MessageFlag(data.get("flags") or 0) | MessageFlag.LOADING
    if interaction.forced_ephemeral:
        message.flags |= MessageFlag.EPHEMERAL
    interaction.original = message
    interaction.ephemeral = message.ephemeral
    call.world.publish(message)


def _posted(call: Call, interaction: Interaction, body: Json) -> Message:
    message = call.world.new_message(interaction.channel, call.world.bot)
    message.interaction = interaction
    if interaction.forced_ephemeral:
        message.flags |= MessageFlag.EPHEMERAL
    fill(call.world, message, body, call.uploads)
    call.world.publish(message)
    return message


def follow_up(call: Call) -> Reply:
    """POST /webhooks/{app}/{token}; the first one fills the "thinking" message of a deferral."""
    interaction = _interaction(call)
    check_sizes(call.uploads, _limit(interaction))
    waiting = interaction.original
    if waiting is not None and waiting.thinking and not waiting.deleted:
        return _edited(call, waiting)
    if interaction.user_install_only and len(interaction.followups) >= USER_INSTALL_FOLLOWUPS:
        raise DiscordError(400, 40094, "Max number of follow-up messages reached")
    message = _posted(call, interaction, call.form)
    interaction.followups.append(message)
    interaction.changes.beat()
    return Reply(body=message.payload())


def get_message(call: Call) -> Reply:
    """GET /webhooks/{app}/{token}/messages/{@original or id}"""
    return Reply(body=_message(call, _interaction(call)).payload())


def edit_message(call: Call) -> Reply:
    """PATCH /webhooks/{app}/{token}/messages/{@original or id}"""
    interaction = _interaction(call)
    check_sizes(call.uploads, _limit(interaction))
    return _edited(call, _message(call, interaction))


def delete_message(call: Call) -> Reply:
    """DELETE /webhooks/{app}/{token}/messages/{@original or id}"""
    call.world.delete(_message(call, _interaction(call)))
    return Reply(204)


def _edited(call: Call, message: Message) -> Reply:
    amend(call.world, message, call.form, call.uploads)
    call.world.publish_edit(message)
    return Reply(body=message.payload())


def _interaction(call: Call) -> Interaction:
    interaction = call.world.interactions.get(call.params["webhook_token"])
    if interaction is None or call.params["webhook_id"] != call.world.bot.id:
        raise errors.unknown("Webhook", 10015)
    if interaction.token_expired:
        raise errors.expired_token()
    if interaction.callback is None or interaction.app_removed:
        raise errors.unknown("Webhook", 10015)
    if interaction.channel.deleted:
        raise errors.unknown("Channel", 10003)
    return interaction


def _message(call: Call, interaction: Interaction) -> Message:
    wanted = call.params["message_id"]
    if wanted == "@original" and interaction.original is not None:
        wanted = interaction.original.id
    for message in interaction.messages:
        if message.id == wanted and not message.deleted:
            return message
    raise errors.unknown("Message", 10008)


def _limit(interaction: Interaction) -> int:
    return max(interaction.channel.upload_limit, interaction.user.upload_limit)
