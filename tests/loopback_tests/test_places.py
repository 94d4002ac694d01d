"""Where things happen: threads, forums, private conversations, and servers that change under the bot's feet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import discord
import pytest
from tests.loopback import (
    Channel,
    Guild,
    LoopbackDiscord,
    MessageFlag,
    Permission,
    ScriptedUser,
    Upload,
    UserCannot,
    running,
)
from tests.loopback_tests.atelier_bot import Atelier
from tests.loopback_tests.studio import Studio
from tests.loopback_tests.studio_bot import PNG
from tests.loopback_tests.wire import Json, Wire, callback, hook, reply


@dataclass
class Room:
    """A running bot in a guild."""

    discord: LoopbackDiscord
    bot: Atelier
    guild: Guild
    channel: Channel
    alice: ScriptedUser


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    """The bot with panels and message commands."""
    async with LoopbackDiscord() as loopback:
        guild, alice = loopback.add_guild("studio", locale="de"), loopback.add_user("alice", locale="zh-CN")
        guild.add_member(alice)
        bot = Atelier()
        async with running(bot, loopback):
            yield Room(loopback, bot, guild, guild.add_channel("art"), alice)
        assert loopback.violations == []


async def test_languages_roles_and_rights_come_with_every_click(room: Room) -> None:
    await (await room.alice.slash(room.channel, "doors")).response()
    role = room.guild.add_role("moderators", Permission.MANAGE_MESSAGES)
    room.guild.set_roles(room.alice, [role])
    await room.alice.slash(room.channel, "doors")
    before, after = room.bot.seen
    assert (str(before.locale), str(before.guild_locale)) == ("zh-CN", "de")
    assert (before.permissions.manage_messages, after.permissions.manage_messages) == (False, True)
    assert isinstance(after.user, discord.Member)
    assert role.id in {str(found) for found in after.user._roles}


async def test_a_thread_and_a_forum_post_are_channels_of_their_own(room: Room) -> None:
    forum = room.guild.add_forum("gallery", nsfw=True)
    for parent in (room.channel, forum):
        thread = room.guild.add_thread(parent, "stars", owner=room.alice)
        answer = await (await room.alice.slash(thread, "doors")).response()
        assert answer.channel is thread
        seen = room.bot.seen[-1].channel
        assert isinstance(seen, discord.Thread)
        assert seen.parent is not None
        assert seen.is_nsfw() is thread.age_restricted is (parent is forum)
    with pytest.raises(UserCannot, match="such a message"):
        await room.alice.send(forum, "hello")


async def test_a_message_command_gets_attachments_embeds_and_galleries(room: Room) -> None:
    other = room.discord.add_user("painter", bot=True)
    room.guild.add_member(other)
    picture = Upload("a.png", PNG)
    plain = await room.alice.send(room.channel, "look", picture)
    embed = {"type": "rich", "image": {"url": "https://example.org/e.png"}}
    carded = await other.send(room.channel, "", embeds=[embed])
    items = [{"media": {"url": "attachment://a.png"}}]
    shown = await other.send(room.channel, "", picture, components=[{"type": 12, "items": items}])
    found = [await room.alice.context_menu(target, "Use as input") for target in (plain, carded, shown)]
    words = [(await interaction.response()).content for interaction in found]
    assert words == ["a:a.png", "e:https://example.org/e.png", "g:a.png"]


async def test_a_panel_shows_pictures_of_other_messages_and_menus_of_people(room: Room) -> None:
    upload = Upload("a.png", PNG)
    interaction = await room.alice.slash(room.channel, "panel", picture=upload)
    message = await interaction.final_response()
    assert message.flags & MessageFlag.COMPONENTS_V2 & ~MessageFlag.LOADING
    assert message.ephemeral
    url = message.payload()["components"][0]["components"][2]["items"][0]["media"]["url"]
    room.discord.advance(24 * 3600 + 1)
    async with room.bot.http._HTTPClient__session.get(url) as stale:  # type: ignore[attr-defined]
        assert stale.status == 404
    fresh = message.payload()["components"][0]["components"][2]["items"][0]["media"]["url"]
    async with room.bot.http._HTTPClient__session.get(fresh) as found:  # type: ignore[attr-defined]
        assert await found.read() == PNG
    chosen = await room.alice.select(message, room.alice, menu="panel:who")
    assert (await chosen.response()).content == f"['{room.alice.id}']"
    with pytest.raises(UserCannot, match="no role"):
        await room.alice.select(message, room.alice, menu="panel:role")


async def test_an_app_of_the_user_works_in_strange_servers_and_private_conversations(room: Room) -> None:
    bob, carol = room.discord.add_user("bob", has_app=True), room.discord.add_user("carol")
    strange = room.discord.add_guild("strange", installed=False)
    strange.add_member(bob)
    pair, group = room.discord.private_channel(bob, carol), room.discord.private_channel(bob, carol, room.alice)
    for channel in (strange.add_channel("general"), pair, group):
        interaction = await bob.slash(channel, "whisper")
        assert not (await interaction.response()).ephemeral
        assert (await interaction.followup()).ephemeral
        assert interaction.owners == {"1": bob.id}
    kinds = [type(seen.channel) for seen in room.bot.seen]
    assert kinds == [discord.TextChannel, discord.DMChannel, discord.GroupChannel]
    with pytest.raises(UserCannot, match="not installed"):
        await carol.slash(pair, "whisper")
    with pytest.raises(UserCannot, match="not in this channel"):
        await bob.slash(room.discord.private_channel(carol, room.alice), "whisper")


async def test_a_server_without_external_apps_keeps_their_answers_private(room: Room) -> None:
    bob = room.discord.add_user("bob", has_app=True)
    strange = room.discord.add_guild("strange", installed=False)
    strange.add_member(bob)
    strange.everyone.permissions &= ~Permission.USE_EXTERNAL_APPS
    interaction = await bob.slash(strange.add_channel("general"), "whisper")
    assert (await interaction.response()).ephemeral


async def test_a_removed_app_loses_channels_tokens_and_the_guild(room: Room) -> None:
    interaction = await room.alice.slash(room.channel, "doors")
    assert len(room.bot.guilds) == 1
    room.guild.remove_app()
    token: discord.Interaction[Any] = room.bot.seen[0]
    with pytest.raises(discord.NotFound, match="Unknown Webhook"):
        await token.edit_original_response(content="x")
    with pytest.raises(discord.Forbidden, match="Missing Access"):
        await room.bot.http.send_message(int(room.channel.id), params=_text("x"))
    assert not room.bot.guilds
    with pytest.raises(UserCannot, match="not installed"):
        await room.alice.press(await interaction.response(), "Card")
    room.discord.violations.clear()
    room.guild.install_app()
    assert await (await room.alice.slash(room.channel, "doors")).response()


def _text(content: str) -> Any:
    return discord.http.handle_message_parameters(content=content)


async def test_what_was_asked_in_a_deleted_channel_cannot_be_answered(wire: Wire) -> None:
    first, second = await wire.asked(), await wire.asked()
    await wire.answer(first, 5)
    thread = wire.guild.add_thread(wire.channel, "more")
    wire.guild.delete_channel(wire.channel)
    assert await wire.refused("POST", hook(wire, first), {"content": "x"}) == (404, 10003)
    assert await wire.refused("POST", callback(second), reply(5)) == (404, 10003)
    assert await wire.refused("POST", wire.messages, {"content": "x"}) == (404, 10003)
    assert thread.deleted
    with pytest.raises(UserCannot):
        await wire.asked()


async def test_whoever_leaves_or_is_banned_can_do_nothing_here(wire: Wire) -> None:
    message = await wire.alice.send(wire.channel, "hello")
    wire.guild.remove_member(wire.alice, ban=True)
    with pytest.raises(UserCannot, match="no member"):
        await wire.asked()
    with pytest.raises(UserCannot):
        await wire.alice.context_menu(message, "Describe")
    path = f"/channels/{wire.alice.direct_messages().id}/messages"
    assert await wire.refused("POST", path, {"content": "x"}) == (403, 50278)


async def test_overwrites_of_a_channel_change_what_a_member_may_do_there(wire: Wire) -> None:
    wire.channel.permit(wire.guild.everyone, deny=Permission.SEND_MESSAGES)
    with pytest.raises(UserCannot, match="SEND_MESSAGES"):
        await wire.alice.send(wire.channel, "x")
    wire.channel.permit(wire.alice, allow=Permission.SEND_MESSAGES)
    assert await wire.alice.send(wire.channel, "x")
    assert wire.guild.members[wire.alice.id].permissions_in(wire.channel) & Permission.SEND_MESSAGES
    wire.channel.permit(wire.alice, deny=Permission.VIEW_CHANNEL)
    with pytest.raises(UserCannot):
        await wire.asked()


async def test_threads_need_a_permission_of_their_own_and_a_locked_one_takes_nothing(wire: Wire) -> None:
    thread = wire.guild.add_thread(wire.channel, "more")
    path = f"/channels/{thread.id}/messages"
    thread.archived = True
    assert (await wire.call("POST", path, {"content": "x"}))[0] == 200
    assert not thread.archived
    thread.locked = True
    assert await wire.refused("POST", path, {"content": "x"}) == (400, 50083)
    thread.locked, thread.bot_permissions = False, thread.bot_permissions & ~Permission.SEND_MESSAGES_IN_THREADS
    assert await wire.refused("POST", path, {"content": "x"}) == (403, 50013)
    forum = f"/channels/{wire.guild.add_forum('posts').id}/messages"
    assert await wire.refused("POST", forum, {"content": "x"}) == (400, 50008)


async def test_administrators_may_show_or_hide_a_command_against_its_default(wire: Wire) -> None:
    admin: Json = {"name": "admin", "description": "x", "default_member_permissions": "32"}
    await wire.register([admin, {"name": "free", "description": "x"}])
    wire.guild.override_command("admin", wire.alice, shown=True)
    wire.guild.override_command("free", wire.guild.everyone, shown=False)
    assert [command["name"] for command in wire.alice.commands(wire.channel)] == ["admin"]
    with pytest.raises(UserCannot, match="hide it"):
        await wire.asked("free")


async def test_the_limit_for_files_is_that_of_the_server_or_of_the_user(studio: Studio) -> None:
    studio.guild.boost_tier = 2
    studio.alice.upload_limit = 500 * 1024 * 1024
    for place in (studio.channel, studio.alice.direct_messages()):
        await studio.alice.impatient.slash(place, "queue pause")
    await studio.discord.wait_until(lambda: len(studio.bot.arrived) == 2)
    assert [seen.filesize_limit for seen in studio.bot.arrived] == [studio.alice.upload_limit] * 2
    studio.alice.upload_limit = 1
    await studio.alice.slash(studio.channel, "queue pause")
    assert studio.bot.arrived[-1].filesize_limit == 50 * 1024 * 1024
