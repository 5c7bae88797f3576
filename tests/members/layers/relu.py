"""The activation relu, with an upper limit and without."""

from __future__ import annotations

from support.kinds import POSITIVE, or_none
from support.late import F
from support.members import LayerCase
from support.peers import activation

CASE = LayerCase(
    settings={"max": or_none(POSITIVE)},
    main=("max", 6),
    suits="he",
    tells_dead=True,
    **activation(
        "relu",
        lambda x: F.relu(x),
        {"relu: {max: 6}": lambda x: F.relu6(x), "relu: 1": lambda x: F.hardtanh(x, 0.0, 1.0)},
    ),
)
