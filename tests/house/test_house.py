"""The rules of the house: who may import whom, how long a file may be, what is never written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import limner_plugins

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "limner_sdk": ROOT / "sdk/limner_sdk",
    "limner_host": ROOT / "host/limner_host",
    "limner_plugins": ROOT / "plugins/limner_plugins",
    "limner_bot": ROOT / "bot/limner_bot",
}
#: What each package may import of ours.
MAY = {
    "limner_sdk": {"limner_sdk"},
    "limner_host": {"limner_host", "limner_sdk"},
    "limner_plugins": {"limner_plugins", "limner_sdk"},
    "limner_bot": {"limner_bot", "limner_sdk"},
}
HEAVY = {"torch", "PIL", "diffusers", "transformers", "numpy", "safetensors"}
LONGEST = 400

FILES = [file for folder in PACKAGES.values() for file in sorted(folder.rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name_of(file: Path) -> str:
    """The dotted name of a module."""
    package, folder = next((name, folder) for name, folder in PACKAGES.items() if file.is_relative_to(folder))
    parts = [package, *file.relative_to(folder).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path, *, at_import: bool = False) -> Iterator[str]:
    """The modules that `file` imports, as full names; `at_import` leaves out those inside functions and for typing."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    package = name_of(file).split(".") if file.name == "__init__.py" else name_of(file).split(".")[:-1]
    for node in _run_at_import(tree) if at_import else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*parents, *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not typing_only and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _run_at_import(child)


def short(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", FILES, ids=short)
def test_imports_go_one_way(file: Path) -> None:
    package = name_of(file).partition(".")[0]
    ours = {name.partition(".")[0] for name in imports(file)} & set(PACKAGES)
    assert ours <= MAY[package]


def test_the_bot_never_touches_a_model() -> None:
    for file in PACKAGES["limner_bot"].rglob("*.py"):
        assert not {name.partition(".")[0] for name in imports(file)} & HEAVY, short(file)


def test_the_sdk_imports_nothing_heavy_when_it_is_imported() -> None:
    for file in PACKAGES["limner_sdk"].rglob("*.py"):
        assert not {name.partition(".")[0] for name in imports(file, at_import=True)} & (HEAVY | {"discord"}), short(
            file
        )


def test_the_scan_sees_imports() -> None:
    seen = set(imports(PACKAGES["limner_host"] / "stages" / "sample.py"))
    assert {"torch", "limner_host.run", "limner_sdk"} <= seen
    assert "limner_sdk.params" in set(imports(PACKAGES["limner_sdk"] / "definitions.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_imports_itself_in_a_circle(package: str) -> None:
    files = {name_of(file): file for file in PACKAGES[package].rglob("*.py")}
    graph = {name: set(imports(file, at_import=True)) & set(files) - {name} for name, file in files.items()}
    # A package's front door shows what lies behind it; looking at the parts suffices.
    graph = {name: {to for to in below if files[to].name != "__init__.py"} for name, below in graph.items()}
    while leaves := {name for name, below in graph.items() if not below}:
        graph = {name: below - leaves for name, below in graph.items() if name not in leaves}
    assert graph == {}


@pytest.mark.parametrize("file", FILES, ids=short)
def test_a_file_fits_in_one_reading(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("file", FILES, ids=short)
def test_a_file_says_what_lives_in_it(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or not tree.body


@pytest.mark.parametrize("file", FILES, ids=short)
def test_no_function_writes_to_a_global(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Global)]


@pytest.mark.parametrize("file", FILES, ids=short)
def test_no_error_is_swallowed_in_silence(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            kind = ast.unparse(node.type) if node.type else ""
            silent = all(isinstance(line, ast.Pass | ast.Continue) or _is_constant(line) for line in node.body)
            assert kind, f"line {node.lineno} catches everything"
            assert not (kind in ("Exception", "BaseException") and silent), f"line {node.lineno} swallows everything"


def _is_constant(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


def test_the_bundle_lists_the_plugins_of_its_folder() -> None:
    folder = PACKAGES["limner_plugins"]
    modules = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    assert set(limner_plugins.BUNDLED) == modules - {"__init__"}
    assert list(limner_plugins.BUNDLED) == sorted(limner_plugins.BUNDLED)


@pytest.mark.parametrize("name", limner_plugins.BUNDLED)
def test_a_bundled_plugin_uses_the_front_door_of_the_sdk_only(name: str) -> None:
    folder = PACKAGES["limner_plugins"]
    file = folder / f"{name}.py" if (folder / f"{name}.py").is_file() else folder / name / "__init__.py"
    ours = {module for module in imports(file) if module.startswith("limner_sdk")}
    import limner_sdk

    assert ours <= {"limner_sdk", *(f"limner_sdk.{public}" for public in limner_sdk.__all__)}


@pytest.mark.parametrize("file", TESTS, ids=short)
def test_a_file_of_tests_says_what_it_is_about(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
