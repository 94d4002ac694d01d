"""The judge, in a process of its own: `oracle.py JOURNAL DATA_FOLDER` knows what Discord saw and what lies on the disk.

It imports nothing of Limner's. It is asked when the bot has left, prints one line per invariant, and ends with 1 if
one of them does not hold. The invariants are those of the crash tests' README.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OVER = ("delivered", "failed", "cancelled")
MOST_ATTEMPTS, MOST_FAILURES = 10, 3
#: Seconds after which somebody who waits should have heard something.
ALARM = 300.0


@dataclass
class Evidence:
    """Everything that may be known; rows are dictionaries."""

    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    images: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    integrity: list[str] = field(default_factory=list)
    folder: Path = Path()

    @property
    def visible(self) -> dict[str, dict[str, Any]]:
        """Messages that somebody can still read."""
        return {key: seen for key, seen in self.messages.items() if seen["event"] != "MESSAGE_DELETE"}

    def jobs_of(self, interaction: str) -> list[dict[str, Any]]:
        """What an interaction became."""
        return [job for job in self.jobs if str(job["interaction_id"]) == interaction]


Finding = Iterator[str]


def acknowledged_ends(found: Evidence) -> Finding:
    """I1: every acknowledged submission comes to an end, or its person was told that it will not."""
    for interaction in found.acknowledged & set(found.asked):
        asked, jobs = found.asked[interaction], found.jobs_of(interaction)
        if not jobs and not _told(found, interaction):
            yield f"{asked['what']} was acknowledged and is lost"
        if jobs and len(jobs) != asked["jobs"]:
            yield f"{asked['what']} became {len(jobs)} jobs, not {asked['jobs']}"
        yield from (f"job {job['number']} is {job['state']}" for job in jobs if job["state"] not in OVER)


def shown_once(found: Evidence) -> Finding:
    """I2: every delivered job is visible exactly once, and nothing else is."""
    places = Counter(str(job["message_id"]) for job in found.jobs if job["state"] == "delivered")
    pictures = {key for key, seen in found.visible.items() if seen["files"]}
    for key, jobs in places.items():
        if jobs > 1:
            yield f"message {key} stands for {jobs} jobs"
        if key not in found.visible:
            yield f"a delivered job's message {key} is not there"
        elif len(found.visible[key]["files"]) != 1:
            yield f"message {key} shows {len(found.visible[key]['files'])} files"
    yield from (f"message {key} shows pictures of no delivered job" for key in pictures - set(places))
    known = {str(job["interaction_id"]) for job in found.jobs}
    yield from (f"a job of interaction {key}, which nobody sent" for key in known - set(found.asked))


def nothing_waits(found: Evidence) -> Finding:
    """I3: nothing runs, nothing is untold, and no message promises anything any more."""
    yield from (f"job {job['number']} is {job['state']}" for job in found.jobs if job["state"] not in OVER)
    yield from (f"the end of job {job['number']} was not told" for job in found.jobs if not job["told"])
    for key, seen in found.visible.items():
        if seen["interaction"] in found.asked and (seen["thinking"] or seen["cancellable"]):
            yield f"message {key} still waits: {seen['content']!r}"


def files_are_there(found: Evidence) -> Finding:
    """I4: every delivered job has its files, with their digests, and what was shown is one of them."""
    for job in found.jobs:
        if job["state"] == "delivered":
            yield from _damaged(found, job)
            yield from _strange(found, job)


def database_is_whole(found: Evidence) -> Finding:
    """I5: the database is whole."""
    yield from found.integrity


def nothing_is_left(found: Evidence) -> Finding:
    """I6: no process, no half-written file and no folder of an unknown job is left behind."""
    for process in Path("/proc").glob("[0-9]*"):
        if str(found.folder).encode() in _environment(process):
            yield f"process {process.name} still runs"
    known = {job["id"] for job in found.jobs}
    for folder in (found.folder / "pictures").glob("*"):
        if folder.name not in known:
            yield f"{folder.name} is the folder of no job"
        yield from (f"{path.name} is half a file" for path in folder.glob("*") if path.stem == "half")


def attempts_are_few(found: Evidence) -> Finding:
    """I7: attempts and failures stay within their limits, and no delivered job went without an attempt."""
    for job in found.jobs:
        if job["attempt"] > MOST_ATTEMPTS or job["failures"] > MOST_FAILURES:
            yield f"job {job['number']}: attempt {job['attempt']}, {job['failures']} failures"
        if job["state"] == "delivered" and job["kind"] != "single" and job["attempt"] < 1:
            yield f"job {job['number']} was delivered without an attempt"


def nobody_waits_long(found: Evidence) -> Finding:
    """I8: nobody waits longer than the alarm allows."""
    last = {seen["interaction"]: seen["at"] for seen in found.messages.values()}
    for interaction in found.acknowledged & set(found.asked):
        waited = last[interaction] - found.asked[interaction]["at"]
        if waited > ALARM:
            yield f"{found.asked[interaction]['what']} took {waited:.0f} s"


INVARIANTS: dict[str, Callable[[Evidence], Finding]] = {
    "I1": acknowledged_ends,
    "I2": shown_once,
    "I3": nothing_waits,
    "I4": files_are_there,
    "I5": database_is_whole,
    "I6": nothing_is_left,
    "I7": attempts_are_few,
    "I8": nobody_waits_long,
}


def collected(journal: Path, folder: Path) -> Evidence:
    """Read the journal to its end, and then the disk."""
    found = Evidence(folder=folder)
    for line in journal.read_text(encoding="utf-8").splitlines():
        fact = json.loads(line)
        if fact["event"] == "ASKED":
            found.asked[fact["interaction"]] = fact
        else:
            found.messages[fact["message"]] = fact
            found.acknowledged.add(fact["interaction"])
    _read_database(found)
    return found


def _read_database(found: Evidence) -> None:
    database = sqlite3.connect(found.folder / "limner.sqlite3")
    database.row_factory = sqlite3.Row
    try:
        found.integrity = [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found.integrity += [f"broken reference in {row[0]}" for row in database.execute("PRAGMA foreign_key_check")]
        found.jobs = [dict(row) for row in database.execute("SELECT * FROM jobs ORDER BY number")]
        for row in database.execute("SELECT * FROM images"):
            found.images[row["job_id"]].append(dict(row))
    finally:
        database.close()


def _told(found: Evidence, interaction: str) -> bool:
    said = [seen for seen in found.visible.values() if seen["interaction"] == interaction]
    return any(not seen["thinking"] and seen["content"] for seen in said)


def _damaged(found: Evidence, job: dict[str, Any]) -> Finding:
    for image in found.images[job["id"]]:
        path = found.folder / "pictures" / job["id"] / image["file"]
        if not path.is_file() or _digest(path) != image["digest"]:
            yield f"{image['file']} of job {job['number']} is missing or another one"


def _strange(found: Evidence, job: dict[str, Any]) -> Finding:
    """A picture that is shown as it lies on the disk must be this job's, or the one that it shows again."""
    seen = found.visible.get(str(job["message_id"]))
    own = {_digest(path) for path in (found.folder / "pictures" / job["id"]).glob("*")}
    again = {image["digest"] for images in found.images.values() for image in images if image["id"] == job["source_id"]}
    shown = {digest for _, digest in seen["files"]} if seen else set()
    if shown - (own | again if job["kind"] == "single" else own):
        yield f"job {job['number']} shows a picture that is not its own"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _environment(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def main(journal: str, folder: str) -> int:
    """Print the verdict."""
    found = collected(Path(journal), Path(folder))
    broken = 0
    for name, invariant in INVARIANTS.items():
        findings = sorted(invariant(found))
        broken += bool(findings)
        print(f"{name} {'BROKEN' if findings else 'holds'}: {'; '.join(findings[:5])}")
    states = Counter(job["state"] for job in found.jobs)
    taken = found.acknowledged & set(found.asked)
    refused = sum(not found.jobs_of(interaction) for interaction in taken)
    print(f"{len(taken)} acknowledged, {refused} of them refused, {dict(states)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
