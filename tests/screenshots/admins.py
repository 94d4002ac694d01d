"""What administrators do for the screenshots: the panel of the queue, limits, rules, and the book of decisions."""

from __future__ import annotations

from tests.bot.bench import Bench
from tests.loopback import Message

from .camera import Camera

_PROMPTS = ("a red circle on a blue background", "a green star on a white background", "a house under the moon")


async def panel(bench: Bench, camera: Camera) -> None:
    """A queue with jobs of two people in it, seen by a member and by an administrator who has chosen one."""
    asked = [await bench.alice.slash(bench.channel, "imagine", prompt=_PROMPTS[0], steps=150, count=4)]
    await bench.progressing(await asked[0].response())
    asked += [await bench.bob.slash(bench.channel, "imagine", prompt=prompt) for prompt in _PROMPTS[1:]]
    asked += [await bench.alice.slash(bench.channel, "imagine", prompt=_PROMPTS[2], steps=40)]
    await asked[-1].final_response()
    await camera.messages("queue", [await _said(bench, bench.bob, "queue show")], viewer=bench.bob)
    shown = await _said(bench, bench.admin, "queue panel")
    waiting = bench.query("SELECT id FROM jobs WHERE state = 'queued' ORDER BY number LIMIT 1")[0][0]
    await bench.admin.select(shown, waiting, menu="Choose a job")
    await bench.until(lambda: "Chosen" in shown.content, "the choice")
    await camera.messages("panel", [shown], viewer=bench.admin)
    await bench.admin.press(shown, "Cancel")
    await bench.until(lambda: "Yes" in [button.label for button in shown.buttons()], "the question")
    await camera.messages("panel-question", [shown], viewer=bench.admin)
    await bench.admin.press(shown, "Yes")
    for interaction in (asked[0], *asked[2:]):
        await bench.result(await interaction.response())


async def deciding(bench: Bench, camera: Camera) -> None:
    """Limits and rules, what a member is told who runs into one, and what stands in the book afterwards."""
    seconds = {"waiting": 3, "seconds_per_day": 600, "steps": 40, "size": "512x512"}
    await _said(bench, bench.admin, "limits set", **seconds)
    role = bench.guild.add_role("patrons")
    await _said(bench, bench.admin, "limits set", role=role, waiting=10, steps=100, weight=2.0)
    await camera.messages("limits", [await _said(bench, bench.admin, "limits show")], viewer=bench.admin)
    await _said(bench, bench.admin, "rules block", words="gore*, some name")
    await _said(bench, bench.admin, "rules spoiler", policy="outside")
    await camera.messages("rules", [await _said(bench, bench.admin, "rules show")], viewer=bench.admin)
    words = {"prompt": "gore and a house"}, {"prompt": "a house", "steps": 90}
    refused = [await _said(bench, bench.bob, "imagine", **said) for said in words]
    await camera.messages("refused", refused, viewer=bench.bob)
    await camera.messages("status", [await _said(bench, bench.admin, "status")], viewer=bench.admin)
    await camera.messages("audit", [await _said(bench, bench.admin, "audit")], viewer=bench.admin)


async def _said(bench: Bench, user: object, command: str, **options: object) -> Message:
    interaction = await user.slash(bench.channel, command, **options)  # type: ignore[attr-defined]
    message: Message = await interaction.final_response()
    return message
