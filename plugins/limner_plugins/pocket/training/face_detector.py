"""Trains the face detector with ultralytics on crowds of Pocket's world, and measures it on held-out ones.

``python -m limner_plugins.pocket.training.face_detector WORK`` writes its weights into the plugin.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save_file

from .crowd_pictures import write_data
from .loop import SEED

WEIGHTS: Final = Path(__file__).parents[1] / "faces.safetensors"
#: Pixels of the letterbox that the network looks at.
SIZE: Final = 256
#: Epochs that the learning rate is planned for, and those that are gone through; by then nearly all faces are found.
EPOCHS, UNTIL = 12, 5
#: Three levels of features, down and up again; the numbers are layer, repeats, block and its arguments.
NETWORK: Final[dict[str, Any]] = {
    "nc": 1,
    "reg_max": 16,
    "end2end": False,
    "backbone": [
        [-1, 1, "Conv", [16, 3, 2]],
        [-1, 1, "Conv", [24, 3, 2]],
        [-1, 1, "C2f", [24, True]],
        [-1, 1, "Conv", [48, 3, 2]],
        [-1, 2, "C2f", [48, True]],
        [-1, 1, "Conv", [64, 3, 2]],
        [-1, 2, "C2f", [64, True]],
        [-1, 1, "Conv", [96, 3, 2]],
        [-1, 1, "C2f", [96, True]],
        [-1, 1, "SPPF", [96, 5]],
    ],
    "head": [
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 6], 1, "Concat", [1]],
        [-1, 1, "C2f", [64]],
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 4], 1, "Concat", [1]],
        [-1, 1, "C2f", [48]],
        [-1, 1, "Conv", [48, 3, 2]],
        [[-1, 12], 1, "Concat", [1]],
        [-1, 1, "C2f", [64]],
        [-1, 1, "Conv", [64, 3, 2]],
        [[-1, 9], 1, "Concat", [1]],
        [-1, 1, "C2f", [96]],
        [[15, 18, 21], 1, "Detect", ["nc"]],
    ],
}
#: Colours and angles tell a face here, so they stay as drawn.
HABITS: Final[dict[str, Any]] = {
    "hsv_h": 0.0,
    "hsv_s": 0.1,
    "hsv_v": 0.1,
    "translate": 0.1,
    "scale": 0.3,
    "mosaic": 0.3,
    "close_mosaic": 3,
    "fliplr": 0.5,
    "optimizer": "AdamW",
    "lr0": 2e-3,
    "cos_lr": True,
    "warmup_epochs": 1,
}
#: At last, boxes become tighter at a low rate.
SETTLING: Final[dict[str, Any]] = {"epochs": 2, "fraction": 0.5, "lr0": 3e-4, "warmup_epochs": 0, "mosaic": 0.0}


def train_detector(folder: Path) -> Path:
    """Train or resume below `folder`; gives ultralytics' checkpoint with the best weights."""
    data = write_data(folder / "data", SEED)
    trained = folder / "run" / "weights" / "best.pt"
    if not (complete := folder / "run" / "complete").exists():
        last = trained.with_name("last.pt")
        start = last if last.exists() else folder / "network.yaml"
        (folder / "network.yaml").write_text(json.dumps(NETWORK))
        _train(start, data, "run", resume=last.exists(), epochs=EPOCHS, **HABITS)
        complete.touch()
    return _train(trained, data, "settled", resume=False, **HABITS | SETTLING)


def _train(start: Path, data: Path, name: str, **how: Any) -> Path:
    """One run of ultralytics' trainer; gives its best checkpoint."""
    from ultralytics.models import YOLO

    detector, folder = YOLO(start, task="detect"), data.parents[1]
    detector.add_callback("on_train_epoch_end", _end)
    detector.train(
        data=str(data), project=str(folder), name=name, exist_ok=True, imgsz=SIZE, batch=32, workers=0, cache="ram",
        device="cpu", plots=False, seed=SEED, patience=0, **how,
    )  # fmt: skip
    return folder / name / "weights" / "best.pt"


def _end(trainer: Any) -> None:
    """Let this epoch be the last one, if it is late enough."""
    trainer.stop = trainer.stop or trainer.epoch + 1 >= UNTIL


def save(checkpoint: Path) -> None:
    """Write `checkpoint` as half-precision safetensors that tell how to build the network."""
    from ultralytics.models import YOLO

    network: Any = YOLO(checkpoint).model
    told = {"task": "detect", "cfg": json.dumps(NETWORK), "names": json.dumps({"0": "face"}), "imgsz": str(SIZE)}
    tensors = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in _weights(network)}
    save_file(tensors, WEIGHTS, told)


def _weights(network: torch.nn.Module) -> list[tuple[str, torch.Tensor]]:
    return [(name, tensor.contiguous()) for name, tensor in network.state_dict().items()]


def measure(checkpoint: Path, folder: Path) -> dict[str, float]:
    """ultralytics' own validation on the held-out crowds."""
    from ultralytics.models import YOLO

    data = write_data(folder / "data", SEED)
    found = YOLO(checkpoint).val(
        data=str(data), split="test", imgsz=SIZE, batch=16, workers=0, device="cpu", plots=False,
        project=str(folder), name="test", exist_ok=True,
    )  # fmt: skip
    return {name: float(value) for name, value in found.results_dict.items()}


if __name__ == "__main__":
    work = Path(sys.argv[1]) / "detector"
    work.mkdir(parents=True, exist_ok=True)
    # Nothing is asked of the network, and no settings are left in the home folder.
    os.environ.update(YOLO_OFFLINE="1", YOLO_CONFIG_DIR=str(work / "settings"))
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    best = train_detector(work)
    save(best)
    for name, value in measure(best, work).items():
        print(f"{name}: {value:.4f}")
