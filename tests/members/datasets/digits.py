"""The bundled digits."""

from __future__ import annotations

from support.members import DatasetCase

CASE = DatasetCase(
    written=lambda folder: "digits",
    shape=(1, 8, 8),
    dtype="uint8",
    classes=list("0123456789"),
    examples=(1797, None),
    has_files=False,
)
