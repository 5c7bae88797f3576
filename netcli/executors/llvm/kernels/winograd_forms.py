"""The bilinear algorithms F(2×2, 3×3) and F(4×4, 3×3): their matrices, and sums of vectors that multiply by them.

A tile of m × m places of a correlation with 3 × 3 filters is `Aᵀ [(G w Gᵀ) ⊙ (Bᵀ d B)] A`, d the (m + 2) × (m + 2) pixels that
it meets (Winograd, "Arithmetic Complexity of Computations", 1980; Lavin and Gray, "Fast Algorithms for Convolutional Neural
Networks", 2015, arXiv 1509.09308): (m + 2)² products for each filter and channel in place of 9 m². Every factor is linear, so
the gradient of w is `Gᵀ [(A g Aᵀ) ⊙ (Bᵀ d B)] G`, g the m × m cotangents.

The matrices evaluate polynomials at points (A, G) and interpolate them (Bᵀ). F(2×2) has the points 0, ±1, ∞. F(4×4) has 0, ±√½,
±√2, ∞, not 0, ±1, ±2, ∞ as in Lavin and Gray: points c and 1/c keep the matrices' numbers near 1 (Alam, Anderson, Barabasz and
Gregg, "Winograd Convolution for Deep Neural Networks: Efficient Point Selection", 2022), and errors are a few times smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import TypeAlias

from llvmlite import ir

from netcli.executors.llvm.ir import Emitter

Matrix: TypeAlias = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Form:
    """F(m×m, 3×3): m, and the matrices Aᵀ (m, n), G (n, 3) and Bᵀ (n, n), n = m + 2."""

    places: int
    to_places: Matrix
    of_filter: Matrix
    of_image: Matrix

    def __str__(self) -> str:
        return f"F({self.places}x{self.places})"

    @property
    def reach(self) -> int:
        """Rows and columns of the image that a tile meets; its square is how many products there are."""
        return self.places + 2

    @property
    def points(self) -> int:
        """How many numbers a transformed tile, or filter, has."""
        return self.reach**2

    @property
    def of_places(self) -> Matrix:
        """A."""
        return transposed(self.to_places)

    @property
    def to_filter(self) -> Matrix:
        """Gᵀ."""
        return transposed(self.of_filter)


def transposed(matrix: Matrix) -> Matrix:
    """Rows for columns."""
    return tuple(zip(*matrix, strict=True))


F2 = Form(
    2,
    ((1, 1, 1, 0), (0, 1, -1, 1)),
    ((1, 0, 0), (1 / 2, 1 / 2, 1 / 2), (1 / 2, -1 / 2, 1 / 2), (0, 0, 1)),
    ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, -1, 0, 1)),
)

_P, _Q = sqrt(1 / 2), sqrt(2)
F4 = Form(
    4,
    ((1, 1, 1, 1, 1, 0), (0, _P, -_P, _Q, -_Q, 0), (0, 1 / 2, 1 / 2, 2, 2, 0), (0, _P / 2, -_P / 2, 2 * _Q, -2 * _Q, 1)),
    (
        (1, 0, 0),
        (-2 / 3, -2 / 3 * _P, -1 / 3),
        (-2 / 3, 2 / 3 * _P, -1 / 3),
        (1 / 6, _Q / 6, 1 / 3),
        (1 / 6, -_Q / 6, 1 / 3),
        (0, 0, 1),
    ),
    (
        (1, 0, -5 / 2, 0, 1, 0),
        (0, -2 * _P, -2, _P, 1, 0),
        (0, 2 * _P, -2, -_P, 1, 0),
        (0, -_Q / 2, -1 / 2, _Q, 1, 0),
        (0, _Q / 2, -1 / 2, -_Q, 1, 0),
        (0, 1, 0, -5 / 2, 0, 1),
    ),
)


def product(e: Emitter, matrix: Matrix, vectors: Sequence[ir.Value]) -> list[ir.Value]:
    """The matrix times a vector of values.

    Rows of points ±a differ in the signs of odd powers, as do columns of the transposed matrices: what they share is computed
    once.
    """
    columns = _opposite(transposed(matrix))
    if columns:
        return _from_points(e, matrix, vectors, columns)
    results: dict[int, ir.Value] = {}
    for i in _opposite(matrix):
        row = list(zip(matrix[i], vectors, strict=True))
        (even, base), (odd, value) = _sum(e, row[::2]), _sum(e, row[1::2])
        base = _scaled(e, even, base)
        results[i], results[i + 1] = _plus(e, base, odd, value), _plus(e, base, -odd, value)
    for i, factors in enumerate(matrix):
        if i not in results:
            results[i] = _scaled(e, *_sum(e, list(zip(factors, vectors, strict=True))))
    return [results[i] for i in range(len(matrix))]


def transform(e: Emitter, matrix: Matrix, grid: Sequence[Sequence[ir.Value]]) -> list[list[ir.Value]]:
    """`matrix · grid · matrixᵀ`."""
    rows = [product(e, matrix, row) for row in grid]
    columns = [product(e, matrix, column) for column in zip(*rows, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def _opposite(matrix: Matrix) -> list[int]:
    """The rows whose next row is the same but for the signs of the odd columns."""
    return [
        i for i, (row, other) in enumerate(pairwise(matrix)) if other == tuple(x * (-1) ** j for j, x in enumerate(row)) != row
    ]


def _from_points(e: Emitter, matrix: Matrix, vectors: Sequence[ir.Value], columns: Sequence[int]) -> list[ir.Value]:
    """The product with a matrix of opposite columns j, j + 1: even rows take sums of their values, odd rows differences."""
    even, odd = dict(enumerate(vectors)), dict(enumerate(vectors))
    for j in columns:
        one, other = even.pop(j + 1), odd.pop(j + 1)
        even[j], odd[j] = e.b.fadd(vectors[j], one), e.b.fsub(vectors[j], other)
    return [
        _scaled(e, *_sum(e, [(row[j], value) for j, value in (odd if i % 2 else even).items()])) for i, row in enumerate(matrix)
    ]


def _sum(e: Emitter, terms: Sequence[tuple[float, ir.Value]]) -> tuple[float, ir.Value]:
    """`Σ factor · value` as a factor and a value, with as few multiplications as that allows."""
    kept = [(factor, value) for factor, value in terms if factor != 0]
    kept.sort(key=lambda term: abs(term[0]) != 1)  # stable: a term that needs no multiplication comes first
    common, total = kept[0]
    for factor, value in kept[1:]:
        total = _plus(e, total, factor / common, value)
    return common, total


def _plus(e: Emitter, total: ir.Value, factor: float, value: ir.Value) -> ir.Value:
    """`total + factor · value`."""
    if abs(factor) == 1:
        return e.b.fadd(total, value) if factor == 1 else e.b.fsub(total, value)
    return e.fma(e.splat(factor), value, total)


def _scaled(e: Emitter, factor: float, value: ir.Value) -> ir.Value:
    if factor == 1:
        return value
    return e.b.fneg(value) if factor == -1 else e.b.fmul(e.splat(factor), value)
