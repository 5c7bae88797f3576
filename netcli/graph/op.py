"""The contract of an operation. All that is known of one stands in one file under `netcli/ops`."""

from __future__ import annotations

import dataclasses
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from netcli.graph.types import DType, Shape, TensorType

if TYPE_CHECKING:
    from netcli.graph.node import Node

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Notation:
    """How a formula writes an operation: with a sign between its two operands, or before the only one.

    `binds` is how strongly, greater being tighter. With `associative` a formula of the same strength needs no parentheses on
    the right either; an operand that is the text `neutral` is left out.
    """

    sign: str
    binds: int
    associative: bool = False
    neutral: str | None = None


class Op(ABC):
    """An operation; a frozen dataclass whose fields are its static attributes.

    **Arrays and types.** A node's type has the shape of one example. In `forward` the array of a varying value has the
    batch as its first axis, `(n, *shape)`; that of a uniform value has none. Axes are therefore counted from the
    right (-1 is the last), which is the same for both.
    """

    #: The input, by place, that only tells how many examples there are; its values are not read.
    like: ClassVar[int | None] = None
    #: The inputs, by place, whose values only choose: the result stays as it is when they change, but where it jumps.
    choosers: ClassVar[tuple[int, ...]] = ()
    #: Of an operation that changes only the form of its first input: whether the elements stay the same, or are repeated.
    #: Pictures draw it into the row of what it serves; formulas leave it out.
    plumbing: ClassVar[Literal["same", "repeated"] | None] = None
    #: How formulas write it, if not as `name(operands)`.
    notation: ClassVar[Notation | None] = None

    #: The fields, whole numbers, that tell one operation from another of its kind: generated code takes them as numbers.
    identities: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """The operation's name in texts and pictures: `Conv2D` is `conv2d`, `BatchSum` is `batch_sum`."""
        return name_of(type(self))

    @property
    def attributes(self) -> str:
        """The static attributes that are not at their defaults, as `key=value` text in the order of the fields."""
        values = {field.name: (getattr(self, field.name), field.default) for field in dataclasses.fields(self)}  # type: ignore[arg-type]
        return " ".join(f"{name}={_short(value)}" for name, (value, default) in values.items() if value != default)

    @abstractmethod
    def infer(self, *types: TensorType) -> TensorType:
        """The type of the result. Raises GraphError, with the types found, when the operation cannot take them."""

    @abstractmethod
    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        """The result, in pure array code: `xp` is numpy, or jax.numpy."""

    @abstractmethod
    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        """Floating-point operations per example (for a uniform result of uniform inputs: in all).

        A multiplication, an addition, a comparison and a call of exp, log, tanh, … count one each.
        """

    @classmethod
    @abstractmethod
    def samples(cls) -> Sequence[Sample]:
        """Cases on which the generic tests and `netcli gradcheck` run the operation."""

    def forward_complex(self, xp: ModuleType, *arrays: Array) -> Array | None:
        """`forward` continued to complex arrays, for the complex step; None if `forward` itself is right for them.

        It is not where it compares numbers: write here what to do on the branch of the real parts. `xp` is numpy with
        functions such as abs and maximum that go by the real part.
        """
        return None

    def rounded(self, value: Array, *arrays: Array) -> Array:
        """The size of what float32 rounds on the way to each element of the result `value` of these inputs.

        By default its own. `autodiff/gradcheck/rounding.py` makes of it how far rounding may move the result.
        """
        return np.abs(value)

    def at_rest(self, moved: Array) -> str:
        """Why the result stays as it is although elements of one input move: `moved` are their values. For explanations."""
        return f"its derivative is 0 wherever the number moves its input: at {places(moved)}"


def name_of(operation: type[Op]) -> str:
    """The name that the operations of a class have, unless they say another one."""
    return re.sub(r"(?<=[a-zD])(?=[A-Z])", "_", operation.__name__).lower()


class Differentiable(Op):
    """An operation with derivatives. Both rules build nodes, so derivatives of any order exist.

    A rule may return a value of a smaller type than it should (uniform for varying, 1 for a longer axis): the engine sums
    what was broadcast and broadcasts what was summed, in one place (`autodiff/match.py`). None stands for a zero derivative.
    """

    @abstractmethod
    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        """Reverse rule: the cotangent of every input, `g` being the cotangent of `node`, of its type."""

    @abstractmethod
    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        """Forward rule: the tangent of `node` from those of its inputs, each of its input's type or None for zero."""


class Additive(Differentiable):
    """An operation that adds up, so that what its inputs give may cancel: a mark for explanations."""

    @abstractmethod
    def unsigned(self, arrays: Sequence[Array], tangents: Sequence[Array | None]) -> Array:
        """The tangent of the result as if nothing in it had a sign, so that nothing cancels.

        `arrays` are the inputs; of `tangents`, those of its inputs, None stands for zero.
        """


class Multilinear(Additive):
    """Sums of products: each element of the result is a sum of terms, each the product of one element of every input.

    An input among the `choosers` only chooses which terms. Terms may have factors of at most 1, none negative, as those of
    a mean have. Sums, matrix products, convolutions, their gradients.
    """

    def rounded(self, value: Array, *arrays: Array) -> Array:
        """√(s² + Σt²) of a sum s of terms t, see `autodiff/gradcheck/rounding.py`; squares of terms are terms of squares."""
        squares = [x if place in self.choosers else np.square(x) for place, x in enumerate(arrays)]
        return np.asarray(np.sqrt(np.square(value) + self.forward(np, *squares)))

    def unsigned(self, arrays: Sequence[Array], tangents: Sequence[Array | None]) -> Array:
        """The sum over the inputs that move, each with the sizes of the others."""
        sizes = [x if place in self.choosers else np.abs(x) for place, x in enumerate(arrays)]
        parts = [
            self.forward(np, *sizes[:place], np.abs(tangent), *sizes[place + 1 :])
            for place, tangent in enumerate(tangents)
            if tangent is not None and place not in self.choosers
        ]
        return np.asarray(sum(parts))

    def at_rest(self, moved: Array) -> str:
        """Nothing is left of any term."""
        return "all that the number is multiplied with there is 0 in this batch"


class Piecewise(Differentiable):
    """A differentiable operation with kinks: places where the derivative jumps."""

    @abstractmethod
    def branches(self, *arrays: Array) -> Array:
        """Which smooth piece each element of the input is on (a mask, an index); the same piece, the same values.

        `gradcheck` compares them on both sides of a finite difference to tell a kink from an error.
        """


@dataclass(frozen=True)
class Argument:
    """An input of a sample: its type, and the range its values are drawn from."""

    type: TensorType
    low: float = -2.0
    high: float = 2.0

    def draw(self, generator: np.random.Generator, batch: int) -> Array:
        """Random values; of `batch` examples if varying."""
        shape = ((batch,) if self.type.varying else ()) + self.type.shape
        if self.type.is_float:
            return np.asarray(generator.uniform(self.low, self.high, shape)).astype(self.type.dtype)
        low = int(self.low) if self.type.dtype == "int32" else max(int(self.low), 0)
        high = 2 if self.type.dtype == "bool" else int(self.high) + 1
        return np.asarray(generator.integers(low, high, shape)).astype(self.type.dtype)


@dataclass(frozen=True)
class Sample:
    """An operation with inputs to try it on, in float64."""

    op: Op
    arguments: tuple[Argument, ...]

    def __str__(self) -> str:
        attributes = f" {self.op.attributes}" if self.op.attributes else ""
        return f"{self.op.name}({', '.join(str(argument.type) for argument in self.arguments)}){attributes}"


def varying(*shape: int, low: float = -2.0, high: float = 2.0, dtype: DType = "float64") -> Argument:
    """A sample input with one value per example."""
    return Argument(TensorType(shape, dtype, varying=True), low, high)


def uniform(*shape: int, low: float = -2.0, high: float = 2.0, dtype: DType = "float64") -> Argument:
    """A sample input with one value for all examples."""
    return Argument(TensorType(shape, dtype), low, high)


def places(moved: Array) -> str:
    """So many places, in words."""
    return f"{moved.size:,} place{'' if moved.size == 1 else 's'}"


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return f"({','.join(map(_short, value))})"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


__all__ = [
    "Additive", "Argument", "Array", "Differentiable", "Multilinear", "Notation", "Op", "Piecewise", "Sample", "Shape",
    "places", "uniform", "varying",
]  # fmt: skip
