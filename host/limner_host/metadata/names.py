"""What A1111 calls the settings that we call otherwise; read by the writer and the reader of infotexts alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Where random numbers come from: our full ids by the value of "RNG". A1111's own default is not to write it: GPU.
SOURCES: Final[Mapping[str, str]] = {
    "CPU": "noises:gaussian",
    "NV": "noises:philox",
    "field": "noises:field",
}
GPU: Final = "GPU"

#: A sampler's parameters. A1111 writes "Eta DDIM" for its timestep samplers.
SAMPLER: Final[Mapping[str, str]] = {
    "Eta": "eta",
    "Sigma churn": "churn",
    "Sigma tmin": "churn_from",
    "Sigma tmax": "churn_to",
    "Sigma noise": "noise_scale",
}
ETA_DDIM: Final = "Eta DDIM"
TIMESTEP_SAMPLERS: Final = ("ddim", "plms", "unipc")
#: Parameters of UniPC alone; others have an order too, for which A1111 has no name.
UNIPC_ID: Final = "samplers:unipc"
UNIPC: Final[Mapping[str, str]] = {
    "UniPC order": "order",
    "UniPC variant": "variant",
    "UniPC lower order final": "lower_order_final",
}

#: A schedule's parameters.
SCHEDULE: Final[Mapping[str, str]] = {
    "Schedule max sigma": "sigma_max",
    "Schedule min sigma": "sigma_min",
    "Schedule rho": "rho",
    "Beta schedule alpha": "alpha",
    "Beta schedule beta": "beta",
}

#: How a variation is mixed in, where it is not A1111's way.
MIX: Final = "Variation mix"
#: A noise's parameters that A1111 has no setting for.
NOISE: Final[Mapping[str, str]] = {
    "Vary sampler noise": "vary_sampler",
    "Noise anchor": "anchor",
}

#: Fields of `Steering`; the last three have no name in A1111.
STEERING: Final[Mapping[str, str]] = {
    "Clip skip": "clip_skip",
    "Skip Early CFG": "start",
    "Emphasis": "weighting",
    "CFG rescale": "rescale",
    "CFG end": "end",
}
EMPHASIS: Final[Mapping[str, str]] = {"Original": "a1111", "No norm": "no_norm", "Comfy": "comfy"}

#: Fields of `PictureStart`, the denoising strength apart.
START: Final[Mapping[str, str]] = {
    "Resize mode": "resize",
    "Noise multiplier": "noise_multiplier",
    "Extra noise": "extra_noise",
    "Exact steps": "exact_steps",
    "Start upscaler": "upscaler",
}
#: The same from the extension for tiled diffusion.
TILED_START: Final[Mapping[str, str]] = {"Tiled Diffusion upscaler": "upscaler"}
RESIZE: Final[Mapping[str, str]] = {
    "Just resize": "stretch",
    "Crop and resize": "crop",
    "Resize and fill": "fill",
    "Just resize (latent upscale)": "latent",
}

#: Fields of `Inpaint`.
INPAINT: Final[Mapping[str, str]] = {
    "Mask blur": "blur",
    "Inpaint area": "area",
    "Masked area padding": "padding",
    "Masked content": "content",
    "Mask mode": "invert",
    "Round mask": "round_mask",
}
AREA: Final[Mapping[str, str]] = {"Only masked": "masked", "Whole picture": "whole"}
CONTENT: Final[Mapping[str, str]] = {
    "original": "original",
    "fill": "fill",
    "latent noise": "noise",
    "latent nothing": "nothing",
}
MODE: Final[Mapping[str, bool]] = {"Inpaint not masked": True, "Inpaint masked": False}

#: Fields of `Hires` that are read and written as they are.
HIRES: Final[Mapping[str, str]] = {
    "Hires upscale": "scale",
    "Hires steps": "steps",
    "Hires upscaler": "upscaler",
    "Hires sampler": "sampler",
    "Hires schedule type": "schedule",
    "Hires prompt": "prompt",
    "Hires negative prompt": "negative",
    "Hires CFG Scale": "cfg",
}
#: Only where a picture was begun from another one too, whose strength then has A1111's name.
HIRES_DENOISE: Final = "Hires denoising strength"
#: Ways to enlarge that the host has without plugins. Of several names the first is written.
UPSCALERS: Final[Mapping[str, str]] = {
    "Latent": "latent",
    "Latent (antialiased)": "latent",
    "Latent (bicubic)": "latent_bicubic",
    "Latent (bicubic antialiased)": "latent_bicubic",
    "Latent (nearest-exact)": "latent_nearest",
    "Latent (nearest)": "latent_nearest",
    "Lanczos": "lanczos",
    "Nearest": "nearest",
    # A1111 then enlarges with the filter alone.
    "None": "lanczos",
}
#: Those of them that enlarge a picture and not its latent.
PLAIN_UPSCALERS: Final[Mapping[str, str]] = {"Lanczos": "lanczos", "Nearest": "nearest", "None": "lanczos"}
#: For networks that are not here, which enlarge the picture and not its latent.
OTHER_UPSCALER: Final = "lanczos"

#: What A1111 calls a model's own autoencoder.
OWN_VAE: Final = ("none", "automatic")

#: What tells of a picture but changes nothing, or is said elsewhere in the text (a LoRA's name in the prompt).
SILENT: Final = frozenset(
    {
        "Version",
        "User",
        "Model hash",
        "VAE hash",
        "Lora hashes",
        "TI hashes",
        "Hashes",
        "Template",
        "Negative Template",
        "Civitai resources",
        "Civitai metadata",
        "Created Date",
        "Init image hash",
        "Batch size",
        "Batch pos",
    }
)


def ours(table: Mapping[str, str], name: str) -> str | None:
    """Our name of one of A1111's, whose case is ignored."""
    wanted = name.strip().casefold()
    return next((mine for theirs, mine in table.items() if theirs.casefold() == wanted), None)


def theirs(table: Mapping[str, str], name: str) -> str:
    """A1111's name of one of ours; ours if it has none."""
    return next((known for known, mine in table.items() if mine == name), name)
