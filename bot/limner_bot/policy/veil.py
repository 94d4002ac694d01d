"""How pictures are shown at a place: hidden as spoilers, and without what they say about their making."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from limner_bot.posts import Post, Upload
from limner_bot.records import Job

from .bare_files import bare
from .place import is_age_restricted
from .policies import Policies

#: Discord hides a file whose name begins so.
SPOILER: Final = "SPOILER_"


@dataclass(frozen=True)
class Veil:
    """Lies over every message of a job. `channel` finds a channel by its id, as far as the bot knows it."""

    policies: Policies
    channel: Callable[[int], Any]

    def over(self, job: Job, post: Post) -> Post:
        """The message as the rules of its place want it."""
        rules = self.policies.rules.holding(job.guild_id)
        if not post.files or (rules.metadata and rules.spoiler == "never"):
            return post
        hides = rules.hides(age_restricted=is_age_restricted(self.channel(job.channel_id)))
        return replace(post, files=tuple(_veiled(file, hides=hides, says=rules.metadata) for file in post.files))


def _veiled(file: Upload, *, hides: bool, says: bool) -> Upload:
    name = f"{SPOILER}{file.name}" if hides and not file.name.startswith(SPOILER) else file.name
    return Upload(name, file.data if says else bare(file.data))
