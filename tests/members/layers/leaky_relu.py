"""The activation leaky_relu."""

from __future__ import annotations

from support.kinds import NOT_NEGATIVE
from support.late import F
from support.members import LayerCase
from support.peers import activation

CASE = LayerCase(
    settings={"slope": NOT_NEGATIVE},
    main=("slope", 0.2),
    suits="he",
    **activation("leaky_relu", lambda x: F.leaky_relu(x), {"leaky_relu: 0.3": lambda x: F.leaky_relu(x, 0.3)}),
)
