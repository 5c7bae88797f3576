"""A convolution: every combination of kernel, stride, padding and dilation is compared with torch's."""

from __future__ import annotations

import itertools

from support.kinds import CONV_PADDING, NATURAL, PAIR, WEIGHTS
from support.late import F
from support.members import LayerCase, LayerVariant, Tensor, Weights
from support.peers import LayerPeer, Pair, sides

IMAGE = (4, 6, 5)


def conv(
    padding: str | Pair = "valid", kernel: Pair = (3, 3), stride: Pair = (1, 1), dilation: Pair = (1, 1), groups: int = 1
) -> LayerPeer:
    """F.conv2d, padded by hand."""

    def peer(w: Weights, x: Tensor) -> Tensor:
        assert tuple(w["conv1/weight"].shape[2:]) == kernel
        mode = "reflect" if padding == "reflect" else "constant"
        padded = F.pad(x, sides("same" if mode == "reflect" else padding, x.shape[2:], kernel, stride, dilation), mode)
        return F.conv2d(padded, w["conv1/weight"], w.get("conv1/bias"), stride=stride, dilation=dilation, groups=groups)

    return peer


CASE = LayerCase(
    settings={
        "filters": NATURAL, "kernel": PAIR, "stride": PAIR, "padding": CONV_PADDING, "dilation": PAIR, "groups": NATURAL,
        **WEIGHTS,
    },
    needed={"filters": 2},
    main=("filters", 4),
    suits="glorot",
    variants=[
        LayerVariant("conv: 4", IMAGE, conv()),
        LayerVariant("conv: {filters: 2, kernel: [2, 3], stride: [2, 1], padding: [0, 2], bias: false}", IMAGE,
                     conv((0, 2), (2, 3), (2, 1))),
        LayerVariant("conv: {filters: 4, groups: 2, dilation: [2, 1], padding: same}", IMAGE,
                     conv("same", dilation=(2, 1), groups=2)),
        LayerVariant("conv: {filters: 8, groups: 4, stride: 2, padding: 1}", IMAGE, conv((1, 1), stride=(2, 2), groups=4)),
        LayerVariant("conv: {filters: 2, padding: reflect, stride: [1, 2]}", IMAGE, conv("reflect", stride=(1, 2))),
        LayerVariant(
            "conv: {filters: 2, weight_decay: 0.3, l1: 0.2}", IMAGE, conv(),
            penalty=lambda w: 0.15 * (w["conv1/weight"] ** 2).sum() + 0.2 * w["conv1/weight"].abs().sum(),
        ),
    ],
    parity=[
        LayerVariant("conv: {filters: 2, kernel: 1}", IMAGE, conv(kernel=(1, 1))),
        LayerVariant("conv: {filters: 2, kernel: [6, 5]}", IMAGE, conv(kernel=(6, 5))),
        LayerVariant("conv: {filters: 2, padding: 2}", IMAGE, conv((2, 2))),
        LayerVariant("conv: {filters: 2, kernel: [2, 3], padding: [0, 2]}", IMAGE, conv((0, 2), (2, 3))),
        LayerVariant("conv: {filters: 3, bias: false}", IMAGE, conv()),
        LayerVariant("conv: {filters: 6, groups: 2}", IMAGE, conv(groups=2)),
        LayerVariant("conv: {filters: 4, groups: 4, padding: same}", IMAGE, conv("same", groups=4)),
        LayerVariant("conv: {filters: 4, groups: 2, dilation: 2, bias: false}", IMAGE, conv(dilation=(2, 2), groups=2)),
        LayerVariant("conv: 2", IMAGE, conv(), batch=1),
        LayerVariant("conv: {filters: 2, kernel: [7, 4], padding: reflect}", IMAGE, conv("reflect", (7, 4))),
        LayerVariant("conv: {filters: 2, dilation: [2, 1], padding: reflect, groups: 2}", IMAGE,
                     conv("reflect", dilation=(2, 1), groups=2)),
        # every combination: even and odd kernels, strides that leave rows over, all paddings, dilations
        *(
            LayerVariant(
                f"conv: {{filters: 2, kernel: {list(kernel)}, stride: {list(stride)}, padding: {padding}, "
                f"dilation: {list(dilation)}}}",
                (2, 7, 6),
                conv(padding, kernel, stride, dilation),
                batch=3,
            )
            for kernel, stride, padding, dilation in itertools.product(
                [(3, 3), (2, 4), (1, 2)], [(1, 1), (2, 2), (3, 2)], ["same", "valid"], [(1, 1), (2, 1)]
            )
        ),
    ],
)  # fmt: skip
