"""Channels times trained numbers."""

from __future__ import annotations

from support.kinds import POSITIVE
from support.members import LayerCase, LayerVariant, Tensor, Weights

IMAGE = (4, 6, 5)


def peer(w: Weights, x: Tensor) -> Tensor:
    """As ConvNeXt of torchvision has it."""
    scale = w["layer_scale1/scale"]
    return x * scale.view(-1, *[1] * (x.dim() - 2))


CASE = LayerCase(
    settings={"value": POSITIVE},
    main=("value", 0.1),
    suits=None,
    variants=[LayerVariant("layer_scale", IMAGE, peer), LayerVariant("layer_scale: 0.3", (7,), peer)],
)
