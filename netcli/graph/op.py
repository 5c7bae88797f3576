"""The contract of an operation. All that is known of one stands in one file under `netcli/ops`."""

from __future__ import annotations

import dataclasses
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from netcli.graph.types import DType, Shape, TensorType

if TYPE_CHECKING:
    from netcli.graph.node import Node

Array = np.ndarray[Any, np.dtype[Any]]


class Op(ABC):
    """An operation; a frozen dataclass whose fields are its static attributes.

    **Arrays and types.** A node's type has the shape of one example. In `forward` the array of a varying value has the
    batch as its first axis, `(n, *shape)`; that of a uniform value has none. Axes are therefore counted from the
    right (-1 is the last), which is the same for both.
    """

    #: The input, by place, that only tells how many examples there are; its values are not read.
    like: ClassVar[int | None] = None

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


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return f"({','.join(map(_short, value))})"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


__all__ = ["Argument", "Array", "Differentiable", "Op", "Piecewise", "Sample", "Shape", "uniform", "varying"]
