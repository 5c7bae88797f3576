"""The networks that all peers train: plain stacks, SGD with momentum 0.9, softmax cross-entropy, float32."""

from __future__ import annotations

#: Input shape, layers, batch. conv: filters, kernel, padding; pool: 2×2 maximum; dense: outputs.
Layer = tuple[str, *tuple[int, ...]]
NETS: dict[str, tuple[tuple[int, ...], list[Layer], int]] = {
    "digits": (
        (1, 8, 8),
        [("conv", 16, 3, 1), ("relu",), ("pool",), ("conv", 32, 3, 1), ("relu",), ("pool",), ("flat",), ("dense", 10)],
        32,
    ),
    "lenet": (
        (1, 28, 28),
        [
            ("conv", 6, 5, 2), ("relu",), ("pool",), ("conv", 16, 5, 0), ("relu",), ("pool",), ("flat",),
            ("dense", 120), ("relu",), ("dense", 84), ("relu",), ("dense", 10),
        ],
        64,
    ),
    "keras": (
        (1, 28, 28),
        [
            ("conv", 32, 3, 0), ("relu",), ("pool",), ("conv", 64, 3, 0), ("relu",), ("pool",), ("flat",),
            ("dense", 128), ("relu",), ("dense", 10),
        ],
        128,
    ),
    "vgg": (
        (3, 32, 32),
        [
            *(layer for k in (32, 64, 128) for layer in (*[("conv", k, 3, 1), ("relu",)] * 2, ("pool",))),
            ("flat",), ("dense", 256), ("relu",), ("dense", 10),
        ],
        64,
    ),
    "mlp": ((784,), [("dense", 256), ("relu",), ("dense", 128), ("relu",), ("dense", 10)], 128),
}  # fmt: skip
