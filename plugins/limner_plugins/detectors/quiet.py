"""Imports ultralytics so that nothing around it changes: no settings at home, no network, no altered defaults."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory
from types import ModuleType

from limner_sdk import UnusableModel

INSTALL = "pip install ultralytics"


def ultralytics(module: str, wanted_by: str) -> ModuleType:
    """The module `module` of ultralytics. Raises `UnusableModel` for the detector `wanted_by` if it is missing."""
    name = f"ultralytics.{module}"
    if name in sys.modules:
        return sys.modules[name]
    try:
        with ExitStack() as stack:
            if "ultralytics" not in sys.modules:
                stack.enter_context(_undisturbed())
            return importlib.import_module(name)
    except ImportError as error:
        raise UnusableModel(f"detector {wanted_by} needs ultralytics ({error}); run: {INSTALL}") from error


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put back what ultralytics alters when it is imported; its settings go to a folder that vanishes."""
    with TemporaryDirectory() as folder, _environment(folder), _defaults(), warnings.catch_warnings():
        yield


@contextmanager
def _environment(folder: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(YOLO_OFFLINE="true", YOLO_VERBOSE="false", YOLO_CONFIG_DIR=folder, MPLCONFIGDIR=folder)
    try:
        yield
    finally:
        # Never empty in between: other threads read it, too.
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _defaults() -> Iterator[None]:
    """How tensors and arrays are printed, OpenCV's threads, what saves checkpoints and what opens pictures."""
    import cv2
    import numpy as np
    import torch
    from PIL import Image

    opens = Image.open
    threads, arrays, save = cv2.getNumThreads(), np.get_printoptions(), torch.save
    try:
        yield
    finally:
        torch.set_printoptions(profile="default")
        np.set_printoptions(**arrays)
        cv2.setNumThreads(threads)
        # It puts functions of its own there, which the rest of the process has not asked for.
        setattr(torch, "save", save)  # noqa: B010
        setattr(Image, "open", opens)  # noqa: B010
