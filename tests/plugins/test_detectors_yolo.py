"""YOLO networks from files: where boxes and masks land, how many, of which classes, and what files may say."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from tests.plugins.detecting import MemoryFile, bright_detector, found, lit, needs_ultralytics, overlap, tiny_file, told

import limner_plugins.detectors.yolo as yolo
from limner_plugins.detectors.architecture import architecture
from limner_plugins.detectors.letterbox import Letterbox
from limner_plugins.detectors.networks import loaded
from limner_plugins.detectors.params import YoloParams
from limner_plugins.detectors.quiet import ultralytics
from limner_plugins.detectors.yolo import YoloDetector
from limner_sdk import Cancelled, DetectorDef, InvalidRequest, LastUsed, Size, UnusableModel
from limner_sdk.testing import FakeContext, check_detector

needs_ultralytics()

SIZES = [(512, 768), (768, 512), (640, 640), (97, 41), (1000, 30), (31, 33)]


def detector(file: MemoryFile) -> YoloDetector:
    return YoloDetector(file, LastUsed(loaded))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_mask_lies_where_the_thing_is(width: int, height: int) -> None:
    place = (width * 0.5, height * 0.05, width * 0.95, height * 0.8)
    picture, truth = lit(width, height, place)
    (thing,) = found(bright_detector(), picture)
    assert thing.mask is not None
    assert overlap(thing.mask, truth) > 0.9
    for edge, true_edge in zip(thing.mask.getbbox() or (), truth.getbbox() or (), strict=True):
        assert abs(edge - true_edge) <= max(2, round(2 * max(width, height) / 640))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_mask_carries_nothing_of_the_padding(width: int, height: int) -> None:
    (thing,) = found(bright_detector(), Image.new("RGB", (width, height), "white"))
    assert thing.mask is not None
    assert thing.mask.getextrema() == (255, 255)
    assert tuple(thing.box) == (0, 0, width, height)


@pytest.mark.parametrize(("width", "height"), [*SIZES, (1, 1), (3000, 1), (1, 700)])
def test_the_way_back_is_the_one_that_ultralytics_takes(width: int, height: int) -> None:
    corners = torch.tensor([[10.0, 20.0, 200.0, 300.0], [100.5, 300.25, 101.5, 340.0], [-9.0, -9.0, 700.0, 700.0]])
    theirs = ultralytics("utils.ops", "test").scale_boxes((640, 640), corners.clone(), (height, width))
    assert torch.allclose(Letterbox(Size(width, height), 640).boxes(corners), theirs, atol=1e-3)


@pytest.mark.parametrize("task", ["detect", "segment"])
def test_a_network_of_random_weights_keeps_the_contract(task: str) -> None:
    definition = DetectorDef("tiny", "A tiny network.", YoloParams, detector(tiny_file(task)))
    check_detector(definition)
    check_detector(definition, YoloParams(confidence=0.0, overlap=1.0, size=96, most=20))


def test_a_box_and_its_mask_stay_one_record() -> None:
    things = found(detector(tiny_file("segment")), Image.linear_gradient("L"), confidence=0.0, overlap=1.0, most=30)
    assert len(things) == 30
    for thing in things:
        place = thing.mask.getbbox() if thing.mask else None
        assert place is None or (place[0] >= thing.box.left and place[2] <= thing.box.right)
        assert place is None or (place[1] >= thing.box.top and place[3] <= thing.box.bottom)


def test_no_more_than_three_hundred_things_are_given_surest_first() -> None:
    things = found(detector(tiny_file()), Image.linear_gradient("L"), confidence=0.0, overlap=1.0, size=640)
    assert len(things) == 300
    assert [t.confidence for t in things] == sorted((t.confidence for t in things), reverse=True)


def test_only_the_classes_that_are_asked_for_are_given() -> None:
    picture, everything = Image.linear_gradient("L"), {"confidence": 0.0, "overlap": 1.0}
    both = found(detector(tiny_file()), picture, **everything)
    hands = found(detector(tiny_file()), picture, classes=" Hand,", **everything)
    assert {thing.label for thing in both} == {"face", "hand"}
    assert {thing.label for thing in hands} == {"hand"}


def test_an_unknown_class_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InvalidRequest, match="classes: 'cat' is no class of this detector; it knows face, hand"):
        found(detector(tiny_file()), Image.new("RGB", (32, 32)), classes="hand, cat")


def test_masks_are_made_until_their_memory_is_used_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(yolo, "MOST_BYTES", 5 * 256 * 256)
    with caplog.at_level(logging.WARNING):
        things = found(detector(tiny_file("segment")), Image.linear_gradient("L"), confidence=0.0)
    assert len(things) == 5
    assert "only 5 are looked at" in caplog.text


def test_masks_are_made_until_their_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yolo, "MOST_SECONDS", -1.0)
    assert found(detector(tiny_file("segment")), Image.linear_gradient("L"), confidence=0.0) == []


def test_detecting_can_be_cancelled() -> None:
    with pytest.raises(Cancelled):
        detector(tiny_file())(Image.linear_gradient("L"), FakeContext(cancel_after=2), YoloParams(confidence=0.0))


def world_file(names: tuple[str, ...]) -> MemoryFile:
    """A tiny YOLO-World of random weights; whatever it sees is more like the first or the second class than another."""
    head = [[2, 3], 1, "WorldDetect", ["nc", 512, False]]
    metadata = told(head, list(names), "world", nc=7)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = ultralytics("nn.tasks", "test").WorldModel(json.loads(metadata["cfg"]), nc=7, verbose=False)
        feature = torch.randn(512)
    texts = torch.stack([feature, -feature, *([0 * feature] * (len(names) - 2))])[None]
    return MemoryFile(metadata, {**network.state_dict(), "txt_feats": texts})


def test_open_classes_are_looked_for_by_name() -> None:
    world = detector(world_file(("face", "hand", "cat")))
    everything: dict[str, Any] = {"confidence": 0.0, "overlap": 1.0}
    cats = found(world, Image.linear_gradient("L"), classes="cat", **everything)
    assert {thing.label for thing in cats} == {"cat"}
    assert {thing.label for thing in found(world, Image.linear_gradient("L"), **everything)} <= {"face", "hand"}
    assert [thing.box for thing in found(world, Image.linear_gradient("L"), classes="cat", **everything)] == [
        thing.box for thing in cats
    ]


def test_open_classes_without_what_is_known_of_them_are_refused() -> None:
    file = world_file(("face", "hand"))
    with pytest.raises(UnusableModel, match="does not bring what it knows of its classes"):
        loaded(MemoryFile(file.told, {key: value for key, value in file.weights.items() if key != "txt_feats"}))


@pytest.mark.parametrize(
    ("head", "more", "reason"),
    [
        ([-1, 1, "torch_safe_load", ["evil.pt"]], {}, "unknown layer 'torch_safe_load'"),
        ([-1, 1, "TorchVision", [8, "resnet18", "DEFAULT"]], {}, "unknown layer 'TorchVision'"),
        ([-1, 1, "Conv", [8, "__import__('os')"]], {}, "unknown word"),
        ([-1, 1, "Conv", [10**9, 3]], {}, "out of bounds"),
        ([-1, 10**6, "Conv", [8, 3]], {}, "a layer is repeated 1000000 times"),
        ([-1, 1, "Conv", [8, 3]], {"activation": "__import__('os').getcwd()"}, "unknown activation"),
        ([-1, 1, "Conv", [8, 3]], {"scales": {"n": [1, 1, 64]}}, "does not say which of its scales"),
        ([-1, 1, "Conv", [8, 3]], {"width_multiple": 1e9}, "out of bounds"),
        ([-1, 1, "Conv"], {}, "describes its network badly; convert it again"),
        ([-1, 1, "Conv", None], {}, "describes its network badly; convert it again"),
        ([-1, True, "Conv", [8, 3]], {}, "a layer is repeated True times"),
        ([-1, 1, "nn.MaxPool2d", [4096, 1, 0]], {}, "4096 is out of bounds"),
        ([-1, 1, "Conv", [8, 3]], {"reg_max": 4096}, "reg_max 4096 is out of bounds"),
        ([-1, 1, "Conv", [8, 3]], {"depth_multiple": [1]}, "depth_multiple .1. is out of bounds"),
        ([-1, 1, "Conv", [8, 3]], {"scale": "n", "scales": ["n"]}, "does not say which of its scales"),
        ([150, 1, "Conv", [8, 3]], {}, "describes layers that do not fit each other; fetch"),
    ],
)
def test_a_file_that_describes_more_than_layers_is_refused(head: list[Any], more: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnusableModel, match=reason):
        loaded(MemoryFile(told(head, ["face"], **more)))


#: Layers in front of a tiny network that ask for all memory and time there is.
BOMBS = [
    [[-1, 32, "Conv", [4096, 4096, 2]]],
    [[-1, 32, "C3TR", [4096]]],
    [[-1, 1, "RepNCSPELAN4", [8, 8, 8, 4096]]] * 20,
    [[-1, 1, "nn.Upsample", [None, 64, "nearest"]]] * 3,
]


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_description_that_asks_for_more_than_the_file_holds_is_refused_at_once(bomb: list[Any]) -> None:
    file = tiny_file()
    cfg = json.loads(file.told["cfg"])
    # The last one has no weights, so that the file holds what is described.
    shift = {f"model.{number}.": f"model.{number + len(bomb)}." for number in range(5)}
    weights = {key.replace(key[:8], shift[key[:8]], 1): value for key, value in file.weights.items()}
    cfg["backbone"] = bomb + cfg["backbone"]
    cfg["head"][-1][0] = [number + len(bomb) for number in cfg["head"][-1][0]]
    begin = time.monotonic()
    with pytest.raises(UnusableModel, match=r"describes (another network than it holds|.* too much memory); fetch"):
        loaded(MemoryFile({**file.told, "cfg": json.dumps(cfg)}, weights))
    assert time.monotonic() - begin < 10


def test_files_that_are_no_detectors_are_refused_in_a_sentence() -> None:
    good = tiny_file()
    with pytest.raises(UnusableModel, match="limner detectors convert"):
        loaded(MemoryFile({}, good.weights))
    with pytest.raises(UnusableModel, match="is for the task 'pose'; use one for detect, segment, world"):
        loaded(MemoryFile({**good.told, "task": "pose"}, good.weights))
    with pytest.raises(UnusableModel, match="its classes have no names"):
        loaded(MemoryFile({**good.told, "names": "[]"}, good.weights))
    with pytest.raises(UnusableModel, match="describes another network than it holds; fetch or convert it again"):
        loaded(MemoryFile(good.told, dict(list(good.weights.items())[3:])))


def test_two_networks_are_kept_and_the_third_takes_the_place_of_the_oldest() -> None:
    kept, file = LastUsed(loaded), tiny_file()
    named = [MemoryFile(file.told, file.weights, name) for name in ("one", "two", "three")]
    first, second = kept.of(named[0]), kept.of(named[1])
    assert kept.of(named[0]) is first
    kept.of(named[2])
    assert kept.of(named[0]) is first
    assert kept.of(named[1]) is not second


#: Run by a Python of its own, as ultralytics can be imported only once.
IMPORTS = """
import os, torch, cv2, numpy, warnings
from PIL import Image

def around():
    shown = str(torch.arange(30) / 7), numpy.get_printoptions()
    return dict(os.environ), torch.save, Image.open, cv2.getNumThreads(), list(warnings.filters), shown

from limner_plugins.detectors.quiet import ultralytics
before = around()
assert ultralytics("nn.tasks", "test").DetectionModel
for old, new in zip(before, around(), strict=True):
    assert old == new, (old, new)
"""


def test_importing_ultralytics_alters_nothing_around_it(tmp_path: Path) -> None:
    home = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "settings")}
    done = subprocess.run([sys.executable, "-W", "error", "-c", IMPORTS], env=home, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_without_ultralytics_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "ultralytics"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ultralytics", None)
    with pytest.raises(UnusableModel, match=r"tiny needs ultralytics .*run: pip install ultralytics"):
        loaded(MemoryFile({}, file="tiny"))


def test_a_network_that_could_do_without_sorting_out_boxes_works() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        metadata = told([[2, 3], 1, "Detect", ["nc"]], ["face", "hand"], end2end=True, reg_max=1)
        network = ultralytics("nn.tasks", "test").DetectionModel(json.loads(metadata["cfg"]), nc=2, verbose=False)
    file = MemoryFile(metadata, network.state_dict())
    check_detector(DetectorDef("tiny", "A tiny network.", YoloParams, detector(file)), YoloParams(confidence=0.0))
    hands = found(detector(file), Image.linear_gradient("L"), confidence=0.0, classes="hand", most=10)
    assert {thing.label for thing in hands} == {"hand"}


def test_a_converted_network_of_open_classes_is_known_by_its_class() -> None:
    file = world_file(("face", "hand"))
    converted = {**file.told, "task": "detect", "network": "WorldModel", "names": '{"0": "face", "1": "hand"}'}
    assert loaded(MemoryFile(converted, file.weights)).built.task == "world"


@pytest.mark.parametrize("family", ["v8/yolov8", "v8/yolov8-seg", "v8/yolov8-worldv2", "11/yolo11", "26/yolo26-seg"])
def test_the_families_that_people_use_are_read(family: str) -> None:
    import yaml

    path = Path(str(ultralytics("utils", "test").ROOT)) / "cfg" / "models" / f"{family}.yaml"
    cfg = {**yaml.safe_load(path.read_text()), "scale": "n", "yaml_file": path.name, "channels": 3}
    task = "world" if "world" in family else "segment" if "seg" in family else "detect"
    metadata = {"task": task, "cfg": json.dumps(cfg), "names": json.dumps([f"class {i}" for i in range(80)])}
    built = architecture("file", metadata)
    assert (built.task, len(built.names), built.side) == (task, 80, 640)
    assert built.cfg["head"] == cfg["head"]
