"""The activation prelu, whose slopes are trained."""

from __future__ import annotations

from support.kinds import NUMBER, Kind
from support.late import F
from support.members import LayerCase, LayerVariant, Tensor, Weights

IMAGE = (4, 6, 5)


def peer(w: Weights, x: Tensor) -> Tensor:
    """F.prelu with one slope or one for each channel."""
    return F.prelu(x, w["prelu1/slope"].reshape(-1))


CASE = LayerCase(
    settings={"slope": NUMBER, "per": Kind(("channel", "layer"), ("pixel", "", 1, True, None))},
    main=("slope", 0.1),
    suits="he",
    variants=[
        LayerVariant("prelu", IMAGE, peer),
        LayerVariant("prelu: {slope: 0.1, per: layer}", IMAGE, peer),
    ],
    parity=[LayerVariant("prelu", (6,), peer, ties=True), LayerVariant("prelu: {per: layer}", (6,), peer)],
)
