"""Channels of groups in turn."""

from __future__ import annotations

from support.kinds import NATURAL
from support.late import torch
from support.members import LayerCase, LayerVariant
from support.peers import LayerPeer


def shuffled(groups: int) -> LayerPeer:
    """torch's own."""
    return lambda w, x: torch.nn.ChannelShuffle(groups)(x)


CASE = LayerCase(
    settings={"groups": NATURAL},
    needed={"groups": 2},
    main=("groups", 3),
    suits=None,
    variants=[
        LayerVariant("channel_shuffle: 2", (6, 4, 3), shuffled(2)),
        LayerVariant("channel_shuffle: 3", (6, 2, 3), shuffled(3)),
    ],
    parity=[LayerVariant("channel_shuffle: {groups: 6}", (6, 4, 3), shuffled(6))],
)
