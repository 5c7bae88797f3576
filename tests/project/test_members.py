"""Every member of every family has its case, and every case its member; no test keeps a list of members beside that."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cases import FOLDER, cases_of, names_of
from support.members import (
    CommandCase,
    DatasetCase,
    ExecutorCase,
    InitializerCase,
    LayerCase,
    OpCase,
    OptimizerCase,
    ScheduleCase,
)

from netcli.cli import app
from netcli.datasets import DATASETS
from netcli.executors import EXECUTORS
from netcli.layers.initializers.initializer import INITIALIZERS
from netcli.layers.layer import LAYERS
from netcli.ops import operations
from netcli.optimizers.optimizer import OPTIMIZERS
from netcli.optimizers.schedules.schedule import SCHEDULES

#: The record of each family's cases, and the names of its members.
FAMILIES: dict[str, tuple[type, set[str]]] = {
    "commands": (CommandCase, {(command.name or "").replace("-", "_") for command in app.registered_commands}),
    "datasets": (DatasetCase, set(DATASETS.members)),
    "executors": (ExecutorCase, set(EXECUTORS)),
    "initializers": (InitializerCase, set(INITIALIZERS.members)),
    "layers": (LayerCase, set(LAYERS.members)),
    "optimizers": (OptimizerCase, set(OPTIMIZERS.members)),
    "schedules": (ScheduleCase, set(SCHEDULES.members)),
}
OPERATIONS = {operation.samples()[0].op.name for operation in operations()}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_member_has_its_case(family: str) -> None:
    _, members = FAMILIES[family]
    missing = sorted(members - set(names_of(family)))
    assert not missing, f"write tests/members/{family}/{{{','.join(missing)}}}.py: docs/testing.md says what belongs there"


@pytest.mark.parametrize("family", FAMILIES)
def test_every_case_has_its_member(family: str) -> None:
    _, members = FAMILIES[family]
    assert set(names_of(family)) <= members


def test_files_of_operations_are_of_operations() -> None:
    """An operation needs none: its samples are its case."""
    assert set(names_of("ops")) <= OPERATIONS


def test_every_folder_is_a_family() -> None:
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {*FAMILIES, "ops"}


@pytest.mark.parametrize("family", [*FAMILIES, "ops"])
def test_every_case_is_of_its_family_s_record(family: str) -> None:
    record = OpCase if family == "ops" else FAMILIES[family][0]
    assert set(cases_of(family, record)) == set(names_of(family))


def test_a_case_of_another_record_is_refused() -> None:
    with pytest.raises(TypeError, match=r"tests/members/layers/add.py declares CASE, a OptimizerCase; found LayerCase"):
        cases_of("layers", OptimizerCase)


# ------------------------------------------------------------------------------------------------- no lists beside the cases

TESTS = Path(__file__).parents[1]
#: Names of this many members of one family in one dict or set of a test are a list that must be kept by hand.
SHARE = 0.7


def collections_of_words(path: Path) -> Iterator[tuple[int, set[str]]]:
    """Every dict, list, set or tuple of a module, with the first words of the texts in it; of a dict, of its keys."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Dict | ast.List | ast.Set | ast.Tuple):
            entries = node.keys if isinstance(node, ast.Dict) else node.elts
            texts = [entry.value for entry in entries if isinstance(entry, ast.Constant) and isinstance(entry.value, str)]
            yield node.lineno, {text.split(":")[0].split("(")[0].strip() for text in texts}


@pytest.mark.parametrize("path", sorted(TESTS.rglob("test_*.py")), ids=lambda path: path.stem)
def test_no_test_keeps_a_list_of_members(path: Path) -> None:
    families = {**{family: members for family, (_, members) in FAMILIES.items()}, "ops": OPERATIONS}
    for line, words in collections_of_words(path):
        for family, members in families.items():
            assert len(words & members) < max(3, SHARE * len(members)), f"{path}:{line} lists {family}: use support.cases"
