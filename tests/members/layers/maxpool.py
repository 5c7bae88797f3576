"""The greatest of a window."""

from __future__ import annotations

from support.kinds import WINDOW
from support.late import F, torch
from support.members import LayerCase, LayerVariant
from support.peers import LayerPeer, Pair, sides

IMAGE = (4, 6, 5)


def maxpool(size: Pair, stride: Pair, padding: str | Pair = "valid") -> LayerPeer:
    """F.max_pool2d, padded by hand with what never wins."""
    return lambda w, x: F.max_pool2d(F.pad(x, sides(padding, x.shape[2:], size, stride), value=-torch.inf), size, stride)


CASE = LayerCase(
    settings=WINDOW,
    main=("size", 3),
    suits=None,
    variants=[
        LayerVariant("maxpool", IMAGE, maxpool((2, 2), (2, 2))),
        LayerVariant("maxpool: {size: 3, stride: 1, padding: same}", IMAGE, maxpool((3, 3), (1, 1), "same")),
        LayerVariant("maxpool: {size: [2, 3], stride: [1, 2], padding: [1, 1]}", IMAGE, maxpool((2, 3), (1, 2), (1, 1))),
    ],
    parity=[
        LayerVariant("maxpool: 2", IMAGE, maxpool((2, 2), (2, 2))),
        LayerVariant("maxpool: {size: 3, stride: 2}", IMAGE, maxpool((3, 3), (2, 2))),
        LayerVariant("maxpool: {size: [2, 3], stride: [1, 2]}", IMAGE, maxpool((2, 3), (1, 2))),
        LayerVariant("maxpool: {size: 3, padding: 1}", IMAGE, maxpool((3, 3), (3, 3), (1, 1))),
        LayerVariant("maxpool: {size: [2, 3], stride: 1, padding: [0, 1]}", IMAGE, maxpool((2, 3), (1, 1), (0, 1))),
        LayerVariant("maxpool: {size: 2, stride: 1, padding: same}", IMAGE, maxpool((2, 2), (1, 1), "same")),
        LayerVariant("maxpool: {size: [4, 3], stride: [3, 2], padding: same}", IMAGE, maxpool((4, 3), (3, 2), "same")),
        LayerVariant("maxpool: {size: 3, stride: 1, padding: same}", IMAGE, maxpool((3, 3), (1, 1), "same"), ties=True),
        LayerVariant("maxpool: 2", IMAGE, maxpool((2, 2), (2, 2)), ties=True),
    ],
)
