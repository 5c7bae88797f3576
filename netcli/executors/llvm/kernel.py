"""What the executor has code for: a kernel for each operation, in a file under kernels/, where it is found by itself.

A kernel is a class in a module of that folder; `serves` names the operations that it computes. It is *inlined*, computed where
it is read, or *stored*, with a buffer and a function that fills it. What else the executor must know of an operation to plan
its memory and its threads, its kernel says too. An operation that works element by element needs none: its own `forward` is
its code.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, ClassVar, TypeAlias, cast

from netcli.errors import ExecutorError
from netcli.executors.llvm.ir import Epilogue, Index, Layout
from netcli.executors.llvm.target import Cpu
from netcli.graph import Array, Node, Op
from netcli.ops.elementwise import Elementwise
from netcli.settings import discover

if TYPE_CHECKING:
    from netcli.executors.llvm.expressions import Scope
    from netcli.executors.llvm.lanes import Lanes
    from netcli.executors.llvm.step import Step

#: Zeros around an image: above, below, left, right.
Halo: TypeAlias = tuple[int, int, int, int]


class Kernel:
    """Code for the operations of some classes; classes derived from these are others, which it does not know."""

    serves: ClassVar[tuple[type[Op], ...]]
    #: Whether the operations' attributes are shapes and axes, which are nothing where neighbours are computed side by side.
    only_shapes: ClassVar[bool] = False

    def reads_expressions(self, node: Node) -> bool:
        """Whether what it reads may be an inlined expression; otherwise it is a buffer."""
        return False

    def parts(self, node: Node) -> Sequence[tuple[Node, int]]:
        """The inputs that are parts of the result, each with its first number along the first axis: they may lie within it."""
        return ()

    def part_of(self, node: Node) -> tuple[Node, int] | None:
        """The input that the result is a part of, with its first number along the first axis: it may lie within that."""
        return None


class Inlined(Kernel, ABC):
    """Code for one element, written where it is read, unless several read it or one that needs an address."""

    #: Whether the result is the same elements in the same row-major order: stored, it lies where the input does.
    view: ClassVar[bool] = False
    #: Whether it goes by the numbers of an element's indices, so that sixteen neighbours cannot be computed side by side.
    by_number: ClassVar[bool] = False

    def reads_expressions(self, node: Node) -> bool:
        return True

    def is_cheap(self, node: Node) -> bool:
        """Whether it is computed again for every reader, if what it reads is at hand."""
        return False

    @abstractmethod
    def value(self, s: Scope, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        """The element at these indices, in the lanes of a block."""


class ByForward(Inlined):
    """Any operation that works element by element, by its own `forward`."""

    def is_cheap(self, node: Node) -> bool:
        """What computes nothing, and what only decides."""
        return node.type.dtype == "bool" or not node.op.flops(node.type, *(x.type for x in node.inputs))

    def value(self, s: Scope, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        """Raises ExecutorError for a function or an operator of numpy's that lanes do not have."""
        inputs = [s.operand(x, indices, block) for x in node.inputs]
        try:
            return cast("Lanes", node.op.forward(s.xp, *cast("list[Array]", inputs)))  # type: ignore[arg-type]
        except (AttributeError, TypeError) as error:
            hint = "--executor numpy runs it; docs/llvm.md says what lanes can do"
            raise ExecutorError(f"the llvm executor cannot run the forward of {node!r}: {error}", hint=hint) from error


class Stored(Kernel, ABC):
    """Code that stores a value, block by block, or once if it is uniform."""

    @abstractmethod
    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        """The code that stores a varying value, or adds to a reduction's sums; through `epilogue`, that of `target` instead."""

    def emit_uniform(self, s: Scope, node: Node) -> None:
        """The code that stores a uniform value of uniform inputs, computed by one thread. Raises ExecutorError."""
        raise ExecutorError(f"the llvm executor has no kernel for {node!r}, a uniform value")

    def has_epilogue(self, node: Node) -> bool:
        """Whether it stores every element once, and through an epilogue if it is given one."""
        return False

    def halos(self, node: Node) -> Sequence[tuple[Node, Halo]]:
        """The zeros that it wants around what it reads."""
        return ()

    def layout(self, node: Node) -> Layout:
        """How a uniform result lies in memory."""
        return Layout.dense(node.shape)

    def scratch(self, node: Node, cpu: Cpu) -> int:
        """The floats that it needs besides its arrays."""
        return 0

    def weights(self, node: Node) -> int:
        """The floats of a matrix of which the blocks of a group share one passage."""
        return 0

    def is_shared(self, node: Node) -> bool:
        """Whether threads can share the kernel of a single block, each computing a panel of the channels."""
        return False


class Reduction(Stored):
    """A reduction over the batch: a uniform result of varying inputs, added up by groups of blocks."""


class Late(Reduction):
    """A reduction that the threads share after a round of blocks, panel by panel; block by block it is prepared (`emit`)."""

    @abstractmethod
    def room(self, node: Node) -> int:
        """The floats of a block that `emit` leaves for the sums."""

    @abstractmethod
    def panels(self, node: Node, cpu: Cpu) -> int:
        """Into how many parts the sums are cut."""

    @abstractmethod
    def emit_late(self, s: Scope, node: Node) -> None:
        """The code that sums a panel over the blocks of a round, which begins with `s.first`."""


class InPanels(Stored):
    """A uniform value whose work is cut into panels, which the threads share."""

    @abstractmethod
    def panels(self, node: Node) -> int:
        """Into how many parts."""

    @abstractmethod
    def emit_panel(self, s: Scope, node: Node) -> None:
        """The code that stores panel number `s.part`."""


class SumOverAxes(Stored):
    """A sum over axes of an expression; over all elements of a uniform one, in a wide loop, see levels.py."""

    only_shapes = True


class Beforehand(Kernel, ABC):
    """What is there before a step's first phase: uniform, and made of the number of examples alone."""

    @abstractmethod
    def write(self, step: Step, node: Node) -> None:
        """The code that stores it, for every thread."""


_BY_FORWARD = ByForward()


def kernel_of(op: Op) -> Kernel | None:
    """The kernel that serves an operation; None for leaves, and where there is no code."""
    return _kernel_for(type(op))


def load_kernels() -> None:
    """Import all kernels that there are, once."""
    _kernels()


def is_served_by(node: Node, *kinds: type[Kernel]) -> bool:
    """Whether the node's kernel is of one of these kinds."""
    return _is_of(type(node.op), kinds)


# each is asked often for every node, and what it answers depends on the class of the operation alone


@cache
def _kernel_for(op: type[Op]) -> Kernel | None:
    return _kernels().get(op) or (_BY_FORWARD if issubclass(op, Elementwise) else None)


@cache
def _is_of(op: type[Op], kinds: tuple[type[Kernel], ...]) -> bool:
    return isinstance(_kernel_for(op), kinds)


@cache
def _kernels() -> Mapping[type[Op], Kernel]:
    found: dict[type[Op], Kernel] = {}
    for kind in discover("netcli.executors.llvm.kernels", Kernel):
        for op in kind.serves:
            if op in found:
                raise TypeError(f"{op.__name__} is served by {type(found[op]).__name__} and by {kind.__name__}")
            found[op] = kind()
    return found
