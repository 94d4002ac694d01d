"""Modals of every kind, from everywhere, and submitted to a bot that was restarted meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.loopback import ApplicationDidNotRespond, LoopbackDiscord, Message, Upload, UserCannot, running
from tests.loopback_tests.atelier_bot import Atelier
from tests.loopback_tests.wire import Json, Wire, button, callback, reply, row

MODAL = 9


@pytest.fixture
async def discord() -> AsyncIterator[LoopbackDiscord]:
    """A guild with a channel and alice."""
    async with LoopbackDiscord() as loopback:
        loopback.add_guild("studio").add_channel("art")
        (guild,) = loopback.world.guilds.values()
        guild.add_member(loopback.add_user("alice"))
        yield loopback
        assert loopback.violations == []


def _place(discord: LoopbackDiscord) -> tuple[Any, Any, Any]:
    (guild,) = discord.world.guilds.values()
    alice = next(member.user for member in guild.members.values() if member.user.name == "alice")
    return guild, guild.channels[0], alice


async def _doors(discord: LoopbackDiscord) -> Message:
    _, channel, alice = _place(discord)
    shown: Message = await (await alice.slash(channel, "doors")).response()
    return shown


async def test_a_card_brings_what_was_chosen_by_default_and_what_was_changed(discord: LoopbackDiscord) -> None:
    guild, channel, alice = _place(discord)
    artists = guild.add_role("artists")
    async with running(Atelier(), discord):
        first = await alice.submit_modal(await alice.slash(channel, "card"))
        assert (await first.response()).content == "Oil  art  True nowhere"
        files = [Upload("a.png", b"a"), Upload("b.png", b"b")]
        entered = {"Style": "Ink", "Role": artists, "Tile": False, "Mask": files}
        second = await alice.submit_modal(await alice.slash(channel, "card"), entered)
        words = (await second.response()).content
        assert words.startswith("Ink artists art ")
        assert words.count("/ephemeral-attachments/") == 2
        assert words.endswith(" False nowhere")


async def test_buttons_and_menus_open_modals_that_remember_their_message(discord: LoopbackDiscord) -> None:
    _, _, alice = _place(discord)
    async with running(Atelier(), discord):
        shown = await _doors(discord)
        for door in (alice.press, alice.select):
            opened = await door(shown, "Card")
            submitted = await alice.submit_modal(opened)
            message = await submitted.response()
            assert message.content.endswith(" there")
            assert message.payload()["interaction_metadata"]["triggering_interaction_metadata"]["id"] == opened.id


async def test_a_modal_stays_open_while_the_bot_is_away_and_reaches_its_successor(discord: LoopbackDiscord) -> None:
    _, _, alice = _place(discord)
    async with running(Atelier(), discord):
        opened = await alice.press(await _doors(discord), "Kept")
    await discord.wait_until_gone()
    alice.patience = 0.05
    with pytest.raises(ApplicationDidNotRespond):
        await alice.submit_modal(opened, {"Prompt": "a moon"})
    alice.patience = 4.0
    async with running(Atelier(), discord):
        submitted = await alice.submit_modal(opened, {"Prompt": "a moon"})
        assert (await submitted.response()).content == "7: a moon"
    with pytest.raises(UserCannot, match="no modal"):
        await alice.submit_modal(opened)


async def test_menus_take_only_what_they_are_made_for(discord: LoopbackDiscord) -> None:
    _, channel, alice = _place(discord)
    async with running(Atelier(), discord):
        opened = await alice.slash(channel, "card")
        for entered, complaint in (
            ({"Role": alice}, "no role"),
            ({"Place": alice}, "no channel"),
            ({"Mask": [b"x"] * 4}, "0 to 3"),
            ({"Style": "Chalk"}, "no option 'Chalk'"),
        ):
            with pytest.raises(UserCannot, match=complaint):
                await alice.submit_modal(opened, entered)


async def test_a_modal_must_be_the_first_answer(wire: Wire) -> None:
    interaction = await wire.asked()
    await wire.answer(interaction, 5)
    assert await wire.refused("POST", callback(interaction), reply(MODAL, _modal(TICKS))) == (400, 40060)


async def test_a_message_command_may_open_a_modal(wire: Wire) -> None:
    target = await wire.alice.send(wire.channel, "look")
    interaction = await wire.alice.impatient.context_menu(target, "Describe")
    await wire.answer(interaction, MODAL, _modal(TICKS))
    submitted = await wire.alice.impatient.submit_modal(interaction, {"t": ["a"]})
    assert submitted.message is None
    assert submitted.data["components"][0]["component"]["values"] == ["a"]


def _modal(field: Json) -> Json:
    label = {"type": 18, "label": "Field", "component": field}
    return {"title": "Form", "custom_id": "m", "components": [label]}


OPTIONS: list[Json] = [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]
CHOSEN: list[Json] = [option | {"default": True} for option in OPTIONS]
TICKS: Json = {"type": 22, "custom_id": "t", "options": OPTIONS}
FORBIDDEN: dict[str, Json] = {
    "one radio button": {"type": 21, "custom_id": "t", "options": OPTIONS[:1]},
    "eleven radio buttons": {"type": 21, "custom_id": "t", "options": OPTIONS * 6},
    "two radio buttons chosen": {"type": 21, "custom_id": "t", "options": CHOSEN},
    "a value twice": TICKS | {"options": OPTIONS + OPTIONS},
    "more ticks than boxes": TICKS | {"max_values": 3},
    "no ticks, and required": TICKS | {"min_values": 0},
    "eleven files": {"type": 19, "custom_id": "t", "max_values": 11},
    "fewer files than few": {"type": 19, "custom_id": "t", "min_values": 3, "max_values": 2},
    "disabled menu": {"type": 3, "custom_id": "t", "options": OPTIONS, "disabled": True},
    "button": button("a", "a"),
    "label of its own": {"type": 4, "custom_id": "t", "style": 1, "label": "x"},
    "long placeholder": {"type": 4, "custom_id": "t", "style": 1, "placeholder": "x" * 101},
    "two people by default, one allowed": {
        "type": 5,
        "custom_id": "t",
        "default_values": [{"id": "1", "type": "user"}, {"id": "2", "type": "user"}],
    },
    "a role by default in a menu of people": {
        "type": 5,
        "custom_id": "t",
        "default_values": [{"id": "1", "type": "role"}],
    },
}


@pytest.mark.parametrize("field", FORBIDDEN.values(), ids=FORBIDDEN.keys())
async def test_a_field_that_breaks_a_rule_is_refused(wire: Wire, field: Json) -> None:
    interaction = await wire.asked()
    assert await wire.refused("POST", callback(interaction), reply(MODAL, _modal(field))) == (400, 50035)
    await wire.answer(interaction, MODAL, _modal(TICKS))


async def test_a_file_of_a_modal_comes_with_its_size_and_a_link(wire: Wire) -> None:
    interaction = await wire.asked()
    await wire.answer(interaction, MODAL, _modal({"type": 19, "custom_id": "t"}))
    submitted = await wire.alice.impatient.submit_modal(interaction, {"Field": Upload("mask.png", b"abc")})
    (file,) = submitted.data["resolved"]["attachments"].values()
    assert submitted.data["components"][0]["component"]["values"] == [file["id"]]
    async with wire.http.get(file["url"]) as answer:
        assert (file["size"], await answer.read()) == (3, b"abc")


async def test_a_row_takes_one_text_input(wire: Wire) -> None:
    field = {"type": 4, "custom_id": "p", "style": 1, "label": "Prompt"}
    modal = _modal(TICKS) | {"components": [row(field, field | {"custom_id": "q"})]}
    interaction = await wire.asked()
    assert await wire.refused("POST", callback(interaction), reply(MODAL, modal)) == (400, 50035)
