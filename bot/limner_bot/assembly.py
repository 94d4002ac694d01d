"""Puts the parts of the bot together."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from limner_sdk import Catalogue

from .admission import Admission
from .board import Board
from .client import LimnerClient
from .darkroom import Darkroom
from .database import Database
from .desk import Desk
from .dispatcher import CATALOGUE, Dispatcher, Workshop
from .doors import Doors
from .features import every_feature
from .house import House
from .ledger import Ledger
from .menu import Menu
from .outbox import Outbox
from .outcomes import Outcomes
from .settings import Settings
from .shelf import Shelf
from .store import Store
from .words import Dictionary
from .worker import Patience, Worker

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bot:
    """The parts that run by themselves."""

    house: House
    client: LimnerClient
    worker: Worker


async def assemble(settings: Settings, database: Database, darkroom: Darkroom) -> Bot:
    """All parts, knowing each other; nothing runs yet."""
    store, ledger, shelf = Store(database), Ledger(database), Shelf(settings.folder.pictures)
    menu = Menu(kept := _catalogue(await ledger.recall(CATALOGUE)), settings.buttons)
    if kept is not None:
        darkroom.know(kept)
    dictionary = Dictionary(settings.language)
    client = LimnerClient(dictionary)
    doors = Doors(client, dictionary)
    # The board asks the dispatcher whether the host is ready, and the dispatcher shows progress on the board.
    board = Board(doors, ledger, dictionary, lambda: dispatcher.ready(), menu.label)
    outbox = Outbox(store, ledger, Outcomes(ledger, shelf, menu, dictionary), doors, board)
    shop = Workshop(store, ledger, shelf, menu, board, outbox, dictionary, darkroom)
    dispatcher = Dispatcher(shop, settings.job_silence)
    patience = Patience(settings.start_silence, settings.silence)
    worker = Worker(settings.worker, patience, dispatcher.hear, dispatcher.lost)
    dispatcher.employ(worker)
    desk = Desk(store, ledger, board, outbox, dispatcher, doors.arrivals, Admission(menu))
    house = House(
        settings, database, store, ledger, shelf, menu, board, doors, outbox, dispatcher, dictionary, darkroom, desk
    )
    client.open(every_feature(house), store, ledger)
    return Bot(house, client, worker)


def _catalogue(kept: str | None) -> Catalogue | None:
    try:
        return Catalogue.model_validate_json(kept) if kept else None
    except ValueError:
        log.info("the catalogue of an earlier version is left aside")
        return None
