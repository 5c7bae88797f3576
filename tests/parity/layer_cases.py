"""Every layer type in every variant of its settings, with torch's own."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

from torch_peer import Case, F, Tensor, Weights, layer_case, torch

LayerPeer = Callable[[Weights, Tensor], Tensor]
IMAGE = (4, 6, 5)
Pair = tuple[int, int]


def sides(padding: str | Pair, image: Pair, size: Pair, stride: Pair, dilation: Pair = (1, 1)) -> tuple[int, int, int, int]:
    """Left, right, top, bottom, as F.pad wants them. `same` as TensorFlow's documentation has it: so much that ⌈n / stride⌉
    come out, which is effective size - stride, or - n mod stride where that is not 0; the odd one at the end."""
    if padding == "valid":
        return 0, 0, 0, 0
    if padding != "same":
        return padding[1], padding[1], padding[0], padding[0]
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    rows, columns = (max(k - (n % s or s), 0) for k, n, s in zip(reach, image, stride, strict=True))
    return columns // 2, columns - columns // 2, rows // 2, rows - rows // 2


def conv(
    padding: str | Pair = "valid", kernel: Pair = (3, 3), stride: Pair = (1, 1), dilation: Pair = (1, 1), groups: int = 1
) -> LayerPeer:
    """F.conv2d, padded by hand."""

    def peer(w: Weights, x: Tensor) -> Tensor:
        assert tuple(w["conv1/weight"].shape[2:]) == kernel
        padded = F.pad(x, sides(padding, x.shape[2:], kernel, stride, dilation))
        return F.conv2d(padded, w["conv1/weight"], w.get("conv1/bias"), stride=stride, dilation=dilation, groups=groups)

    return peer


def maxpool(size: Pair, stride: Pair, padding: str | Pair = "valid") -> LayerPeer:
    """F.max_pool2d, padded by hand with what never wins."""
    return lambda w, x: F.max_pool2d(F.pad(x, sides(padding, x.shape[2:], size, stride), value=-torch.inf), size, stride)


def avgpool_same(size: Pair, stride: Pair) -> LayerPeer:
    """The sums of windows divided by the numbers of places in the image: F.avg_pool2d pads both sides alike only."""

    def total(x: Tensor, image: Pair) -> Tensor:
        return F.avg_pool2d(F.pad(x, sides("same", image, size, stride)), size, stride, divisor_override=1)

    return lambda w, x: total(x, x.shape[2:]) / total(torch.ones_like(x), x.shape[2:])


def batchnorm(training: bool = True, momentum: float = 0.1, eps: float = 1e-5) -> LayerPeer:
    """F.batch_norm on copies of the statistics, which it changes."""
    return lambda w, x: F.batch_norm(
        x, w["batchnorm1/running_mean"].clone(), w["batchnorm1/running_variance"].clone(),
        w.get("batchnorm1/scale"), w.get("batchnorm1/shift"), training, momentum, eps,
    )  # fmt: skip


def layernorm(eps: float = 1e-5) -> LayerPeer:
    """F.layer_norm over all of an example."""
    return lambda w, x: F.layer_norm(x, x.shape[1:], w.get("layernorm1/scale"), w.get("layernorm1/shift"), eps)


def dropped(rate: float) -> LayerPeer:
    """Dropout with the mask of netcli's random numbers."""
    return lambda w, x: x * (w["random1"] >= rate) / (1 - rate)


def flipped(probability: float, *dims: int) -> LayerPeer:
    """torch.flip along each dimension, where netcli's random numbers say so."""

    def peer(w: Weights, x: Tensor) -> Tensor:
        for number, dim in enumerate(dims, start=1):
            x = torch.where(w[f"random{number}"] < probability, x.flip(dim), x)
        return x

    return peer


def cropped(rows: int, columns: int, mode: str) -> LayerPeer:
    """torchvision's RandomCrop with padding, at the place that netcli's random numbers say: 0 is farthest down or right."""

    def peer(w: Weights, x: Tensor) -> Tensor:
        larger = F.pad(x, (columns, columns, rows, rows), mode=mode)
        top, left = (2 * n - ((2 * n + 1) * w[f"random{i}"]).floor().long() for i, n in ((1, rows), (2, columns)))
        height, width = x.shape[2:]
        return torch.stack([image[:, i : i + height, j : j + width] for image, i, j in zip(larger, top, left, strict=True)])

    return peer


def dense(w: Weights, x: Tensor) -> Tensor:
    """x · W + b."""
    return F.linear(x, w["dense1/weight"].T, w.get("dense1/bias"))


def penalised(case: Case, penalty: Callable[[Weights], Tensor]) -> Case:
    """The case with a penalty added to torch's loss."""

    def peer(w: Weights, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        found = case.peer(w, x, y)
        return {**found, "loss": found["loss"] + penalty(w)}

    return Case(**{**vars(case), "peer": peer})


CONV = [
    layer_case("conv: 4", IMAGE, conv()),
    layer_case("conv: {filters: 2, kernel: 1}", IMAGE, conv(kernel=(1, 1))),
    layer_case("conv: {filters: 2, kernel: [6, 5]}", IMAGE, conv(kernel=(6, 5))),
    layer_case("conv: {filters: 2, padding: 2}", IMAGE, conv((2, 2))),
    layer_case("conv: {filters: 2, kernel: [2, 3], padding: [0, 2]}", IMAGE, conv((0, 2), (2, 3))),
    layer_case("conv: {filters: 3, bias: false}", IMAGE, conv()),
    layer_case("conv: {filters: 6, groups: 2}", IMAGE, conv(groups=2)),
    layer_case("conv: {filters: 4, groups: 4, padding: same}", IMAGE, conv("same", groups=4)),
    layer_case("conv: {filters: 8, groups: 4, stride: 2, padding: 1}", IMAGE, conv((1, 1), stride=(2, 2), groups=4)),
    layer_case("conv: {filters: 4, groups: 2, dilation: 2, bias: false}", IMAGE, conv(dilation=(2, 2), groups=2)),
    layer_case("conv: 2", IMAGE, conv(), batch=1),
    penalised(
        layer_case("conv: {filters: 2, weight_decay: 0.3, l1: 0.2}", IMAGE, conv()),
        lambda w: 0.15 * (w["conv1/weight"] ** 2).sum() + 0.2 * w["conv1/weight"].abs().sum(),
    ),
]

#: Every combination: even and odd kernels, strides that leave rows over, all paddings, dilations.
CONV_GRID = [
    layer_case(
        f"conv: {{filters: 2, kernel: {list(kernel)}, stride: {list(stride)}, padding: {padding}, dilation: {list(dilation)}}}",
        (2, 7, 6),
        conv(padding, kernel, stride, dilation),
        batch=3,
    )
    for kernel, stride, padding, dilation in itertools.product(
        [(3, 3), (2, 4), (1, 2)], [(1, 1), (2, 2), (3, 2)], ["same", "valid"], [(1, 1), (2, 1)]
    )
]

POOLS = [
    layer_case("maxpool: 2", IMAGE, maxpool((2, 2), (2, 2))),
    layer_case("maxpool: {size: 3, stride: 2}", IMAGE, maxpool((3, 3), (2, 2))),
    layer_case("maxpool: {size: [2, 3], stride: [1, 2]}", IMAGE, maxpool((2, 3), (1, 2))),
    layer_case("maxpool: {size: 3, padding: 1}", IMAGE, maxpool((3, 3), (3, 3), (1, 1))),
    layer_case("maxpool: {size: [2, 3], stride: 1, padding: [0, 1]}", IMAGE, maxpool((2, 3), (1, 1), (0, 1))),
    layer_case("maxpool: {size: 2, stride: 1, padding: same}", IMAGE, maxpool((2, 2), (1, 1), "same")),
    layer_case("maxpool: {size: [4, 3], stride: [3, 2], padding: same}", IMAGE, maxpool((4, 3), (3, 2), "same")),
    layer_case("maxpool: {size: 3, stride: 1, padding: same}", IMAGE, maxpool((3, 3), (1, 1), "same"), ties=True),
    layer_case("maxpool: 2", IMAGE, maxpool((2, 2), (2, 2)), ties=True),
    layer_case("avgpool: 2", IMAGE, lambda w, x: F.avg_pool2d(x, 2)),
    layer_case("avgpool: {size: [2, 3], stride: [1, 2]}", IMAGE, lambda w, x: F.avg_pool2d(x, (2, 3), (1, 2))),
    layer_case("avgpool: {size: 3, padding: 1}", IMAGE, lambda w, x: F.avg_pool2d(x, 3, 3, 1, count_include_pad=False)),
    layer_case(
        "avgpool: {size: [4, 3], stride: 2, padding: [2, 1]}",
        IMAGE,
        lambda w, x: F.avg_pool2d(x, (4, 3), 2, (2, 1), count_include_pad=False),
    ),
    layer_case("avgpool: {size: 2, stride: 1, padding: same}", IMAGE, avgpool_same((2, 2), (1, 1))),
    layer_case("avgpool: {size: [4, 3], stride: [3, 2], padding: same}", IMAGE, avgpool_same((4, 3), (3, 2))),
    layer_case("global_avgpool", IMAGE, lambda w, x: F.adaptive_avg_pool2d(x, 1).flatten(1)),
]

NORMS = [
    layer_case("batchnorm", IMAGE, batchnorm()),
    layer_case("batchnorm", (4,), batchnorm()),
    layer_case("batchnorm: {epsilon: 0.5, affine: false}", IMAGE, batchnorm(eps=0.5)),
    layer_case("batchnorm: {momentum: 0.7}", (4,), batchnorm(momentum=0.7)),
    layer_case("batchnorm", IMAGE, batchnorm(training=False), training=False),
    layer_case("batchnorm: {epsilon: 0.2}", (4,), batchnorm(training=False, eps=0.2), training=False),
    layer_case("batchnorm: {affine: false}", IMAGE, batchnorm(training=False), training=False),
    layer_case("layernorm", (6,), layernorm()),
    layer_case("layernorm: {epsilon: 0.5}", IMAGE, layernorm(0.5)),
    layer_case("layernorm: {affine: false}", IMAGE, layernorm()),
    layer_case("dropout", IMAGE, dropped(0.5)),
    layer_case("dropout: 0.3", (6,), dropped(0.3)),
    layer_case("dropout: 0.0", (6,), lambda w, x: x),
    layer_case("dropout: 0.3", (6,), lambda w, x: x, training=False),
]

ACTIVATIONS = [
    layer_case(text, shape, lambda w, x, f=f: f(x), **options)  # type: ignore[misc]
    for text, f in {
        "relu": F.relu,
        "leaky_relu": F.leaky_relu,
        "leaky_relu: 0.3": partial(F.leaky_relu, negative_slope=0.3),
        "elu": F.elu,
        "elu: 0.4": partial(F.elu, alpha=0.4),
        "gelu": F.gelu,
        "silu": F.silu,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": partial(F.softplus, threshold=50.0),  # below it, torch does not cut off e^-x
    }.items()
    for shape, options in [((7,), {}), ((2, 3, 4), {"scale": 6.0}), ((7,), {"ties": True})]
]

OTHERS = [
    layer_case("dense: 4", (6,), dense),
    layer_case("dense: {units: 1, bias: false}", (6,), dense),
    layer_case("dense: 4", (6,), dense, batch=1),
    penalised(
        layer_case("dense: {units: 4, weight_decay: 0.0, l1: 0.1}", (6,), dense, weight_decay=0.4, l1=0.3),
        lambda w: 0.1 * w["dense1/weight"].abs().sum() + 0.2 * (w["end/weight"] ** 2).sum() + 0.3 * w["end/weight"].abs().sum(),
    ),
    layer_case("softmax", (5,), lambda w, x: F.softmax(x, 1)),
    layer_case("softmax", (5,), lambda w, x: F.softmax(x, 1), scale=300.0),
    layer_case("log_softmax", (5,), lambda w, x: F.log_softmax(x, 1)),
    *(
        layer_case(text, IMAGE, flipped(probability, *dims), batch=9)
        for text, probability, dims in [
            ("random_flip", 0.5, [3]),
            ("random_flip: {direction: vertical, probability: 0.7}", 0.7, [2]),
            ("random_flip: {direction: both, probability: 0.3}", 0.3, [3, 2]),
        ]
    ),
    *(
        layer_case(f"random_shift: {{pixels: [3, 2], fill: {fill}}}", IMAGE, cropped(3, 2, mode), batch=40)
        for fill, mode in [("zero", "constant"), ("edge", "replicate")]
    ),
    layer_case("random_flip", IMAGE, lambda w, x: x, training=False),
    layer_case("random_shift: 1", IMAGE, lambda w, x: x, training=False),
    layer_case("flatten", IMAGE, lambda w, x: x.flatten(1)),
    layer_case("reshape: [5, -1, 3]", (30,), lambda w, x: x.reshape(-1, 5, 2, 3)),
]

CASES = [*CONV, *CONV_GRID, *POOLS, *NORMS, *ACTIVATIONS, *OTHERS]
