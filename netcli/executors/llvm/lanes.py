"""Sixteen values of the generated program with Python's operators, and a namespace of functions of them with numpy's names.

With these an operation's own `forward` writes its code: `op.forward(Namespace(emitter), x, y)`. The semantics are numpy's:
dtypes are promoted as numpy promotes them, NaN goes through `maximum` and `minimum`, `where` computes both sides, integers
wrap around.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from llvmlite import ir

from netcli.errors import ExecutorError
from netcli.executors.llvm import maths
from netcli.executors.llvm.ir import F32, I1, I8, I32, I64, Emitter, same
from netcli.executors.llvm.target import LANES

_ELEMENTS: dict[str, ir.Type] = {
    "float32": F32, "float64": ir.DoubleType(), "int64": I64, "int32": I32, "uint32": I32, "uint8": I8, "bool": I1,
}  # fmt: skip
_UNSIGNED = {"uint32", "uint8", "bool"}
#: Dtypes whose bits lie in memory as they are, in the place of a float32; numbers of the others do, as float32.
BITS = {"int32", "uint32"}


class Lanes:
    """Sixteen values of one dtype.

    float64 and int64 exist between operations, where numpy's promotion gives them, but not in memory.
    """

    #: numpy's scalars leave the operators to this class.
    __array_ufunc__: ClassVar[None] = None
    __hash__ = None  # type: ignore[assignment]  # == is an operation of the generated program

    def __init__(self, emitter: Emitter, value: ir.Value, dtype: str) -> None:
        self.emitter, self.value, self.dtype = emitter, value, dtype

    @classmethod
    def constant(cls, emitter: Emitter, number: float, dtype: str) -> Lanes:
        """A number in all lanes. Raises OverflowError for an integer that the dtype cannot hold."""
        item = np.asarray(number, dtype).item()
        return cls(emitter, same(_ELEMENTS[dtype], item), dtype)

    @property
    def is_float(self) -> bool:
        """Whether these are floats."""
        return self.dtype in {"float32", "float64"}

    def __bool__(self) -> bool:
        raise TypeError("sixteen values of the generated program are neither true nor false: use where")

    # dtypes

    def astype(self, dtype: str) -> Lanes:
        """The values in another dtype. A float that an integer dtype cannot hold gives any integer, as in C and in numpy."""
        dtype = np.dtype(dtype).name
        if dtype == self.dtype:
            return self
        if dtype == "bool":
            return self != 0
        convert = getattr(self.emitter.b, _conversion(self.dtype, dtype))
        return Lanes(self.emitter, convert(self.value, ir.VectorType(_ELEMENTS[dtype], LANES)), dtype)

    def view(self, dtype: str) -> Lanes:
        """The same bits as another dtype of the same size."""
        return Lanes(self.emitter, self.emitter.b.bitcast(self.value, ir.VectorType(_ELEMENTS[dtype], LANES)), dtype)

    # arithmetic

    def __add__(self, other: Lanes | float) -> Lanes:
        return self._arithmetic("add", self, other)

    def __radd__(self, other: float) -> Lanes:
        return self._arithmetic("add", other, self)

    def __sub__(self, other: Lanes | float) -> Lanes:
        return self._arithmetic("sub", self, other)

    def __rsub__(self, other: float) -> Lanes:
        return self._arithmetic("sub", other, self)

    def __mul__(self, other: Lanes | float) -> Lanes:
        return self._arithmetic("mul", self, other)

    def __rmul__(self, other: float) -> Lanes:
        return self._arithmetic("mul", other, self)

    def __truediv__(self, other: Lanes | float) -> Lanes:
        return self._arithmetic("div", self, other)

    def __rtruediv__(self, other: float) -> Lanes:
        return self._arithmetic("div", other, self)

    def __neg__(self) -> Lanes:
        return Lanes(self.emitter, self.emitter.b.fneg(self.value), self.dtype) if self.is_float else 0 - self

    def __pow__(self, exponent: int) -> Lanes:
        if exponent != 2:
            raise TypeError(f"only squares have code, found the exponent {exponent}")
        return self * self

    def __abs__(self) -> Lanes:
        if self.is_float:
            return self.call("llvm.fabs")
        return self if self.dtype in _UNSIGNED else (self < 0).choose(-self, self)

    def _arithmetic(self, name: str, x: Lanes | float, y: Lanes | float) -> Lanes:
        x, y = together(self.emitter, x, y)
        if name == "div" and not x.is_float:
            x, y = x.astype("float64"), y.astype("float64")
        if x.dtype == "bool":
            raise TypeError(f"no {name} of booleans")
        instruction = getattr(self.emitter.b, f"f{name}" if x.is_float else name)
        return Lanes(self.emitter, instruction(x.value, y.value), x.dtype)

    def fma(self, y: Lanes | float, z: Lanes | float) -> Lanes:
        """self · y + z, rounded once; floats."""
        x, y, z = together(self.emitter, self, y, z)
        return x.call("llvm.fma", y, z)

    def call(self, name: str, *more: Lanes) -> Lanes:
        """An intrinsic function of floats of one dtype, given without the suffix for it."""
        suffix = {"float32": "v16f32", "float64": "v16f64"}[self.dtype]
        values = [self.value, *(x.value for x in more)]
        return Lanes(self.emitter, self.emitter.intrinsic(f"{name}.{suffix}", self.value.type, values), self.dtype)

    # comparison and choice

    def __eq__(self, other: Lanes | float) -> Lanes:  # type: ignore[override]
        return self._compare("==", other)

    def __ne__(self, other: Lanes | float) -> Lanes:  # type: ignore[override]
        return self._compare("!=", other)

    def __lt__(self, other: Lanes | float) -> Lanes:
        return self._compare("<", other)

    def __le__(self, other: Lanes | float) -> Lanes:
        return self._compare("<=", other)

    def __gt__(self, other: Lanes | float) -> Lanes:
        return self._compare(">", other)

    def __ge__(self, other: Lanes | float) -> Lanes:
        return self._compare(">=", other)

    def _compare(self, symbol: str, other: Lanes | float) -> Lanes:
        x, y = together(self.emitter, self, other)
        b = self.emitter.b
        if x.is_float:  # with NaN everything is false, but "!=" is true
            compare = b.fcmp_unordered if symbol == "!=" else b.fcmp_ordered
        else:
            compare = b.icmp_unsigned if x.dtype in _UNSIGNED else b.icmp_signed
        return Lanes(self.emitter, compare(symbol, x.value, y.value), "bool")

    def choose(self, x: Lanes | float, y: Lanes | float) -> Lanes:
        """x where this holds (is not 0), else y."""
        x, y = together(self.emitter, x, y)
        return Lanes(self.emitter, self.emitter.b.select(self.astype("bool").value, x.value, y.value), x.dtype)

    # bits

    def __and__(self, other: Lanes | int) -> Lanes:
        return self._bitwise("and_", other)

    def __or__(self, other: Lanes | int) -> Lanes:
        return self._bitwise("or_", other)

    def __xor__(self, other: Lanes | int) -> Lanes:
        return self._bitwise("xor", other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Lanes:
        return Lanes(self.emitter, self.emitter.b.not_(self.value), self.dtype)

    def __lshift__(self, amount: int) -> Lanes:
        return self._shift("shl", amount)

    def __rshift__(self, amount: int) -> Lanes:
        return self._shift("lshr" if self.dtype in _UNSIGNED else "ashr", amount)

    def _bitwise(self, name: str, other: Lanes | int) -> Lanes:
        x, y = together(self.emitter, self, other)
        if x.is_float:
            raise TypeError(f"no bits of {x.dtype}")
        return Lanes(self.emitter, getattr(self.emitter.b, name)(x.value, y.value), x.dtype)

    def _shift(self, name: str, amount: int) -> Lanes:
        element = _ELEMENTS[self.dtype]
        if not (isinstance(element, ir.IntType) and 0 <= amount < element.width):
            raise TypeError(f"no shift of {self.dtype} by {amount}")
        y = self.constant(self.emitter, amount, self.dtype)
        return Lanes(self.emitter, getattr(self.emitter.b, name)(self.value, y.value), self.dtype)


class Namespace:
    """numpy's functions, as far as operations use them, for `Lanes`."""

    inf: ClassVar[float] = math.inf
    nan: ClassVar[float] = math.nan
    exp = staticmethod(maths.exp)
    expm1 = staticmethod(maths.expm1)
    log = staticmethod(maths.log)
    log1p = staticmethod(maths.log1p)
    sqrt = staticmethod(maths.sqrt)
    tanh = staticmethod(maths.tanh)
    sin = staticmethod(maths.sin)
    cos = staticmethod(maths.cos)
    abs = staticmethod(abs)

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter

    def asarray(self, x: Lanes | float, dtype: str | None = None) -> Lanes:
        """Lanes of this dtype, of a number as well; by default of the one that numpy gives it."""
        dtype = np.dtype(dtype or (x.dtype if isinstance(x, Lanes) else np.asarray(x).dtype)).name
        return x.astype(dtype) if isinstance(x, Lanes) else Lanes.constant(self.emitter, x, dtype)

    def where(self, condition: Lanes, x: Lanes | float, y: Lanes | float) -> Lanes:
        """x where the condition holds, else y."""
        return condition.choose(x, y)

    def maximum(self, x: Lanes | float, y: Lanes | float) -> Lanes:
        """The greater one; NaN if either is."""
        a, b = together(self.emitter, x, y)
        return ((a < b) | self.isnan(b)).choose(b, a)

    def minimum(self, x: Lanes | float, y: Lanes | float) -> Lanes:
        """The smaller one; NaN if either is."""
        a, b = together(self.emitter, x, y)
        return ((a > b) | self.isnan(b)).choose(b, a)

    def clip(self, x: Lanes, low: Lanes | float, high: Lanes | float) -> Lanes:
        """x, at least `low` and at most `high`; NaN stays."""
        return self.minimum(self.maximum(x, low), high)

    def isnan(self, x: Lanes) -> Lanes:
        """Whether it is NaN."""
        return x != x  # noqa: PLR0124 - only NaN is not equal to itself

    def isfinite(self, x: Lanes) -> Lanes:
        """Whether it is neither infinite nor NaN."""
        return abs(x) < math.inf


def together(emitter: Emitter, *values: Lanes | float) -> tuple[Lanes, ...]:
    """Operands in the dtype that numpy gives their result; the dtype of a Python number gives way to that of lanes."""
    dtypes: list[Any] = [x.dtype if isinstance(x, Lanes) else x for x in values]
    dtype = np.result_type(*dtypes).name
    return tuple(x.astype(dtype) if isinstance(x, Lanes) else Lanes.constant(emitter, x, dtype) for x in values)


def from_memory(emitter: Emitter, vector: ir.Value, dtype: str) -> Lanes:
    """Values of a dtype that lie in memory as these float32: an int32 or uint32 as its bits, True as 1, a byte as its number.

    Raises ExecutorError for a dtype that has no place in memory.
    """
    stored = Lanes(emitter, vector, "float32")
    return stored.view(dtype) if _in_memory(dtype) in BITS else stored.astype(dtype)


def to_memory(lanes: Lanes) -> ir.Value:
    """What is written to memory, a vector of float32, such that `from_memory` gives the same values.

    Raises ExecutorError for a dtype that has no place in memory.
    """
    stored = lanes.view("float32") if _in_memory(lanes.dtype) in BITS else lanes.astype("float32")
    return stored.value


def _in_memory(dtype: str) -> str:
    if dtype in {"float64", "int64"}:
        raise ExecutorError(f"memory of the llvm executor holds float32, found {dtype}", hint="the numpy executor can")
    return dtype


def _conversion(source: str, target: str) -> str:
    """The instruction that converts numbers from one dtype to another."""
    floats = {"float32", "float64"}
    if source in floats and target in floats:
        return "fpext" if target == "float64" else "fptrunc"
    if source in floats:
        return "fptoui" if target in _UNSIGNED else "fptosi"
    if target in floats:
        return "uitofp" if source in _UNSIGNED else "sitofp"
    before, after = _ELEMENTS[source].width, _ELEMENTS[target].width
    if before == after:
        return "bitcast"
    if after < before:
        return "trunc"
    return "zext" if source in _UNSIGNED else "sext"
