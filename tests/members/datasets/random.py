"""Made-up data."""

from __future__ import annotations

from support.kinds import NATURAL, Kind, or_none
from support.members import DatasetCase

EXTENTS = Kind(([4], [3, 32, 32]), ([], [3, 0, 32], [1, 2, 3, 4], [1.5], ["3"], 3, "3", None, [True]))

CASE = DatasetCase(
    settings={
        "shape": EXTENTS,
        "classes": Kind((2, 1000), (1, 0, -2, 2.5, "3", True, None, [2])),
        "pixels": Kind((False,), ("true", 1, None, [True]), (True,)),  # with the shape of a vector
        "target": or_none(EXTENTS),
        "examples": NATURAL,
    },
    needed={"shape": [4]},
    main=("shape", [3, 6, 5]),
    written=lambda folder: {"random": {"shape": [3, 6, 5], "classes": 3, "examples": 20}},
    shape=(3, 6, 5),
    dtype="float32",
    classes=list("012"),
    examples=(20, None),
    has_files=False,
)
