"""From /imagine to the picture, and on through every button, with the bot as a process of its own."""

from __future__ import annotations

from tests.bot.bench import Bench, labels

OF_ONE = ["Variations", "Strong variations", "Re-roll", "Remix", "Favourite"]


async def test_imagine_posts_one_grid_with_all_buttons(bench: Bench) -> None:
    grid = await bench.imagine("a red circle")
    assert labels(grid) == ["U1", "U2", "U3", "U4", "Re-roll", "V1", "V2", "V3", "V4", "Remix"]
    assert len(grid.attachments) == 1
    assert "a red circle" in grid.content
    assert len(bench.results()) == 1


async def test_every_button_answers_in_a_new_message(bench: Bench) -> None:
    grid = await bench.imagine("a red circle", seed=7)
    variations = await bench.press(grid, "V2")
    single = await bench.press(variations, "U3", bench.bob)
    again = await bench.press(single, "Re-roll")
    more = await bench.press(single, "Variations")
    assert len({grid.id, variations.id, single.id, again.id, more.id}) == 5
    assert "picture 2 of" in variations.content
    assert single.attachments[0].data == (bench.data / "limner" / "pictures" / _folder(bench, 2) / "3.png").read_bytes()
    assert labels(again) == labels(single) == [*OF_ONE, "Enlarge", "Shine"]


async def test_a_large_size_is_tiled_and_its_variations_are_too(bench: Bench) -> None:
    grid = await bench.imagine("a panorama", size="512x128", count=2)
    assert "512x128" in grid.content
    assert "tiled by cosine" in grid.content
    assert "tiled by cosine" in (await bench.press(grid, "V1")).content
    assert "tiled" not in (await bench.imagine("a square", size="192", count=1)).content


async def test_a_size_large_on_both_sides_is_drawn_small_first_and_stays_so(bench: Bench) -> None:
    grid = await bench.imagine("a tower", size="256x512", count=2)
    words = "drawn at 88x184, then enlarged to 256x512 in parts"
    assert words in grid.content
    for button in ("V1", "Re-roll", "U2"):
        assert words in (await bench.press(grid, button)).content


async def test_a_size_beyond_the_hosts_limit_is_refused_to_the_person_alone(bench: Bench) -> None:
    interaction = await bench.alice.slash(bench.channel, "imagine", prompt="a wall", size="2048x2048")
    said = await bench.says(interaction, "larger than this host allows; ask for 1")
    assert said.ephemeral
    assert bench.query("SELECT COUNT(*) FROM jobs") == [(0,)]


def _folder(bench: Bench, job: int) -> str:
    return str(bench.query(f"SELECT id FROM jobs WHERE number = {job}")[0][0])
