"""What may be registered, and what the client then lets the user do."""

from __future__ import annotations

from typing import Any

import pytest
from tests.loopback import MIB, ApplicationDidNotRespond, Permission, Upload, UserCannot
from tests.loopback_tests.wire import Json, Wire, button, row

TEXT_OPTION: Json = {"type": 3, "name": "prompt", "description": "x"}
NEEDED: Json = {"type": 3, "name": "needed", "description": "x", "required": True}
CHOICE: Json = {"name": "a", "value": "a"}
LONG_CHINESE: list[Json] = [
    {"name": f"c{i}", "value": f"{i}", "name_localizations": {"zh-CN": "字" * 98 + f"{i:02}"}} for i in range(25)
]


def slash(name: str = "imagine", *options: Json, **more: Any) -> Json:
    """Return a slash command."""
    return {"name": name, "description": "x", "type": 1, "options": list(options)} | more


FORBIDDEN: dict[str, list[Json]] = {
    "capital letters": [slash("Imagine")],
    "a space": [slash("make it")],
    "no description": [slash(description="")],
    "long description": [slash(description="x" * 101)],
    "the same name twice": [slash(), slash()],
    "required after optional": [slash("a", TEXT_OPTION, NEEDED)],
    "two options of one name": [slash("a", TEXT_OPTION, TEXT_OPTION)],
    "too many options": [slash("a", *[TEXT_OPTION | {"name": f"o{i}"} for i in range(26)])],
    "too many choices": [slash("a", TEXT_OPTION | {"choices": [CHOICE] * 26})],
    "long choice": [slash("a", TEXT_OPTION | {"choices": [{"name": "a", "value": "v" * 101}]})],
    "choices and autocomplete": [
        slash("a", TEXT_OPTION | {"choices": [CHOICE], "autocomplete": True})
    ],
    "subcommand beside option": [slash("a", {"type": 1, "name": "b", "description": "x"}, NEEDED)],
    "context menu with description": [{"name": "Describe", "type": 3, "description": "x"}],
    "16 context menus": [{"name": f"menu {i}", "type": 3} for i in range(16)],
    "an unknown language": [slash(name_localizations={"xx": "malen"})],
    "a translation with capitals": [slash(name_localizations={"de": "Malen"})],
    "a long translation": [slash(description_localizations={"de": "x" * 101})],
    "one name in German twice": [slash(name, name_localizations={"de": "malen"}) for name in ("imagine", "paint")],
    "one option in German twice": [
        slash("a", TEXT_OPTION | {"name_localizations": {"de": "text"}}, TEXT_OPTION | {"name": "text"})
    ],
    "over 8000 characters in Chinese": [
        slash("a", *[TEXT_OPTION | {"name": f"p{i}", "choices": LONG_CHINESE} for i in range(4)])
    ],
    "nowhere": [slash(contexts=[])],
    "an unknown context": [slash(contexts=[7])],
    "over 8000 characters": [
        slash(
            "a",
            *[
                TEXT_OPTION
                | {
                    "name": f"o{i}",
                    "choices": [{"name": f"{k}", "value": "v" * 99} for k in range(9)],
                }
                for i in range(10)
            ],
        )
    ],
}


@pytest.mark.parametrize("commands", FORBIDDEN.values(), ids=FORBIDDEN.keys())
async def test_commands_that_break_a_rule_are_refused(wire: Wire, commands: list[Json]) -> None:
    status, body = await wire.register(commands)
    assert (status, body["code"]) == (400, 50035)
    assert len(wire.discord.commands) == 2
    wire.discord.violations.clear()


async def test_a_command_keeps_its_id_when_it_is_registered_again(wire: Wire) -> None:
    before = [command["id"] for command in wire.discord.commands]
    await wire.register()
    assert [command["id"] for command in wire.discord.commands] == before
    assert wire.discord.world.commands.syncs == 2


async def test_a_user_cannot_call_what_is_not_registered(wire: Wire) -> None:
    with pytest.raises(UserCannot, match="Describe, imagine"):
        await wire.asked("dream")


@pytest.mark.parametrize(
    ("spec", "value", "complaint"),
    [
        ({"type": 3, "max_length": 3}, "long", "between"),
        ({"type": 4, "min_value": 1, "max_value": 4}, 5, "between"),
        ({"type": 4}, "four", "no integer"),
        ({"type": 5}, "yes", "True nor False"),
        ({"type": 10}, 2**60, "no number"),
        ({"type": 3, "choices": [CHOICE]}, "b", "none of the choices"),
        ({"type": 6}, "alice", "no user"),
        ({"type": 11}, Upload("a.png", bytes(10 * MIB + 1)), "too powerful"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_the_client_checks_options(
    wire: Wire, spec: Json, value: object, complaint: str
) -> None:
    await wire.register([slash("set", TEXT_OPTION | spec | {"name": "value"})])
    with pytest.raises(UserCannot, match=complaint):
        await wire.asked("set", value=value)


async def test_the_client_demands_required_options_and_knows_no_others(wire: Wire) -> None:
    await wire.register([slash("set", NEEDED)])
    with pytest.raises(UserCannot, match="'needed' is required"):
        await wire.asked("set")
    with pytest.raises(UserCannot, match="no option 'other'"):
        await wire.asked("set", needed="x", other="y")


async def test_a_choice_is_called_by_its_name_and_sent_as_its_value(wire: Wire) -> None:
    choices = {"choices": [{"name": "Oil painting", "value": "oil"}]}
    await wire.register([slash("set", TEXT_OPTION | choices)])
    interaction = await wire.asked("set", prompt="Oil painting")
    assert interaction.data["options"] == [{"name": "prompt", "type": 3, "value": "oil"}]


async def test_people_call_commands_options_and_choices_in_their_language(wire: Wire) -> None:
    choice = {"name": "Oil", "value": "oil", "name_localizations": {"de": "Öl"}}
    option = TEXT_OPTION | {"name_localizations": {"de": "stil"}, "choices": [choice]}
    await wire.register([slash("imagine", option, name_localizations={"de": "malen", "zh-CN": "画图"})])
    wire.alice.locale = "de"
    for command, style in (("malen", {"stil": "Öl"}), ("imagine", {"prompt": "Oil"})):
        interaction = await wire.asked(command, **style)
        assert interaction.data["name"] == "imagine"
        assert interaction.data["options"] == [{"name": "prompt", "type": 3, "value": "oil"}]
    with pytest.raises(UserCannot):
        await wire.asked("画图", prompt="oil")


async def test_menus_of_options_take_only_their_kind(wire: Wire) -> None:
    forum = wire.guild.add_forum("posts")
    await wire.register([slash("set", {"type": 7, "name": "place", "description": "x", "channel_types": [0]})])
    with pytest.raises(UserCannot, match="channel of type 15"):
        await wire.asked("set", place=forum)
    with pytest.raises(UserCannot, match="no channel"):
        await wire.asked("set", place=wire.alice)
    assert await wire.asked("set", place=wire.channel)


async def test_administrators_see_commands_that_others_do_not(wire: Wire) -> None:
    await wire.register([slash("admin", default_member_permissions="32")])
    with pytest.raises(UserCannot, match="needs the permissions"):
        await wire.asked("admin")
    boss = wire.discord.add_user("boss")
    wire.guild.add_member(boss, permissions=Permission.ADMINISTRATOR)
    assert await boss.impatient.slash(wire.channel, "admin")


async def test_nsfw_and_guild_only_commands_are_hidden_elsewhere(wire: Wire) -> None:
    await wire.register([slash("nude", nsfw=True), slash("here", contexts=[0])])
    with pytest.raises(UserCannot, match="age-restricted"):
        await wire.asked("nude")
    wire.channel.nsfw = True
    assert await wire.asked("nude")
    with pytest.raises(UserCannot, match="kind of channel"):
        await wire.alice.slash(wire.alice.direct_messages(), "here")


async def test_strangers_and_channels_without_the_bot_have_no_commands(wire: Wire) -> None:
    with pytest.raises(UserCannot, match="no member"):
        await wire.discord.add_user("bob").slash(wire.channel, "imagine")
    elsewhere = wire.discord.add_guild("elsewhere", installed=False)
    elsewhere.add_member(wire.alice)
    with pytest.raises(UserCannot, match="not installed"):
        await wire.alice.slash(elsewhere.add_channel("general"), "imagine")


async def test_only_enabled_and_visible_buttons_can_be_pressed(wire: Wire) -> None:
    link = {"type": 2, "style": 5, "label": "site", "url": "https://example.org"}
    components = [row(button("U1", "u1", disabled=True), link)]
    await wire.post({"content": "x", "components": components})
    message = wire.channel.messages[0]
    for name, complaint in (("U1", "disabled"), ("site", "link"), ("U2", "no button")):
        with pytest.raises(UserCannot, match=complaint):
            await wire.alice.press(message, name)
    await wire.call("DELETE", f"{wire.messages}/{message.id}")
    with pytest.raises(UserCannot, match="no such message"):
        await wire.alice.press(message, "U1")


async def test_modals_check_what_is_entered(wire: Wire) -> None:
    field = {"type": 4, "custom_id": "p", "style": 1, "max_length": 5}
    label = {"type": 18, "label": "Prompt", "component": field}
    modal = {"title": "Remix", "custom_id": "m", "components": [label]}
    interaction = await wire.asked()
    await wire.answer(interaction, 9, modal)
    for entered, complaint in (
        ({}, "required"),
        ({"p": "x" * 6}, "0 to 5"),
        ({"p": "x", "q": "x"}, "no field q"),
    ):
        with pytest.raises(UserCannot, match=complaint):
            await wire.alice.impatient.submit_modal(interaction, entered)
    assert await wire.alice.impatient.submit_modal(interaction, {"Prompt": "star"})


async def test_a_silent_bot_is_reported_as_not_responding(wire: Wire) -> None:
    wire.alice.patience = 0.05
    with pytest.raises(ApplicationDidNotRespond, match=r"imagine.* 0\.05 s"):
        await wire.alice.slash(wire.channel, "imagine")
