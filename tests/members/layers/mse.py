"""The mean squared error."""

from __future__ import annotations

from support.late import F
from support.members import LayerCase, NetworkVariant, Tensor
from support.peers import one_hot, valued


def loss(x: Tensor, y: Tensor) -> Tensor:
    """F.mse_loss."""
    return F.mse_loss(x, y)


CASE = LayerCase(
    suits="glorot",
    variants=[
        NetworkVariant("mse", (3,), valued(loss)),
        NetworkVariant("mse", (3,), one_hot(loss, 3), classes=3),
    ],
    parity=[
        NetworkVariant("mse", (2, 3, 4), valued(loss), target=(2, 3, 4)),
        NetworkVariant("mse", (1,), lambda w, x, y: {"prediction": x, "loss": loss(x, y[:, None])}, target=()),
    ],
)
