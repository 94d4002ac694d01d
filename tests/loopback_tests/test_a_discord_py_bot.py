"""An unmodified discord.py bot works against the loopback."""

from __future__ import annotations

from tests.loopback import Upload
from tests.loopback_tests.studio import Studio
from tests.loopback_tests.studio_bot import PNG


async def test_a_slash_command_is_deferred_and_its_followup_fills_the_thinking_message(
    studio: Studio,
) -> None:
    interaction = await studio.alice.slash(studio.channel, "imagine", prompt="a star", count=2)
    message = await interaction.final_response()
    assert interaction.acknowledged_after is not None
    assert interaction.acknowledged_after < 1
    assert message.content == "a star|pocket"
    assert message.attachments[0].read() == PNG
    assert [button.label for button in message.buttons()] == ["U1", "U2"]
    assert [version.content for version in message.history] == ["", "a star|pocket"]
    assert interaction.followups == []


async def test_a_command_receives_files_and_people(studio: Studio) -> None:
    upload = Upload("mine.png", b"abc")
    interaction = await studio.alice.slash(
        studio.channel, "imagine", prompt="x", source=upload, person=studio.alice
    )
    assert (await interaction.final_response()).content == "x|pocket|alice|3 bytes"


async def test_a_dynamic_button_answers_with_a_new_message(studio: Studio) -> None:
    first = await studio.alice.slash(studio.channel, "imagine", prompt="x", count=4)
    pressed = await studio.alice.press(await first.final_response(), "U3")
    message = await pressed.final_response()
    assert message.content == "upscaled 3"
    assert message.attachments[0].filename == "large.png"


async def test_autocomplete_suggests(studio: Studio) -> None:
    choices = await studio.alice.autocomplete(studio.channel, "imagine", option="model", value="po")
    assert [choice.value for choice in choices] == ["pocket", "polar"]


async def test_a_modal_is_filled_in_and_submitted(studio: Studio) -> None:
    opened = await studio.alice.slash(studio.channel, "remix")
    submitted = await studio.alice.submit_modal(opened, {"Prompt": "a moon"})
    assert (await submitted.response()).content == "remixing a moon"


async def test_a_modal_takes_files_choices_and_people(studio: Studio) -> None:
    opened = await studio.alice.slash(studio.channel, "form")
    entered = {
        "Mask": Upload("mask.png", b"abc"),
        "Strength": "Strong",
        "Extras": ["Seed", "Tile"],
        "Who": studio.alice,
    }
    submitted = await studio.alice.submit_modal(opened, entered)
    assert (await submitted.response()).content == "Strong Seed Tile 3 alice"


async def test_a_restarted_bot_still_gets_the_modal_that_is_open(studio: Studio) -> None:
    opened = await studio.alice.slash(studio.channel, "remix")
    studio.discord.invalidate_session(resumable=True)
    await studio.discord.wait_until(lambda: studio.discord.gateway.resumes == 1)
    submitted = await studio.alice.submit_modal(opened)
    assert (await submitted.response()).content == "remixing a star"


async def test_a_select_menu_edits_its_own_message(studio: Studio) -> None:
    shown = await (await studio.alice.slash(studio.channel, "style")).response()
    chosen = await studio.alice.select(shown, "Ink")
    assert await chosen.response() is shown
    assert shown.content == "style Ink"
    assert shown.components == []


async def test_a_context_menu_reads_a_message(studio: Studio) -> None:
    target = await studio.alice.send(studio.channel, "look", Upload("cat.png", PNG))
    described = await studio.alice.context_menu(target, "Describe")
    message = await described.response()
    assert message.content == f"look: {len(PNG)} bytes"
    assert message.ephemeral


async def test_a_subcommand_is_called_by_its_full_name(studio: Studio) -> None:
    interaction = await studio.alice.slash(studio.channel, "queue pause", minutes=3)
    assert (await interaction.response()).content == "paused for 3"


async def test_a_card_of_components_shows_its_picture_and_hides_the_attachment(
    studio: Studio,
) -> None:
    message = await (await studio.alice.slash(studio.channel, "panel")).response()
    assert message.attachments == []
    assert message.files[0].read() == PNG
    assert "History" in message.text
    pressed = await studio.alice.press(message, "U1")
    assert (await pressed.final_response()).content == "upscaled 1"


async def test_commands_and_pictures_work_in_direct_messages(studio: Studio) -> None:
    channel = studio.alice.direct_messages()
    interaction = await studio.alice.slash(channel, "imagine", prompt="x")
    assert (await interaction.final_response()).content == "x|pocket"


async def test_the_loop_latency_is_the_time_of_a_heartbeat(studio: Studio) -> None:
    assert 0 < await studio.discord.loop_latency() < 1
