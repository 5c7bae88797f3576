"""A transposed convolution."""

from __future__ import annotations

from support.kinds import NATURAL, PADDING, PAIR, PAIR_OR_ZERO, WEIGHTS
from support.late import F
from support.members import LayerCase, LayerVariant, Tensor, Weights
from support.peers import LayerPeer, Pair, sides

IMAGE = (4, 3, 5)


def transposed(
    stride: Pair = (2, 2), padding: Pair = (0, 0), extra: Pair = (0, 0), dilation: Pair = (1, 1), groups: int = 1
) -> LayerPeer:
    """F.conv_transpose2d."""
    return lambda w, x: F.conv_transpose2d(
        x, w["conv_transposed1/weight"], w.get("conv_transposed1/bias"), stride, padding, extra, groups, dilation
    )


def same(stride: Pair) -> LayerPeer:
    """All that is not cut off, with rows and columns added at the end where there are too few."""

    def peer(w: Weights, x: Tensor) -> Tensor:
        weight, bias = w["conv_transposed1/weight"], w["conv_transposed1/bias"]
        size = tuple(n * step for n, step in zip(x.shape[2:], stride, strict=True))
        left, _, top, _ = sides("same", size, tuple(weight.shape[2:]), stride)
        every = F.pad(F.conv_transpose2d(x, weight, None, stride), (0, size[1], 0, size[0]))
        return every[..., top : top + size[0], left : left + size[1]] + bias[:, None, None]

    return peer


CASE = LayerCase(
    settings={
        "filters": NATURAL, "kernel": PAIR, "stride": PAIR, "padding": PADDING, "output_padding": PAIR_OR_ZERO,
        "dilation": PAIR, "groups": NATURAL, **WEIGHTS,
    },
    needed={"filters": 2},
    main=("filters", 4),
    suits="glorot",
    variants=[
        LayerVariant("conv_transposed: 3", IMAGE, transposed()),
        LayerVariant("conv_transposed: {filters: 2, kernel: [3, 4], stride: [2, 1], padding: [1, 2], bias: false}", IMAGE,
                     transposed((2, 1), (1, 2))),
        LayerVariant("conv_transposed: {filters: 4, kernel: 3, groups: 2, padding: 1, output_padding: 1}", IMAGE,
                     transposed(padding=(1, 1), extra=(1, 1), groups=2)),
        LayerVariant("conv_transposed: {filters: 2, kernel: 3, padding: same}", IMAGE, same((2, 2))),
        LayerVariant(
            "conv_transposed: {filters: 2, weight_decay: 0.3, l1: 0.2}", IMAGE, transposed(),
            penalty=lambda w: 0.15 * (w["conv_transposed1/weight"] ** 2).sum() + 0.2 * w["conv_transposed1/weight"].abs().sum(),
        ),
    ],
    parity=[
        LayerVariant("conv_transposed: {filters: 2, kernel: 3, stride: 1, dilation: [2, 1]}", IMAGE,
                     transposed((1, 1), dilation=(2, 1))),
        LayerVariant("conv_transposed: {filters: 3, kernel: 2, stride: 3, output_padding: [2, 0]}", IMAGE,
                     transposed((3, 3), extra=(2, 0))),
        LayerVariant("conv_transposed: {filters: 2, kernel: [4, 1], stride: [2, 3], padding: same}", IMAGE, same((2, 3))),
        LayerVariant("conv_transposed: {filters: 2, kernel: 5, stride: 1, padding: same}", IMAGE, same((1, 1))),
    ],
)  # fmt: skip
