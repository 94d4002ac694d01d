"""One way to ask for each kind of job, and for each of the ends that one may come to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.bot.crashes.scene import Scene
from tests.bot.stub_host import png
from tests.loopback import Message, Upload

Kind = Callable[[Scene], Awaitable[object]]
COLOURS = iter(range(2**24))


async def imagine(scene: Scene) -> None:
    """A new picture."""
    await scene.imagine("a circle", count=4)


async def variations(scene: Scene) -> None:
    """Pictures close to one of a grid."""
    await pressed(scene, scene.grid, "V1")


async def reroll(scene: Scene) -> None:
    """The same with another seed."""
    await pressed(scene, scene.grid, "Re-roll")


async def single(scene: Scene) -> None:
    """One picture of a grid."""
    await pressed(scene, scene.grid, "U2")


async def finish(scene: Scene) -> None:
    """A post-processor on a picture that was made here."""
    await pressed(scene, scene.single, "Enlarge")


async def upload(scene: Scene) -> None:
    """A post-processor on a picture that somebody attaches."""
    picture = Upload("a.png", png(32, 32, next(COLOURS).to_bytes(3, "big")))
    options = {"picture": picture, "with": "enlarge"}
    await scene.ask(scene.bench.alice.impatient.slash(scene.bench.channel, "finish", **options))


async def failing(scene: Scene) -> None:
    """A job that a plugin refuses."""
    await scene.imagine("a plugin circle")


async def crashing(scene: Scene) -> None:
    """A job whose first attempt takes the worker down."""
    await scene.imagine("a crash-once circle", count=1)


async def cancelled(scene: Scene) -> None:
    """A running job that somebody stops."""
    message = await scene.waiting("a slow circle")
    await scene.bench.alice.impatient.press(message, "Cancel")


async def replaced(scene: Scene) -> None:
    """A job whose message somebody has deleted."""
    message = await scene.waiting("a slow circle")
    scene.bench.discord.world.delete(message)


KINDS: dict[str, Kind] = {
    kind.__name__: kind
    for kind in (imagine, variations, reroll, single, finish, upload, failing, crashing, cancelled, replaced)
}


async def pressed(scene: Scene, message: Message | None, label: str) -> None:
    """Press a button and wait for nothing."""
    assert message is not None
    await scene.ask(scene.bench.alice.impatient.press(message, label))


async def served(scene: Scene, kind: Kind) -> None:
    """Ask, and wait until the answer stands."""
    before = len(scene.asked)
    await kind(scene)
    for interaction in scene.asked[before:]:
        await interaction.response()
    await scene.quiet()
