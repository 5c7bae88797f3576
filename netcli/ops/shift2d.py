"""Moving an image by whole pixels, each example by numbers of its own; and its transpose, which the gradient needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

from netcli.errors import GraphError
from netcli.graph import Array, Differentiable, Node, Op, Sample, TensorType, varying
from netcli.ops.checks import check_floats, check_images

#: What stands where nothing was moved to: 0, or the nearest pixel of the image.
Fill = Literal["zero", "edge"]


@dataclass(frozen=True)
class Shift2D(Differentiable):
    """y[c, i, j] = x[c, i - rows, j - columns]: varying `(c, h, w)`, two varying int32 `()` -> varying `(c, h, w)`.

    Positive numbers move down and to the right. Outside the image stands 0 (`zero`), or the nearest pixel of the image
    (`edge`): the indices are clamped to it. Any number is allowed, also beyond the image.
    """

    fill: Fill = "zero"

    def infer(self, *types: TensorType) -> TensorType:
        return _moved(self, *types)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        x, rows, columns = arrays
        return _shifted(xp, _shifted(xp, x, rows, -2, self.fill), columns, -1, self.fill)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return Node(Shift2DGrad(self.fill), (g, *node.inputs[1:])), None, None

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and Node(self, (tangents[0], *node.inputs[1:]))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return _samples(cls("zero"), cls("edge"))


@dataclass(frozen=True)
class Shift2DGrad(Differentiable):
    """The transpose of Shift2D: dx[c, p, q] = Σ g[c, i, j] over the places (i, j) that Shift2D fills from (p, q).

    Types as for Shift2D. With `zero` this is the shift by the negative numbers; with `edge` several places are filled from one
    pixel of the border, which gets the sum of their cotangents.
    """

    fill: Fill = "zero"

    def infer(self, *types: TensorType) -> TensorType:
        return _moved(self, *types)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        g, rows, columns = arrays
        return self._back(xp, self._back(xp, g, rows, -2), columns, -1)

    def _back(self, xp: ModuleType, g: Array, by: Array, axis: int) -> Array:
        """Along one axis."""
        back = _shifted(xp, g, -_clipped(xp, by, g.shape[axis]), axis, "zero")
        if self.fill == "zero":
            return back
        place, by, last = _places(xp, g, by, axis)
        first_too = xp.where(place < by, g, 0.0).sum(axis=axis, keepdims=True)
        last_too = xp.where(place > last + by, g, 0.0).sum(axis=axis, keepdims=True)
        return back + xp.where(place == 0, first_too, 0.0) + xp.where(place == last, last_too, 0.0)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return Node(Shift2D(self.fill), (g, *node.inputs[1:])), None, None

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and Node(self, (tangents[0], *node.inputs[1:]))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return output.size if self.fill == "edge" else 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return _samples(cls("zero"), cls("edge"))


def shift2d(x: Node, rows: Node, columns: Node, fill: Fill = "zero") -> Node:
    """Images moved down by `rows` and to the right by `columns` pixels, int32 numbers of each example."""
    return Node(Shift2D(fill), (x, rows, columns))


def _moved(op: Op, *types: TensorType) -> TensorType:
    """The type of a moved image. Raises GraphError."""
    x, *shifts = types
    check_floats(op, x)
    check_images(op, x)
    if any(shift != TensorType((), "int32", varying=True) for shift in shifts):
        raise GraphError(f"{op.name} expected numbers of pixels, int32[n], found {' and '.join(map(str, shifts))}")
    return x


def _shifted(xp: ModuleType, x: Array, by: Array, axis: int, fill: Fill) -> Array:
    """x moved along an axis, by another number for each example."""
    place, by, last = _places(xp, x, by, axis)
    source = place - by
    taken = xp.take_along_axis(x, xp.clip(source, 0, last), axis=axis)
    return taken if fill == "edge" else xp.where((source >= 0) & (source <= last), taken, 0.0)


def _places(xp: ModuleType, x: Array, by: Array, axis: int) -> tuple[Array, Array, int]:
    """The places along an axis of images, the shifts, both to go with `(n, c, h, w)`, and the last place."""
    n = x.shape[axis]
    place = xp.arange(n).reshape((n,) + (1,) * (-1 - axis))
    return place, _clipped(xp, by, n)[:, None, None, None], n - 1


def _clipped(xp: ModuleType, by: Array, n: int) -> Array:
    """A shift by more than n pixels is one by n: nothing of the image is left. No sum with it overflows."""
    return xp.clip(by, -n, n)


def _samples(zero: Op, edge: Op) -> Sequence[Sample]:
    """Shifts within the image; with `edge`, where there is a derivative of them, also beyond it."""
    near = varying(2, 4, 3), varying(low=-2, high=2, dtype="int32"), varying(low=-1, high=1, dtype="int32")
    far = varying(1, 1, 2), varying(low=-5, high=5, dtype="int32"), varying(low=-4, high=4, dtype="int32")
    return [Sample(zero, near), Sample(edge, near), Sample(edge, far)]
