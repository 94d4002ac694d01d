"""Puts the parts of the bot together."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from limner_bot.asking.menu import Menu
from limner_bot.delivering.board import Board
from limner_bot.delivering.doors import Doors, Habits
from limner_bot.delivering.outbox import Outbox
from limner_bot.delivering.outcomes import Outcomes
from limner_bot.delivering.parcels import Manner, Packer
from limner_bot.delivering.pings import Pings, place_of
from limner_bot.operating.metrics import Metrics
from limner_bot.operating.settings import Settings
from limner_bot.operating.space import Space
from limner_bot.pictures.darkroom import Darkroom
from limner_bot.pictures.shelf import Shelf
from limner_bot.policy.place import is_age_restricted
from limner_bot.policy.policies import Policies
from limner_bot.policy.rules import texts_in
from limner_bot.queue.database import Database
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Job
from limner_bot.queue.store import Store
from limner_bot.talking.client import LimnerClient
from limner_bot.working.dispatcher import CATALOGUE, Dispatcher, Workshop
from limner_bot.working.gate import Gate
from limner_bot.working.outlook import Outlook
from limner_bot.working.plugin_care import PluginCare
from limner_bot.working.worker import Patience, Worker
from limner_sdk import Catalogue
from limner_sdk.messages import Result

from .admission import Admission
from .desk import Desk
from .features import every_feature
from .house import House
from .words import Dictionary

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Machine:
    """What the bot has of the machine: a process for pictures, its own figures, and the disk."""

    darkroom: Darkroom
    metrics: Metrics
    space: Space


@dataclass(frozen=True)
class Bot:
    """The parts that run by themselves."""

    house: House
    client: LimnerClient
    worker: Worker


async def assemble(settings: Settings, database: Database, machine: Machine) -> Bot:
    """All parts, knowing each other; nothing runs yet."""
    darkroom = machine.darkroom
    store, ledger, shelf = Store(database), Ledger(database), Shelf(settings.folder.pictures)
    menu = Menu(kept := _catalogue(await ledger.recall(CATALOGUE)), settings.buttons)
    if kept is not None:
        darkroom.know(kept)
    policies = Policies(database)
    await policies.load()
    dictionary = Dictionary(settings.language)
    client = LimnerClient(dictionary, policies.preferences.language)

    manner, blocked = _manner_by(policies, client), _blocked_by(policies)
    doors = Doors(client, _habits(client, machine.metrics, manner))
    gate = Gate(store, ledger)
    await gate.load()
    plugins = PluginCare(settings.folder, lambda: menu.catalogue, policies.audit)
    # The outlook asks the dispatcher what the host does, and the dispatcher shows progress on the board.
    outlook = Outlook(database, lambda: dispatcher, lambda: policies.rates.rates)
    board = Board(doors, ledger, dictionary, outlook, menu.label)
    pings = Pings(client, store, ledger, dictionary, lambda job: policies.preferences.at(place_of(job)).ping)
    outcomes = Outcomes(ledger, Packer(shelf, darkroom), menu, dictionary, manner)
    outbox = Outbox(store, ledger, outcomes, doors, board, pings)
    shop = Workshop(
        store=store,
        ledger=ledger,
        shelf=shelf,
        menu=menu,
        board=board,
        outbox=outbox,
        dictionary=dictionary,
        darkroom=darkroom,
        gate=gate,
        plugins=plugins,
        rates=policies.rates,
        metrics=machine.metrics,
        blocked=blocked,
    )
    dispatcher = Dispatcher(shop, settings.job_silence)
    patience = Patience(settings.start_silence, settings.silence)
    worker = Worker(settings.worker, patience, dispatcher.hear, dispatcher.lost)
    dispatcher.employ(worker)
    desk = Desk(
        store,
        ledger,
        shelf,
        board,
        outbox,
        dispatcher,
        doors.arrivals,
        Admission(menu, policies, settings.queue),
        machine.space,
        machine.metrics,
    )
    house = House(
        settings=settings,
        database=database,
        store=store,
        ledger=ledger,
        shelf=shelf,
        menu=menu,
        board=board,
        doors=doors,
        outbox=outbox,
        dispatcher=dispatcher,
        dictionary=dictionary,
        darkroom=darkroom,
        policies=policies,
        metrics=machine.metrics,
        space=machine.space,
        gate=gate,
        plugins=plugins,
        outlook=outlook,
        desk=desk,
    )
    client.open(every_feature(house), store, ledger)
    return Bot(house, client, worker)


def _manner_by(policies: Policies, client: LimnerClient) -> Callable[[Job], Manner]:
    """How a job's files are posted, as the server's rules say and the channel is."""

    def manner(job: Job) -> Manner:
        rules = policies.rules.holding(job.guild_id)
        age_restricted = is_age_restricted(client.get_channel(job.channel_id))
        return Manner(rules.hides(age_restricted=age_restricted), rules.metadata)

    return manner


def _blocked_by(policies: Policies) -> Callable[[Job, Result], str | None]:
    """The blocked word in what a job's pictures were made of in the end, if there is one."""

    def blocked(job: Job, result: Result) -> str | None:
        texts = dict.fromkeys(text for picture in result.pictures for text in texts_in(picture.recipe))
        return policies.rules.holding(job.guild_id).blocked_in(texts)

    return blocked


def _habits(client: LimnerClient, metrics: Metrics, manner: Callable[[Job], Manner]) -> Habits:
    return Habits(
        hidden=lambda job: manner(job).hidden,
        count=lambda door: metrics.deliveries.labels(door).inc(),
        rejections=client.rejections,
    )


def _catalogue(kept: str | None) -> Catalogue | None:
    try:
        return Catalogue.model_validate_json(kept) if kept else None
    except ValueError:
        log.info("the catalogue of an earlier version is left aside")
        return None
