"""The error function."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType

from netcli.graph import Array, Node
from netcli.ops.elementwise import Unary
from netcli.ops.exponential import exp

# Rational approximations of Cody, "Rational Chebyshev approximation for the error function", Math. Comp. 23 (1969), 631-637;
# relative error below 1.2e-16. Highest power first; near zero in x², beyond 0.5 of erfc in x, beyond 4 of erfc in 1/x².
_NEAR = (
    (
        1.85777706184603153e-1,
        3.16112374387056560e0,
        1.13864154151050156e2,
        3.77485237685302021e2,
        3.20937758913846947e3,
    ),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_MIDDLE = (
    (
        2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1, 2.98635138197400131e2,
        8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3,
    ),
    (
        1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
        3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
    ),
)  # fmt: skip
_FAR = (
    (
        -1.63153871373020978e-2, -3.05326634961232344e-1, -3.60344899949804439e-1, -1.25781726111229246e-1,
        -1.60837851487422766e-2, -6.58749161529837803e-4,
    ),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip


@dataclass(frozen=True)
class Erf(Unary):
    """erf(x) = 2/√π ∫₀ˣ e^(-t²) dt."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        size = xp.abs(x)
        near = x * _ratio(_NEAR, xp.minimum(size, 0.5) ** 2)
        middle = 1 - xp.exp(-(size**2)) * _ratio(_MIDDLE, xp.clip(size, 0.46875, 4.0))
        inverse = 1 / xp.maximum(size, 4.0) ** 2
        tail = (1 / math.sqrt(math.pi) + inverse * _ratio(_FAR, inverse)) / xp.maximum(size, 4.0)
        far = 1 - xp.exp(-(size**2)) * tail
        beyond = xp.where(size > 4.0, far, middle)
        return xp.where(size <= 0.46875, near, xp.where(x < 0, -beyond, beyond)).astype(x.dtype)

    def derivative(self, node: Node) -> Node:
        (x,) = node.inputs
        return 2.0 / math.sqrt(math.pi) * exp(-(x * x))


def erf(x: Node) -> Node:
    """The error function."""
    return Node(Erf(), (x,))


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: Array) -> Array:
    """A quotient of two polynomials, by Horner's rule."""
    values = []
    for polynomial in coefficients:
        value = polynomial[0] + 0 * x
        for coefficient in polynomial[1:]:
            value = value * x + coefficient
        values.append(value)
    return values[0] / values[1]
