"""Values between two limits."""

from __future__ import annotations

from support.kinds import NUMBER, Kind
from support.late import F
from support.members import LayerCase
from support.peers import activation

CASE = LayerCase(
    settings={
        "min": Kind((-2.5, 0, 0.5), NUMBER.wrong, (*NUMBER.unseen, 3, 4.0)),
        "max": Kind((2.5, 3), NUMBER.wrong, (*NUMBER.unseen, -1, -2.0)),
    },
    needed={"min": 0, "max": 3},
    suits=None,
    tells_dead=True,
    **activation("clip: {min: -1, max: 2}", lambda x: F.hardtanh(x, -1.0, 2.0)),
)
