"""Functions of sixteen float32 against numpy's of float64, over all of float32."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from elements import Elements, assembly, on_every_cpu

from netcli.executors.llvm import maths
from netcli.executors.llvm.target import cpu
from netcli.graph import Array
from netcli.ops.erf import Erf
from netcli.ops.sigmoid import Sigmoid, Softplus

_erf_of_each = np.frompyfunc(math.erf, 1, 1)

#: By name: the function in float64, and units in the last place that the float32 code may be away from it: a little more than
#: the largest errors of all 2³² arguments, which the module's documentation gives.
EXACT: dict[str, tuple[Callable[[Array], Array], float]] = {
    "exp": (np.exp, 1.0),
    "expm1": (np.expm1, 1.6),
    "log": (np.log, 1.0),
    "log1p": (np.log1p, 1.6),
    "sqrt": (np.sqrt, 0.5),
    "tanh": (np.tanh, 1.6),
    "sin": (lambda x: np.where(np.abs(x) > 2.0**40, np.nan, np.sin(x)), 1.7),
    "cos": (lambda x: np.where(np.abs(x) > 2.0**40, np.nan, np.cos(x)), 1.7),
    "erf": (lambda x: _erf_of_each(x).astype("float64"), 1.2),
}
#: Operations whose own formula is used: each of its roundings, and those of its functions.
FORMULAE: dict[str, tuple[Callable[[Array], Array], float]] = {
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 2.5),
    "softplus": (lambda x: np.logaddexp(0, x), 2.0),
}
OPERATIONS = {"sigmoid": Sigmoid(), "softplus": Softplus()}
every_function = pytest.mark.parametrize("function", [*EXACT, *FORMULAE])


def apply(function: str, name: str | None) -> Elements:
    if function in OPERATIONS:
        operation = OPERATIONS[function]
        return Elements(lambda xp, x: operation.forward(xp, *x), ["float32"], cpu(name))
    return Elements(lambda _, x: getattr(maths, function)(*x), ["float32"], cpu(name))


def ulps(found: Array, exact: Array) -> Array:
    """Distances in units in the last place of the exact value; 0 where both are the same infinity or NaN, else ∞ there."""
    binade = (exact.view("int64") & 0x7FF0000000000000).view("float64")  # the power of two below
    distance = np.abs(found - exact) / np.maximum(binade * 2.0**-23, 2.0**-149)
    rounded = exact.astype("float32")
    same = (found == rounded) | (np.isnan(found) & np.isnan(rounded))
    ordinary = np.isfinite(found) & np.isfinite(rounded)
    return np.where(ordinary, distance, np.where(same, 0.0, np.inf))


def check(function: str, name: str | None, x: Array) -> None:
    exact, bound = (EXACT | FORMULAE)[function]
    compiled = apply(function, name)
    for part in np.array_split(x, -(-x.size // 2**16)):  # parts that fit into the cache
        with np.errstate(all="ignore"):
            y, found = exact(part.astype("float64")), compiled(part)
            distance = ulps(found, y)
        worst = int(np.argmax(distance))
        assert distance[worst] <= bound, f"{function}({part[worst]!r}) = {found[worst]!r}, not {y[worst]!r}"


def special() -> Array:
    """Zeros, infinities, NaN, the ends of the subnormal and the normal numbers; 3000 neighbours of every threshold."""
    tiny, least = 2.0**-126, 2.0**-149
    ends = [0.0, math.inf, math.nan, least, 2 * least, tiny - least, tiny, tiny + least, 3.4028234663852886e38]
    thresholds = [
        *(0.25, 1 / 3, 0.5, 0.5625, 2 / 3, 0.9375, 1.0, 4 / 3, 2.0, 4.05, 9.01, 10.0, 16.6, 17.33, 25.0, 2.0**23, 2.0**24),
        *(87.33654, 88.02969, 88.722839, 89.0, 103.27893, 103.97208, 104.0, tiny, 2.0**-24, 2.0**-12, 2.0**40),
        *(n * math.log(2) / 2 for n in range(1, 12, 2)),
        *(n * math.pi / 4 for n in (1, 2, 3, 4, 5, 22, 1000, 63661, 10**6, 10**9)),
        16367173 * 2.0**72,  # of all float32, nearest to a multiple of π/2; too large for sin and cos here
    ]
    bits = np.asarray(thresholds, "float32").view("int32")[:, None] + np.arange(-1500, 1500, dtype="int32")
    sizes = np.concatenate([np.asarray(ends, "float32"), bits.astype("int32").view("float32").ravel()])
    return np.concatenate([sizes, -sizes])


@every_function
def test_every_512th_float(function: str) -> None:
    step = 2**9 if function != "erf" else 2**12  # Python's erf takes numbers one by one
    check(function, None, np.arange(7, 2**32, step, dtype="uint32").view("float32"))


@every_function
@on_every_cpu
def test_special_values_and_thresholds(function: str, name: str | None) -> None:
    check(function, name, special())


@every_function
@on_every_cpu
def test_the_bits_do_not_depend_on_the_cpu(function: str, name: str | None) -> None:
    x = np.arange(3, 2**32, 2**14, dtype="uint32").view("float32")
    one, other = apply(function, None)(x), apply(function, name)(x)
    np.testing.assert_array_equal(one[~np.isnan(one)].view("int32"), other[~np.isnan(one)].view("int32"))
    np.testing.assert_array_equal(np.isnan(one), np.isnan(other))


@pytest.mark.parametrize("function", ["expm1", "log1p", "sqrt", "tanh", "sin", "erf"])
@on_every_cpu
def test_zero_keeps_its_sign(function: str, name: str | None) -> None:
    found = apply(function, name)(np.array([0.0, -0.0], "float32"))
    assert found.tolist() == [0.0, 0.0]
    assert np.signbit(found).tolist() == [False, True]


@on_every_cpu
def test_exp_underflows_gradually(name: str | None) -> None:
    """At -100 the result is 27 units of 2⁻¹⁴⁹, at -103.9 it is the least number, at -104 it is 0."""
    found = apply("exp", name)(np.array([-100.0, -103.9, -104.0, -np.inf], "float32"))
    assert (found.astype("float64") * 2.0**149).tolist() == [27, 1, 0, 0]


@pytest.mark.parametrize("function", EXACT)
@pytest.mark.parametrize("name", ["haswell", "skylake-avx512", "aarch64"])
def test_nothing_is_called(function: str, name: str) -> None:
    """A call would be one of the C library, for each lane."""
    text = assembly(lambda _, x: getattr(maths, function)(*x), ["float32"], name)
    assert re.findall(r"^\s+(?:call\w*|bl|jmp|b)\s+[a-z]\w*", text, re.MULTILINE) == []


@on_every_cpu
def test_cody_s_formula_of_erf_in_float32(name: str | None) -> None:
    """The operation's own formula: 1 - erfc x, where erfc x is 0.5 at most and has the errors of about ten operations."""
    x = np.arange(5, 2**32, 2**13, dtype="uint32").view("float32")
    found = Elements(lambda xp, x: Erf().forward(xp, *x), ["float32"], cpu(name))(x)  # type: ignore[arg-type]
    with np.errstate(all="ignore"):
        assert ulps(found, EXACT["erf"][0](x.astype("float64"))).max() <= 4.5
