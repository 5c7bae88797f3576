"""Operations' own `forward` on lanes against numpy: every operation that works element by element, every operator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from elements import Elements, Function, assembly, on_every_cpu
from llvmlite import ir
from support.cases import OP_CASES
from support.members import OpCase

from netcli.autodiff.gradcheck.float32 import in_float32
from netcli.errors import ExecutorError
from netcli.executors.llvm.ir import Emitter
from netcli.executors.llvm.lanes import Lanes, Namespace, to_memory
from netcli.executors.llvm.target import cpu
from netcli.graph import Array, Op, Sample
from netcli.ops import operations
from netcli.ops.elementwise import Elementwise
from netcli.ops.random_uniform import threefry
from netcli.ops.shape import Cast

CLASSES = [op for op in operations() if issubclass(op, Elementwise)]


SAMPLES = [in_float32(sample) for op in CLASSES for sample in op.samples()] + [
    Sample(Cast(target), in_float32(sample).arguments)
    for sample in Cast.samples()[:1]
    for target in ("int32", "uint32", "bool")
]
every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)


def forward(op: Op) -> Function:
    return lambda xp, x: op.forward(xp, *x)  # type: ignore[arg-type,return-value]


def drawn(sample: Sample, batch: int) -> list[Array]:
    generator = np.random.default_rng(5)
    return [argument.draw(generator, batch) for argument in sample.arguments]


@every_sample
@on_every_cpu
def test_forward_on_lanes_is_forward_in_float64(sample: Sample, name: str | None) -> None:
    arrays = drawn(sample, 37)
    wide = [array.astype("float64") if array.dtype == "float32" else array for array in arrays]
    exact = np.asarray(sample.op.forward(np, *wide)).astype("float64")
    compiled = Elements(forward(sample.op), [array.dtype.name for array in arrays], cpu(name))
    found = compiled(*np.broadcast_arrays(*arrays))
    # without a bound of its own, an operation is one correctly rounded one: float64 rounded to float32 is the same
    ulps = OP_CASES.get(sample.op.name, OpCase()).ulps
    bound = (ulps or 0.0) * np.spacing(np.abs(exact).astype("float32"))
    rounded = exact.astype("float32") if ulps is None else exact
    assert found.shape == exact.shape
    assert (np.abs(found - rounded) <= bound).all()


@pytest.mark.parametrize("name", ["haswell", "skylake-avx512", "aarch64"])
def test_code_for_other_cpus(name: str) -> None:
    for op in CLASSES:
        sample = in_float32(op.samples()[0])
        assert "elements" in assembly(forward(sample.op), [argument.type.dtype for argument in sample.arguments], name)


FLOATS = np.array([0.0, -0.0, 1.0, -1.5, 2.5, 1e-40, -3e38, np.inf, -np.inf, np.nan], "float32")
PAIRS = tuple(x.ravel() for x in np.meshgrid(FLOATS, FLOATS))
OF_FLOATS: dict[str, Callable[..., Any]] = {
    "maximum": lambda xp, x, y: xp.maximum(x, y),
    "minimum": lambda xp, x, y: xp.minimum(x, y),
    "maximum of a number": lambda xp, x, y: xp.maximum(x, 0) + xp.maximum(1, y),
    "minimum of a number": lambda xp, x, y: xp.minimum(x, 0.5) - xp.minimum(-1, y),
    "clip": lambda xp, x, y: xp.clip(x, -1, 2.0),
    "where": lambda xp, x, y: xp.where(x > y, 1 / x, y),
    "where of a float": lambda xp, x, y: xp.where(x, y, 3.0),
    "isnan": lambda xp, x, y: xp.isnan(x) | xp.isnan(y),
    "isfinite": lambda xp, x, y: xp.isfinite(x) & xp.isfinite(y),
    "abs": lambda xp, x, y: 1 / xp.abs(x),
    "sign of negated zero": lambda xp, x, y: 1 / -x,
    "square": lambda xp, x, y: x**2 - y,
    "numbers on the left": lambda xp, x, y: (2 - x) * 3 + 1.5 / y,
    "not": lambda xp, x, y: ~(x < y),
    "xor of booleans": lambda xp, x, y: (x < y) ^ (x == y),
    "bool to float": lambda xp, x, y: (x != y).astype("float32") * 2.5,
    "float to bool": lambda xp, x, y: x.astype("bool") & y.astype(bool),
    "<": lambda xp, x, y: x < y,
    "<=": lambda xp, x, y: x <= y,
    ">": lambda xp, x, y: x > y,
    ">=": lambda xp, x, y: x >= y,
    "==": lambda xp, x, y: x == y,
    "!=": lambda xp, x, y: x != y,
    "asarray": lambda xp, x, y: xp.asarray(0.1, "float32") + x,
    "float64 in between": lambda xp, x, y: (x.astype("float64") * 3 + y.astype("float64")).astype("float32"),
    "float64 from integers": lambda xp, x, y: ((x > y).astype("int32") * 0.1).astype("float32"),
}


@pytest.mark.parametrize("case", OF_FLOATS)
@on_every_cpu
def test_floats_are_numpy_s(case: str, name: str | None) -> None:
    function = OF_FLOATS[case]
    found = Elements(lambda xp, x: function(xp, *x), ["float32", "float32"], cpu(name))(*PAIRS)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(found, np.asarray(function(np, *PAIRS)).astype("float32"))


#: Of integers that fill the bits of their dtype.
OF_INTEGERS: dict[str, Callable[..., Any]] = {
    "arithmetic": lambda xp, x, y: x * y - (x + 7) * 3,
    "negative": lambda xp, x, y: -x,
    "bits": lambda xp, x, y: (x & y) | (x ^ 5),
    "not": lambda xp, x, y: ~x,
    "shifts": lambda xp, x, y: (x << 3) ^ (y >> 2),
    "abs": lambda xp, x, y: xp.abs(x),
    "maximum": lambda xp, x, y: xp.maximum(x, y) - xp.minimum(x, 9),
    "where": lambda xp, x, y: xp.where(x <= y, x, y),
    "compared": lambda xp, x, y: xp.where((x < y) | (x == 3), 1, x),
}


@pytest.mark.parametrize("case", OF_INTEGERS)
@pytest.mark.parametrize("dtype", ["int32", "uint32", "uint8"])
@on_every_cpu
def test_integers_are_numpy_s(case: str, dtype: str, name: str | None) -> None:
    least, greatest = np.iinfo(dtype).min, np.iinfo(dtype).max
    x, y = np.random.default_rng(3).integers(least, greatest, (2, 1000), endpoint=True).astype(dtype)
    found = Elements(lambda xp, x: OF_INTEGERS[case](xp, *x), [dtype, dtype], cpu(name))(x, y)
    np.testing.assert_array_equal(found, OF_INTEGERS[case](np, x, y))


@on_every_cpu
def test_threefry_gives_the_bits_that_numpy_gives(name: str | None) -> None:
    generator = np.random.default_rng(11)
    words = [generator.integers(0, 2**32, 1000).astype("uint32") for _ in range(4)]

    def part(xp: Any, x: Sequence[Any], word: int) -> Any:
        return threefry(xp, (x[0], x[1]), (x[2], x[3]))[word]

    for word in (0, 1):
        compiled = Elements(lambda xp, x, w=word: part(xp, x, w), ["uint32"] * 4, cpu(name))  # type: ignore[misc]
        np.testing.assert_array_equal(compiled(*words), part(np, words, word))


@on_every_cpu
def test_random_numbers_are_bits_times_a_power_of_two(name: str | None) -> None:
    """The last line of RandomUniform: 24 bits of a word, exact as float32."""
    words = np.random.default_rng(2).integers(0, 2**24, 500)

    def number(xp: Any, word: Any) -> Any:
        return (((xp.asarray(word, "uint32") * 0x9E3779B1) >> 8).astype("float32") * 2.0**-24).astype("float32")

    found = Elements(lambda xp, x: number(xp, *x), ["uint32"], cpu(name))(words)
    np.testing.assert_array_equal(found, number(np, words))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "uint32", "float32"])
@on_every_cpu
def test_memory_holds_every_dtype(dtype: str, name: str | None) -> None:
    """Integers whose bits are infinities and NaN of float32, quiet and signalling, too."""
    x = {
        "bool": [0, 1],
        "uint8": [0, 1, 255],
        "int32": [-(2**31), -(2**24) - 1, -1, 0, 2**24 + 1, 0x7F800000, 0x7F800001, 0x7FC00001, 2**31 - 1],
        "uint32": [0, 2**24 + 1, 0x7F800001, 2**31, 0xFF800000, 0xFF800001, 2**32 - 1],
        "float32": [-0.1, 1e-45],
    }
    stored = np.array(x[dtype], dtype)
    np.testing.assert_array_equal(Elements(lambda _, x: x[0], [dtype], cpu(name))(stored), stored)


def begun() -> Emitter:
    module = ir.Module("nothing")
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), []), "nothing")
    return Emitter(module, ir.IRBuilder(function.append_basic_block("entry")))


@pytest.mark.parametrize("one", ["bool", "uint8", "int32", "uint32", "float32", "float64"])
@pytest.mark.parametrize("other", ["bool", "uint8", "int32", "uint32", "float32", 2, 2.0, np.float64(2.0)])
def test_dtypes_are_promoted_as_numpy_promotes_them(one: str, other: Any) -> None:
    emitter = begun()
    x = Lanes.constant(emitter, 1, one)
    y = Lanes.constant(emitter, 1, other) if isinstance(other, str) else other
    array = np.ones(3, one)
    expected = np.where(array > 0, array, np.ones(3, other) if isinstance(other, str) else other)
    assert Namespace(emitter).where(x > 0, x, y).dtype == expected.dtype.name
    assert (x < y).dtype == "bool"


def test_what_has_no_code_is_refused() -> None:
    emitter = begun()
    x, flag, word = (Lanes.constant(emitter, 1, dtype) for dtype in ("float32", "bool", "uint32"))
    with pytest.raises(TypeError, match="use where"):
        bool(x > 0)
    with pytest.raises(TypeError, match="exponent 3"):
        x**3
    with pytest.raises(TypeError, match="no add of booleans"):
        flag + flag
    with pytest.raises(TypeError, match="no bits of float32"):
        x & x
    with pytest.raises(TypeError, match="no shift of uint32 by 32"):
        word << 32
    with pytest.raises(OverflowError):
        word + (-1)
    with pytest.raises(ExecutorError, match="float32, found float64"):
        to_memory(x.astype("float64"))
