"""Binary cross-entropy on logits: with values, with the labels of two classes, or with those of more."""

from __future__ import annotations

from support.late import F, torch
from support.members import LayerCase, NetworkVariant, Tensor, Weights
from support.peers import Peer


def binary(classes: int = 0) -> Peer:
    """F.binary_cross_entropy_with_logits; the sigmoid is the prediction."""
    encode = {0: lambda y: y, 2: lambda y: y[:, None].double()}.get(classes, lambda y: F.one_hot(y, classes).double())
    return lambda w, x, y: {"prediction": torch.sigmoid(x), "loss": F.binary_cross_entropy_with_logits(x, encode(y))}


def mask(w: Weights, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Of a convolution of 1 × 1 with one filter, and the labels of pixels."""
    z = F.conv2d(x, w["conv1/weight"], w["conv1/bias"])
    return {"prediction": torch.sigmoid(z), "loss": F.binary_cross_entropy_with_logits(z, y[:, None].double())}


MASK = "conv: {filters: 1, kernel: 1}, sigmoid, binary_cross_entropy"
CASE = LayerCase(
    suits="glorot",
    variants=[
        NetworkVariant("binary_cross_entropy", (3,), binary(), shares=True),
        NetworkVariant("sigmoid, binary_cross_entropy", (4,), binary(classes=4), classes=4),
        NetworkVariant(MASK, (2, 3, 4), mask, classes=2, pixels=(3, 4)),
    ],
    parity=[
        NetworkVariant("sigmoid, binary_cross_entropy", (3,), binary(), shares=True),
        NetworkVariant("sigmoid, binary_cross_entropy", (3,), binary(), shares=True, scale=1e4),
        NetworkVariant("binary_cross_entropy", (1,), binary(classes=2), classes=2),
        NetworkVariant("binary_cross_entropy", (3,), binary(classes=3), classes=3),
        NetworkVariant("sigmoid, binary_cross_entropy", (1,), binary(classes=2), classes=2, batch=1),
        NetworkVariant("sigmoid, reshape: [3, 1], flatten, binary_cross_entropy", (3,), binary(), shares=True, scale=1e4),
    ],
)
