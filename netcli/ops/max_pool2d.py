"""Max pooling, its gradient, and the gradient of that.

The maximum of a window is taken at one place: the first in row-major order, in every executor. `max_pool2d` takes x there,
`max_pool2d_grad` puts a cotangent there, `max_pool2d_take` takes another value from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar

import numpy as np

from netcli.errors import GraphError
from netcli.graph import Array, Multilinear, Node, Op, Piecewise, Sample, TensorType, places, varying
from netcli.ops.checks import check_floats, check_images
from netcli.ops.window import SAMPLE_WINDOWS, Window


@dataclass(frozen=True)
class MaxPool2D(Piecewise):
    """The maximum of every window: varying `(c, h, w)` -> varying `(c, h', w')`. Padding never wins."""

    window: Window

    def infer(self, *types: TensorType) -> TensorType:
        return pooled(self, self.window, types[0])

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return self.window.gather(xp, arrays[0], -xp.inf).max(axis=-3)

    def forward_complex(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return MaxPool2DTake(self.window).forward(np, x.real, x)

    def branches(self, *arrays: Array) -> Array:
        return _first(np, self.window, arrays[0])

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (Node(MaxPool2DGrad(self.window), (node.inputs[0], g)),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and Node(MaxPool2DTake(self.window), (node.inputs[0], tangents[0]))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return output.size * (self.window.size[0] * self.window.size[1] - 1)

    def at_rest(self, moved: Array) -> str:
        return f"none of {places(moved)} that the number moves holds the maximum of its window"

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(window), (varying(2, 6, 5),)) for window in SAMPLE_WINDOWS]


@dataclass(frozen=True)
class MaxPool2DGrad(Multilinear, Piecewise):
    """g put where the maximum of its window stands: varying x `(c, h, w)`, varying g `(c, h', w')` -> varying `(c, h, w)`."""

    choosers: ClassVar[tuple[int, ...]] = (0,)

    window: Window

    def infer(self, *types: TensorType) -> TensorType:
        x, g = types
        expected = pooled(self, self.window, x)
        if g != expected:
            raise GraphError(f"{self.name} expected a cotangent of type {expected}, found {g}")
        return x

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        x, g = arrays
        return self.window.scatter(xp, _mask(xp, self.window, x) * g[..., None, :, :], (x.shape[-2], x.shape[-1]))

    def branches(self, *arrays: Array) -> Array:
        return _first(np, self.window, arrays[0])

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return None, Node(MaxPool2DTake(self.window), (node.inputs[0], g))

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[1] and Node(self, (node.inputs[0], tangents[1]))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return inputs[1].size * self.window.size[0] * self.window.size[1]

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(window), (varying(2, 6, 5), varying(2, *window.places((6, 5))))) for window in SAMPLE_WINDOWS]


@dataclass(frozen=True)
class MaxPool2DTake(Multilinear, Piecewise):
    """y taken where the maximum of x stands, window by window: varying x and y `(c, h, w)` -> varying `(c, h', w')`."""

    choosers: ClassVar[tuple[int, ...]] = (0,)

    window: Window

    def infer(self, *types: TensorType) -> TensorType:
        x, y = types
        if x != y:
            raise GraphError(f"{self.name} expected two values of one type, found {x} and {y}")
        return pooled(self, self.window, x)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        x, y = arrays
        return (_mask(xp, self.window, x) * self.window.gather(xp, y)).sum(axis=-3)

    def branches(self, *arrays: Array) -> Array:
        return _first(np, self.window, arrays[0])

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return None, Node(MaxPool2DGrad(self.window), (node.inputs[0], g))

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[1] and Node(self, (node.inputs[0], tangents[1]))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return output.size * (self.window.size[0] * self.window.size[1] - 1)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(window), (varying(2, 6, 5), varying(2, 6, 5))) for window in SAMPLE_WINDOWS]


def max_pool2d(x: Node, window: Window) -> Node:
    """The maximum of every window."""
    return Node(MaxPool2D(window), (x,))


def pooled(op: Op, window: Window, x: TensorType) -> TensorType:
    """The type of a pooled image. Raises GraphError, also where a window has no place in the image."""
    check_floats(op, x)
    check_images(op, x)
    image = (x.shape[1], x.shape[2])
    places = window.places(image)
    if not window.meets(image):
        raise GraphError(f"a window of {op.name}, {window.size[0]}x{window.size[1]}, lies wholly in its padding: {window}")
    return x.with_shape((x.shape[0], *places))


def _first(xp: ModuleType, window: Window, x: Array) -> Array:
    """The tap at which each window has its first maximum: `(…, h, w) -> (…, h', w')`."""
    taps = window.gather(xp, x, -xp.inf)
    first = taps.argmax(axis=-3)
    if not any(window.padding):
        return first
    inside = window.gather(xp, xp.ones(x.shape[-2:]))  # a window of -inf alone has its maximum in the image, not in the padding
    return xp.where(taps.max(axis=-3) == -xp.inf, inside.argmax(axis=-3), first)


def _mask(xp: ModuleType, window: Window, x: Array) -> Array:
    """Whether each tap is the first maximum of its window: `(…, h, w) -> (…, taps, h', w')`."""
    taps = xp.arange(window.size[0] * window.size[1])[:, None, None]
    return taps == _first(xp, window, x)[..., None, :, :]
