"""Messages as frames: whole ones come through unchanged, broken streams are noticed."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.conftest import a_recipe

from limner_sdk import Catalogue, Request
from limner_sdk.folders import DataFolder
from limner_sdk.messages import (
    FROM_HOST,
    TO_HOST,
    Alive,
    Cancel,
    Failed,
    Finished,
    Picture,
    Progress,
    Ready,
    Result,
    Shutdown,
    Submit,
)
from limner_sdk.wire import LARGEST_FRAME, BrokenStream, frame, read_frame, read_frame_async

PICTURE = Picture(file="1.png", width=64, height=64, digest="0" * 64, recipe=a_recipe())
FROM = [
    Ready(catalogue=Catalogue()),
    Alive(),
    Alive(job="j"),
    Progress(job="j", attempt=1, stage="sample", done=0.5, preview=bytes(range(256)) * 40),
    Progress(job="j", attempt=1, stage="sample", done=0.5),
    Finished(job="j", attempt=1, result=Result(pictures=(PICTURE,), grid="1.png", notices=("ü",), seconds={"a": 0.1})),
    Failed(job="j", attempt=1, reason="memory", sentence="s", details="d"),
]
TO = [Submit(job="j", attempt=1, request=Request(prompt="a cat"), folder="/x"), Cancel(job="j"), Shutdown()]


@pytest.mark.parametrize(("messages", "kinds"), [(FROM, FROM_HOST), (TO, TO_HOST)])
def test_messages_come_through_a_stream_unchanged(messages: list[Any], kinds: Any) -> None:
    stream = io.BytesIO(b"".join(frame(message) for message in messages))
    assert [read_frame(stream, kinds) for _ in messages] == messages
    assert read_frame(stream, kinds) is None


@given(st.binary(max_size=300))
def test_any_preview_comes_through_byte_for_byte(preview: bytes) -> None:
    sent = Progress(job="j", attempt=1, stage="s", done=1.0, preview=preview)
    received: Any = read_frame(io.BytesIO(frame(sent)), FROM_HOST)
    assert received.preview == preview


@pytest.mark.parametrize("length", [1, 3, 4, 5, -1])
def test_a_stream_that_ends_in_the_middle_is_broken(length: int) -> None:
    whole = frame(Alive(job="j"))
    with pytest.raises(BrokenStream):
        read_frame(io.BytesIO(whole[:length]), FROM_HOST)


@pytest.mark.parametrize("length", [0, 1, 3, 4, 5, -1])
async def test_the_async_reader_agrees_with_the_blocking_one(length: int) -> None:
    stream = asyncio.StreamReader()
    stream.feed_data(frame(Alive(job="j"))[:length])
    stream.feed_eof()
    if length == 0:
        assert await read_frame_async(stream, FROM_HOST) is None
    else:
        with pytest.raises(BrokenStream):
            await read_frame_async(stream, FROM_HOST)


async def test_the_async_reader_reads_what_comes_in_drops() -> None:
    stream = asyncio.StreamReader()
    reading = asyncio.create_task(read_frame_async(stream, FROM_HOST))
    for byte in frame(FROM[3]):
        stream.feed_data(bytes([byte]))
    assert await reading == FROM[3]


async def test_an_oversized_head_is_refused_before_the_body_is_awaited() -> None:
    head = (LARGEST_FRAME + 1).to_bytes(4, "big")
    with pytest.raises(BrokenStream, match=f"{LARGEST_FRAME + 1} bytes"):
        read_frame(io.BytesIO(head), FROM_HOST)
    stream = asyncio.StreamReader()
    stream.feed_data(head)
    with pytest.raises(BrokenStream):
        await asyncio.wait_for(read_frame_async(stream, FROM_HOST), 5)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"type": "no"}', b"\xff\xff", b'{"type": "alive", "extra": 1}'])
def test_a_whole_frame_of_nonsense_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_frame(io.BytesIO(len(body).to_bytes(4, "big") + body), FROM_HOST)


def test_the_two_directions_are_not_mixed_up() -> None:
    with pytest.raises(ValidationError):
        read_frame(io.BytesIO(frame(Shutdown())), FROM_HOST)


FOLDERS = """
controls detectors embeddings inputs loras models pictures plugins upscalers vaes wildcards
""".split()


def test_the_data_folder_is_the_one_in_the_environment(tmp_path: Path) -> None:
    data = DataFolder.from_environment({"LIMNER_DATA_DIR": str(tmp_path / "x")}).create()
    assert data.root == tmp_path / "x"
    assert sorted(path.name for path in data.root.iterdir()) == FOLDERS
    assert {path.stat().st_mode & 0o077 for path in (data.root, *data.root.iterdir())} == {0}


def test_without_a_variable_the_data_folder_is_the_users_own() -> None:
    assert DataFolder.from_environment({}).root.name == "limner"
    assert DataFolder.from_environment({"LIMNER_DATA_DIR": ""}) == DataFolder.from_environment({})
    assert DataFolder.from_environment({"LIMNER_DATA_DIR": "~/x"}).root == Path.home() / "x"
