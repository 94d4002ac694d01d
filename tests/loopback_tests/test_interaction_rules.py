"""First answers, tokens and follow-ups."""

from __future__ import annotations

import pytest
from tests.loopback import MessageFlag
from tests.loopback_tests.wire import Wire, button, callback, hook, reply, row

MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9


async def test_a_second_first_answer_is_refused(wire: Wire) -> None:
    interaction = await wire.asked()
    await wire.answer(interaction, DEFER)
    assert await wire.refused("POST", callback(interaction), reply(DEFER)) == (400, 40060)


async def test_an_answer_after_three_seconds_is_too_late(wire: Wire) -> None:
    interaction = await wire.asked()
    wire.discord.advance(3.1)
    assert await wire.refused("POST", callback(interaction), reply(DEFER)) == (404, 10062)


async def test_a_token_dies_after_fifteen_minutes(wire: Wire) -> None:
    interaction = await wire.asked()
    await wire.answer(interaction, DEFER)
    wire.discord.advance(15 * 60 + 1)
    path = hook(wire, interaction, "/messages/@original")
    assert await wire.refused("PATCH", path, {"content": "late"}) == (401, 50027)


async def test_a_followup_needs_a_first_answer(wire: Wire) -> None:
    interaction = await wire.asked()
    assert await wire.refused("POST", hook(wire, interaction), {"content": "x"}) == (404, 10015)


@pytest.mark.parametrize("kind", [DEFER_UPDATE, UPDATE, CHOICES])
async def test_a_command_is_not_answered_by_an_update_or_choices(wire: Wire, kind: int) -> None:
    interaction = await wire.asked()
    data: object = {"choices": []} if kind == CHOICES else None
    assert await wire.refused("POST", callback(interaction), reply(kind, data)) == (400, 50035)


async def test_a_deferral_takes_only_the_ephemeral_flag(wire: Wire) -> None:
    interaction = await wire.asked()
    v2 = {"flags": int(MessageFlag.COMPONENTS_V2)}
    assert await wire.refused("POST", callback(interaction), reply(DEFER, v2)) == (400, 50035)
    await wire.answer(interaction, DEFER, {"flags": int(MessageFlag.EPHEMERAL)})


async def test_the_first_followup_fills_the_thinking_message_and_keeps_it_ephemeral(
    wire: Wire,
) -> None:
    interaction = await wire.asked()
    await wire.answer(interaction, DEFER, {"flags": int(MessageFlag.EPHEMERAL)})
    thinking = await interaction.response()
    assert thinking.thinking
    await wire.call("POST", hook(wire, interaction), {"content": "one"})
    await wire.call("POST", hook(wire, interaction), {"content": "two"})
    assert (thinking.content, thinking.thinking, thinking.ephemeral) == ("one", False, True)
    assert [message.content for message in interaction.followups] == ["two"]


async def test_a_callback_with_response_returns_the_message(wire: Wire) -> None:
    interaction = await wire.asked()
    path = callback(interaction) + "?with_response=1"
    status, body = await wire.call("POST", path, reply(MESSAGE, {"content": "hi"}))
    assert status == 200
    assert body["resource"]["message"]["content"] == "hi"
    assert body["interaction"]["response_message_id"] == body["resource"]["message"]["id"]


async def test_ephemeral_messages_are_invisible_to_channel_routes_and_others(wire: Wire) -> None:
    interaction = await wire.asked()
    await wire.answer(interaction, MESSAGE, {"content": "secret", "flags": 64})
    message = await interaction.response()
    assert await wire.refused("GET", f"{wire.messages}/{message.id}") == (404, 10008)
    assert (await wire.call("GET", wire.messages))[1] == []
    assert message.visible_to(wire.alice)
    assert not message.visible_to(wire.discord.add_user("bob"))


async def test_a_button_may_update_its_message_or_defer_silently(wire: Wire) -> None:
    interaction = await wire.asked()
    await wire.answer(
        interaction, MESSAGE, {"content": "a", "components": [row(button("U1", "u"))]}
    )
    message = await interaction.response()
    first = await wire.alice.impatient.press(message, "U1")
    await wire.answer(first, UPDATE, {"content": "b"})
    second = await wire.alice.impatient.press(message, "U1")
    await wire.answer(second, DEFER_UPDATE)
    await wire.call("PATCH", hook(wire, second, "/messages/@original"), {"content": "c"})
    assert [version.content for version in message.history] == ["a", "b", "c"]


async def test_a_modal_cannot_answer_a_modal(wire: Wire) -> None:
    field = {"type": 4, "custom_id": "p", "style": 1, "label": "Prompt"}
    modal = {"title": "Remix", "custom_id": "m", "components": [row(field)]}
    interaction = await wire.asked()
    await wire.answer(interaction, MODAL, modal)
    submitted = await wire.alice.impatient.submit_modal(interaction, {"p": "x"})
    assert await wire.refused("POST", callback(submitted), reply(MODAL, modal)) == (400, 50035)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "t" * 46},
        {"components": []},
        {"components": [row({"type": 4, "custom_id": "p", "style": 1, "label": "x"})] * 2},
        {"components": [row({"type": 4, "custom_id": "p", "style": 1, "label": "l" * 46})]},
        {"components": [{"type": 10, "content": "x"}] * 6},
    ],
)
async def test_a_modal_keeps_its_limits(wire: Wire, change: dict[str, object]) -> None:
    field = {"type": 4, "custom_id": "p", "style": 1, "label": "Prompt"}
    modal = {"title": "Remix", "custom_id": "m", "components": [row(field)]} | change
    interaction = await wire.asked()
    assert await wire.refused("POST", callback(interaction), reply(MODAL, modal)) == (400, 50035)


async def test_a_bot_that_only_the_user_installed_gets_five_followups(wire: Wire) -> None:
    channel = wire.discord.add_guild("elsewhere", installed=False).add_channel("general")
    bob = wire.discord.add_user("bob", has_app=True)
    assert channel.guild is not None
    channel.guild.add_member(bob)
    await wire.register([{"name": "mine", "description": "x", "integration_types": [1]}])
    interaction = await bob.impatient.slash(channel, "mine")
    await wire.answer(interaction, MESSAGE, {"content": "0"})
    wire.discord.rest.limiter.enabled = False
    for number in range(5):
        await wire.call("POST", hook(wire, interaction), {"content": str(number)})
    assert await wire.refused("POST", hook(wire, interaction), {"content": "6"}) == (400, 40094)
    path = f"/channels/{channel.id}/messages"
    assert await wire.refused("POST", path, {"content": "x"}) == (403, 50001)
