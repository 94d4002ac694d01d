"""The menu "More…": what it holds, that all of it works, and the forms of post-processors."""

from __future__ import annotations

from typing import Any

from tests.bot.bench import Bench, labels
from tests.bot.features.clicking import image, job, newest
from tests.bot.stub_host import catalogue
from tests.loopback import Message

from limner_bot.asking.menu import Menu
from limner_bot.delivering.entries import more_pick
from limner_bot.delivering.posts import MOST_OPTIONS, view_of
from limner_bot.queue.records import Image
from limner_bot.words.language import words_in
from limner_sdk import Finished, ImageSeed, ModelReference, PictureReference, Recipe, Stage

ENGLISH = words_in("en")
ZERO = "0" * 64


def picture(position: int = 1, **changes: Any) -> Image:
    """A picture of a grid."""
    recipe = Recipe(
        prompt="a circle", negative="", model=ModelReference(id="stub:flat", digest=ZERO), width=128, height=128,
        steps=10, cfg=5, seed=ImageSeed(seed=position), noise=Stage(id="stub:white"), sampler=Stage(id="stub:euler"),
        schedule=Stage(id="stub:karras"),
    ).model_copy(update=changes)  # fmt: skip
    return Image(position, f"{position:016x}", "f" * 16, position, "1.png", 128, 128, ZERO, recipe)


def values(count: int, page: int = 0, menu: Menu | None = None) -> list[str]:
    images = [picture(position) for position in range(1, count + 1)]
    pick = more_pick(ENGLISH, images, menu or Menu(catalogue()), 2, page=page)
    assert pick is not None
    view_of([pick])
    return [option.value for option in pick.options]


def test_a_grid_has_strong_variations_and_what_concerns_each_picture() -> None:
    found = values(2)
    assert found[:3] == [f"vs:{1:016x}", f"vs:{2:016x}", f"pf:{1:016x}:2:sparkles:shine"]
    assert {value.partition(":")[0] for value in found} == {"vs", "pf", "f", "o", "i", "k", "d"}


def test_a_single_picture_can_be_drawn_on_in_all_directions() -> None:
    verbs = [value.partition(":")[0] for value in values(1)]
    assert verbs == [*"zzznnnnqg", "pf", "pf", "pf", *"foikd"]


def test_what_nobody_has_drawn_has_no_variations_and_what_was_finished_can_be_edited() -> None:
    done = picture(
        prompt="", postprocess=(Stage(id="stub:enlarge"),), finished=Finished(image=PictureReference(digest=ZERO))
    )
    pick = more_pick(ENGLISH, [done], Menu(catalogue()), 3)
    assert pick is not None
    assert [option.value.partition(":")[0] for option in pick.options] == ["pf", "pf", "pf", "pe", *"foikd"]
    assert more_pick(ENGLISH, [], Menu(catalogue()), 3) is None


def test_more_than_a_menu_holds_goes_on_in_the_next_one_and_long_names_are_left_out() -> None:
    finisher = catalogue().stages_of("postprocessor")[0]
    ids = [f"stub:f{number}" for number in range(60)] + ["a" * 36 + ":" + "b" * 36]
    stages = tuple(finisher.model_copy(update={"id": name}) for name in ids)
    menu = Menu(catalogue().model_copy(update={"stages": stages}))
    pages = [values(4, page, menu) for page in range(4)]
    assert [len(page) for page in pages] == [MOST_OPTIONS, MOST_OPTIONS, MOST_OPTIONS, 6]
    assert pages[0][-1] == f"mm:{1:016x}:4:1:{'f' * 16}"
    everything = [value for page in pages for value in page if not value.startswith("mm:")]
    assert len(set(everything)) == len(everything) == 4 + 60 + 12 + 2


async def choose(bench: Bench, message: Message, verb: str) -> Any:
    """Choose the first entry of a verb."""
    (menu,) = [part for row in message.components for part in row["components"] if part["type"] == 3]
    value = next(option["value"] for option in menu["options"] if option["value"].partition(":")[0] == verb)
    return await bench.alice.select(message, value, menu=menu["custom_id"])


async def test_every_entry_of_the_menu_does_something(bench: Bench) -> None:
    single = await bench.imagine("a red circle", count=1)
    grid = await bench.imagine("a red circle", count=2)
    for message in (single, grid):
        (menu,) = [part for row in message.components for part in row["components"] if part["type"] == 3]
        for verb in {option["value"].partition(":")[0] for option in menu["options"]} - {"k"}:
            answer = await choose(bench, message, verb)
            said = answer.modal or await answer.response()
            assert "no longer here" not in getattr(said, "content", "")
            assert "Something went wrong" not in getattr(said, "content", "")


async def test_the_form_of_a_post_processor_finishes_one_picture_or_all(bench: Bench) -> None:
    grid = await bench.imagine("a red circle", count=2)
    opened = await choose(bench, grid, "pf")
    assert [part["label"] for part in opened.modal["components"]] == ["Which picture", "Scale", "Prompt", "Mode"]
    wrong = await bench.alice.submit_modal(opened, {"Scale": "9", "Prompt": "a face", "Which picture": "2"})
    told = await bench.says(wrong, "Finish.shine.scale: '9' is no whole number from 2 to 4")
    assert (told.ephemeral, labels(told), bench.query("SELECT count(*) FROM jobs")) == (True, ["Edit again"], [(1,)])
    again = await bench.alice.press(told, "Edit again")
    message = await bench.result(await (await bench.alice.submit_modal(again, {"Scale": "3"})).response())
    assert "picture 2 of https://" in message.content
    (choice,) = newest(bench).postprocess
    assert (choice.name, choice.params) == ("sparkles:shine", {"scale": "3", "prompt": "a face"})
    every = await bench.alice.submit_modal(await choose(bench, grid, "pf"), {"Which picture": "All of them"})
    assert (await bench.says(every, "2 jobs are queued")).ephemeral
    await bench.found("SELECT count(*) FROM jobs WHERE kind = 'finish' AND state = 'delivered'", [(3,)])


async def test_what_was_done_to_a_picture_can_be_edited_after_a_restart(bench: Bench) -> None:
    await bench.imagine("a red circle", count=1)
    done = await bench.press(bench.results()[0], "Enlarge")
    await bench.restart()
    opened = await choose(bench, done, "pe")
    sent = await bench.alice.submit_modal(opened, {"Mode": "sharp"})
    await bench.result(await sent.response())
    (choice,) = newest(bench).postprocess
    assert (choice.name, choice.params) == ("stub:enlarge", {"mode": "sharp"})
    assert (job(bench), image(bench)) == (job(bench), image(bench))


async def test_a_stranger_cannot_open_forms_of_private_pictures(bench: Bench) -> None:
    single = await bench.imagine("a red circle", count=1, private=True)
    assert single.ephemeral
    public = await bench.imagine("a blue circle", count=1)
    (menu,) = [part for row in public.components for part in row["components"] if part["type"] == 3]
    private = bench.query("SELECT id FROM images ORDER BY number LIMIT 1")[0][0]
    menu["options"] = [{"label": "x", "value": f"pf:{private}:1:stub:enlarge"}, {"label": "y", "value": "m:x"}]
    refused = await (await bench.bob.select(public, "x", menu=menu["custom_id"])).response()
    assert "This picture is private" in refused.content
    refused = await (await bench.bob.select(public, "y", menu=menu["custom_id"])).response()
    assert "no longer here" in refused.content
