"""The mean squared error."""

from __future__ import annotations

from support.kinds import TARGET
from support.late import F, torch
from support.members import LayerCase, NetworkVariant, Tensor
from support.peers import one_hot, pixels, rebuilt, valued


def loss(x: Tensor, y: Tensor) -> Tensor:
    """F.mse_loss."""
    return F.mse_loss(x, y)


CASE = LayerCase(
    settings={"target": TARGET},
    suits="glorot",
    variants=[
        NetworkVariant("mse", (3,), valued(loss)),
        NetworkVariant("tanh, mse: {target: input}", (3,), rebuilt(loss), classes=3),
        NetworkVariant("mse", (3,), one_hot(loss, 3), classes=3),
    ],
    parity=[
        NetworkVariant("conv: {filters: 3, kernel: 1}, mse", (2, 4, 3), pixels(loss, 3), classes=3, pixels=(4, 3)),
        NetworkVariant("reshape: [2, 6], tanh, mse: {target: input}", (3, 4),
                       lambda w, x, y: {"loss": loss(torch.tanh(x), x)}),
        NetworkVariant("mse", (2, 3, 4), valued(loss), target=(2, 3, 4)),
        NetworkVariant("mse", (1,), lambda w, x, y: {"prediction": x, "loss": loss(x, y[:, None])}, target=()),
    ],
)  # fmt: skip
