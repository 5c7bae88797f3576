"""The mean absolute error."""

from __future__ import annotations

from support.kinds import TARGET
from support.late import F
from support.members import LayerCase, NetworkVariant, Tensor
from support.peers import one_hot, rebuilt, valued


def loss(x: Tensor, y: Tensor) -> Tensor:
    """F.l1_loss."""
    return F.l1_loss(x, y)


CASE = LayerCase(
    settings={"target": TARGET},
    suits="glorot",
    variants=[
        NetworkVariant("mae", (3,), valued(loss)),
        NetworkVariant("tanh, mae: {target: input}", (3,), rebuilt(loss), classes=3),
        NetworkVariant("mae", (3,), one_hot(loss, 3), classes=3),
    ],
    parity=[NetworkVariant("mae", (3,), valued(loss), ties=True, batch=20)],
)
