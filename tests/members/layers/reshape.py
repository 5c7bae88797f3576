"""Another shape of the same numbers."""

from __future__ import annotations

from support.kinds import Kind
from support.members import LayerCase, LayerVariant

CASE = LayerCase(
    settings={"shape": Kind(([1, 8, 8], [-1], [64], [4, -1]), ([], [1, 2, 3, 4], [-2], [1.5], ["8"], 8, "8", None, [True]))},
    needed={"shape": [1]},
    main=("shape", [2, -1]),
    suits=None,
    fits={"shape": [64, -1]},
    variants=[
        LayerVariant("reshape: [5, -1, 3]", (2, 3, 5), lambda w, x: x.reshape(-1, 5, 2, 3)),
        LayerVariant("reshape: [5, -1, 3]", (30,), lambda w, x: x.reshape(-1, 5, 2, 3)),
    ],
)
