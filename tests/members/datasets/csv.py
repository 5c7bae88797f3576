"""A table in a text file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.kinds import Kind
from support.members import DatasetCase


def written(folder: Path) -> Any:
    """Forty rows of two numbers and a class."""
    rows = [f"{number};{number % 7};{'even' if number % 2 == 0 else 'odd'}" for number in range(40)]
    (folder / "table.csv").write_text("\n".join(["number;seventh;parity", *rows, ""]), encoding="utf-8")
    return {"csv": {"path": "table.csv", "label": "parity", "delimiter": ";"}}


CASE = DatasetCase(
    settings={
        "path": Kind(("a.csv", "/a b"), ("", 3, None, True, ["a"], "a\0b")),
        "label": Kind(("y", ""), (3, None, True, ["y"])),
        "task": Kind(("classification", "regression"), ("clustering", "", 1, None, True)),
        "delimiter": Kind((",", ";", "\t"), ("", ", ", '"', "\n", 1, None, True)),
    },
    needed={"path": "a.csv", "label": "y"},
    written=written,
    shape=(2,),
    dtype="float32",
    classes=["even", "odd"],
    examples=(40, None),
)
