"""What is told of a job's progress: the stage, which post-processor works, and at what."""

from __future__ import annotations

from typing import Any

import torch

from limner_host.discovery import discover
from limner_host.job import Job
from limner_host.registry import Registry


class Ear:
    """Hears the names of stages."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def progress(self, stage: str, done: float, latent: Any) -> None:
        self.heard.append(stage)

    def cancelled(self) -> bool:
        return False


def test_a_post_processor_is_told_by_name_and_at_what_it_is_until_it_says_more() -> None:
    ear = Ear()
    job = Job(Registry(discover(sources=iter(()))), torch.device("cpu"), torch.float32, "job", ear)
    with job.stage("post-process", "usdu:tiles"):
        job.within(0.0, "tile 3 of 25")
        job.evaluated(1)
    with job.stage("decode", "codecs:tiled"):
        job.evaluated(1)
    at = "post-process tiles: tile 3 of 25"
    assert ear.heard == ["post-process tiles", at, at, "decode", "decode"]
