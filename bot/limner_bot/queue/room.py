"""How much room there is in the queue for one person, checked in the transaction that takes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from limner_sdk import LimnerError

from . import limits
from .limits import Limits
from .line import SPENT, day_of
from .records import Order


@dataclass(frozen=True)
class Share:
    """What one person may have in a server, or in all places together (`everywhere`): jobs that wait, and GPU time."""

    limits: Limits
    everywhere: bool = False


@dataclass(frozen=True)
class Room:
    """How many jobs may wait: one person's, and all together; and what else bounds that person."""

    person: int
    everybody: int
    shares: tuple[Share, ...] = ()


class NoRoom(LimnerError):
    """The queue takes no more: `person` if it is this person's own jobs that are too many."""

    def __init__(self, most: int, *, person: bool) -> None:
        super().__init__(f"{most} jobs wait already")
        self.most, self.person = most, person


def check_room(db: sqlite3.Connection, orders: Sequence[Order], room: Room, moment: float) -> None:
    """Raise `NoRoom` or `OverLimit` if these jobs of one person are too many or take too long."""
    new = [order for order in orders if order.kind != "single"]
    if not new:
        return
    person = _waiting(db, "user_id = ?", new[0].origin.user_id)
    if person + len(new) > room.person:
        raise NoRoom(room.person, person=True)
    if _waiting(db, "1") + len(new) > room.everybody:
        raise NoRoom(room.everybody, person=False)
    for share in room.shares:
        _check_share(db, new, share, moment)


def _check_share(db: sqlite3.Connection, orders: Sequence[Order], share: Share, moment: float) -> None:
    person, guild = orders[0].origin.user_id, orders[0].origin.guild_id
    if share.everywhere:
        waiting = _waiting(db, "user_id = ?", person)
        spent = db.execute(SPENT, (person, day_of(moment)))
    else:
        waiting = _waiting(db, "user_id = ? AND guild_id IS ?", person, guild)
        spent = db.execute(f"{SPENT} AND guild_id = ?", (person, day_of(moment), guild or 0))
    predicted = sum(order.price.seconds for order in orders)
    used = float(spent.fetchone()[0])
    limits.check_room(share.limits, used, waiting, predicted, now=moment, jobs=len(orders))


def _waiting(db: sqlite3.Connection, which: str, *values: object) -> int:
    sql = f"SELECT count(*) FROM jobs WHERE state IN ('arriving', 'queued') AND {which}"
    return int(db.execute(sql, values).fetchone()[0])
