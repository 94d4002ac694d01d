"""What is told of a job's progress: the stage, which post-processor works, at what, and the share that is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.conftest import small_request

from limner_host.discovery import discover
from limner_host.job import Job
from limner_host.progress import Meter
from limner_host.registry import Registry
from limner_host.studio import Studio
from limner_host.work import DECODING, FinishingWork


class Ear:
    """Hears the names of stages."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.done: list[float] = []

    def progress(self, stage: str, done: float, latent: Any) -> None:
        self.heard.append(stage)
        self.done.append(done)

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


def meter() -> tuple[Meter, Ear]:
    ear = Ear()
    return Meter(ear, Registry(discover())), ear


def test_evaluations_count_by_what_they_cost() -> None:
    told, ear = meter()
    told.expect(2 * 1.0 + 2 * 4.0 + DECODING * 4.0)
    for work in (1.0, 4.0):
        told.weigh(work)
        seen = told.sampling("euler", 2)
        for count in (1, 2):
            seen(count, torch.zeros(1))
    told.decoding(0.5)
    told.decoding(1.0)
    assert ear.done == pytest.approx([share / 18 for share in (1, 2, 6, 10, 14, 18)])


def test_a_post_processor_takes_the_share_that_it_has_told_whatever_it_draws() -> None:
    told, ear = meter()
    told.expect(1.0, [FinishingWork("p:a", 4, 2.0), FinishingWork("p:b", 1, 1.0)])
    told.weigh(1.0)
    told.sampling("euler", 1)(1, torch.zeros(1))
    told.enter("post-process", "p:a")
    told.evaluated(4)
    told.enter("post-process", "p:b")
    told.evaluated(1)
    assert ear.done == pytest.approx([0.25, 0.25, 0.75, 0.75, 1.0])


def test_what_was_expected_and_not_drawn_is_over_in_the_end() -> None:
    told, ear = meter()
    told.expect(1.0, [FinishingWork("p:a", 10, 5.0)])
    told.complete()
    told.enter("save")
    assert ear.done == [1.0]


def test_a_large_second_pass_takes_its_share_of_the_progress(studio: Studio, tmp_path: Path) -> None:
    ear = Ear()
    hires = {"scale": 2.0, "denoise": 0.9, "steps": 4}
    studio.make(small_request(steps=4, hires=hires), tmp_path, watcher=ear)
    first = [done for stage, done in zip(ear.heard, ear.done, strict=True) if stage == "sample"][4]
    # Four calls of a quarter, four of the whole, and decoding.
    assert first == pytest.approx(1 / (1 + 4 + DECODING))
    assert (ear.done == sorted(ear.done), ear.done[-1]) == (True, 1.0)
