"""The public surface: a name or a field that changes here breaks somebody's plugin."""

from __future__ import annotations

import builtins
import dataclasses
import inspect
import re
import subprocess
import sys

import limner_sdk
from limner_sdk import LimnerSpecs, ModelDef, errors
from limner_sdk.definitions import Definition

NAMES = """
AmbiguousName Box BundledWeights Cancelled Catalogue Choice Codec CodecContext CodecDef ColourWay Conditioning
ConfigurationError Context ContractError Control ControlChoice ControlStage Definition DefinitionError Denoise
DenoiserContext DenoiserDef Detection DetectorDef DiskFull Encoding Estimate EstimateContext Event FileEntry
FileReference Finished Guidance Hires Image ImageSeed Increments Inpaint InvalidRequest InversionContext InversionDef
LastUsed LimnerError LimnerSpecs Model ModelDef ModelDefaults ModelEntry ModelLoader ModelReference NetworkCodec
NoParams NoiseContext NoiseDef NoiseLevels OutOfMemory Outpaint Params Part PartsCodec PictureReference PictureStart
PictureWithheld PluginEntry PluginError PostprocessContext PostprocessDef Predict PreprocessorDef Recipe Redrawing
Request ResourceError SamplerContext SamplerDef Scalar ScheduleDef SeededArea Shape Sigmas Size Span Stage StageEntry
StageFailed StageFinished StageRefused StageStarted Steering Tensor Tile TilerContext TilerDef Tiling UnknownName
UnreadableImage UnusableModel UpscalerDef UserError Variation WeightFile __version__ brownian_path colour_matched
hookimpl low_frequencies param to_picture to_pixels
""".split()

HOOKS = {
    "limner_noises": [],
    "limner_samplers": [],
    "limner_schedules": [],
    "limner_tilers": [],
    "limner_denoisers": [],
    "limner_inversions": [],
    "limner_codecs": [],
    "limner_postprocessors": [],
    "limner_upscalers": ["files"],
    "limner_preprocessors": [],
    "limner_detectors": ["files"],
    "limner_models": [],
    "limner_resolve_model": ["reference"],
    "limner_observe": ["event"],
}

FIELDS = {
    "NoiseDef": "name summary params run brownian mixes_variations label aliases",
    "SamplerDef": "name summary params run schedule evaluations adaptive discards_penultimate label aliases",
    "ScheduleDef": "name summary params run label aliases",
    "TilerDef": "name summary params plan label aliases",
    "DenoiserDef": "name summary params wrap areas label aliases",
    "InversionDef": "name summary params run evaluations label aliases",
    "CodecDef": "name summary params wrap label aliases thrifty",
    "PostprocessDef": "name summary params run estimate guard button pictures label aliases",
    "UpscalerDef": "name summary params run scale label aliases",
    "PreprocessorDef": "name summary params run marks_mask label aliases",
    "DetectorDef": "name summary params run label aliases missing",
    "ModelDef": "name summary family load defaults label",
}


def test_the_surface_is_what_it_was() -> None:
    assert limner_sdk.__all__ == NAMES
    assert sorted(NAMES) == NAMES
    assert all(hasattr(limner_sdk, name) for name in NAMES)


def test_nothing_public_is_forgotten_in_the_surface() -> None:
    public = {
        name for name, value in vars(limner_sdk).items() if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public - {"annotations"} == set(NAMES) - {"__version__"}


def test_the_hooks_are_what_they_were() -> None:
    hooks = {name: function for name, function in vars(LimnerSpecs).items() if not name.startswith("_")}
    assert {name: list(inspect.signature(function).parameters)[1:] for name, function in hooks.items()} == HOOKS


def test_only_the_hooks_that_watch_resolve_or_have_files_take_anything() -> None:
    taking = {name for name, arguments in HOOKS.items() if arguments}
    assert taking == {"limner_resolve_model", "limner_observe", "limner_upscalers", "limner_detectors"}


def test_the_fields_of_definitions_are_what_they_were() -> None:
    kinds = [*Definition.__subclasses__(), ModelDef]
    assert {kind.__name__: " ".join(f.name for f in dataclasses.fields(kind)) for kind in kinds} == FIELDS


def test_the_error_tree_in_the_docstring_is_the_real_one() -> None:
    drawn = re.findall(r"^[ │├└─]*([A-Z]\w+)", str(errors.__doc__).split("::", 1)[1], re.MULTILINE)
    assert drawn[0] == "LimnerError"
    assert drawn[1:] == list(_below(errors.LimnerError))


def _below(root: type[Exception]) -> list[str]:
    own = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__base__ is root]
    return [name for kind in own for name in (kind.__name__, *_below(kind))]


def test_the_drawing_has_the_real_depths() -> None:
    for line in str(errors.__doc__).split("::", 1)[1].splitlines():
        match = re.match(r"^    ([ │├└─]*)([A-Z]\w+)", line)
        if match:
            ancestors = [kind for kind in getattr(errors, match[2]).__mro__ if issubclass(kind, errors.LimnerError)]
            assert len(match[1]) == 4 * (len(ancestors) - 1)


def test_every_error_is_exported() -> None:
    kinds = [
        name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, errors.LimnerError)
    ]
    assert set(kinds) <= set(limner_sdk.__all__)


def test_no_name_hides_a_builtin() -> None:
    assert not set(limner_sdk.__all__) & set(dir(builtins))


def test_importing_the_sdk_imports_nothing_heavy() -> None:
    modules = (
        "import sys, limner_sdk, limner_sdk.messages, limner_sdk.wire, limner_sdk.folders, limner_sdk.testing,"
        " limner_sdk.seeds, limner_sdk.catalogue; print(*sys.modules)"
    )
    imported = subprocess.check_output([sys.executable, "-c", modules], text=True).split()
    roots = {name.partition(".")[0] for name in imported}
    assert not roots & {"torch", "discord", "PIL", "numpy", "diffusers", "transformers", "click"}
    assert {root for root in roots if root.startswith("limner")} == {"limner_sdk"}


def test_importing_the_sdk_takes_no_pluggy_manager_and_no_pytest() -> None:
    imported = subprocess.check_output([sys.executable, "-c", "import sys, limner_sdk; print(*sys.modules)"], text=True)
    assert "pytest" not in imported.split()
