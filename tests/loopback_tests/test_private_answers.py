"""Ephemeral messages: who sees them, how long they can be changed, and where their files lie."""

from __future__ import annotations

import pytest
from tests.loopback import Interaction, Message, UserCannot
from tests.loopback_tests.wire import Wire, button, hook, row

SECRET = {"content": "secret", "flags": 64}
MESSAGE, DEFER, UPDATE = 4, 5, 7


async def _secret(wire: Wire) -> tuple[Interaction, Message]:
    interaction = await wire.asked()
    await wire.answer(interaction, MESSAGE, SECRET | {"components": [row(button("More", "more"))]})
    return interaction, await interaction.response()


async def test_only_the_one_who_asked_can_press_its_buttons(wire: Wire) -> None:
    _, message = await _secret(wire)
    bob = wire.discord.add_user("bob")
    wire.guild.add_member(bob)
    with pytest.raises(UserCannot, match="no such message"):
        await bob.press(message, "More")
    pressed = await wire.alice.impatient.press(message, "More")
    await wire.answer(pressed, UPDATE, {"content": "more"})
    assert (message.content, message.ephemeral) == ("more", True)


async def test_after_fifteen_minutes_only_a_fresh_click_changes_it(wire: Wire) -> None:
    interaction, message = await _secret(wire)
    wire.discord.advance(15 * 60 + 1)
    path = hook(wire, interaction, "/messages/@original")
    assert await wire.refused("PATCH", path, {"content": "x"}) == (401, 50027)
    assert await wire.refused("DELETE", path) == (401, 50027)
    assert await wire.refused("PATCH", f"{wire.messages}/{message.id}", {"content": "x"}) == (404, 10008)
    pressed = await wire.alice.impatient.press(message, "More")
    await wire.answer(pressed, UPDATE, {"content": "late"})
    assert message.content == "late"


async def test_it_can_be_deleted_by_its_token(wire: Wire) -> None:
    interaction, message = await _secret(wire)
    assert (await wire.call("DELETE", hook(wire, interaction, "/messages/@original")))[0] == 204
    assert message.deleted
    path = hook(wire, interaction, "/messages/@original")
    assert await wire.refused("PATCH", path, {"content": "x"}) == (404, 10008)


async def test_its_files_lie_apart_and_are_marked(wire: Wire) -> None:
    interaction = await wire.asked()
    await wire.answer(interaction, DEFER, {"flags": 64})
    _, private = await wire.call("POST", hook(wire, interaction), {}, [("a.png", b"a")])
    _, public = await wire.call("POST", hook(wire, interaction), {}, [("a.png", b"a")])
    files = [message["attachments"][0] for message in (private, public)]
    folders = [file["url"].removeprefix(wire.discord.cdn_url).split("/")[1] for file in files]
    assert folders == ["ephemeral-attachments", "attachments"]
    assert [file.get("ephemeral") for file in files] == [True, None]


async def test_a_followup_is_private_only_if_it_says_so_itself(wire: Wire) -> None:
    interaction, _ = await _secret(wire)
    await wire.call("POST", hook(wire, interaction), {"content": "open"})
    await wire.call("POST", hook(wire, interaction), SECRET)
    assert [message.ephemeral for message in interaction.followups] == [False, True]
    path = hook(wire, interaction, f"/messages/{interaction.followups[1].id}")
    assert (await wire.call("PATCH", path, {"content": "changed", "flags": 0}))[0] == 200
    assert interaction.followups[1].ephemeral
