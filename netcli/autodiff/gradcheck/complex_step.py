"""The complex step: the derivative as the imaginary part of f(x + ih) / h, h being so small that only the derivative is left.

Squire and Trapp, "Using complex variables to estimate derivatives of real functions", 1998; Martins, Sturdza and Alonso, "The
complex-step derivative approximation", 2003. Nothing is subtracted, so nothing cancels: truncation is h²/6, 2e-41, times the
third derivative, and what is left is the rounding of the operations on the way. And no kink is crossed: each operation is on
the branch of the real part, which is that of x itself.

The operations' own `forward` is run on complex numbers. Where it is not analytic, it must be told what to do: numpy's functions
such as abs and maximum follow the real part (`_ByRealPart`); of inputs that only choose, the real part is taken; and an
operation whose code compares says itself what to do (`Op.forward_complex`). Where that is not enough, the complex step does not
apply, which is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netcli.autodiff.gradcheck.function import Function
from netcli.autodiff.gradcheck.planted import original
from netcli.autodiff.gradcheck.tolerance import COMPLEX_STEP, accumulated
from netcli.autodiff.paths import describe
from netcli.errors import GraphError
from netcli.graph import Array, Node

#: How far the real part may be from the real value, as a share of the largest, before the operation is taken for another one.
_SAME = 1e-9


class NotAnalyticError(GraphError):
    """An operation whose code gives no derivative for complex numbers."""


class _ByRealPart:
    """numpy, with the branch of the real part where a function has no complex derivative."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    @staticmethod
    def absolute(x: Array) -> Array:
        """±x, whichever has a positive real part."""
        return np.where(np.real(x) < 0, np.negative(x), x)

    abs = fabs = absolute

    @staticmethod
    def maximum(x: Array, y: Array) -> Array:
        """The one with the greater real part; x on a tie."""
        return np.where((np.real(x) >= np.real(y)) | np.isnan(x), x, y)

    @staticmethod
    def minimum(x: Array, y: Array) -> Array:
        """The one with the smaller real part; x on a tie."""
        return np.where((np.real(x) <= np.real(y)) | np.isnan(x), x, y)

    @staticmethod
    def clip(x: Array, low: Array, high: Array) -> Array:
        """x, with the real part between limits."""
        return _ByRealPart.minimum(_ByRealPart.maximum(x, low), high)

    @staticmethod
    def sign(x: Array) -> Array:
        """Of the real part: its derivative is zero."""
        return np.asarray(np.sign(np.real(x)).astype(x.dtype))

    @staticmethod
    def floor(x: Array) -> Array:
        """Of the real part: its derivative is zero."""
        return np.asarray(np.floor(np.real(x)).astype(x.dtype))

    @staticmethod
    def ceil(x: Array) -> Array:
        """Of the real part: its derivative is zero."""
        return np.asarray(np.ceil(np.real(x)).astype(x.dtype))


_XP: Any = _ByRealPart()


@dataclass(frozen=True)
class Slope:
    """The derivative along a direction by the complex step, and how far rounding may take a right gradient from it."""

    expected: float
    tolerance: float


class ComplexStep:
    """The complex step of a function: what does not depend on the direction is kept."""

    def __init__(self, function: Function) -> None:
        self.function = function
        nodes = [output for output, _ in function.outputs]
        self._way = function.moving(nodes)
        self._unit = accumulated(_operations(function))

    def slope(self, direction: Array) -> Slope:
        """The derivative along a direction. Raises NotAnalyticError, with the operation."""
        function = self.function
        values: dict[Node, Array] = {function.x: function.values[function.x] + 1j * COMPLEX_STEP * direction}
        for node in self._way:
            arrays = [values.get(x, function.values[x]) for x in node.inputs]
            values[node] = _forward(node, arrays, function.values[node])
        terms = [weight * _tangent(values.get(output, function.values[output])) for output, weight in function.outputs]
        back = function.values[function.gradient] * direction
        size = _length([weight * function.values[output] for output, weight in function.outputs])
        largest = max((_largest(values[node].real) for node in self._way), default=0.0)
        fastest = max((_largest(_tangent(values[node])) for node in self._way), default=0.0)
        bound = max(largest, 1.0) * (_length(terms) + _length([back])) + max(size, 1.0) * max(fastest, 1.0)
        return Slope(float(sum(np.sum(term) for term in terms)), self._unit * bound)


def _forward(node: Node, arrays: Sequence[Array], real: Array) -> Array:
    """The value of an operation on arrays of which some are complex. Raises NotAnalyticError."""
    op = original(node.op)
    given = [np.real(array) if place == op.like or place in op.choosers else array for place, array in enumerate(arrays)]
    try:
        declared = op.forward_complex(_XP, *given)
        value = np.asarray(op.forward(_XP, *given)) if declared is None else declared
    except TypeError as error:  # numpy has no such function of complex numbers
        raise NotAnalyticError(f"{describe(node)} has no complex step: {error}") from error
    if node.type.is_float and declared is None and any(map(np.iscomplexobj, given)):
        size = _largest(real)
        other = np.isfinite(size) and not _largest(value.real - real) <= _SAME * max(size, 1.0)
        if other or not np.iscomplexobj(value):
            raise NotAnalyticError(f"{describe(node)} has no complex step: its code is not analytic")
    return value


def _tangent(value: Array) -> Array:
    return np.asarray(np.imag(value) / COMPLEX_STEP)


def _largest(value: Array) -> float:
    return float(np.abs(value.astype("float64")).max(initial=0.0))


def _length(arrays: Sequence[Array]) -> float:
    return float(np.sqrt(sum(np.sum(array**2) for array in arrays)))


def _operations(function: Function) -> float:
    """How many operations are made, one after the other, on the way to a derivative: those for one element of each node."""
    count = 0.0
    for node in function.moving([*(output for output, _ in function.outputs), function.gradient]):
        batch = [len(function.values[x]) for x in node.inputs if x.type.varying and not node.type.varying]
        count += max(batch, default=1) * node.op.flops(node.type, *(x.type for x in node.inputs)) / max(node.type.size, 1)
    return max(count, 1.0)
