"""k-diffusion's modules one by one: the package itself imports what nobody needs for sampling."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any


def k_diffusion(module: str) -> Any:
    """One module of k-diffusion, None where it is not installed; ``pip install --no-deps k-diffusion`` suffices."""
    if "k_diffusion" not in sys.modules:
        spec = importlib.util.find_spec("k_diffusion")
        if spec is None or spec.origin is None:
            return None
        package = ModuleType("k_diffusion")
        package.__path__ = [str(Path(spec.origin).parent)]
        sys.modules["k_diffusion"] = package
    for missing, names in {"torchdiffeq": ("odeint",), "torchvision": ()}.items():
        if missing not in sys.modules and importlib.util.find_spec(missing) is None:
            _stand_in(missing, names)
    return importlib.import_module(f"k_diffusion.{module}")


def _stand_in(name: str, contents: tuple[str, ...]) -> None:
    """A module that no sampler calls, only imports."""
    module = ModuleType(name)
    for content in contents:
        setattr(module, content, None)
    sys.modules[name] = module
    if name == "torchvision":
        for part in ("torchvision.transforms", "torchvision.transforms.functional"):
            sys.modules[part] = ModuleType(part)
        sys.modules["torchvision.transforms"].functional = sys.modules[part]  # type: ignore[attr-defined]
