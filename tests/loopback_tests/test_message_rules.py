"""What messages may contain, who may post them, and how files stay and go."""

from __future__ import annotations

from typing import Any

import pytest
from tests.loopback import EVERYONE, MIB, Permission
from tests.loopback_tests.wire import Json, Wire, button, hook, row

V2 = 1 << 15
TEXT: Json = {"type": 10, "content": "x"}
LINK: Json = {"type": 2, "style": 5, "label": "site"}
SELECT: Json = {"type": 3, "custom_id": "s", "options": [{"label": "a", "value": "a"}]}
TWICE: Json = SELECT | {"options": [{"label": "a", "value": "a"}, {"label": "b", "value": "a"}]}
PEOPLE: list[Json] = [{"id": "1", "type": "user"}, {"id": "2", "type": "user"}]
FORBIDDEN: dict[str, Json] = {
    "content too long": {"content": "x" * 2001},
    "embeds too long together": {"embeds": [{"description": "x" * 3001}] * 2},
    "embed title too long": {"embeds": [{"title": "x" * 257}]},
    "eleven embeds": {"embeds": [{"title": "x"}] * 11},
    "label too long": {"content": "x", "components": [row(button("l" * 81, "a"))]},
    "custom_id too long": {"content": "x", "components": [row(button("l", "a" * 101))]},
    "duplicate custom_id": {
        "content": "x",
        "components": [row(button("a", "a"), button("b", "a"))],
    },
    "six buttons": {"content": "x", "components": [row(*[button("a", str(i)) for i in range(6)])]},
    "six rows": {"content": "x", "components": [row(button("a", str(i))) for i in range(6)]},
    "select beside button": {"content": "x", "components": [row(button("a", "b"), SELECT)]},
    "option twice": {"content": "x", "components": [row(TWICE)]},
    "link without url": {"content": "x", "components": [row(LINK)]},
    "button without custom_id": {"content": "x", "components": [row({**LINK, "style": 1})]},
    "v2 component without flag": {"components": [TEXT]},
    "content beside v2": {"content": "x", "components": [TEXT], "flags": V2},
    "too many v2 components": {
        "components": [{"type": 17, "components": [TEXT] * 40}],
        "flags": V2,
    },
    "too much v2 text": {"components": [{"type": 10, "content": "x" * 2001}] * 2, "flags": V2},
    "missing attachment": {"embeds": [{"image": {"url": "attachment://no.png"}}]},
    "long nonce": {"content": "x", "nonce": "n" * 26},
    "everybody and somebody may ring": {
        "content": "x",
        "allowed_mentions": {"parse": ["users"], "users": ["1"]},
    },
    "a picture from nowhere": {
        "components": [{"type": 12, "items": [{"media": {"url": "ftp://x/a.png"}}]}],
        "flags": V2,
    },
    "a file by link": {"components": [{"type": 13, "file": {"url": "https://x.org/a.txt"}}], "flags": V2},
    "a section without accessory": {"components": [{"type": 9, "components": [TEXT]}], "flags": V2},
    "eleven pictures": {
        "components": [{"type": 12, "items": [{"media": {"url": "https://x.org/a.png"}}] * 11}],
        "flags": V2,
    },
    "a container in a container": {
        "components": [{"type": 17, "components": [{"type": 17, "components": [TEXT]}]}],
        "flags": V2,
    },
    "more people by default than may be chosen": {
        "content": "x",
        "components": [row({"type": 5, "custom_id": "s", "default_values": PEOPLE})],
    },
}


@pytest.mark.parametrize("body", FORBIDDEN.values(), ids=FORBIDDEN.keys())
async def test_a_message_that_breaks_a_rule_is_refused(wire: Wire, body: Json) -> None:
    assert await wire.refused("POST", wire.messages, body) == (400, 50035)
    assert wire.channel.messages == []


async def test_an_empty_message_is_refused(wire: Wire) -> None:
    assert await wire.refused("POST", wire.messages, {"content": ""}) == (400, 50006)


async def test_blanks_are_no_message(wire: Wire) -> None:
    assert await wire.refused("POST", wire.messages, {"content": " \n"}) == (400, 50006)


async def test_a_key_that_discord_does_not_know_is_noted_and_ignored(wire: Wire) -> None:
    body = {"content": "x", "contents": "y", "components": [row(button("a", "a", lable="b"))]}
    assert (await wire.post(body))[0] == 200
    (violation,) = wire.discord.violations
    assert "contents" in violation.message
    assert "components.0.components.0.lable" in violation.message
    wire.discord.violations.clear()


async def test_texts_of_components_ring_and_those_of_embeds_do_not(wire: Wire) -> None:
    await wire.post({"components": [{"type": 10, "content": wire.alice.mention}], "flags": V2})
    _, embedded = await wire.post({"embeds": [{"description": wire.alice.mention}]})
    assert [message.pinged for message in wire.channel.messages] == [{wire.alice.id}, set()]
    assert embedded["mentions"] == []


async def test_the_error_names_the_path(wire: Wire) -> None:
    body = {"content": "x", "components": [row(button("l" * 81, "a"))]}
    _, answer = await wire.post(body)
    wire.discord.violations.clear()
    assert answer["errors"]["components"]["0"]["components"]["0"]["label"]["_errors"]


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        (Permission.VIEW_CHANNEL, 50001),
        (Permission.SEND_MESSAGES, 50013),
        (Permission.ATTACH_FILES, 50013),
        (Permission.EMBED_LINKS, 50013),
    ],
)
async def test_posting_needs_permissions(wire: Wire, missing: Permission, code: int) -> None:
    wire.channel.bot_permissions = EVERYONE & ~missing
    body, files = {"embeds": [{"title": "x"}]}, [("a.png", b"a")]
    assert await wire.refused("POST", wire.messages, body, files) == (403, code)


async def test_a_closed_direct_conversation_refuses_messages(wire: Wire) -> None:
    _, channel = await wire.call("POST", "/users/@me/channels", {"recipient_id": wire.alice.id})
    path = f"/channels/{channel['id']}/messages"
    assert (await wire.call("POST", path, {"content": "hi"}))[0] == 200
    wire.alice.accepts_direct_messages = False
    assert await wire.refused("POST", path, {"content": "hi"}) == (403, 50007)
    assert [message.content for message in wire.alice.direct_messages().messages] == ["hi"]


async def test_unknown_messages_and_channels_have_their_codes(wire: Wire) -> None:
    assert await wire.refused("PATCH", f"{wire.messages}/1", {"content": "x"}) == (404, 10008)
    assert await wire.refused("POST", "/channels/1/messages", {"content": "x"}) == (404, 10003)


async def test_only_own_messages_can_be_edited_or_deleted(wire: Wire) -> None:
    message = await wire.alice.send(wire.channel, "mine")
    path = f"{wire.messages}/{message.id}"
    assert await wire.refused("PATCH", path, {"content": "x"}) == (403, 50005)
    assert await wire.refused("DELETE", path) == (403, 50013)
    wire.channel.bot_permissions |= Permission.MANAGE_MESSAGES
    assert (await wire.call("DELETE", path))[0] == 204
    assert message.deleted


async def test_large_files_are_refused(wire: Wire) -> None:
    large = ("a.png", bytes(10 * MIB + 1))
    assert await wire.refused("POST", wire.messages, {}, [large]) == (413, 40005)
    wire.guild.boost_tier = 2
    assert (await wire.post({}, large))[0] == 200


async def test_a_patch_appends_files_unless_attachments_lists_what_remains(wire: Wire) -> None:
    _, posted = await wire.post({}, ("a.png", b"a"))
    path, message = f"{wire.messages}/{posted['id']}", wire.channel.messages[0]
    await wire.call("PATCH", path, {}, [("b.png", b"b")])
    assert [file.filename for file in message.attachments] == ["a.png", "b.png"]
    keep: Any = {"attachments": [{"id": message.attachments[1].id}, {"id": 0}]}
    await wire.call("PATCH", path, keep, [("c.png", b"c")])
    assert [file.filename for file in message.attachments] == ["b.png", "c.png"]
    await wire.call("PATCH", path, {"content": "none", "attachments": []})
    assert message.attachments == []
    assert len(message.history) == 4


async def test_attachments_shown_by_an_embed_are_not_listed(wire: Wire) -> None:
    body = {"embeds": [{"image": {"url": "attachment://a.png"}}]}
    _, posted = await wire.post(body, ("a.png", b"a"), ("b.png", b"b"))
    assert [file["filename"] for file in posted["attachments"]] == ["b.png"]
    assert posted["embeds"][0]["image"]["url"].startswith(wire.discord.cdn_url)
    again = {"embeds": posted["embeds"]}
    _, edited = await wire.call("PATCH", f"{wire.messages}/{posted['id']}", again)
    assert [file["filename"] for file in edited["attachments"]] == ["b.png"]


async def test_the_v2_flag_stays(wire: Wire) -> None:
    _, posted = await wire.post({"components": [TEXT], "flags": V2})
    path = f"{wire.messages}/{posted['id']}"
    assert await wire.refused("PATCH", path, {"content": "x", "flags": 0}) == (400, 50035)
    assert await wire.refused("PATCH", path, {"content": "x"}) == (400, 50035)


async def test_an_enforced_nonce_returns_the_earlier_message_for_three_minutes(wire: Wire) -> None:
    body = {"content": "x", "nonce": "job-1", "enforce_nonce": True}
    first, second = [(await wire.post(body))[1]["id"] for _ in range(2)]
    assert first == second
    wire.discord.advance(181)
    assert (await wire.post(body))[1]["id"] != first
    assert len(wire.channel.messages) == 2


async def test_links_to_files_expire_after_a_day_and_are_renewed(wire: Wire) -> None:
    _, posted = await wire.post({}, ("a.png", b"a"))
    url = posted["attachments"][0]["url"]
    async with wire.http.get(url) as fresh:
        assert (fresh.status, await fresh.read()) == (200, b"a")
    wire.discord.advance(24 * 3600 + 1)
    async with wire.http.get(url) as stale, wire.http.get(url.replace("ex=", "ex=f")) as forged:
        assert (stale.status, forged.status) == (404, 404)
    _, again = await wire.call("GET", f"{wire.messages}/{posted['id']}")
    async with wire.http.get(again["attachments"][0]["url"]) as renewed:
        assert renewed.status == 200


async def test_media_new_in_an_edit_can_be_refused_like_on_discord(wire: Wire) -> None:
    interaction = await wire.asked()
    await wire.answer(interaction, 4, {"components": [TEXT], "flags": V2})
    gallery = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}
    path, files = hook(wire, interaction, "/messages/@original"), [("a.png", b"a")]
    wire.discord.world.refuse_new_media_on_edit = True
    refused = await wire.refused("PATCH", path, {"components": [gallery]}, files)
    assert refused == (400, 50035)
    wire.discord.world.refuse_new_media_on_edit = False
    assert (await wire.call("PATCH", path, {"components": [gallery]}, files))[0] == 200


async def test_pinged_users_respect_allowed_mentions(wire: Wire) -> None:
    await wire.post({"content": wire.alice.mention})
    await wire.post({"content": wire.alice.mention, "allowed_mentions": {"parse": []}})
    assert [message.pinged for message in wire.channel.messages] == [{wire.alice.id}, set()]
