"""How far a right derivative may be from a finite difference, in float64.

The central difference D(h) = (f(x+h) - f(x-h)) / 2h of a function with f = O(1) has two errors (Nocedal and Wright, "Numerical
Optimization", 2006, section 8.1):

    truncation   h²/6 · f'''          1.7e-11 · f''' with h = 1e-5
    rounding     k · ε · |f| / h      2.2e-11 · |f| for each rounding of a value as large as f that does not cancel

Rounding is bounded with k = 64, for a sum of a few thousand terms whose roundings are independent; |f| is the size of what is
added up, and at least 1, since a small loss comes from larger logits: 1.4e-9. That covers truncation up to f''' = 80; where it
does not suffice, Richardson's extrapolation (4 D(h/2) - D(h)) / 3 removes the term in h² before anything is called wrong. A
share of a millionth of the derivative is allowed in addition, for large third derivatives beside large first ones.

The complex step subtracts nothing. Its result and the gradient differ by the roundings on the two ways, n operations one after
the other: by no more than λ √n u of what is rounded, with u = ε/2, but for a probability of 2 exp(-λ²/2) each (Higham and Mary,
"A new approach to probabilistic rounding error analysis", 2019); λ = 10 leaves 4e-22. What is rounded: the terms that are added
up, as often as the values on the way are larger than 1, which their roundings move by as much; and what is differentiated
itself, as often as tangents on the way are larger than 1, for derivatives that are zero only up to rounding.

Nothing here grows with the number of elements of a parameter. Forward and reverse mode compute one number in two ways, without
differences: they agree to 1e-10 of the size of the terms that are added, or to 1e-12 of the size of what is differentiated, for
derivatives that are zero only up to rounding (that of a bias in front of a batch normalisation).
"""

from __future__ import annotations

import math
import sys

#: The step h for elements of size up to 1; for larger ones it is as much larger.
STEP = 1e-5

#: Steps tried when branches change within a step: each an eighth of the one before.
STEPS = tuple(STEP / 8**k for k in range(4))

#: The share of a derivative that is allowed as an error of its finite difference.
RELATIVE = 1e-6

#: Roundings, each as large as the function, that are allowed for in a difference.
ROUNDINGS = 64

#: What forward and reverse mode may differ by, as a share of the terms added up.
DUALITY = 1e-10

#: The same as a share of what is differentiated.
DUALITY_FLOOR = 1e-12


#: The imaginary step: its square is nothing beside 1, and derivatives times it are numbers as exact as others.
COMPLEX_STEP = 1e-20

#: Standard deviations that the roundings of a complex step may be off.
DEVIATIONS = 10.0


def accumulated(operations: float) -> float:
    """Bound of the relative error that so many roundings, one after the other, leave."""
    return DEVIATIONS * math.sqrt(operations) * sys.float_info.epsilon / 2


def rounding(magnitude: float, step: float) -> float:
    """Bound of the rounding error of a central difference of a function whose terms have this magnitude."""
    return ROUNDINGS * sys.float_info.epsilon * max(magnitude, 1.0) / step
