"""A dense layer."""

from __future__ import annotations

from support.kinds import NATURAL, WEIGHTS
from support.late import F
from support.members import LayerCase, LayerVariant, Tensor, Weights


def dense(w: Weights, x: Tensor) -> Tensor:
    """x · W + b."""
    return F.linear(x, w["dense1/weight"].T, w.get("dense1/bias"))


CASE = LayerCase(
    settings={"units": NATURAL, **WEIGHTS},
    needed={"units": 2},
    main=("units", 4),
    suits="glorot",
    variants=[
        LayerVariant("dense: 4", (6,), dense),
        LayerVariant("dense: {units: 1, bias: false}", (6,), dense),
        LayerVariant(
            "dense: {units: 33, weight_decay: 0.0, l1: 0.1}",
            (6,),
            dense,
            weight_decay=0.4,
            l1=0.3,
            penalty=lambda w: (
                0.1 * w["dense1/weight"].abs().sum() + 0.2 * (w["end/weight"] ** 2).sum() + 0.3 * w["end/weight"].abs().sum()
            ),
        ),
    ],
    parity=[LayerVariant("dense: 4", (6,), dense, batch=1)],
)
