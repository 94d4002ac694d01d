"""What people can do on Discord, one file or folder for each; `every_feature` lists them all."""

from __future__ import annotations

from limner_bot.house import Feature, House

from .audit import AuditFeature
from .bans import BansFeature
from .beginning import Beginning
from .canvas import Canvas
from .confirm import Confirm
from .editing import Editing
from .finish import Finish
from .grid import Grid
from .help import Help
from .history import History
from .imagine import Imagine
from .keeping import Keeping
from .limits import LimitsFeature
from .me import Me
from .models import ModelsFeature
from .more import More
from .picture_info import PictureInfo
from .picture_menus import PictureMenus
from .plugins import Plugins
from .queue import Queue
from .remix import Remix
from .results import Results
from .rules import RulesFeature
from .settings import SettingsFeature
from .status import Status


def every_feature(house: House) -> tuple[Feature, ...]:
    """All features, in the order in which their commands are listed."""
    return (
        Imagine(house),
        Confirm(house),
        Grid(house),
        Finish(house),
        Results(house),
        Remix(house),
        Canvas(house),
        Keeping(house),
        More(house),
        Editing(house),
        Beginning(house),
        PictureInfo(house),
        PictureMenus(house),
        History(house),
        SettingsFeature(house),
        Me(house),
        Help(house),
        Queue(house),
        Plugins(house),
        Status(house),
        LimitsFeature(house),
        BansFeature(house),
        RulesFeature(house),
        ModelsFeature(house),
        AuditFeature(house),
    )
