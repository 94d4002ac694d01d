"""A Discord on 127.0.0.1 for tests: REST, gateway, CDN, scripted users, and Discord's rules."""

from .components import Button
from .constants import EVERYONE, MIB, MessageFlag, Permission
from .errors import ApplicationDidNotRespond, DiscordError, UserCannot
from .faults import Fault
from .files import Attachment, Upload
from .guilds import Guild
from .in_process import pointed_at, running
from .interactions import Choice, Interaction
from .messages import Message, Version
from .people import Member, Role, User
from .places import Channel
from .server import LoopbackDiscord
from .user import ScriptedUser
from .world import Violation

__all__ = [
    "EVERYONE",
    "MIB",
    "ApplicationDidNotRespond",
    "Attachment",
    "Button",
    "Channel",
    "Choice",
    "DiscordError",
    "Fault",
    "Guild",
    "Interaction",
    "LoopbackDiscord",
    "Member",
    "Message",
    "MessageFlag",
    "Permission",
    "Role",
    "ScriptedUser",
    "Upload",
    "User",
    "UserCannot",
    "Version",
    "Violation",
    "pointed_at",
    "running",
]
