"""Every button, menu and form, clicked by whom it is not for, with ids that are forged, foreign or used (S14).

A new verb must be entered in `CLICKS`; what it may do is decided at the click, whatever the client shows.
"""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import MagicMock

from tests.bot.bench import Bench
from tests.loopback import Channel, Interaction, Message, Permission, ScriptedUser
from tests.loopback.constants import InteractionType

from limner_bot.features import every_feature
from limner_bot.queue.identity import new_id

#: What follows each verb; {0} is the id of a picture, a job or a draft, whichever the verb wants.
CLICKS = {
    **dict.fromkeys(("jr", "je", "jf", "jn", "u", "v", "vs", "q", "g", "gs", "f", "o", "k"), "{0}"),
    **dict.fromkeys(("d", "df", "dy", "dn"), "{0}"),
    **dict.fromkeys(("pfe", "pe", "pes", "pee", "pms", "pme", "i", "a", "ag", "xd", "xds", "pm", "hs"), "{0}"),
    **dict.fromkeys(("hx", "hxs", "sry", "mzy", "mzn", "c", "qy", "qn"), "{0}"),
    "gc": "{0}:1",
    "p": "{0}:stub:enlarge",
    "r": "{0}:4",
    "x": "{0}:4",
    "xs": "{0}:4:r",
    "z": "{0}:2",
    "zs": "{0}:2",
    "n": "{0}:left",
    "m": "{0}:1:1",
    "mm": "{0}:1:1:{0}",
    "pf": "{0}:1:stub:enlarge",
    "pfs": "{0}:1:stub:enlarge",
    "h": "older:999999",
    "hp": "-:older:999999",
    "ho": "-:999999",
    "hc": "0",
    "ht": "",
    "st": "server",
    "sv": "server:model",
    "sf": "server:negative",
    "sb": "server",
    "sr": "server",
    "mx": "0",
    "mz": "",
    "mzs": "",
    "qp": "a:0:{0}",
    "qj": "a:0",
    "qa": "cancel:h:0:{0}",
    "qs": "pause:h:0",
    "qf": "h:0",
    "pl": "0",
    "pa": "disable:stub",
    "pp": "0",
    "audit": "older:999999:0",
}
#: What nobody's click may change who has no right to.
KEPT = (
    "SELECT id, state, cancelled_by, moved, private, told FROM jobs ORDER BY number",
    "SELECT id, gone FROM images ORDER BY number",
    "SELECT * FROM favourites",
    "SELECT * FROM pauses",
    "SELECT * FROM rules",
    "SELECT * FROM limits",
    "SELECT * FROM bans",
    "SELECT count(*) FROM audit",
    "SELECT * FROM preferences",
)


def test_every_verb_is_listed_here() -> None:
    """The features are only asked for what their clicks are called, for which they need no house."""
    verbs = {action.verb for feature in every_feature(MagicMock()) for action in feature.actions()}
    assert verbs == set(CLICKS)


def kept(bench: Bench) -> list[list[tuple[Any, ...]]]:
    return [bench.query(sql) for sql in KEPT]


async def message_with_anything(bench: Bench, user: ScriptedUser, channel: Channel) -> Message:
    """A message as if the bot had sent it; what is clicked below it is up to the client."""
    message = await user.send(channel, "forged")
    message.author = bench.discord.world.bot
    return message


async def click(user: ScriptedUser, channel: Channel, message: Message, custom_id: str) -> Interaction:
    """What a client of somebody's own making may send."""
    button = {"type": 2, "style": 2, "label": "x", "custom_id": custom_id, "id": 2}
    message.components = [{"type": 1, "id": 1, "components": [button]}]
    data = {"custom_id": custom_id, "component_type": 2, "id": 2}
    return await user._act(InteractionType.COMPONENT, channel, data, message)


async def click_all(bench: Bench, user: ScriptedUser, channel: Channel, thing: str, *but: str) -> None:
    """Click everything about one thing; nothing changes, and nobody else sees anything."""
    message = await message_with_anything(bench, user, channel)
    before, seen = kept(bench), [each for each in channel.messages if not each.ephemeral]
    for verb, arguments in CLICKS.items():
        if verb not in but:
            custom_id = ":".join(filter(None, ("limner", verb, arguments.format(thing))))
            await click(user, channel, message, custom_id)
            assert kept(bench) == before, f"{user.name}: {custom_id}"
    # What is done after the first answer is seen as well.
    await asyncio.sleep(0.3)
    assert kept(bench) == before
    after = [each for each in channel.messages if not each.ephemeral and not each.thinking]
    assert [each.content for each in after] == [each.content for each in seen]


async def test_no_click_does_what_its_person_may_not(bench: Bench) -> None:
    alice, bob = bench.alice, bench.bob
    abroad = bench.discord.add_guild("abroad").add_channel("far")
    carol = bench.discord.add_user("carol")
    assert abroad.guild is not None
    abroad.guild.add_member(carol, permissions=Permission.MANAGE_GUILD)
    shown = await bench.imagine("a public circle", count=1)
    (public,) = bench.query("SELECT images.id, jobs.id FROM images JOIN jobs ON jobs.id = images.job_id")
    asked = await alice.slash(bench.channel, "imagine", prompt="a private circle", count=1, private=True)
    await bench.result(await asked.response())
    await bench.state("delivered")
    private = bench.query("SELECT id, job_id FROM images ORDER BY number DESC LIMIT 1")[0]
    for thing in (new_id(), *private):
        await click_all(bench, bob, bench.channel, thing)
    for thing in public:
        # The queue and the settings of her own server are hers.
        await click_all(bench, carol, abroad, thing, "qs", "st", "sv", "sf", "sb", "sr")
    await bench.restart()
    question = await (
        await alice.press(shown, f"limner:d:{public[1]}")
        if _deletes(shown)
        else await click(alice, bench.channel, shown, f"limner:d:{public[1]}")
    ).final_response()
    draft = question.buttons()[0].custom_id.rpartition(":")[2]
    await click_all(bench, bob, bench.channel, draft)
    await click_all(bench, alice, bench.channel, draft, "dy", "dn", "st", "sv", "sf", "sb", "sr", "mz", "mzs", "mx")
    await (await alice.press(question, f"limner:dy:{draft}")).acknowledged()
    await bench.found(f"SELECT gone IS NULL FROM images WHERE id = '{public[0]}'", [(0,)])
    await click_all(bench, alice, bench.channel, draft, "st", "sv", "sf", "sb", "sr", "mz", "mzs", "mx")
    bench.discord.violations.clear()


def _deletes(message: Message) -> bool:
    return any(":d:" in button.custom_id for button in message.buttons())
