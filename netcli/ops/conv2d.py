"""Two-dimensional convolution and its derivatives.

All three operations are partial derivatives of one form, linear in each of x, w and g,

    T(x, w, g) = Σ g[n, k, i, j] · w[k, c, r, s] · x[n, c, i·stride + r·dilation - padding, j·…]     over n, k, c, i, j, r, s

`conv2d(x, w) = ∂T/∂g`, `conv2d_input_grad(w, g) = ∂T/∂x`, `conv2d_weight_grad(x, g) = ∂T/∂w`: so the derivatives of
each are the other two. With groups, filter k sees only the c/groups channels of its own group.
Definition: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016 (as there and everywhere in this
field, the kernel is not flipped: it is a correlation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from netcli.errors import GraphError
from netcli.graph import Array, Multilinear, Node, Sample, Shape, TensorType, uniform, varying
from netcli.ops.arithmetic import total
from netcli.ops.checks import check_floats, check_images
from netcli.ops.window import SAMPLE_WINDOWS, Window


@dataclass(frozen=True)
class Conv2D(Multilinear):
    """y = ∂T/∂g: varying images x `(c, h, w)`, uniform filters w `(k, c/groups, r, s)` -> varying `(k, h', w')`."""

    window: Window
    groups: int = 1

    def infer(self, *types: TensorType) -> TensorType:
        x, w = types
        check_floats(self, x, w)
        check_images(self, x)
        _check_filters(self, w)
        if x.shape[0] != w.shape[1] * self.groups or w.shape[0] % self.groups:
            raise GraphError(f"{self.name} with {self.groups} groups cannot apply filters {w} to images {x}")
        return x.with_shape((w.shape[0], *self.window.places(x.shape[1:])))  # type: ignore[arg-type]

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        x, w = arrays
        places = self.window.places((x.shape[2], x.shape[3]))
        columns = _columns(xp, x, self.window, self.groups)
        # (g, k/g, c/g·r·s) · (n, g, c/g·r·s, h'·w') -> (n, g, k/g, h'·w')
        return (_filters(w, self.groups) @ columns).reshape(x.shape[0], w.shape[0], *places)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        x, w = node.inputs
        return conv2d_input_grad(w, g, self, image=x.shape[1:]), conv2d_weight_grad(x, g, self)  # type: ignore[arg-type]

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (x, w), (dx, dw) = node.inputs, tangents
        return total(dx and Node(self, (dx, w)), dw and Node(self, (x, dw)))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 2 * output.size * inputs[1].size // output.shape[0]

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(window, groups), (varying(4, 6, 5), uniform(6, 4 // groups, *window.size)))
            for window, groups in [
                *((w, 1) for w in SAMPLE_WINDOWS),
                (SAMPLE_WINDOWS[0], 2),
                (Window((2, 3), dilation=(2, 1)), 1),
            ]
        ]


@dataclass(frozen=True)
class Conv2DInputGrad(Multilinear):
    """dx = ∂T/∂x: uniform w `(k, c/groups, r, s)`, varying g `(k, h', w')` -> varying `(c, h, w)`; `image` is `(h, w)`."""

    window: Window
    groups: int
    image: tuple[int, int]

    def infer(self, *types: TensorType) -> TensorType:
        w, g = types
        check_floats(self, w, g)
        _check_filters(self, w)
        if w.shape[0] % self.groups:
            raise GraphError(f"{self.name} cannot divide the filters {w} among {self.groups} groups")
        _check_cotangent(self, g, (w.shape[0], *self.window.places(self.image)))
        return g.with_shape((w.shape[1] * self.groups, *self.image))

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        w, g = arrays
        n, _, rows, columns = g.shape
        filters = _filters(w, self.groups)
        # (g, c/g·r·s, k/g) · (n, g, k/g, h'·w') -> (n, g, c/g·r·s, h'·w')
        taps = filters.swapaxes(-1, -2) @ g.reshape(n, self.groups, -1, rows * columns)
        return self.window.scatter(xp, taps.reshape(n, self.groups * w.shape[1], -1, rows, columns), self.image)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        w, dy = node.inputs
        conv = Conv2D(self.window, self.groups)
        return conv2d_weight_grad(g, dy, conv), Node(conv, (g, w))

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (w, g), (dw, dg) = node.inputs, tangents
        return total(dw and Node(self, (dw, g)), dg and Node(self, (w, dg)))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        w, g = inputs
        return 2 * g.size * w.size // g.shape[0]

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(w, groups, (6, 5)), (uniform(4, 4 // groups, *w.size), varying(4, *w.places((6, 5)))))
            for w, groups in [*((w, 1) for w in SAMPLE_WINDOWS), (SAMPLE_WINDOWS[1], 2)]
        ]


@dataclass(frozen=True)
class Conv2DWeightGrad(Multilinear):
    """dw = ∂T/∂w, summed over the batch: varying x `(c, h, w)`, varying g `(k, h', w')` -> uniform `(k, c/groups, r, s)`."""

    window: Window
    groups: int = 1

    def infer(self, *types: TensorType) -> TensorType:
        x, g = types
        check_floats(self, x, g)
        check_images(self, x, g)
        if x.shape[0] % self.groups or g.shape[0] % self.groups:
            raise GraphError(f"{self.name} cannot divide the channels of {x} and {g} among {self.groups} groups")
        _check_cotangent(self, g, (g.shape[0], *self.window.places(x.shape[1:])))  # type: ignore[arg-type]
        return TensorType((g.shape[0], x.shape[0] // self.groups, *self.window.size), x.dtype)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        x, g = arrays
        columns = _columns(xp, x, self.window, self.groups)
        cotangent = g.reshape(g.shape[0], self.groups, -1, columns.shape[-1])
        # (n, g, k/g, h'·w') · (n, g, h'·w', c/g·r·s) -> (n, g, k/g, c/g·r·s), then over the batch
        product = (cotangent @ columns.swapaxes(-1, -2)).sum(axis=0)
        return product.reshape(g.shape[1], x.shape[1] // self.groups, *self.window.size)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        x, dy = node.inputs
        conv = Conv2D(self.window, self.groups)
        return conv2d_input_grad(g, dy, conv, image=x.shape[1:]), Node(conv, (x, g))  # type: ignore[arg-type]

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (x, g), (dx, dg) = node.inputs, tangents
        return total(dx and Node(self, (dx, g)), dg and Node(self, (x, dg)))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 2 * inputs[1].size * output.size // output.shape[0]

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(w, groups), (varying(4, 6, 5), varying(2, *w.places((6, 5)))))
            for w, groups in [*((w, 1) for w in SAMPLE_WINDOWS), (SAMPLE_WINDOWS[1], 2)]
        ]


def conv2d(x: Node, w: Node, window: Window, groups: int = 1) -> Node:
    """Convolution of varying images `(c, h, w)` with uniform filters `(k, c/groups, r, s)`."""
    return Node(Conv2D(window, groups), (x, w))


def conv2d_transposed(x: Node, w: Node, window: Window, groups: int, image: tuple[int, int]) -> Node:
    """Transposed convolution of varying images x with uniform filters `(c, k/groups, r, s)`, to images `(k, *image)`.

    It is the cotangent of the images of a convolution whose result has the shape of x.
    """
    return Node(Conv2DInputGrad(window, groups, image), (w, x))


def conv2d_input_grad(w: Node, g: Node, conv: Conv2D, image: tuple[int, int]) -> Node:
    """Cotangent of the images of a convolution, whose shape is `image`, from its output's."""
    return Node(Conv2DInputGrad(conv.window, conv.groups, image), (w, g))


def conv2d_weight_grad(x: Node, g: Node, conv: Conv2D) -> Node:
    """Cotangent of the filters of a convolution from its output's."""
    return Node(Conv2DWeightGrad(conv.window, conv.groups), (x, g))


def _check_filters(op: Conv2D | Conv2DInputGrad, w: TensorType) -> None:
    """Raise GraphError unless these are uniform filters of the window's size."""
    if len(w.shape) != 4 or w.varying or w.shape[2:] != op.window.size:
        raise GraphError(f"{op.name} expected uniform filters (k, c, {op.window.size[0]}, {op.window.size[1]}), found {w}")


def _check_cotangent(op: Conv2DInputGrad | Conv2DWeightGrad, g: TensorType, expected: Shape) -> None:
    """Raise GraphError unless this is a cotangent of the convolution's result, whose shape is expected."""
    if g.shape != expected or not g.varying:
        raise GraphError(f"{op.name} expected a varying cotangent of shape {expected}, found {g}")


def _filters(w: Array, groups: int) -> Array:
    """`(k, c/g, r, s) -> (g, k/g, c/g·r·s)`."""
    return w.reshape(groups, w.shape[0] // groups, -1)


def _columns(xp: ModuleType, x: Array, window: Window, groups: int) -> Array:
    """What every tap of every filter meets: `(n, c, h, w) -> (n, g, c/g·r·s, h'·w')`, known as im2col."""
    taps = window.gather(xp, x)
    return taps.reshape(x.shape[0], groups, x.shape[1] // groups * taps.shape[2], -1)
