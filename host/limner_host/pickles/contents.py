"""What a checkpoint holds, as plain tensors and strings: a detection network's weights, or a plain table of tensors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from torch import Tensor

from .husks import Husk, tensors_in

#: Under which keys trainers put the weights, the best ones first.
WRAPPERS: Final = ("params_ema", "params-ema", "params", "model_state_dict", "state_dict", "model", "net", "generator")
PREFIXES: Final = ("module.", "netG.")
#: Tasks of detection networks by how their classes' names begin; the others are plain detectors.
TASKS: Final = {
    "Segment": "segment",
    "World": "world",
    "YOLOE": "yoloe",
    "Pose": "pose",
    "OBB": "obb",
    "Class": "classify",
}


class Unfit(ValueError):
    """A file may be sound and still hold nothing that can be used; the text says why, in words of ours."""


Contents = tuple[dict[str, Tensor], dict[str, str]]


def contents(loaded: object) -> Contents:
    """The tensors by name, and the metadata. Raises `Unfit` if there are none."""
    network = _network(loaded)
    tensors, told = _of_network(network, loaded) if network else (_of_table(loaded), {})
    if not tensors:
        raise Unfit("it holds no tensors under names")
    return {name: _plain(tensor) for name, tensor in tensors.items()}, told


def _network(loaded: object) -> Husk | None:
    """The averaged network of a training run if there is one, else the network."""
    if isinstance(loaded, Husk):
        return loaded
    places = (loaded.get("ema"), loaded.get("model")) if isinstance(loaded, Mapping) else ()
    return next((place for place in places if isinstance(place, Husk)), None)


def _of_network(network: Husk, loaded: object) -> Contents:
    tensors = dict(tensors_in(network))
    state = vars(network)
    # The words that an open-vocabulary detector looks for are no buffer of it.
    if isinstance(state.get("txt_feats"), Tensor):
        tensors["txt_feats"] = state["txt_feats"]
    return tensors, dict(_told(network, loaded))


def _told(network: Husk, loaded: object) -> Iterator[tuple[str, str]]:
    """How to build the network again: its task, layers, the names of its classes, and its sizes in pixels."""
    state, kind = vars(network), network.named.rpartition(".")[2]
    if not isinstance(state.get("yaml"), Mapping):
        return
    yield "task", next((task for begin, task in TASKS.items() if kind.startswith(begin)), "detect")
    # The name of the file that its trainer had it from is nobody's business.
    yield "cfg", json.dumps(_jsonable({key: value for key, value in state["yaml"].items() if key != "yaml_file"}))
    yield "names", json.dumps(_jsonable(_numbered(state.get("names"))))
    if isinstance(state.get("stride"), Tensor):
        yield "stride", json.dumps(state["stride"].tolist())
    trained = loaded.get("train_args") if isinstance(loaded, Mapping) else None
    size = trained.get("imgsz") if isinstance(trained, Mapping) else None
    if isinstance(size, int):
        yield "imgsz", str(size)


def _numbered(names: object) -> object:
    return dict(enumerate(names)) if isinstance(names, list | tuple) else names or {}


def _jsonable(value: Any) -> Any:
    """Tables, lists, texts and numbers; anything else is left out."""
    if isinstance(value, Mapping):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_jsonable(item) for item in value]
    return value if isinstance(value, str | int | float | bool) else None


def _of_table(loaded: object) -> dict[str, Tensor]:
    """The table of tensors, out of whatever wrapping it is in."""
    for key in WRAPPERS:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(key), Mapping):
            loaded = loaded[key]
            break
    if isinstance(loaded, Mapping) and len(loaded) == 1 and isinstance(single := next(iter(loaded.values())), Mapping):
        loaded = single
    found = loaded.items() if isinstance(loaded, Mapping) else ()
    return _unprefixed({str(name): tensor for name, tensor in found if isinstance(tensor, Tensor)})


def _unprefixed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    for prefix in PREFIXES:
        if tensors and all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    return tensors


def _plain(tensor: Tensor) -> Tensor:
    """With memory of its own, as a safetensors file wants it."""
    if tensor.is_sparse or tensor.is_quantized or tensor.device.type != "cpu":
        raise Unfit("it holds sparse or quantized tensors")
    return tensor.detach().clone().contiguous()
