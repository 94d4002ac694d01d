"""What members do for the screenshots: asking, waiting, buttons, forms, and what is only theirs."""

from __future__ import annotations

from tests.bot.bench import Bench
from tests.loopback import Message
from tests.loopback.components import find_select
from tests.loopback.constants import CommandType
from tests.loopback.rendering import Typing, page

from .camera import WIDTH, Camera, apps_menu, opened

FACES = "a happy face with purple hair on a yellow background"
HOUSE = "a house under the moon"
_OFFERED = ("imagine", "grid", "finish", "history", "settings", "me", "help", "queue", "status")


async def typing(bench: Bench, camera: Camera) -> None:
    """The commands that there are, and what is offered while a sampler's name is typed."""
    offered = bench.alice.commands(bench.channel)
    listed = [command for name in _OFFERED for command in offered if command["name"] == name]
    await camera.messages("commands", [], viewer=bench.alice, typing=Typing("/", listed))
    found = await bench.alice.autocomplete(bench.channel, "imagine", option="sampler", value="2m", prompt=FACES)
    await camera.messages("suggestions", [], viewer=bench.alice, typing=Typing("2m", option="sampler", choices=found))


async def grid(bench: Bench, camera: Camera) -> Message:
    """A job while it runs, and its four pictures."""
    asked = await bench.alice.slash(bench.channel, "imagine", prompt=FACES, steps=60, seed=7)
    message = await asked.response()
    await bench.until(lambda: "▱" in message.content and message.attachments, "a preview")
    await camera.messages("waiting", [message], viewer=bench.alice)
    await bench.result(message)
    await camera.messages("grid", [message], viewer=bench.alice)
    return message


async def single(bench: Bench, camera: Camera, message: Message) -> Message:
    """One picture with its buttons, the open menu below it, and the forms that it leads to."""
    picture = await bench.press(message, "U2")
    await camera.messages("single", [picture], viewer=bench.alice)
    menu = find_select(picture.components, "More…")["options"]
    await camera.messages("more", [picture], opened(menu), viewer=bench.alice)
    for name, choice in (("upscale", "Upscale…"), ("region", "Draw a part anew…")):
        form = await (await bench.alice.select(picture, choice, menu="More…")).opened_modal()
        await camera.messages(name, [], viewer=bench.alice, modal=form)
    return picture


async def remix(bench: Bench, camera: Camera, message: Message) -> None:
    """The form of Remix."""
    asked = await bench.bob.press(message, "Remix")
    await camera.messages("remix", [], viewer=bench.bob, modal=await asked.opened_modal())


async def several(bench: Bench, camera: Camera) -> None:
    """The question before several jobs, and a sheet that compares settings."""
    prompt = "a {red, blue} {circle, star} on a white background --n 1 --seed 5"
    question = await (await bench.alice.slash(bench.channel, "imagine", prompt=prompt)).final_response()
    await camera.messages("confirm", [question], viewer=bench.alice)
    await bench.alice.press(question, "Cancel")
    axes = {"x": "steps=4, 8, 20", "y": "sampler=euler, dpmpp_2m"}
    sheet = await bench.alice.slash(bench.channel, "grid", prompt=HOUSE, seed=5, **axes)
    count = len(bench.results())
    await bench.alice.press(await sheet.final_response(), "Run")
    await bench.until(lambda: len(bench.results()) > count, "the sheet")
    await camera.messages("sheet", [bench.results()[-1]], viewer=bench.alice)


async def private(bench: Bench, camera: Camera) -> None:
    """What is only one person's: history, settings, limits."""
    pages = {}
    picture = await bench.result(
        await (await bench.alice.slash(bench.channel, "imagine", prompt=HOUSE, count=1)).response()
    )
    await bench.alice.press(picture, "Favourite")
    settings = await (await bench.alice.slash(bench.channel, "settings")).final_response()
    for name, value in (("count", "2"), ("private", "false"), ("language", "en")):
        await bench.alice.select(settings, name)
        await bench.until(lambda: "Back" in _labels(settings), "the values")
        await bench.alice.select(settings, value)
        await bench.until(lambda: "Back" not in _labels(settings), "the panel")
    for name in ("history", "settings", "me"):
        pages[name] = await (await bench.alice.slash(bench.channel, name)).final_response()
        await camera.messages(name, [pages[name]], viewer=bench.alice)
    first = find_select(pages["history"].components, None)["options"][0]["value"]
    await bench.alice.select(pages["history"], first)
    await bench.until(lambda: "Reuse settings" in _labels(pages["history"]), "the picture")
    await camera.messages("history-picture", [pages["history"]], viewer=bench.alice)


def _labels(message: Message) -> list[str]:
    return [button.label for button in message.buttons()]


async def context(bench: Bench, camera: Camera, picture: Message) -> None:
    """The menu of a message, and what a picture tells of itself."""
    names = [str(command["name"]) for command in bench.bob.commands(bench.channel, CommandType.MESSAGE)]
    await camera.take("apps", page([picture], viewer=bench.bob, width=WIDTH).replace("</body>", apps_menu(names)))
    told = await (await bench.bob.context_menu(picture, "Read image info")).final_response()
    await camera.messages("info", [told], viewer=bench.bob)


async def languages(bench: Bench, camera: Camera) -> None:
    """Help in Chinese, and commands in German."""
    bench.bob.locale = "zh-CN"
    helped = await (await bench.bob.slash(bench.channel, "help")).final_response()
    await camera.messages("help-chinese", [helped], viewer=bench.bob)
    bench.bob.locale = "de"
    offered = bench.bob.commands(bench.channel)
    listed = [command for name in _OFFERED for command in offered if command["name"] == name]
    await camera.messages("commands-german", [], viewer=bench.bob, typing=Typing("/", listed))
    bench.bob.locale = "en-US"
