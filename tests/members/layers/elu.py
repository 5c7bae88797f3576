"""The activation elu."""

from __future__ import annotations

from support.kinds import POSITIVE
from support.late import F
from support.members import LayerCase
from support.peers import activation

CASE = LayerCase(
    settings={"alpha": POSITIVE},
    main=("alpha", 2.0),
    suits="he",
    **activation("elu", lambda x: F.elu(x), {"elu: 0.4": lambda x: F.elu(x, 0.4)}),
)
