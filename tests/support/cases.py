"""The cases of all members, found in `tests/members`.

A family is a folder there, a member is a file: `tests/members/layers/dense.py` declares `CASE`, a `LayerCase`. The generic
tests run over all cases of a family; `tests/project/test_members.py` fails for a member without its file, and for a file
without its member.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TypeVar

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

FOLDER = Path(__file__).parents[1] / "members"

C = TypeVar("C")


def names_of(family: str) -> list[str]:
    """The names of the files of a family."""
    return sorted(path.stem for path in (FOLDER / family).glob("[!_]*.py"))


def cases_of(family: str, record: type[C]) -> dict[str, C]:
    """The cases of a family by the names of their files. Raises TypeError where `CASE` is not of this record."""
    found = {}
    for name in names_of(family):
        case = getattr(importlib.import_module(f"members.{family}.{name}"), "CASE", None)
        if not isinstance(case, record):
            raise TypeError(f"tests/members/{family}/{name}.py declares CASE, a {record.__name__}; found {case!r}")
        found[name] = case
    return found


LAYER_CASES = cases_of("layers", LayerCase)
LAYER_VARIANTS = [variant for case in LAYER_CASES.values() for variant in case.variants]
INITIALIZER_CASES = cases_of("initializers", InitializerCase)
OPTIMIZER_CASES = cases_of("optimizers", OptimizerCase)
SCHEDULE_CASES = cases_of("schedules", ScheduleCase)
DATASET_CASES = cases_of("datasets", DatasetCase)
COMMAND_CASES = cases_of("commands", CommandCase)
EXECUTOR_CASES = cases_of("executors", ExecutorCase)
OP_CASES = cases_of("ops", OpCase)
