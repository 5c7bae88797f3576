"""Normalisation over all of an example."""

from __future__ import annotations

from support.kinds import FLAG, POSITIVE
from support.late import F
from support.members import LayerCase, LayerVariant
from support.peers import LayerPeer

IMAGE = (4, 6, 5)


def layernorm(eps: float = 1e-5) -> LayerPeer:
    """F.layer_norm over all of an example."""
    return lambda w, x: F.layer_norm(x, x.shape[1:], w.get("layernorm1/scale"), w.get("layernorm1/shift"), eps)


CASE = LayerCase(
    settings={"epsilon": POSITIVE, "affine": FLAG},
    suits=None,
    variants=[
        LayerVariant("layernorm", (6,), layernorm()),
        LayerVariant("layernorm: {epsilon: 0.5}", IMAGE, layernorm(0.5)),
    ],
    parity=[LayerVariant("layernorm: {affine: false}", IMAGE, layernorm())],
)
