"""The greatest value of each channel."""

from __future__ import annotations

from support.late import F
from support.members import LayerCase, LayerVariant, Tensor, Weights

IMAGE = (4, 6, 5)


def peer(w: Weights, x: Tensor) -> Tensor:
    """F.adaptive_max_pool2d to one place."""
    return F.adaptive_max_pool2d(x, 1).flatten(1)


CASE = LayerCase(
    suits=None,
    variants=[LayerVariant("global_maxpool", IMAGE, peer)],
    parity=[LayerVariant("global_maxpool", IMAGE, peer, ties=True), LayerVariant("global_maxpool", (3, 1, 1), peer)],
)
