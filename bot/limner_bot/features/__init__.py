"""What people can do on Discord, one file or folder for each; `every_feature` lists them all."""

from __future__ import annotations

from limner_bot.house import Feature, House

from .audit import AuditFeature
from .bans import BansFeature
from .finish import Finish
from .history import History
from .imagine import Imagine
from .limits import LimitsFeature
from .models import ModelsFeature
from .queue import Queue
from .results import Results
from .rules import RulesFeature


def every_feature(house: House) -> tuple[Feature, ...]:
    """All features, in the order in which their commands are listed."""
    return (
        Imagine(house),
        Finish(house),
        Results(house),
        History(house),
        Queue(house),
        LimitsFeature(house),
        BansFeature(house),
        RulesFeature(house),
        ModelsFeature(house),
        AuditFeature(house),
    )
