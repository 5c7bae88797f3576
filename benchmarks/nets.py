"""The networks that all peers train: plain stacks, SGD with momentum 0.9, softmax cross-entropy, float32."""

from __future__ import annotations

from collections.abc import Iterator

#: ("conv", filters, kernel, padding, stride); ("pool",): 2×2 maximum; ("dense", outputs); ("relu",); ("flat",).
Layer = tuple[str, *tuple[int, ...]]


def conv(filters: int, kernel: int, padding: int = 0, stride: int = 1) -> Layer:
    """A square convolution; the padding is none or half the kernel, since Keras has no other."""
    if padding not in {0, kernel // 2}:
        raise ValueError(f"padding {padding} of a kernel of {kernel}: 0 or {kernel // 2} was expected")
    return ("conv", filters, kernel, padding, stride)


RELU, POOL, FLAT = ("relu",), ("pool",), ("flat",)

#: Input shape, layers, batch.
NETS: dict[str, tuple[tuple[int, ...], list[Layer], int]] = {
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


def sized(net: str) -> Iterator[tuple[Layer, int]]:
    """The layers, each with how many channels or features go in."""
    shape, layers, _ = NETS[net]
    channels, size = shape[0], shape[-1]  # of an image; for a vector the features
    for layer in layers:
        yield layer, channels
        match layer:
            case ("conv", filters, kernel, padding, stride):
                channels, size = filters, (size + 2 * padding - kernel) // stride + 1
            case ("pool",):
                size //= 2
            case ("flat",):
                channels *= size * size
            case ("dense", outputs):
                channels = outputs
