"""The safety filter: what is safe passes as it is; everything else, and every accident, is withheld."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from tests.plugins.classifiers import save_checker, save_classifier

from limner_plugins.safety.filtering import SafetyFilter, SafetyParams
from limner_plugins.safety.views import views
from limner_sdk import Cancelled, PictureWithheld
from limner_sdk.testing import FakePostprocessContext, check_postprocessor


def picture(width: int = 40, height: int = 40) -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).convert("RGB")


def seen(folder: Path, params: SafetyParams | None = None, image: Image.Image | None = None, **options: Any) -> str:
    """Why a picture is withheld, "" if it is not; the sentence for people is always the same."""
    image = image or picture()
    before = image.tobytes()
    try:
        made = SafetyFilter()(image, FakePostprocessContext(folder=folder, **options), params or SafetyParams())
    except PictureWithheld as error:
        withheld = error
    else:
        assert made.tobytes() == before
        return ""
    assert str(withheld) == "this picture is withheld by the safety filter; ask for another one"
    return withheld.reason


@pytest.fixture(scope="module")
def safe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_classifier(tmp_path_factory.mktemp("safe"), unsafe=0.2)


@pytest.fixture
def unsafe(tmp_path: Path) -> Path:
    return save_classifier(tmp_path / "unsafe", unsafe=0.9)


@pytest.mark.parametrize("size", [(40, 40), (1, 1), (200, 9), (9, 1000)])
def test_a_safe_picture_of_any_size_passes(safe: Path, size: tuple[int, int]) -> None:
    assert seen(safe, image=picture(*size)) == ""


def test_an_unsafe_picture_is_withheld(unsafe: Path) -> None:
    assert seen(unsafe) == "it is unsafe with a probability of 0.900"


@pytest.mark.parametrize(("threshold", "passes"), [(0, False), (0.19, False), (0.21, True), (1, True)])
def test_the_threshold_decides(safe: Path, threshold: float, passes: bool) -> None:
    assert (seen(safe, SafetyParams(threshold=threshold)) == "") is passes


def test_the_admin_says_which_labels_are_unsafe(tmp_path: Path) -> None:
    folder = save_classifier(tmp_path, 0.9, ("cat", "Gore"))
    assert seen(folder, SafetyParams(labels="violence, gore ")) == "it is unsafe with a probability of 0.900"
    assert seen(folder, SafetyParams(labels="cat")) == ""
    assert "knows cat, gore; name those to withhold" in seen(folder)
    assert "knows cat, gore" in seen(folder, SafetyParams(labels=""))


def test_unsafe_labels_count_together_where_they_exclude_each_other(tmp_path: Path) -> None:
    labels = ("neutral", "hentai", "porn")
    one = save_classifier(tmp_path / "one", 0.6, labels)
    assert seen(one) == "it is unsafe with a probability of 0.714"
    each = save_classifier(tmp_path / "each", 0.6, labels, problem_type="multi_label_classification")
    assert seen(each) == "it is unsafe with a probability of 0.600"


@pytest.mark.parametrize(("unsafe", "reason"), [(False, ""), (True, "nearer to an unsafe concept than it may be")])
def test_diffusers_checker_is_heard(tmp_path: Path, unsafe: bool, reason: str) -> None:
    found = seen(save_checker(tmp_path, unsafe=unsafe))
    assert reason in found if reason else found == ""


def test_the_checkers_verdict_is_diffusers_own(tmp_path: Path) -> None:
    from limner_plugins.safety.judges import judge_in, prepared

    for seed, threshold in enumerate(np.linspace(-0.6, 0.6, 12)):
        torch.manual_seed(seed)
        folder = save_checker(tmp_path / str(seed), unsafe=False, concept_embeds_weights=float(threshold))
        judge: Any = judge_in(folder)
        _, [theirs] = judge.network(prepared(picture(), judge.processor, judge.network), [np.zeros((1, 1, 3))])
        assert (judge.reason([picture()], frozenset(), 0.5, FakePostprocessContext()) is not None) is theirs


def hostile(settings: dict[str, Any], name: str = "config.json") -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(
        json.dumps((json.loads((folder / name).read_text()) if (folder / name).exists() else {}) | settings)
    )


def lost(*names: str) -> Callable[[Path], object]:
    return lambda folder: [(folder / name).unlink() for name in names]


def cut_off(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def changed(**values: float | None) -> Callable[[Path], object]:
    """Weights filled with a value each, or missing; two underscores stand for a dot."""

    def change(folder: Path) -> None:
        weights = load_file(folder / "model.safetensors")
        for name, value in ((name.replace("__", "."), value) for name, value in values.items()):
            old = weights.pop(name)
            weights |= {} if value is None else {name: torch.full_like(old, value)}
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    return change


def pickled(folder: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


ACCIDENTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no config": (lost("config.json"), "config.json cannot be read"),
    "no weights": (lost("model.safetensors"), "holds no safetensors"),
    "pickled weights": (pickled, "holds no safetensors"),
    "no processor": (lost("preprocessor_config.json"), "the safety filter failed"),
    "weights cut off": (cut_off, "the safety filter failed"),
    "a weight missing": (changed(classifier__bias=None), "lacks 1 of its weights"),
    "weights that are no numbers": (changed(classifier__bias=float("nan")), "weights that are no numbers"),
    "weights that overflow": (changed(vit__layernorm__bias=3e38, classifier__weight=9), "probability of inf"),
    "code in the config": (hostile({"auto_map": {"AutoConfig": "evil--run"}}), "asks for code by 'auto_map'"),
    "code deeper": (hostile({"backbone": [{"custom_pipeline": "evil"}]}), "asks for code by 'custom_pipeline'"),
    "code in the processor": (hostile({"auto_map": {}}, "preprocessor_config.json"), "preprocessor_config.json asks"),
    "an adapter": (hostile({"base_model_name_or_path": "x"}, "adapter_config.json"), "holds an adapter"),
    "no JSON": (lambda folder: (folder / "config.json").write_text("{"), "it is no JSON"),
    "no settings": (lambda folder: (folder / "config.json").write_text("[]"), "holds no settings"),
    "endless JSON": (lambda folder: (folder / "config.json").write_text("[" * 200_000), "it is no JSON"),
    "a huge config": (lambda folder: (folder / "config.json").write_text('"' + "x" * 2**21 + '"'), "no settings"),
    "another kind of model": (hostile({"model_type": "t5"}), "the safety filter failed"),
}


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_every_accident_withholds(tmp_path: Path, accident: str) -> None:
    import re

    folder = save_classifier(tmp_path, unsafe=0.01)
    harm, reason = ACCIDENTS[accident]
    harm(folder)
    assert re.search(reason, seen(folder))


def test_a_checker_with_weights_that_are_no_numbers_withholds(tmp_path: Path) -> None:
    folder = save_checker(tmp_path, unsafe=False, concept_embeds_weights=float("nan"))
    assert "weights that are no numbers" in seen(folder)


def test_without_a_folder_everything_is_withheld(tmp_path: Path) -> None:
    reason = seen(tmp_path / "none")
    assert "has no folder" in reason
    assert "LIMNER_SAFETY" in reason


def test_cancelling_is_no_accident(safe: Path) -> None:
    with pytest.raises(Cancelled):
        seen(safe, image=picture(90, 30), cancel_after=1)


def test_the_classifier_is_loaded_once_and_again_when_its_files_change(safe: Path, tmp_path: Path) -> None:
    folder, guard = save_classifier(tmp_path / "safety", unsafe=0.1), SafetyFilter()
    ctx = FakePostprocessContext(folder=folder)
    guard(picture(), ctx, SafetyParams())
    first = guard._kept
    guard(picture(), ctx, SafetyParams())
    assert guard._kept is first
    save_classifier(folder, unsafe=0.95)
    with pytest.raises(PictureWithheld):
        guard(picture(), ctx, SafetyParams())
    (folder / "model.safetensors").unlink()
    with pytest.raises(PictureWithheld):
        guard(picture(), ctx, SafetyParams())


def test_without_memory_on_the_device_the_cpu_goes_on(unsafe: Path, caplog: pytest.LogCaptureFixture) -> None:
    guard, ctx = SafetyFilter(), FakePostprocessContext(folder=unsafe)
    with pytest.raises(PictureWithheld):
        guard(picture(), ctx, SafetyParams())
    assert guard._kept
    network, calls = guard._kept[2].network, []

    def full(module: Any, inputs: Any) -> None:
        calls.append(module)
        if len(calls) == 1:
            raise torch.OutOfMemoryError("none is left")

    network.register_forward_pre_hook(full)
    with pytest.raises(PictureWithheld, match="withheld") as told:
        guard(picture(), ctx, SafetyParams())
    assert told.value.reason == "it is unsafe with a probability of 0.900"
    assert "it goes on on the CPU" in caplog.text


@pytest.mark.parametrize("size", [(40, 40), (48, 40), (100, 40), (40, 121), (1, 1), (5000, 3)])
def test_no_pixel_is_left_out_of_the_squares(size: tuple[int, int]) -> None:
    shown = views(picture(*size))
    assert {view.size for view in shown} == {(min(size), min(size))}
    assert len(shown) <= 17
    for corner in ((0, 0), (size[0] - 1, 0), (size[0] // 2, size[1] // 2), (size[0] - 1, size[1] - 1)):
        dot = Image.new("RGB", size)
        left, top = (max(0, min(place - 2, side - 5)) for place, side in zip(corner, size, strict=True))
        dot.paste("white", (left, top, left + 5, top + 5))
        assert any(max(view.convert("L").getextrema()) > 0 for view in views(dot)[-max(1, len(shown) - 1) :])


def test_something_small_at_the_end_of_a_panorama_is_seen_as_large_as_elsewhere() -> None:
    panorama = Image.new("RGB", (400, 40))
    panorama.paste("white", (380, 10, 400, 30))
    assert max(np.asarray(view.convert("L")).mean() for view in views(panorama)[1:]) > 255 * 400 / 1600 - 1


def test_the_guard_keeps_its_contract(safe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from limner_plugins.safety import limner_postprocessors

    # Its default is a folder that is not there.
    (safe.parent / "no-such-folder").symlink_to(safe)
    monkeypatch.chdir(safe.parent)
    (definition,) = limner_postprocessors()
    assert definition.guard
    assert not definition.button
    check_postprocessor(definition)
