"""The shape of the code: imports run one way, libraries stay in their place, files and functions stay small."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "netcli"

#: A folder (or module) may import only what stands left of it.
ORDER = (
    "errors", "numbers", "strict_json", "settings", "graph", "ops", "autodiff", "optimizers", "passes", "executors", "layers",
    "datasets", "config", "runs", "training", "analysis", "report", "cli",
)  # fmt: skip

#: Libraries that only one place may import.
PLACES = {"rich": "report/terminal.py", "llvmlite": "executors/llvm", "jax": "executors/jax", "typer": "cli"}

#: Functions of more than 40 lines and files of more than 300, each with its reason. None yet.
LARGE: dict[str, str] = {}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a module imports, wherever it does so."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            if node.module == "netcli":
                yield from ((node.lineno, f"netcli.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module or ""


def rank(parts: tuple[str, ...]) -> int | None:
    return ORDER.index(parts[0]) if parts and parts[0] in ORDER else None


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    own = rank((path.relative_to(PACKAGE).parts[0].removesuffix(".py"),))
    if own is None:
        assert path.parent == PACKAGE, f"{path} is in a folder that has no place in the order"
        return
    for line, name in imported(path):
        parts = tuple(name.split("."))
        if parts[0] != "netcli" or parts in {("netcli",), ("netcli", "__version__")}:
            continue
        other = rank(parts[1:])
        assert other is not None, f"{path}:{line} imports {name}, which has no place in the order"
        assert other <= own, f"{path}:{line}: {ORDER[own]} may not import {ORDER[other]}, which stands right of it"


def test_every_folder_has_a_place() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert folders | {"errors", "numbers", "strict_json", "settings"} == set(ORDER)


@pytest.mark.parametrize("library", PLACES)
def test_libraries_stay_in_their_place(library: str) -> None:
    users = [
        str(path.relative_to(PACKAGE)) for path in modules() for _, name in imported(path) if name.split(".")[0] == library
    ]
    assert all(user.startswith(PLACES[library]) for user in users), f"{library} is imported by {sorted(set(users))}"


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, netcli.cli; print(*{'numpy', 'pydantic', 'rich', 'yaml', 'safetensors'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_are_small(path: Path) -> None:
    name, text = str(path.relative_to(PACKAGE)), path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300 or name in LARGE, f"{name} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= 40 or f"{name}:{node.name}" in LARGE, f"{name}:{node.lineno} {node.name} has {lines} lines"
