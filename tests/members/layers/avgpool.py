"""The mean of a window's places in the image."""

from __future__ import annotations

from support.kinds import WINDOW
from support.late import F, torch
from support.members import LayerCase, LayerVariant, Tensor
from support.peers import LayerPeer, Pair, sides

IMAGE = (4, 6, 5)


def same(size: Pair, stride: Pair) -> LayerPeer:
    """The sums of windows divided by the numbers of places in the image: F.avg_pool2d pads both sides alike only."""

    def total(x: Tensor, image: Pair) -> Tensor:
        return F.avg_pool2d(F.pad(x, sides("same", image, size, stride)), size, stride, divisor_override=1)

    return lambda w, x: total(x, x.shape[2:]) / total(torch.ones_like(x), x.shape[2:])


CASE = LayerCase(
    settings=WINDOW,
    main=("size", [2, 3]),
    suits=None,
    variants=[
        LayerVariant("avgpool", IMAGE, lambda w, x: F.avg_pool2d(x, 2)),
        LayerVariant("avgpool: {size: 2, stride: 1, padding: same}", IMAGE, same((2, 2), (1, 1))),
        LayerVariant(
            "avgpool: {size: [4, 3], stride: 2, padding: [2, 1]}",
            IMAGE,
            lambda w, x: F.avg_pool2d(x, (4, 3), 2, (2, 1), count_include_pad=False),
        ),
    ],
    parity=[
        LayerVariant("avgpool: {size: [2, 3], stride: [1, 2]}", IMAGE, lambda w, x: F.avg_pool2d(x, (2, 3), (1, 2))),
        LayerVariant("avgpool: {size: 3, padding: 1}", IMAGE, lambda w, x: F.avg_pool2d(x, 3, 3, 1, count_include_pad=False)),
        LayerVariant("avgpool: {size: [4, 3], stride: [3, 2], padding: same}", IMAGE, same((4, 3), (3, 2))),
    ],
)
