"""A stack that is added to its input."""

from __future__ import annotations

from support.kinds import STACK, STACK_OR_NONE
from support.late import F
from support.members import LayerCase, LayerVariant, Tensor, Weights

IMAGE = (3, 5, 4)
PLAIN = "conv: {filters: 3, padding: same}"


def convolved(w: Weights, name: str, x: Tensor, padding: int = 1, stride: int = 1) -> Tensor:
    """The convolution of this name."""
    return F.conv2d(x, w[f"{name}/weight"], w[f"{name}/bias"], stride, padding)


def added(w: Weights, x: Tensor) -> Tensor:
    """x and a convolution of it."""
    return x + convolved(w, "residual1/conv1", x).relu()


def shortened(w: Weights, x: Tensor) -> Tensor:
    """Two convolutions, the one of them on the shortcut."""
    return convolved(w, "residual1/conv1", x, stride=2).relu() + convolved(w, "residual1/shortcut/conv1", x, 0, 2)


CASE = LayerCase(
    settings={"layers": STACK, "shortcut": STACK_OR_NONE},
    needed={"layers": ["tanh"]},
    main=("layers", ["tanh"]),
    suits="glorot",
    variants=[
        LayerVariant("residual: [tanh]", (6,), lambda w, x: x + x.tanh()),
        LayerVariant(f"residual: [{PLAIN}, relu]", IMAGE, added),
        LayerVariant(
            "residual: {layers: [conv: {filters: 5, padding: 1, stride: 2}, relu], "
            "shortcut: [conv: {filters: 5, kernel: 1, stride: 2}]}",
            IMAGE,
            shortened,
        ),
    ],
)
