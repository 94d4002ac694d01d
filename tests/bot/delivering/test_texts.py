"""Whatever people write, the bot's sentences neither ping nor link nor break out of their line."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bot.orders import recipe

from limner_bot.delivering import texts
from limner_bot.queue.records import Image, Job
from limner_bot.talking import harmless
from limner_bot.words.language import words_in
from limner_sdk import Choice, Finished, Hires, ModelReference, PictureReference, Recipe, Request, Stage, Variation

WILD = st.lists(
    st.one_of(
        st.text(),
        st.text(alphabet=st.characters(categories=["Cs", "Cc", "Cf"])),
        st.sampled_from(
            r"@everyone @here <@1> <@&2> <#3> ``` ` https://x.y [a](http://b.c) || \ discord.gg/x <t:1:R>".split()
        ),
        st.sampled_from(["**", "__", "~~", "\n", "\n# big", "\u202e", "x" * 3000]),
    )
).map("".join)
ENGLISH = words_in("en")
PING = re.compile(r"@(everyone|here)|<(@[!&]?|#)\d+>")


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("seconds", "left", "lasted"),
    [(0.05, "5 s", "0.1 s"), (0, "5 s", "0.1 s"), (3.14, "5 s", "3.1 s"), (23, "25 s", "23 s"), (90, "2 min", "2 min")],
)
def test_what_is_left_is_told_more_roughly_than_what_was(seconds: float, left: str, lasted: str) -> None:
    assert (texts.duration(ENGLISH, seconds), texts.lasted(ENGLISH, seconds)) == (left, lasted)


@given(WILD)
def test_a_quoted_prompt_is_one_line_of_closed_code(text: str) -> None:
    shown = harmless.quoted(text)
    assert shown.count("`") == 2
    assert shown[0] == shown[-1] == "`"
    assert len(shown.splitlines()) == 1
    assert units(shown) <= harmless.LONGEST_PROMPT_SHOWN + 2


@given(WILD)
def test_nothing_pings_or_links(text: str) -> None:
    for shown in (harmless.quoted(text), harmless.plain(text), harmless.sentence(text)):
        assert not PING.search(shown)
        assert "://" not in shown
        assert "```" not in shown
        assert units(shown) <= harmless.LONGEST_MESSAGE
        shown.encode()


@given(st.text(), st.integers(1, 50))
def test_clipping_keeps_the_limit_and_whole_characters(text: str, most: int) -> None:
    shown = harmless.clipped(text, most)
    assert units(shown) <= most
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


def test_a_sentence_reads_as_it_was_meant() -> None:
    assert harmless.sentence("width: 0 is too small; the least is 64") == "Width: 0 is too small; the least is 64."
    assert "dpmpp_2m" in harmless.sentence("sampler: 'x' is unknown; there is dpmpp_2m")


def a_job(prompt: str) -> Job:
    """A running job, of which only the prompt matters."""
    nothing = dict.fromkeys(field.name for field in dataclasses.fields(Job))
    return Job(**nothing | {"request": Request(prompt=prompt)})  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "de", "zh-CN"])
@given(WILD, WILD)
def test_no_message_of_a_job_lets_anybodys_words_out(language: str, prompt: str, sentence: str) -> None:
    """S13: a prompt that breaks out, and a plugin's sentence or stage that does."""
    words = words_in(language)
    said = {"prompt": prompt}
    request = Request(prompt="x").model_copy(update=said)
    job = replace(a_job("x"), request=request, user_id=7, cancelled_by=7, sentence=sentence, kind="imagine")
    image = Image(1, "i", "j", 1, "1.png", 64, 64, "0" * 64, recipe().model_copy(update=said))
    told = replace(job, notices=(sentence,) * 9)
    for shown in (
        texts.waiting(words, job, 3, ready=True, paused=False),
        texts.progress(words, job, sentence, 0.5),
        texts.failed(words, job),
        texts.cancelled(words, job),
        texts.finished(words, told, [image], None),
    ):
        bare = shown.replace("<@7>", "")
        assert not PING.search(bare)
        assert "://" not in bare
        assert "```" not in bare
        assert units(shown) <= harmless.LONGEST_MESSAGE


def test_the_tile_that_is_drawn_is_shown_and_a_plugins_long_words_are_cut() -> None:
    assert "10% (drawing: tile 3 of 12)" in texts.progress(ENGLISH, a_job("a wall"), "sample: tile 3 of 12", 0.1)
    assert len(texts.progress(ENGLISH, a_job("a wall"), "sample: " + "x" * 5000, 0.1)) < 100


def test_the_details_name_what_goes_round_a_picture() -> None:
    around = {"tiler": Stage(id="tilers:cosine"), "codec": Stage(id="c:vae"), "denoisers": (Stage(id="r:regions"),)}
    image = Image(1, "i", "j", 1, "1.png", 64, 64, "0" * 64, recipe().model_copy(update=around))
    assert texts.details(ENGLISH, [image]).endswith(" · tiled by cosine · with regions · decoded by vae")


@pytest.mark.parametrize(("tiler", "ending"), [(Stage(id="tilers:cosine"), " in parts"), (None, "")])
def test_the_details_tell_of_both_passes(tiler: Stage | None, ending: str) -> None:
    twice = recipe().model_copy(update={"hires": Hires(width=128, height=96), "tiler": tiler})
    image = Image(1, "i", "j", 1, "1.png", 128, 96, "0" * 64, twice)
    assert f" · drawn at 64x64, then enlarged to 128x96{ending} · " in texts.details(ENGLISH, [image])


@pytest.mark.parametrize(
    "earlier", [None, recipe().model_copy(update={"model": ModelReference(id="a:lost", digest="")})]
)
def test_nothing_is_invented_about_a_picture_that_was_not_made_here(earlier: Recipe | None) -> None:
    source = Finished(image=PictureReference(digest="0" * 64), recipe=earlier)
    made = recipe().model_copy(update={"finished": source, "postprocess": (Stage(id="finishing:upscale"),)})
    image = Image(1, "i", "j", 1, "1.png", 256, 192, "0" * 64, made)
    assert texts.details(ENGLISH, [image]) == "256x192 · finished by upscale"


def test_the_size_is_the_pictures_own_and_all_that_was_done_to_it_is_named() -> None:
    drawn = recipe().model_copy(update={"postprocess": (Stage(id="detailer:detailer"),)})
    image = Image(1, "i", "j", 1, "1.png", 256, 256, "0" * 64, drawn)
    assert " · drawn at 64x64, finished at 256x256 · " in texts.details(ENGLISH, [image])
    original = Finished(image=PictureReference(digest="1" * 64), recipe=drawn)
    again = recipe().model_copy(update={"finished": original, "postprocess": (Stage(id="u:ultimate_upscale"),)})
    told = texts.details(ENGLISH, [replace(image, recipe=again, width=512)])
    assert " · 512x256 · " in told
    assert told.endswith(" · finished by detailer, ultimate_upscale")
    labelled = texts.details(ENGLISH, [replace(image, recipe=again)], LABELS.__getitem__)
    assert labelled.endswith(" · finished by Detailer, Ultimate \\*upscale")


LABELS = {"detailer:detailer": "Detailer", "u:ultimate_upscale": "Ultimate *upscale"}


def test_all_that_was_done_to_a_finished_picture_is_said_once_and_by_label() -> None:
    first = recipe().model_copy(update={"postprocess": (Stage(id="detailer:detailer"),)})
    original = Finished(image=PictureReference(digest="1" * 64), recipe=first)
    made = recipe().model_copy(update={"finished": original, "postprocess": (Stage(id="u:ultimate_upscale"),)})
    image = Image(1, "i", "j", 1, "1.png", 64, 64, "0" * 64, made)
    job = replace(a_job("a circle"), kind="finish", user_id=5, notices=())
    said = texts.finished(ENGLISH, job, [image], None, LABELS.__getitem__)
    assert said.startswith("`a circle`, finished by Detailer, Ultimate \\*upscale for <@5>")
    assert said.count("finished by") == 1


@pytest.mark.parametrize(
    ("stage", "shown"),
    [
        ("post-process detailer: 2 of 3", "(Detailer: 2 of 3)"),
        ("post-process ultimate_upscale", "(Ultimate \\*upscale)"),
        ("post-process: tile 3 of 25", "(post-process: tile 3 of 25)"),
        ("post-process other: tile 3 of 25", "(post-process other: tile 3 of 25)"),
        ("sample: tile 3 of 25", "(drawing: tile 3 of 25)"),
    ],
)
def test_the_post_processor_at_work_is_shown_by_its_label(stage: str, shown: str) -> None:
    both = Request(prompt="x", postprocess=tuple(Choice(name=name) for name in LABELS))
    job = replace(a_job("x"), request=both)
    assert texts.progress(ENGLISH, job, stage, 0.5, LABELS.__getitem__).endswith(shown)
    alone = replace(job, request=Request(prompt="x", postprocess=(Choice(name="detailer:detailer"),)))
    told = texts.progress(ENGLISH, alone, "post-process: 1 of 2", 0.5, LABELS.__getitem__)
    assert told.endswith("(Detailer: 1 of 2)")


@pytest.mark.parametrize("name", ["pocket_faces", "detectors:pocket", "find_faces:"])
def test_a_name_keeps_its_small_letters_at_the_beginning_of_a_sentence(name: str) -> None:
    assert harmless.sentence(f"{name} found nothing") == f"{name} found nothing."


def test_a_second_pass_and_what_followed_are_both_told() -> None:
    twice = recipe().model_copy(update={"hires": Hires(width=128, height=96)})
    image = Image(1, "i", "j", 1, "1.png", 512, 384, "0" * 64, twice)
    assert " · drawn at 64x64, then enlarged to 128x96, finished at 512x384 · " in texts.details(ENGLISH, [image])


def test_a_job_without_a_prompt_is_called_by_what_it_does() -> None:
    nothing = a_job("x")
    asked = Request(prompt="", finished="a.png", postprocess=(Choice(name="u:sharp_er"), Choice(name="@everyone")))
    job = replace(nothing, request=asked)
    assert texts.progress(ENGLISH, job, "redraw", 0.5).startswith("A picture, finished by sharp_er, @\u200beveryone\n")


def test_strong_variations_are_told_from_subtle_ones_and_foreign_pictures_have_a_link() -> None:
    image = Image(1, "i", "j", 2, "1.png", 64, 64, "0" * 64, recipe())
    told = []
    for strength in (0.2, 0.45):
        request = Request(prompt="x", variations=(Variation(seed=1, strength=strength),))
        job = replace(a_job("x"), kind="variations", request=request)
        told.append(texts.derived(ENGLISH, texts.relation(job), image, None))
    assert told == ["Variations of picture 2", "Strong variations of picture 2"]
    assert texts.begun(ENGLISH, "finish", "https://a.b") == "From a picture in https://a.b"


@pytest.mark.parametrize(
    ("infotext", "shown"), [("", False), ("a cat\nSteps: 7, Model: dreamy", False), ("a cat\nSteps: 7, Seed: 7", True)]
)
def test_settings_are_told_of_what_was_brought_only_if_it_says_them_itself(infotext: str, shown: bool) -> None:
    original = Finished(image=PictureReference(digest="1" * 64), text=infotext)
    image = Image(1, "i", "j", 1, "1.png", 64, 64, "0" * 64, recipe().model_copy(update={"finished": original}))
    assert ("seed 7" in texts.details(ENGLISH, [image])) is shown
