"""/imagine with all its options, from the command to what the host is asked for; and what hostile people try."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.bot.bench import Bench, labels
from tests.bot.stub_host import png
from tests.loopback import Interaction, Message, Upload

from limner_sdk import Request

WIDE = png(96, 48, b"abc")
MASK = png(96, 48, b"\xff\xff\xff")


def requests(bench: Bench) -> list[Request]:
    """What the jobs ask the host for, oldest first."""
    return [Request.model_validate_json(row[0]) for row in bench.query("SELECT request FROM jobs ORDER BY number")]


async def refused(bench: Bench, words: str, **options: Any) -> None:
    """Ask for something, and be told in private why not."""
    said = await bench.says(await bench.alice.slash(bench.channel, "imagine", **options), words)
    assert said.ephemeral
    assert "\n" not in said.content


async def test_flags_and_options_say_the_same_things(bench: Bench) -> None:
    await bench.imagine("a cat --ar 2:1 --seed 7 --no dogs --steps 3 --lora ink:0.5", count=1)
    await bench.imagine(
        "a cat", ratio="2:1", seed=7, negative="dogs", steps=3, lora="ink:0.5", count=1, style="noir", options="eta=0.5"
    )
    first, second = requests(bench)
    assert first == second.model_copy(update={"styles": (), "sampler": None})
    assert (first.prompt, first.negative, first.seed, first.steps) == ("a cat <lora:ink:0.5>", "dogs", 7, 3)
    assert (first.width or 0) / (first.height or 1) > 1.9
    assert second.styles == ("noir",)
    assert second.sampler is not None
    assert (second.sampler.name, second.sampler.params) == ("stub:euler", {"eta": "0.5"})


async def test_what_cannot_be_is_refused_in_private_and_queues_nothing(bench: Bench) -> None:
    await refused(bench, "is said by a flag, but the option says 8", prompt="a cat --seed 7", seed=8)
    await refused(bench, "'churn' is no parameter of euler; there is eta", prompt="a cat", options="churn=1")
    await refused(bench, "is no number from 0 to 1", prompt="a cat", options="eta=7")
    await refused(bench, "needs a picture to start from", prompt="a cat", denoise=0.5)
    await refused(bench, "asks for 27 jobs at once", prompt="{a,b,c} {a,b,c} {a,b,c}")
    await refused(bench, "asks for 16777216 jobs at once", prompt="{a,b}" * 24)
    await refused(bench, "jobs at once", prompt="{a,b,c,d,e,f}" * 400)
    await refused(bench, "is too long", prompt="x" * 5990 + "{aaa,bbb}", lora="ink:0.55,night:0.5")
    await refused(bench, "needs the picture that it belongs to", prompt="a cat", mask=Upload("m.png", MASK))
    assert bench.query("SELECT count(*) FROM jobs") == [(0,)]


async def test_a_picture_and_its_mask_are_kept_clean_until_the_job_is_done(bench: Bench) -> None:
    image, mask = Upload("photo.png", WIDE), Upload("mask.png", MASK)
    interaction = await bench.alice.slash(
        bench.channel, "imagine", prompt="a slow cat", image=image, mask=mask, denoise=0.4, count=1
    )
    message = await interaction.response()
    await bench.progressing(message)
    (asked,) = requests(bench)
    assert [Path(name or "").name for name in (asked.image, asked.mask)] == ["upload.png", "mask.png"]
    assert (asked.width, asked.height, asked.start and asked.start.denoise) == (184, 88, 0.4)
    await bench.restart()
    assert Path(asked.image or "").is_file()
    assert Path(asked.mask or "").is_file()
    await bench.result(message)
    assert "From a picture that was uploaded" in message.content


async def test_what_is_no_picture_or_no_mask_of_it_is_refused_and_leaves_nothing(bench: Bench) -> None:
    image = Upload("a.png", WIDE)
    await refused(bench, "is no PNG, JPEG or WebP", prompt="a cat", image=Upload("a.png", b"MZ" * 99))
    await refused(bench, "Image: 'a.png'", prompt="a cat", image=Upload("a.png", WIDE[:60]))
    await refused(
        bench, "is no shape for a picture of 96x48", prompt="x", image=image, mask=Upload("m.png", png(9, 9, b"abc"))
    )
    await refused(
        bench, "leaves nothing to draw", prompt="x", image=image, mask=Upload("m.png", png(96, 48, b"\0" * 3))
    )
    await refused(bench, "too long a shape", prompt="x", image=Upload("a.png", png(2000, 10, b"abc")))
    assert list((bench.data / "limner" / "pictures").iterdir()) == []
    assert bench.query("SELECT count(*) FROM jobs WHERE state NOT IN ('cancelled')") == [(0,)]


async def test_what_others_wrote_pings_nobody_and_formats_nothing(bench: Bench) -> None:
    prompt = f"@everyone <@{bench.bob.id}> `x` **b** https://evil.example {{a, b}}"
    asked = await ask(bench, prompt)
    assert asked.pinged == set()
    assert "https://" not in asked.content
    await bench.alice.press(asked, "Run")
    await bench.until(lambda: len(bench.results()) == 2, "two results")
    assert all(message.pinged <= {bench.alice.id} for message in bench.results())


async def test_suggestions_are_ranked_and_harmless(bench: Bench) -> None:
    async def typed(option: str, value: str, **others: str) -> list[str]:
        found = await bench.alice.autocomplete(
            bench.channel, "imagine", option=option, value=value, prompt="x", **others
        )
        return [str(choice.value) for choice in found]

    assert await typed("sampler", "eulr") == ["stub:euler"]
    assert await typed("lora", "ink:0.8, n") == ["ink:0.8, night"]
    assert await typed("lora", "ink:") == [f"ink:{weight}" for weight in ("0.8", "1", "0.6", "0.4", "1.2")]
    assert await typed("style", "") == ["noir"]
    assert await typed("options", "e") == ["eta=0"]
    assert await typed("options", "e", sampler="stub:heun") == []
    for option in ("model", "sampler", "lora", "style", "size", "finish", "options"):
        for hostile in ("\0" * 100, "@everyone " * 500, "(" * 6000, "a=" * 3000, "{a,b}" * 999, "\u202e::,;="):
            assert len(await typed(option, hostile)) <= 25


async def test_private_answers_are_for_one_person_and_later_for_their_direct_messages(bench: Bench) -> None:
    interaction = await bench.alice.slash(bench.channel, "imagine", prompt="a cat --private", count=1)
    message = await bench.result(await interaction.response())
    assert message.ephemeral
    slow = await bench.alice.slash(bench.channel, "imagine", prompt="a slow cat", private=True, count=1)
    await bench.progressing(await slow.response())
    bench.discord.advance(15 * 60)
    inbox = bench.alice.direct_messages()
    await bench.until(lambda: any(each.attachments for each in inbox.messages), "a direct message")
    assert bench.results() == [message]
    bench.discord.violations.clear()  # the bot's own clock says that the token is young


async def test_it_works_where_the_bot_is_not_but_somebody_brings_it_along(bench: Bench) -> None:
    stranger = bench.discord.add_user("carol", has_app=True)
    guild = bench.discord.add_guild("elsewhere", installed=False)
    guild.add_member(stranger)
    channel = guild.add_channel("there")
    interaction = await stranger.slash(channel, "imagine", prompt="a cat", count=1)
    assert labels(await bench.result(await interaction.response()))
    private = await stranger.slash(stranger.direct_messages(), "imagine", prompt="a dog", count=1)
    assert labels(await bench.result(await private.response()))


async def ask(bench: Bench, prompt: str, **options: Any) -> Message:
    """Ask for several jobs, and get the question."""
    interaction: Interaction = await bench.alice.slash(bench.channel, "imagine", prompt=prompt, **options)
    message = await bench.says(interaction, "This makes")
    assert message.ephemeral
    return message
