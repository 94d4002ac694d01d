"""Discord's description of its API: the copy beside the loopback is the one that is shared, where that is present."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tests.loopback import schema

SHARED = Path(__file__).parents[3] / "shared" / "data" / "discord-openapi-v10.json"


@pytest.mark.skipif(not SHARED.is_file(), reason="../shared/data/discord-openapi-v10.json is absent")
def test_the_copy_is_the_shared_description() -> None:
    assert gzip.decompress(schema.SPECIFICATION.read_bytes()) == SHARED.read_bytes()


@pytest.mark.parametrize("kind", [3, 5, 6, 7, 8])
def test_ids_chosen_by_default_may_be_numbers_as_discord_py_sends_them(kind: int) -> None:
    names = {5: "user", 6: "role", 7: "user", 8: "channel"}
    chosen = [{"id": 1, "type": names[kind]}] if kind in names else None
    options = {"options": [{"label": "a", "value": "a"}]} if kind == 3 else {"default_values": chosen}
    body = {"components": [{"type": 1, "components": [{"type": kind, "custom_id": "a", **options}]}]}
    assert list(schema.problems("POST", "/channels/{channel_id}/messages", body)) == []
    assert list(schema.unknown("POST", "/channels/{channel_id}/messages", body)) == []
