"""Functions of sixteen float32 from their operators alone: LLVM would make sixteen calls of the C library of its own ones.

Largest errors over all 2³² arguments, subnormal ones included, in units in the last place: exp 0.92, log 0.94, erf 1.16,
tanh 1.53, expm1 1.54, log1p 1.55, sin and cos 1.58 (up to 2⁴⁰), sqrt 0.5. ±0, ±∞ and NaN give what they give in numpy.

Methods: Cody and Waite, "Software Manual for the Elementary Functions", 1980: an argument is reduced by subtracting n·c, the
constant c in two parts, so that the difference is exact where it cancels; the remaining interval is left to a polynomial; the
parts are put together so that the last operation adds a small term to a large exact one. Every polynomial is the minimax one
of the relative error of the whole function (Lawson's iteration on 801 Chebyshev points), its coefficients rounded to float32
one by one from the lowest power, the others fitted again after each. `fma` rounds once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netcli.executors.llvm.lanes import Lanes

_LN2, _LN2_REST = 0.693147182464599609375, -1.904654299957767e-9  # log 2 rounded to float32, and what is missing
_HALF_PI, _HALF_PI_REST = math.pi / 2, 6.123233995736766e-17  # π/2 rounded to float64, and what is missing
_ROUND32, _ROUND64 = 1.5 * 2.0**23, 1.5 * 2.0**52  # x + this - this is x rounded to an integer; the sum's low bits are it
_ROUND32_BITS = 0x4B400000
_SIGN = -(2**31)
_TWO_THIRDS = 0x3F2AAAAB  # the bits of 2/3
_EXPONENT = -(2**23)  # the bits of a float's sign and exponent

# Coefficients, highest power first; and the relative error that the polynomial leaves.
# (eʳ - 1 - r) / r², |r| <= log(2)/2; of eʳ - 1: 1.4e-8
_EXP = (0.0013869841, 0.008366447, 0.041667446, 0.16666545, 0.49999997)
# (log(1 + f) - f) / f², |f| <= 1/3: 4.7e-9
_LOG = (-0.12881434, 0.13985379, -0.12187043, 0.14005595, -0.1668024, 0.20010433, -0.24999805, 0.33333215, -0.5)
# (tanh x - x) / x³ in x², |x| <= 0.5625: 1.4e-9
_TANH = (-0.006169614, 0.021000376, -0.053835757, 0.13332437, -0.33333313)
# (sin r - r) / r³ in r², |r| <= π/4: 4.0e-9
_SIN = (-0.00019518276, 0.008332189, -0.16666655)
# (cos r - 1 + r²/2) / r⁴ in r², |r| <= π/4: 1.2e-10
_COS = (2.4432327e-05, -0.001388731, 0.041666646)
# erf(x)/x - 1 in x², |x| <= 0.9375: 2.0e-8
_ERF = (-0.00059258036, 0.0049807946, -0.026758617, 0.112816185, -0.3761248, 0.12837915)
# -log(erfc x)/x - 1 in x, 0.9375 <= x <= 4.05; of erf: 2.9e-9
_ERFC = (-0.00021337022, 0.0032098764, -0.022873625, 0.105236255, 0.63573784, 0.12850855)


def exp(x: Lanes) -> Lanes:
    """eˣ = 2ⁿ·eʳ with |r| <= log(2)/2. Underflow is gradual: results below 2⁻¹²⁶ are subnormal, below 2⁻¹⁵⁰ they are 0."""
    n, r = _without_multiples_of_log2(_between(x, -104.0, 89.0))
    half = n >> 1
    return _exp_near_zero(r) * _power_of_two(half) * _power_of_two(n - half)  # 2ⁿ itself may be no float32


def expm1(x: Lanes) -> Lanes:
    """eˣ - 1 = 2ⁿ·(eʳ - 1) + (2ⁿ - 1), all of it halved until the end because 2¹²⁸ is no float32."""
    n, r = _without_multiples_of_log2(_between(x, -25.0, 89.0))
    y = (r * r).fma(_polynomial(_EXP, r), r)
    scale = _power_of_two(n - 1)
    far = y.fma(scale, scale - 0.5)
    return _with_sign_of((n == 0).choose(y, far + far), x)


def log(x: Lanes) -> Lanes:
    """log x = n·log(2) + log(1 + f) with x = 2ⁿ·(1 + f), 2/3 <= 1 + f < 4/3. -∞ at 0, NaN below."""
    subnormal = x < 2.0**-126
    normal = subnormal.choose(x * 2.0**23, x).view("int32")
    exponent = (normal - _TWO_THIRDS) & _EXPONENT
    n = exponent.astype("float32") * 2.0**-23 - subnormal.astype("float32") * 23
    y = n.fma(_LN2, _log1p_near_zero((normal - exponent).view("float32") - 1))
    return _in_domain(y, x, 0.0)


def log1p(x: Lanes) -> Lanes:
    """log(1 + x) = n·log(2) + log(1 + f), 1 + x = 2ⁿ·(1 + f): f = 2⁻ⁿ·x + (2⁻ⁿ - 1) is rounded once. -∞ at -1, NaN below."""
    exponent = ((x + 1).view("int32") - _TWO_THIRDS) & _EXPONENT
    scaled = (x.view("int32") - exponent).view("float32")
    scale = (-exponent + 0x40800000).view("float32")  # 4·2⁻ⁿ: 2⁻¹²⁷ is subnormal
    f = scaled + scale.fma(0.25, -1.0)
    y = (exponent.astype("float32") * 2.0**-23).fma(_LN2, _log1p_near_zero(f))
    return _in_domain(_with_sign_of(y, x), x, -1.0)


def sqrt(x: Lanes) -> Lanes:
    """√x, correctly rounded. NaN below 0."""
    return x.call("llvm.sqrt")


def tanh(x: Lanes) -> Lanes:
    """tanh x: a polynomial near 0; elsewhere 1 - 2/(e²ˣ + 1)."""
    size = abs(x)
    square = x * x
    near = (x * square).fma(_polynomial(_TANH, square), x)
    far = 1 - 2 / (_exp_in_range(_at_most(size, 10.0) * 2) + 1)
    return _with_sign_of((size < 0.5625).choose(near, far), x)


def erf(x: Lanes) -> Lanes:
    """The error function: a polynomial near 0; elsewhere 1 - erfc x, erfc as the exponential of a polynomial."""
    size = _at_most(abs(x), 4.05)
    near = x.fma(_polynomial(_ERF, x * x), x)
    far = 1 - _exp_in_range(-size.fma(_polynomial(_ERFC, size), size))
    return _with_sign_of((size < 0.9375).choose(near, far), x)


def sin(x: Lanes) -> Lanes:
    """Sine of radians. NaN for |x| > 2⁴⁰, where π/2 in two parts is not precise enough."""
    sign = x.view("int32") & _SIGN
    return (_sine(*_without_quarters(abs(x))).view("int32") ^ sign).view("float32")


def cos(x: Lanes) -> Lanes:
    """Cosine of radians. NaN for |x| > 2⁴⁰, where π/2 in two parts is not precise enough."""
    quarter, r = _without_quarters(abs(x))
    return _sine(quarter + 1, r)


# parts of the functions


def _at_most(x: Lanes, high: float) -> Lanes:
    """The smaller one; NaN stays."""
    return (x > high).choose(high, x)


def _between(x: Lanes, low: float, high: float) -> Lanes:
    """x within these bounds; NaN stays."""
    return _at_most((x < low).choose(low, x), high)


def _with_sign_of(size: Lanes, x: Lanes) -> Lanes:
    return size.call("llvm.copysign", x)


def _in_domain(y: Lanes, x: Lanes, pole: float) -> Lanes:
    """A logarithm y where x lies between its pole and infinity, and what it is elsewhere."""
    outside = (x == pole).choose(-math.inf, (x < pole).choose(math.nan, x))  # ∞ and NaN stay
    return ((x > pole) & (x < math.inf)).choose(y, outside)


def _polynomial(coefficients: Sequence[float], x: Lanes) -> Lanes:
    """Horner's rule."""
    first, second, *others = coefficients
    value = x.fma(first, second)
    for coefficient in others:
        value = value.fma(x, coefficient)
    return value


def _power_of_two(n: Lanes) -> Lanes:
    """2ⁿ for integers -127 < n < 128."""
    return ((n + 127) << 23).view("float32")


def _without_multiples_of_log2(x: Lanes) -> tuple[Lanes, Lanes]:
    """(n, r): x = n·log(2) + r, |r| <= log(2)/2."""
    shifted = x.fma(1 / math.log(2), _ROUND32)
    n = shifted - _ROUND32
    return shifted.view("int32") - _ROUND32_BITS, n.fma(-_LN2_REST, n.fma(-_LN2, x))


def _exp_near_zero(r: Lanes) -> Lanes:
    """eʳ for |r| <= log(2)/2, rounded about once."""
    return _polynomial(_EXP, r).fma(r, 1.0).fma(r, 1.0)


def _exp_in_range(x: Lanes) -> Lanes:
    """eˣ for |x| < 87, where 2ⁿ is a float32."""
    n, r = _without_multiples_of_log2(x)
    return _exp_near_zero(r) * _power_of_two(n)


def _log1p_near_zero(f: Lanes) -> Lanes:
    return (f * f).fma(_polynomial(_LOG, f), f)


def _without_quarters(size: Lanes) -> tuple[Lanes, Lanes]:
    """(n, r): size = n·π/2 + r, |r| <= π/4, n modulo 2³²; NaN for r where n is too large for that.

    In float64, where size - n·(π/2 rounded) is exact: it may cancel almost all of the digits.
    """
    wide = (size <= 2.0**40).choose(size, math.nan).astype("float64")
    shifted = wide.fma(2 / math.pi, _ROUND64)
    n = shifted - _ROUND64
    r = n.fma(-_HALF_PI_REST, n.fma(-_HALF_PI, wide))
    return shifted.view("int64").astype("int32"), r.astype("float32")


def _sine(quarter: Lanes, r: Lanes) -> Lanes:
    """sin(quarter·π/2 + r) for |r| <= π/4."""
    square = r * r
    sine = (r * square).fma(_polynomial(_SIN, square), r)
    cosine = (square * square).fma(_polynomial(_COS, square), square.fma(-0.5, 1.0))
    size = ((quarter & 1) != 0).choose(cosine, sine)
    return (size.view("int32") ^ ((quarter & 2) << 30)).view("float32")
