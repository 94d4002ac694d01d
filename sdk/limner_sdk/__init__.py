"""The extension SDK: everything that a plugin author imports, and nothing heavy behind it.

A plugin is a module with a few functions marked `hookimpl`; see `LimnerSpecs` for what they may yield.
"""

from __future__ import annotations

from .catalogue import Catalogue, ModelEntry, PluginEntry, StageEntry
from .context import CodecContext, Context, DenoiserContext, NoiseContext, PostprocessContext, SamplerContext
from .definitions import (
    CodecDef,
    Definition,
    DenoiserDef,
    Detection,
    DetectorDef,
    ModelDef,
    ModelDefaults,
    NoiseDef,
    PostprocessDef,
    SamplerDef,
    ScheduleDef,
    Tile,
    TilerDef,
    UpscalerDef,
)
from .errors import (
    AmbiguousName,
    Cancelled,
    ConfigurationError,
    ContractError,
    DefinitionError,
    DiskFull,
    InvalidRequest,
    LimnerError,
    OutOfMemory,
    PluginError,
    ResourceError,
    StageFailed,
    UnknownName,
    UnreadableImage,
    UnusableModel,
    UserError,
)
from .events import Event, StageFinished, StageRefused, StageStarted
from .hooks import LimnerSpecs, hookimpl
from .model import Codec, Conditioning, Denoise, Guidance, Model, ModelLoader, NoiseLevels, Predict
from .params import NoParams, Params, Scalar, param
from .request import Choice, ModelReference, Recipe, Request, Stage
from .seeds import ImageSeed, Variation
from .types import Box, Image, Shape, Sigmas, Size, Tensor

__version__ = "0.1.0"

__all__ = [
    "AmbiguousName",
    "Box",
    "Cancelled",
    "Catalogue",
    "Choice",
    "Codec",
    "CodecContext",
    "CodecDef",
    "Conditioning",
    "ConfigurationError",
    "Context",
    "ContractError",
    "Definition",
    "DefinitionError",
    "Denoise",
    "DenoiserContext",
    "DenoiserDef",
    "Detection",
    "DetectorDef",
    "DiskFull",
    "Event",
    "Guidance",
    "Image",
    "ImageSeed",
    "InvalidRequest",
    "LimnerError",
    "LimnerSpecs",
    "Model",
    "ModelDef",
    "ModelDefaults",
    "ModelEntry",
    "ModelLoader",
    "ModelReference",
    "NoParams",
    "NoiseContext",
    "NoiseDef",
    "NoiseLevels",
    "OutOfMemory",
    "Params",
    "PluginEntry",
    "PluginError",
    "PostprocessContext",
    "PostprocessDef",
    "Predict",
    "Recipe",
    "Request",
    "ResourceError",
    "SamplerContext",
    "SamplerDef",
    "Scalar",
    "ScheduleDef",
    "Shape",
    "Sigmas",
    "Size",
    "Stage",
    "StageEntry",
    "StageFailed",
    "StageFinished",
    "StageRefused",
    "StageStarted",
    "Tensor",
    "Tile",
    "TilerDef",
    "UnknownName",
    "UnreadableImage",
    "UnusableModel",
    "UpscalerDef",
    "UserError",
    "Variation",
    "__version__",
    "hookimpl",
    "param",
]
