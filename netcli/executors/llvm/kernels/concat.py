"""Values side by side.

Along the first axis, as the channels of images, each is stored into its place by whoever makes it, see hosting.py; only what
cannot be, such as a part of two results, is copied. Along other axes each is computed on the way into its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netcli.executors.llvm.expressions import Scope, one_of
from netcli.executors.llvm.ir import Epilogue, Index
from netcli.executors.llvm.kernel import Stored
from netcli.graph import Node, op_of
from netcli.ops.concat import Concat
from netcli.ops.slice import resized


class Concatenation(Stored):
    """Part by part."""

    serves = (Concat,)

    def reads_expressions(self, node: Node) -> bool:
        return not self.parts(node)

    def parts(self, node: Node) -> Sequence[tuple[Node, int]]:
        op = op_of(node, Concat)
        return _placed(node, op) if node.type.varying and -op.axis == len(node.shape) else ()

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        array = s.array(target)
        with s.e.loop(s.blocks) as block:
            for x, indices, place in _elements(s, node):
                s.put(s.at(x, indices, block), s.e.address(array, place, block))
        s.forget()

    def emit_uniform(self, s: Scope, node: Node) -> None:
        array = s.array(node)
        for x, indices, place in _elements(s, node):
            s.e.b.store(one_of(s.at(x, indices, 0)), s.e.address(array, place))
        s.forget()


def _placed(node: Node, op: Concat) -> list[tuple[Node, int]]:
    """The inputs, and where they begin."""
    return list(zip(node.inputs, op.starts(*(x.type for x in node.inputs)), strict=True))


def _elements(s: Scope, node: Node) -> Iterator[tuple[Node, Sequence[Index], Sequence[Index]]]:
    """A loop over each input that is not there: the input, the indices of an element, and its place in the result."""
    op = op_of(node, Concat)
    for x, start in _placed(node, op):
        if not s.schedule.houses.is_at_home(x, node, start):
            with s.over(x.shape) as indices:
                s.forget()
                yield x, indices, resized(tuple(indices), op.axis, s.e.add(indices[op.axis], start))
