"""Normalisation over all of an example, or over its channels."""

from __future__ import annotations

from support.kinds import FLAG, POSITIVE, Kind
from support.late import F
from support.members import LayerCase, LayerVariant
from support.peers import LayerPeer

IMAGE = (4, 6, 5)


def layernorm(eps: float = 1e-5) -> LayerPeer:
    """F.layer_norm over all of an example."""
    return lambda w, x: F.layer_norm(x, x.shape[1:], w.get("layernorm1/scale"), w.get("layernorm1/shift"), eps)


def over_channels(eps: float = 1e-5) -> LayerPeer:
    """F.layer_norm over the channels, which stand last for it, as ConvNeXt of torchvision has it."""
    return lambda w, x: F.layer_norm(
        x.permute(0, 2, 3, 1), x.shape[1:2], w.get("layernorm1/scale"), w.get("layernorm1/shift"), eps
    ).permute(0, 3, 1, 2)


CASE = LayerCase(
    settings={
        "epsilon": POSITIVE, "scale": FLAG, "shift": FLAG, "over": Kind(("example", "channels"), ("batch", "", 1, True, None)),
    },
    suits=None,
    variants=[
        LayerVariant("layernorm", (6,), layernorm()),
        LayerVariant("layernorm: {epsilon: 0.5}", IMAGE, layernorm(0.5)),
        LayerVariant("layernorm: {over: channels, epsilon: 0.5}", IMAGE, over_channels(0.5)),
    ],
    parity=[
        LayerVariant("layernorm: {scale: false, shift: false}", IMAGE, layernorm()),
        LayerVariant("layernorm: {shift: false}", IMAGE, layernorm()),
        LayerVariant("layernorm: {over: channels, scale: false}", IMAGE, over_channels()),
        LayerVariant("layernorm: {over: channels}", (6,), layernorm()),
    ],
)  # fmt: skip
