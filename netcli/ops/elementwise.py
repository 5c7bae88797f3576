"""What operations that work element by element have in common: broadcasting, and the contract of a function of one number."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from netcli.errors import GraphError
from netcli.graph import Differentiable, Node, Op, Sample, Shape, TensorType, varying


def broadcast_type(op: Op, *types: TensorType) -> TensorType:
    """The type of an element-by-element result; varying if any input is.

    The inputs have one dtype and one rank, and each axis one length, or 1 where it is broadcast; a uniform scalar goes with
    anything. With one rank, axes match from the right for arrays with and without a batch alike. Raises GraphError.
    """
    dtypes = {t.dtype for t in types}
    shapes = [t.shape for t in types if t.shape or t.varying] or [()]
    if len(dtypes) != 1 or len({len(shape) for shape in shapes}) != 1:
        raise GraphError(f"{op.name} expected inputs of one dtype and one rank, found {', '.join(map(str, types))}")
    shape: Shape = tuple(max(axis) if 0 not in axis else 0 for axis in zip(*shapes, strict=True))
    if any(n not in {1, m} for given in shapes for n, m in zip(given, shape, strict=True)):
        raise GraphError(f"{op.name} cannot broadcast {', '.join(map(str, types))} to one shape")
    return TensorType(shape, types[0].dtype, varying=any(t.varying for t in types))


def elements(output: TensorType) -> int:
    """FLOPs of one operation per element."""
    return output.size


class Elementwise(Op):
    """A mark: each element of the result is made of the elements at its place of the inputs, which are broadcast.

    Every executor computes such an operation by its `forward`. It goes with what else an operation is:
    `class Multiply(Elementwise, Multilinear)`, `class Relu(Elementwise, Piecewise)`. Types follow from it, unless a member
    says otherwise: numbers of one dtype, broadcast.
    """

    #: Whether it takes integers as well, and gives integers.
    integers: ClassVar[bool] = False

    def infer(self, *types: TensorType) -> TensorType:
        """Broadcast; numbers only."""
        result = broadcast_type(self, *types)
        if not (result.is_float or (self.integers and result.dtype != "bool")):
            expected = "numbers" if self.integers else "floats"
            raise GraphError(f"{self.name} expected {expected}, found {', '.join(map(str, types))}")
        return result

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        """One per element."""
        return elements(output)


class OneNumber(Elementwise):
    """A mark: a function of one number. Samples follow."""

    #: Where samples draw x from.
    domain: ClassVar[tuple[float, float]] = (-3.0, 3.0)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        """A vector per example, and an image. A member with attributes gives its own."""
        low, high = cls.domain
        return [Sample(cls(), (varying(*shape, low=low, high=high),)) for shape in ((7,), (2, 3, 2))]


class Unary(OneNumber, Differentiable):
    """A smooth function of one number. A member gives `forward`, and its derivative as a node; the rules follow."""

    @abstractmethod
    def derivative(self, node: Node) -> Node:
        """f'(x) at `x = node.inputs[0]`; may use the result, `node`, itself."""

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        """The Jacobian is diagonal: g · f'(x)."""
        return (g * self.derivative(node),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        """The Jacobian is diagonal: f'(x) · dx."""
        return tangents[0] and self.derivative(node) * tangents[0]
