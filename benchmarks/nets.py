"""The networks that all peers train: stacks of layers, SGD with momentum 0.9, softmax cross-entropy, float32.

A layer is a tuple: ("conv", filters, kernel, padding, stride, groups, bias); ("norm",), batch normalisation; ("relu", limit), 0
for none; ("pool",): 2 × 2 maximum; ("mean",): of each channel; ("flat",); ("dense", outputs); ("residual", layers, shortcut).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Layer = tuple[Any, ...]


def conv(filters: int, kernel: int, padding: int = 0, stride: int = 1, groups: int = 1, *, bias: bool = True) -> Layer:
    """A square convolution; the padding is none or half the kernel, since Keras has no other."""
    if padding not in {0, kernel // 2}:
        raise ValueError(f"padding {padding} of a kernel of {kernel}: 0 or {kernel // 2} was expected")
    return ("conv", filters, kernel, padding, stride, groups, bias)


RELU, RELU6, POOL, FLAT, MEAN, NORM = ("relu", 0), ("relu", 6), ("pool",), ("flat",), ("mean",), ("norm",)


def basic(filters: int, stride: int = 1) -> list[Layer]:
    """A block of ResNet-20 (He et al., 2016), with a projection where the shape changes."""
    layers = [conv(filters, 3, 1, stride, bias=False), NORM, RELU, conv(filters, 3, 1, bias=False), NORM]
    shortcut = [conv(filters, 1, 0, stride, bias=False), NORM] if stride > 1 else []
    return [("residual", layers, shortcut), RELU]


def inverted(into: int, filters: int, expand: int, stride: int) -> list[Layer]:
    """A block of MobileNetV2 (Sandler et al., 2018) on so many channels."""
    wide = into * expand
    layers = [
        *([conv(wide, 1, bias=False), NORM, RELU6] if expand > 1 else []),
        conv(wide, 3, 1, stride, wide, bias=False), NORM, RELU6,
        conv(filters, 1, bias=False), NORM,
    ]  # fmt: skip
    return [("residual", layers, [])] if stride == 1 and into == filters else layers


def mobilenet() -> list[Layer]:
    """MobileNetV2 at half width for images of 32 × 32: the first two strides are 1."""
    layers: list[Layer] = [conv(16, 3, 1, bias=False), NORM, RELU6]
    into = 16
    for expand, filters, times, stride in [
        (1, 8, 1, 1), (6, 12, 2, 1), (6, 16, 3, 2), (6, 32, 4, 2), (6, 48, 3, 1), (6, 80, 3, 2), (6, 160, 1, 1),
    ]:  # fmt: skip
        for number in range(times):
            layers += inverted(into, filters, expand, stride if number == 0 else 1)
            into = filters
    return [*layers, conv(640, 1, bias=False), NORM, RELU6, MEAN, ("dense", 10)]


#: Input shape, layers, batch.
NETS: dict[str, tuple[tuple[int, ...], Sequence[Layer], int]] = {
    "resnet20": (
        (3, 32, 32),
        [
            conv(16, 3, 1, bias=False), NORM, RELU,
            *(layer for _ in range(3) for layer in basic(16)),
            *basic(32, 2), *basic(32), *basic(32), *basic(64, 2), *basic(64), *basic(64),
            MEAN, ("dense", 10),
        ],
        128,
    ),
    "mobilenetv2": ((3, 32, 32), mobilenet(), 128),
    "digits": ((1, 8, 8), [conv(16, 3, 1), RELU, POOL, conv(32, 3, 1), RELU, POOL, FLAT, ("dense", 10)], 32),
    "lenet": (
        (1, 28, 28),
        [
            conv(6, 5, 2), RELU, POOL, conv(16, 5), RELU, POOL, FLAT,
            ("dense", 120), RELU, ("dense", 84), RELU, ("dense", 10),
        ],
        64,
    ),
    "keras": (
        (1, 28, 28),
        [conv(32, 3), RELU, POOL, conv(64, 3), RELU, POOL, FLAT, ("dense", 128), RELU, ("dense", 10)],
        128,
    ),
    "vgg": (
        (3, 32, 32),
        [
            *(layer for filters in (32, 64, 128) for layer in (*[conv(filters, 3, 1), RELU] * 2, POOL)),
            FLAT, ("dense", 256), RELU, ("dense", 10),
        ],
        64,
    ),
    "mlp": ((784,), [("dense", 256), RELU, ("dense", 128), RELU, ("dense", 10)], 128),
    "odd-channels": (
        (3, 32, 32),
        [*(layer for filters in (3, 5, 17, 33) for layer in (conv(filters, 3, 1), RELU, POOL)), FLAT, ("dense", 10)],
        64,
    ),
    "strided": (
        (3, 32, 32),
        [conv(32, 7, 3, 2), RELU, conv(64, 3, 1, 2), RELU, conv(64, 3, 1, 2), RELU, FLAT, ("dense", 10)],
        64,
    ),
    "wide-kernels": (
        (1, 28, 28),
        [conv(16, 7, 3), RELU, POOL, conv(32, 7, 3), RELU, POOL, FLAT, ("dense", 10)],
        64,
    ),
}  # fmt: skip


def sized(layers: Sequence[Layer], shape: Sequence[int]) -> Iterator[tuple[Layer, tuple[int, ...]]]:
    """The layers, each with the shape that goes in: (channels, size, size), or (features,)."""
    now = tuple(shape)
    for layer in layers:
        yield layer, now
        now = after(layer, now)


def after(layer: Layer, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that comes out of a layer."""
    match layer:
        case ("conv", filters, kernel, padding, stride, _, _):
            size = (shape[1] + 2 * padding - kernel) // stride + 1
            return (filters, size, size)
        case ("pool",):
            return (shape[0], shape[1] // 2, shape[2] // 2)
        case ("mean",):
            return shape[:1]
        case ("flat",):
            return (shape[0] * shape[1] * shape[2],)
        case ("dense", outputs):
            return (outputs,)
        case ("residual", layers, _):
            for inner in layers:
                shape = after(inner, shape)
    return shape
