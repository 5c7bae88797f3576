"""Normalisation of groups of channels."""

from __future__ import annotations

from support.kinds import FLAG, NATURAL, POSITIVE
from support.late import F, torch
from support.members import LayerCase, LayerVariant
from support.peers import LayerPeer

IMAGE = (4, 6, 5)


def groupnorm(groups: int, eps: float = 1e-5) -> LayerPeer:
    """F.group_norm, which has no gradient of a shift alone."""
    return lambda w, x: F.group_norm(
        x, groups, w.get("groupnorm1/scale", torch.ones(x.shape[1]).double()), w.get("groupnorm1/shift"), eps
    )


CASE = LayerCase(
    settings={"groups": NATURAL, "epsilon": POSITIVE, "scale": FLAG, "shift": FLAG},
    needed={"groups": 2},
    main=("groups", 4),
    suits=None,
    variants=[
        LayerVariant("groupnorm: 2", IMAGE, groupnorm(2)),
        LayerVariant("groupnorm: {groups: 4, epsilon: 0.5, shift: false}", IMAGE, groupnorm(4, 0.5)),
        LayerVariant("groupnorm: {groups: 3}", (12,), groupnorm(3)),
    ],
    parity=[
        LayerVariant("groupnorm: 1", IMAGE, groupnorm(1)),
        LayerVariant("groupnorm: {groups: 2, scale: false}", IMAGE, groupnorm(2)),
        LayerVariant("groupnorm: {groups: 2, scale: false, shift: false}", (6,), groupnorm(2)),
    ],
)
