"""Batch normalisation; what the running statistics become is compared in tests/parity/test_layer_parity.py."""

from __future__ import annotations

from support.kinds import FLAG, FRACTION_ABOVE_0, POSITIVE
from support.late import F
from support.members import LayerCase, LayerVariant
from support.peers import LayerPeer

IMAGE = (4, 6, 5)


def batchnorm(training: bool = True, momentum: float = 0.1, eps: float = 1e-5) -> LayerPeer:
    """F.batch_norm on copies of the statistics, which it changes."""
    return lambda w, x: F.batch_norm(
        x, w["batchnorm1/running_mean"].clone(), w["batchnorm1/running_variance"].clone(),
        w.get("batchnorm1/scale"), w.get("batchnorm1/shift"), training, momentum, eps,
    )  # fmt: skip


CASE = LayerCase(
    settings={"momentum": FRACTION_ABOVE_0, "epsilon": POSITIVE, "scale": FLAG, "shift": FLAG},
    suits=None,
    variants=[
        LayerVariant("batchnorm", IMAGE, batchnorm()),
        LayerVariant("batchnorm: {momentum: 0.7}", (4,), batchnorm(momentum=0.7)),
        LayerVariant("batchnorm: {epsilon: 0.5, scale: false}", IMAGE, batchnorm(eps=0.5)),
    ],
    parity=[
        LayerVariant("batchnorm", (4,), batchnorm()),
        LayerVariant("batchnorm", IMAGE, batchnorm(training=False), training=False),
        LayerVariant("batchnorm: {epsilon: 0.2}", (4,), batchnorm(training=False, eps=0.2), training=False),
        LayerVariant("batchnorm: {shift: false}", IMAGE, batchnorm()),
        LayerVariant("batchnorm: {scale: false, shift: false}", IMAGE, batchnorm(training=False), training=False),
    ],
)
