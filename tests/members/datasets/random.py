"""Made-up data."""

from __future__ import annotations

from support.members import DatasetCase

CASE = DatasetCase(
    written=lambda folder: {"random": {"shape": [3, 6, 5], "classes": 3, "examples": 20}},
    shape=(3, 6, 5),
    dtype="float32",
    classes=list("012"),
    examples=(20, None),
    has_files=False,
)
