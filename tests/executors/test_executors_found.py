"""Executors are found by their folders."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

import netcli.executors
from netcli.executors import EXECUTORS, executor
from netcli.executors.numpy import NumpyExecutor


@pytest.mark.parametrize("name", EXECUTORS)
def test_an_executor_is_named_as_its_folder(name: str) -> None:
    assert executor(name).name == name


@pytest.mark.parametrize("content", [{}, {"One": "numpy"}, {"One": "broken", "Two": "broken"}], ids=["none", "name", "two"])
def test_a_folder_must_define_one_executor_of_its_name(content: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("netcli.executors.broken")
    vars(module)["NumpyExecutor"] = NumpyExecutor  # imported there, not defined
    for kind, name in content.items():
        vars(module)[kind] = type(kind, (NumpyExecutor,), {"name": name, "__module__": module.__name__})
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(netcli.executors, "EXECUTORS", ("broken",))
    found = ", ".join(content) or "none"
    with pytest.raises(TypeError, match=f'must define one Executor with the name "broken", found {found}'):
        executor("broken")
