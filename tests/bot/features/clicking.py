"""Hands of tests of features: clicks on anything, a look at the newest job, and preferences."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from tests.bot.bench import Bench
from tests.loopback import Interaction, Message, ScriptedUser

from limner_sdk import Request


def forged(bench: Bench, like: Message, action: str, channel: Any = None) -> Message:
    """`like` with one button that starts an action, as if the bot had sent it so; it is the same message still."""
    button = {"type": 2, "style": 2, "label": "x", "custom_id": f"limner:{action}", "id": 2}
    like.components = [{"type": 1, "id": 1, "components": [button]}]
    return like


async def click(bench: Bench, user: ScriptedUser, message: Message, action: str) -> Interaction:
    """Start an action from a message, as its menu does; its buttons are as before afterwards."""
    before = message.components
    try:
        return await user.press(forged(bench, message, action), f"limner:{action}")
    finally:
        if not message.deleted and message.components and message.components[0]["id"] == 1:
            message.components = before


def image(bench: Bench, position: int = 1) -> str:
    """The id of a picture of the newest job that has any."""
    sql = "SELECT id FROM images WHERE position = {} ORDER BY number DESC LIMIT 1"
    return str(bench.query(sql.format(position))[0][0])


def job(bench: Bench) -> str:
    """The id of the newest job."""
    return str(bench.query("SELECT id FROM jobs ORDER BY number DESC LIMIT 1")[0][0])


def newest(bench: Bench) -> Request:
    """What the newest job asks for."""
    row = bench.query("SELECT request FROM jobs ORDER BY number DESC LIMIT 1")[0]
    return Request.model_validate_json(row[0])


async def prefer(bench: Bench, user: ScriptedUser, **said: Any) -> None:
    """Set somebody's preferences as if they had done so before the bot started."""
    await bench.kill()
    connection = sqlite3.connect(bench.data / "limner" / "limner.sqlite3")
    with connection:
        for name, value in said.items():
            sql = "INSERT INTO preferences (scope, scope_id, name, value) VALUES ('member', ?, ?, ?)"
            connection.execute(sql, (int(user.id), name, json.dumps(value)))
    connection.close()
    await bench.start()
