"""docs/stability.md names what plugins may use: all of that is there, and the plugins of the docs use nothing else."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import netcli.ops

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `(netcli(?:\.\w+)*)` \| (.*) \|$", re.MULTILINE)
PUBLIC = {
    module: re.findall(r"`(\w+)`", names) for module, names in ROW.findall((ROOT / "docs/stability.md").read_text("utf-8"))
}


def test_it_names_modules() -> None:
    assert {"netcli.graph", "netcli.ops", "netcli.layers.layer", "netcli.layers.building"} <= set(PUBLIC)


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_is_there(module: str) -> None:
    there = importlib.import_module(module)
    assert [name for name in PUBLIC[module] if not hasattr(there, name)] == []


def test_every_function_of_ops_is_public() -> None:
    assert set(PUBLIC["netcli.ops"]) == set(netcli.ops.__all__) - {"operations"}


@pytest.mark.parametrize("path", sorted((ROOT / "docs/examples").glob("*.py")), ids=lambda path: path.name)
def test_plugins_of_the_docs_use_public_names(path: Path) -> None:
    used = [
        (node.module, alias.name)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("netcli")
        for alias in node.names
    ]
    assert used
    assert [(module, name) for module, name in used if module is None or name not in PUBLIC.get(module, [])] == []
