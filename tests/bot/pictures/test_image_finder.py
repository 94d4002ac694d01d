"""Pictures of messages: wherever they stand, the file itself, and nothing that does not lie on Discord."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner_bot.pictures.image_finder import MOST_FOUND, Found, author_of, message_of, original_of, pictures_in

CDN = "https://cdn.discordapp.com/attachments/1/2"
SIGNED = "ex=6a&is=6b&hm=6c"


def picture(name: str, **more: Any) -> dict[str, Any]:
    return {"url": f"{CDN}/{name}?{SIGNED}", "content_type": "image/png", **more}


def names(message: dict[str, Any]) -> list[str]:
    return [found.filename for found in pictures_in(message)]


def test_attachments_that_are_pictures_are_found() -> None:
    message = {
        "attachments": [
            picture("a.png", filename="a.png", size=10),
            picture("b.txt", filename="b.txt", content_type="text/plain"),
            {"url": f"{CDN}/c.webp?{SIGNED}", "filename": "c.webp"},
        ]
    }
    assert pictures_in(message) == [
        Found("a.png", f"{CDN}/a.png?{SIGNED}", 10),
        Found("c.webp", f"{CDN}/c.webp?{SIGNED}"),
    ]


def test_embeds_components_and_forwarded_messages_are_looked_into() -> None:
    gallery = {"type": 12, "items": [{"media": picture("gallery.png")}, {"media": picture("second.jpg")}]}
    section = {"type": 9, "components": [{"type": 10}], "accessory": {"type": 11, "media": picture("thumb.png")}}
    container = {"type": 17, "components": [gallery, section, {"type": 13, "file": picture("file.png")}]}
    message = {
        "embeds": [{"image": picture("embed.png"), "thumbnail": picture("small.png")}, {"title": "none"}],
        "components": [container],
        "message_snapshots": [{"message": {"attachments": [picture("forwarded.png", filename="forwarded.png")]}}],
    }
    assert names(message) == [
        "embed.png", "small.png", "gallery.png", "second.jpg", "thumb.png", "file.png", "forwarded.png",
    ]  # fmt: skip


def test_a_picture_that_stands_there_twice_is_found_once() -> None:
    proxy = {"url": f"https://media.discordapp.net/attachments/1/2/a.png?{SIGNED}&width=100&height=50"}
    assert names({"attachments": [picture("a.png", filename="a.png")], "embeds": [{"image": proxy}]}) == ["a.png"]


@pytest.mark.parametrize(
    ("link", "original"),
    [
        (f"{CDN}/a.png?{SIGNED}", f"{CDN}/a.png?{SIGNED}"),
        (f"https://media.discordapp.net/attachments/1/2/a.png?{SIGNED}&=&format=webp&quality=lossless&width=1",
         f"{CDN}/a.png?{SIGNED}&="),
        (f"https://media.discordapp.net/ephemeral-attachments/1/2/a.png?{SIGNED}&height=9",
         f"https://cdn.discordapp.com/ephemeral-attachments/1/2/a.png?{SIGNED}"),
        ("https://cdn.discordapp.com/avatars/1/a.png?size=64", "https://cdn.discordapp.com/avatars/1/a.png"),
    ],
)  # fmt: skip
def test_a_link_leads_to_the_file_itself(link: str, original: str) -> None:
    assert original_of(link) == original


@pytest.mark.parametrize(
    "link",
    [
        "http://cdn.discordapp.com/attachments/1/2/a.png",
        "https://cdn.discordapp.com:8443/attachments/1/2/a.png",
        "https://cdn.discordapp.com.evil.example/a.png",
        "https://evil.example/cdn.discordapp.com/a.png",
        "https://cdn.discordapp.com@evil.example/a.png",
        "https://me:you@cdn.discordapp.com/attachments/1/2/a.png",
        "https://images-ext-1.discordapp.net/external/x/https/evil.example/a.png",
        "file:///etc/passwd",
        "attachment://a.png",
        "https://[::1",
        "https://127.0.0.1/a.png",
        "",
    ],
)
def test_any_other_address_is_nothing(link: str) -> None:
    assert original_of(link) is None
    assert pictures_in({"attachments": [{"url": link, "proxy_url": link, "content_type": "image/png"}]}) == []


def test_an_embed_of_another_site_is_taken_from_where_discord_keeps_it_only() -> None:
    media = {"url": "https://evil.example/a.png", "proxy_url": f"{CDN}/a.png?{SIGNED}"}
    assert pictures_in({"embeds": [{"image": media}]}) == [Found("a.png", f"{CDN}/a.png?{SIGNED}")]


def test_our_own_files_are_known_by_their_names() -> None:
    ours = "0123456789abcdef"
    assert Found(f"limner-{ours}.png", "").ours == ours
    assert Found(f"SPOILER_limner-{ours}.webp", "").ours == ours
    assert Found("limner-01234.png", "").ours is None
    assert Found(f"my limner-{ours}.png", "").ours is None


def test_the_message_is_the_one_that_was_chosen() -> None:
    chosen, other = {"author": {"id": "7"}}, {"author": {"id": "8"}}
    data = {"target_id": "2", "resolved": {"messages": {"1": other, "2": chosen}}}
    assert message_of(data) is chosen
    assert (author_of(chosen), author_of({}), author_of({"author": {"id": "x"}})) == (7, 0, 0)
    assert message_of({"target_id": "3", "resolved": {}}) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(f"{CDN}/a.png"),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["attachments", "embeds", "components", "items", "media", "url", "image", "message_snapshots"]
            )
            | st.text(max_size=5),
            inner,
        )
    ),
    max_leaves=30,
)


@given(st.dictionaries(st.sampled_from(["attachments", "embeds", "components", "message_snapshots"]), JSON))
@settings(deadline=None)
def test_no_message_is_too_strange_to_be_looked_at(message: dict[str, Any]) -> None:
    assert all(found.url.startswith("https://cdn.discordapp.com/") for found in pictures_in(message))


def test_there_is_an_end_to_what_is_found_and_how_deep() -> None:
    assert len(pictures_in({"attachments": [picture(f"{k}.png") for k in range(40)]})) == MOST_FOUND
    part: dict[str, Any] = {"media": picture("deep.png")}
    for _ in range(5000):
        part = {"components": [part]}
    assert pictures_in({"components": [part]}) == []
