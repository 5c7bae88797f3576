"""The product of each example with a matrix, and its weight gradient: partial derivatives of

    T(x, w, g) = Σ x[n, i] · w[i, o] · g[n, o]     over n, i, o,

the third of which, with respect to x, is again a product, with the transposed matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from netcli.errors import GraphError
from netcli.graph import Array, Multilinear, Node, Sample, TensorType, uniform, varying
from netcli.ops.arithmetic import total
from netcli.ops.checks import check_floats


@dataclass(frozen=True)
class Dense(Multilinear):
    """y[o] = Σ x[i] · w[i, o]: varying x `(i,)`, uniform w `(i, o)` -> varying `(o,)`. With `transposed`, w is `(o, i)`."""

    transposed: bool = False

    def infer(self, *types: TensorType) -> TensorType:
        x, w = types
        check_floats(self, x, w)
        if len(x.shape) != 1 or not x.varying:
            raise GraphError(f"{self.name} expected a varying vector per example, found {x}")
        if len(w.shape) != 2 or w.varying or w.shape[self.transposed] != x.shape[0]:
            side = "columns" if self.transposed else "rows"
            raise GraphError(f"{self.name} expected a uniform matrix of {x.shape[0]} {side}, found {w}")
        return x.with_shape((w.shape[not self.transposed],))

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        x, w = arrays
        return x @ (w.T if self.transposed else w)  # (n, i) · (i, o) -> (n, o)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        x, w = node.inputs
        dw = dense_weight_grad(g, x) if self.transposed else dense_weight_grad(x, g)
        return dense(g, w, transposed=not self.transposed), dw

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (x, w), (dx, dw) = node.inputs, tangents
        return total(dx and Node(self, (dx, w)), dw and Node(self, (x, dw)))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 2 * inputs[1].size

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(), (varying(4), uniform(4, 3))),
            Sample(cls(transposed=True), (varying(4), uniform(3, 4))),
        ]


@dataclass(frozen=True)
class DenseWeightGrad(Multilinear):
    """dw[i, o] = Σ x[n, i] · g[n, o], summed over the batch: varying `(i,)` and `(o,)` -> uniform `(i, o)`."""

    def infer(self, *types: TensorType) -> TensorType:
        x, g = types
        check_floats(self, x, g)
        if any(len(t.shape) != 1 or not t.varying for t in types):
            raise GraphError(f"{self.name} expected two varying vectors, found {x} and {g}")
        return TensorType((x.shape[0], g.shape[0]), x.dtype)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        x, g = arrays
        return x.T @ g  # (i, n) · (n, o) -> (i, o)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        x, dy = node.inputs
        return dense(dy, g, transposed=True), dense(x, g)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (x, g), (dx, dg) = node.inputs, tangents
        return total(dx and dense_weight_grad(dx, g), dg and dense_weight_grad(x, dg))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 2 * output.size

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(), (varying(4), varying(3)))]


def dense(x: Node, w: Node, *, transposed: bool = False) -> Node:
    """The product of each example's vector with a uniform matrix."""
    return Node(Dense(transposed), (x, w))


def dense_weight_grad(x: Node, g: Node) -> Node:
    """The sum over the batch of the outer products of two vectors."""
    return Node(DenseWeightGrad(), (x, g))
