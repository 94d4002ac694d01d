"""Pages that look like Discord: what they show, to whom, and that nothing of a message runs in them."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from typing import Any

from tests.loopback import Choice
from tests.loopback.rendered_media import Picture, gallery
from tests.loopback.rendered_text import markdown
from tests.loopback.rendering import Typing, page
from tests.loopback_tests.studio_bot import PNG
from tests.loopback_tests.wire import Json, Wire, button, row

V2 = 1 << 15
VOID = {"img", "meta", "br", "hr"}


class Balance(HTMLParser):
    """Counts tags that are open, and notes whatever would load or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words = ""
        self.dangers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open += [] if tag in VOID else [tag]
        loads = [value or "" for name, value in attrs if name in {"src", "srcset"}]
        self.dangers += [link for link in loads if not link.startswith("data:")]
        self.dangers += [name for name, _ in attrs if name.startswith("on")] + ([tag] if tag == "script" else [])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def _read(html: str) -> Balance:
    reader = Balance()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


async def test_a_result_shows_name_text_picture_buttons_and_menu(wire: Wire) -> None:
    options = [{"label": "Upscale", "value": "u"}]
    menu: Json = {"type": 3, "custom_id": "m", "placeholder": "More…", "options": options}
    body = {"content": f"**a star** {wire.alice.mention}", "components": [row(button("U1", "u")), row(menu)]}
    await wire.post(body, ("grid.png", PNG))
    html = page(wire.channel.messages, viewer=wire.alice)
    read = _read(html)
    assert read.dangers == []
    for words in ("limner", "APP", "a star", "@alice", "U1", "More…"):
        assert words in read.words
    assert f"data:image/png;base64,{base64.b64encode(PNG).decode()}" in html


async def test_private_messages_are_only_in_pages_of_their_reader(wire: Wire) -> None:
    interaction = await wire.asked()
    await wire.answer(interaction, 4, {"content": "secret", "flags": 64})
    messages = [await interaction.response()]
    shown = _read(page(messages, viewer=wire.alice)).words
    assert "secret" in shown
    assert "alice used /imagine" in shown
    assert "Only you can see this" in shown
    assert "secret" not in _read(page(messages, viewer=wire.discord.add_user("bob"))).words


async def test_all_layouts_of_components_are_drawn(wire: Wire) -> None:
    picture = {"media": {"url": "attachment://a.png"}}
    inside: list[Json] = [
        {"type": 9, "components": [{"type": 10, "content": "## Queue"}], "accessory": {"type": 11, **picture}},
        {"type": 14},
        {"type": 12, "items": [picture, picture | {"spoiler": True}]},
        row({"type": 5, "custom_id": "w", "default_values": [{"id": wire.alice.id, "type": "user"}]}),
        {"type": 13, "file": {"url": "attachment://data.json"}},
    ]
    body = {"flags": V2, "components": [{"type": 17, "accent_color": 255, "components": inside}]}
    status, _ = await wire.post(body, ("a.png", PNG), ("data.json", b"{}"))
    assert status == 200
    html = page(wire.channel.messages)
    read = _read(html)
    assert read.dangers == []
    for words in ("Queue", "SPOILER", "@alice", "data.json"):
        assert words in read.words
    assert "#0000ff" in html


async def test_what_people_write_stays_text(wire: Wire) -> None:
    evil = '<script>alert(1)</script> <img src=x onerror=y> [a](https://x.org/"onclick=1) `<b>`'
    await wire.post({"content": evil, "embeds": [{"title": evil, "footer": {"text": evil}}]})
    await wire.post({"content": "x", "components": [row(button(evil[:60], "u"))]})
    read = _read(page(wire.channel.messages))
    assert read.dangers == []
    assert read.words.count("<script>alert(1)</script>") == 4


def test_markdown_is_that_of_discord() -> None:
    def drawn(text: str) -> str:
        return markdown(text, lambda kind, key: f"{key}!")

    assert drawn("**a *b* c**") == "<div class=line><b>a <i>b</i> c</b></div>"
    assert drawn("snake_case_name 2*3*4 \\*x\\*") == "<div class=line>snake_case_name 2<i>3</i>4 *x*</div>"
    assert drawn("`**x**`") == "<div class=line><code>**x**</code></div>"
    assert drawn("```py\n<a>\n```") == "<pre>&lt;a&gt;</pre>"
    assert drawn("# T\n-# s\n> q") == "<h1>T</h1><div class=small><div>s</div></div><div class=quote><div>q</div></div>"
    assert drawn("</queue show:1> <#5>").count("mention") == 2
    assert "01 January 1970 00:00" in drawn("<t:0>")


def test_pictures_stand_in_discords_rows() -> None:
    rows = {count: gallery([Picture("data:,")] * count) for count in range(1, 11)}
    assert rows[1].startswith("<div class=single>")
    assert rows[3].startswith("<div class=three>")
    widths = {count: [int(width) for width in re.findall(r"row of(\d)", html)] for count, html in rows.items()}
    assert {count: sum(found) for count, found in widths.items() if found} == {n: n for n in (2, 4, 5, 6, 7, 8, 9, 10)}
    assert widths[10] == [1, 3, 3, 3]


async def test_a_modal_and_the_lists_above_the_line_are_drawn(wire: Wire) -> None:
    field: dict[str, Any] = {"type": 4, "style": 2, "custom_id": "p", "value": "a star"}
    radio = {"type": 21, "custom_id": "r", "options": [{"label": "Subtle", "value": "s", "default": True}]}
    labels = [{"type": 18, "label": name, "component": part} for name, part in (("Prompt", field), ("Way", radio))]
    shown = _read(page([], modal={"title": "Remix", "custom_id": "m", "components": labels})).words
    assert all(words in shown for words in ("Remix", "Prompt", "a star", "Subtle", "Submit"))
    command = {"name": "imagine", "name_localizations": {"de": "malen"}, "description": "x"}
    wire.alice.locale = "de"
    assert "/malen" in _read(page([], viewer=wire.alice, typing=Typing("/", [command]))).words
    choices = Typing("po", option="model", choices=[Choice("Pocket", "pocket")])
    assert "Pocket" in _read(page([], typing=choices)).words
