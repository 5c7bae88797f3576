"""The bundled irises."""

from __future__ import annotations

from support.members import DatasetCase

CASE = DatasetCase(
    written=lambda folder: "iris",
    shape=(4,),
    dtype="float32",
    classes=["setosa", "versicolor", "virginica"],
    examples=(150, None),
    has_files=False,
)
