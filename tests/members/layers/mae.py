"""The mean absolute error."""

from __future__ import annotations

from support.late import F
from support.members import LayerCase, NetworkVariant, Tensor
from support.peers import one_hot, valued


def loss(x: Tensor, y: Tensor) -> Tensor:
    """F.l1_loss."""
    return F.l1_loss(x, y)


CASE = LayerCase(
    suits="glorot",
    variants=[
        NetworkVariant("mae", (3,), valued(loss)),
        NetworkVariant("mae", (3,), one_hot(loss, 3), classes=3),
    ],
    parity=[NetworkVariant("mae", (3,), valued(loss), ties=True, batch=20)],
)
