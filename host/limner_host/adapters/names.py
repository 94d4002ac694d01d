"""From a tensor's name in a LoRA file to the module that it is for and the role that it plays; no tensors here."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

#: What stands for the network that denoises, whether it is a UNet or a transformer.
BACKBONE: Final = "backbone"

_PREFIXES: Final = {
    "lora_unet_": BACKBONE,
    "lora_transformer_": BACKBONE,
    "lycoris_": BACKBONE,
    "unet.": BACKBONE,
    "transformer.": BACKBONE,
    "diffusion_model.": BACKBONE,
    "lora_te_": "text_encoder",
    "lora_te1_": "text_encoder",
    "lora_te2_": "text_encoder_2",
    "lora_te3_": "text_encoder_3",
    "text_encoder.": "text_encoder",
    "text_encoder_2.": "text_encoder_2",
    "text_encoder_3.": "text_encoder_3",
}

_ROLES: Final = {
    "lora_down.weight": "down",
    "lora_up.weight": "up",
    "lora_mid.weight": "mid",
    "lora_A.weight": "down",
    "lora_B.weight": "up",
    "lora_A.default.weight": "down",
    "lora_B.default.weight": "up",
    "lora.down.weight": "down",
    "lora.up.weight": "up",
    "lora_linear_layer.down.weight": "down",
    "lora_linear_layer.up.weight": "up",
    "lora_magnitude_vector": "magnitude",
    "lora_magnitude_vector.weight": "magnitude",
    "lora_magnitude_vector.default.weight": "magnitude",
} | {
    role: role
    for role in (
        *("alpha", "dora_scale", "diff", "diff_b", "w_norm", "b_norm", "on_input"),
        *(f"hada_{part}" for part in ("w1_a", "w1_b", "w2_a", "w2_b", "t1", "t2")),
        *(f"lokr_{part}" for part in ("w1", "w1_a", "w1_b", "w2", "w2_a", "w2_b", "t2")),
    )
}

_ENDING: Final = re.compile(rf"(?P<stem>.+)\.(?P<ending>{'|'.join(map(re.escape, _ROLES))})")
#: How early versions of diffusers wrote an attention's layers.
_OLD_ENDING: Final = re.compile(r"(?P<stem>.+)_lora\.(?P<role>down|up)\.weight")


class Address(NamedTuple):
    """A module: `network` is `BACKBONE` or a text encoder, `module` its path in it with ``_`` for every dot."""

    network: str
    module: str


def parsed(key: str) -> tuple[Address, str] | None:
    """Where a tensor belongs and as what, such as ``down`` or ``alpha``; None for a name of no known kind.

    A bare ``.weight`` is one of IA3's if its module also has ``on_input``, which the reader has to see to.
    """
    if found := _ENDING.fullmatch(key):
        return address_of(found["stem"]), _ROLES[found["ending"]]
    if found := _OLD_ENDING.fullmatch(key):
        return address_of(found["stem"]), found["role"]
    stem, dot, ending = key.rpartition(".")
    return (address_of(stem), ending) if dot and ending == "weight" else None


def address_of(stem: str) -> Address:
    """The module that a name without its ending means; one without a known prefix is of the backbone."""
    stem = stem.removeprefix("base_model.model.")
    prefix = next((prefix for prefix in _PREFIXES if stem.startswith(prefix)), "")
    network = _PREFIXES.get(prefix, BACKBONE)
    return Address(network, flat(network, stem.removeprefix(prefix)))


def flat(network: str, module: str) -> str:
    """A module's path with ``_`` for every dot, without what only some versions of the libraries have in it."""
    path = module.replace(".", "_")
    return path.replace("_processor_", "_") if network == BACKBONE else path.removeprefix("text_model_")


def shown(key: str) -> str:
    """A tensor's name as it should appear in a sentence: a file may have put anything there."""
    return key[:120] if key.isprintable() else ascii(key)[:120]
